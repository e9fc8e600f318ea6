"""Whether what a Chinese user sees is Chinese."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

from playwright.sync_api import Locator

TRANSLATIONS = Path(__file__).parents[2] / "salesflow_std" / "translations" / "zh.csv"

# Names of records and methods that are the same in every language, and the random end of a test's own names
# (records.unique), which holds three letters in a row on some days only.
NAMES = re.compile(r"CRM-[A-Z]+-[\d-]+|BNAU|SPIN|SF\b|\b[0-9a-f]{8}\b")

TEXTS_JS = """root => {
	const found = [];
	// Frappe keeps every control's field name in a tooltip for developers, and the library of its link fields tells screen
	// readers in English how many choices there are.
	const visible = (element) => element.getClientRects().length && !element.matches(".tooltip-content, .awesomplete > [role=status]")
		&& getComputedStyle(element).visibility !== "hidden";
	const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const parent = walker.currentNode.parentElement;
		if (!["STYLE", "SCRIPT", "TEMPLATE", "OPTION"].includes(parent.tagName) && visible(parent))
			found.push(walker.currentNode.textContent);
	}
	for (const element of root.querySelectorAll("*")) {
		if (!visible(element)) continue;
		for (const name of ["placeholder", "aria-label", "title", "data-original-title"]) {
			if (element.getAttribute(name)) found.push(element.getAttribute(name));
		}
		if (element.tagName === "SELECT") for (const option of element.options) found.push(option.label);
	}
	return found.map((text) => text.trim()).filter(Boolean);
}"""


def texts(part: Locator) -> list[str]:
	"""Everything a part of the page says: visible texts, placeholders, tooltips, and names for screen readers."""
	return part.evaluate(TEXTS_JS)


def latin_left(part: Locator, *data: str) -> list[str]:
	"""Texts with a Latin word of three letters or more that is not among the test's own `data`."""
	left = []
	for text in texts(part):
		rest = text
		for known in data:
			rest = rest.replace(known, "")
		rest = NAMES.sub("", rest)
		if re.search(r"[A-Za-z]{3,}", rest):
			left.append(text)
	return left


def sources_left(part: Locator, *data: str) -> list[str]:
	"""Texts that are a message of ours before translation, for parts that hold other people's words too."""
	return [
		text
		for text in texts(part)
		if text not in data and any(pattern.fullmatch(text) for pattern in _sources())
	]


def word(lang: str, source: str, *values: object, context: str = "") -> str:
	"""What the desk says for a message of ours in that language, with the values in place."""
	known = _translations()
	text = source if lang == "en" else known.get((source, context)) or known[source, ""]
	return text.format(*values)


@cache
def _translations() -> dict[tuple[str, str], str]:
	with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
		rows = [row for row in csv.reader(file) if len(row) >= 2]
	return {(source, "".join(context)): translation for source, translation, *context in rows}


@cache
def _sources() -> tuple[re.Pattern, ...]:
	patterns = []
	for (source, _context), translation in _translations().items():
		if source != translation and re.search(r"[A-Za-z]{3,}", source):
			parts = re.split(r"\{\w*\}", source)
			patterns.append(re.compile(".+".join(map(re.escape, parts))))
	assert len(patterns) > 100, "the translations could not be read"
	return tuple(patterns)
