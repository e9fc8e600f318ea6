"""Whether a page can be used by everybody: what can be measured of it, without a tool from outside."""

from __future__ import annotations

from playwright.sync_api import Page

_LOOK = """() => {
	const found = [];
	const say = (what, one) => found.push(`${what}: ${one.outerHTML.slice(0, 120)}`);
	const seen = (one) => one.checkVisibility({ checkVisibilityCSS: true }) && !one.closest(".unseen, .said");
	const all = (selector) => [...document.querySelectorAll(selector)];

	const ids = all("[id]").map((one) => one.id);
	ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => found.push(`twice: #${id}`));
	for (const one of all("[aria-describedby], [aria-labelledby], [for]"))
		for (const name of ["aria-describedby", "aria-labelledby", "for"])
			for (const id of (one.getAttribute(name) || "").split(" ").filter(Boolean))
				if (!document.getElementById(id)) say(`no #${id}`, one);
	if (!document.documentElement.lang || !document.title) found.push("no language or title");
	if (all("h1").length !== 1) found.push("not one h1");
	if (all("[tabindex]").some((one) => one.tabIndex > 0)) found.push("an order of its own");

	for (const one of all("input:not([type=hidden]), textarea, button").filter(seen)) {
		const named = [...(one.labels || [])].some((label) => label.textContent.trim());
		if (!named && !one.textContent.trim() && !one.ariaLabel) say("no name", one);
		const touched = one.closest("label") || one;
		const box = touched.getBoundingClientRect();
		if (Math.min(box.width, box.height) < 44) say(`${box.width} × ${box.height} to touch`, touched);
	}
	for (const radio of all("input[type=radio]")) {
		const group = radio.closest("fieldset[role=radiogroup]");
		if (!group || !group.querySelector("legend").textContent.trim()) say("no group", radio);
	}

	const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
	const light = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	const ground = (one) => {
		for (; one; one = one.parentElement) {
			const colour = numbers(getComputedStyle(one).backgroundColor);
			if (colour.length < 4 || colour[3] === 1) return colour;
		}
		return [255, 255, 255];
	};
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = texts.nextNode(); node; node = texts.nextNode()) {
		const one = node.parentElement;
		if (!node.textContent.trim() || !seen(one) || one.closest("script")) continue;
		const style = getComputedStyle(one);
		const [a, b] = [light(numbers(style.color)), light(ground(one))].sort((x, y) => y - x);
		const big = parseFloat(style.fontSize) >= (style.fontWeight >= 700 ? 18.66 : 24);
		const contrast = (a + 0.05) / (b + 0.05);
		if (contrast < (big ? 3 : 4.5)) say(`contrast ${contrast.toFixed(1)}`, one);
	}
	return found;
}"""


def problems(page: Page) -> list[str]:
	"""What keeps somebody from using a page: names, ids, groups, sizes to touch, contrast (WCAG 2.2 AA)."""
	return page.evaluate(_LOOK)


def focus_shows(page: Page) -> bool:
	"""Whether one sees what has the focus; of a radio button, what is drawn in its place."""
	return page.evaluate(
		"""() => [document.activeElement, document.activeElement.nextElementSibling].some((one) => {
			const style = one && getComputedStyle(one);
			return style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && style.opacity !== "0";
		})"""
	)
