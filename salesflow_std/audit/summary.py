"""The report as lines for a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .report import Report, Section, number
from .texts import Texts

_BAR_WIDTH = 24
_LABEL_WIDTH = 26
_MOST_BARS = 6


def width(text: str) -> int:
	"""How many columns of a terminal a text takes: Chinese characters take two."""
	return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, columns: int) -> str:
	"""The text cut or filled up to `columns` columns."""
	while width(text) > columns:
		text = text[:-2] + "…"
	return text + " " * (columns - width(text))


def printable(text: str) -> str:
	"""A text from the export without characters that would steer the terminal."""
	return "".join(c if c.isprintable() else " " for c in text)


def lines(report: Report, t: Texts, block: str = "█") -> Iterator[str]:
	"""The summary, line by line; `block` is what bars are made of."""
	yield report.title
	for label, value in report.facts:
		yield printable(f"  {label}: {value}")
	yield ""
	if report.top:
		yield t("What this means")
		for i, text in enumerate(report.top, 1):
			yield f"  {i}. {printable(text)}{t('.')}"
	else:
		yield t("As far as the export tells, the standard has nothing important to object to.")
	if report.untold:
		yield f"  {report.untold}"
	for section in report.sections:
		yield ""
		yield f"{section.title}  [{section.rule}]"
		yield from _section(section, block)


def _section(section: Section, block: str) -> Iterator[str]:
	if section.cannot:
		yield f"  – {printable(section.cannot)}"
		return
	yield f"  {printable(section.verdict)}"
	for chart in section.charts[:1]:
		for bar in chart.bars[:_MOST_BARS]:
			filled = round(bar.share / 100 * _BAR_WIDTH) or (1 if bar.value else 0)
			text = f"{number(bar.value):>9}  {bar.text}"
			yield f"    {padded(printable(bar.label), _LABEL_WIDTH)} {padded(block * filled, _BAR_WIDTH)} {text}".rstrip()
