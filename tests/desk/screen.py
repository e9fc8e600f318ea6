"""What the desk tests do and look at again and again."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, Route, expect


def dialog(page: Page) -> Locator:
	"""The open dialog, without Frappe's message box."""
	return page.locator(".modal.show:not(:has(.msgprint-dialog))")


def close(part: Locator) -> None:
	"""Closes an open dialog, and waits until keys go to the page again."""
	part.locator(".btn-modal-close").click()
	expect(part).to_have_count(0)
	part.page.wait_for_function(
		"() => !document.querySelector('.modal-backdrop') && !document.activeElement?.closest('.modal')"
	)


def press(button: Locator, gone: Locator) -> None:
	"""Presses a button until something that it ends is gone.

	Where a form is long and has just been filled, Frappe may still move the page to a field; a press that falls meanwhile
	hits nothing, and whoever pressed does so again.
	"""
	for _turn in range(3):
		button.click()
		try:
			return expect(gone).to_have_count(0, timeout=10_000)
		except AssertionError:
			if not button.is_visible() or not button.is_enabled():
				break
	expect(gone).to_have_count(0)


def message(page: Page) -> str:
	"""The title and text of Frappe's message box, which is closed."""
	box = page.locator(".modal.show:has(.msgprint-dialog)")
	box.locator(".msgprint").first.wait_for()
	text = f"{box.locator('.modal-title').inner_text()}: {box.locator('.msgprint').inner_text()}"
	box.locator(".btn-modal-close").click()
	expect(box).to_have_count(0)
	return text


def printed(page: Page) -> str:
	"""The sheet that Frappe would make a PDF of, of the report on the screen.

	The PDF itself is not made: the program that does it looks for styles at the site's address, where nobody answers.
	"""
	sheets = []

	def keep(route: Route) -> None:
		sheets.append(route.request.post_data_buffer.decode(errors="replace"))
		route.fulfill(body=b"%PDF-", content_type="application/pdf")

	address = "**/api/method/frappe.utils.print_format.report_to_pdf"
	page.route(address, keep)
	with page.expect_response(address):
		page.evaluate(
			"""async () => {
				const { open } = window;
				// The PDF would open in a window of its own.
				window.open = () => { window.open = open; return null; };
				await frappe.query_report.pdf_report({ orientation: "Landscape", include_filters: 1 });
			}"""
		)
	page.unroute(address, keep)
	return sheets[0]


def overflow(part: Locator) -> int:
	"""By how many pixels the content is wider than its box."""
	return part.evaluate("box => box.scrollWidth - box.clientWidth")


def assert_inside(part: Locator, page: Page) -> None:
	"""Wholly within the window, and nothing lies over its middle."""
	box, size = part.bounding_box(), page.viewport_size
	assert box and size
	assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"], box
	assert box["y"] >= 0 and box["y"] + box["height"] <= size["height"], box
	assert part.evaluate(
		"""part => {
			const box = part.getBoundingClientRect();
			return part.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
		}"""
	), "something lies over it"
