"""Sales Process: fields are chosen, a row shows what its kind asks, and a preview says what a lead would be asked (M1)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import word
from tests.desk.screen import close, dialog, overflow


@pytest.fixture
def process(call):
	"""A process of its own, with a gate that asks a lead for its industry; disabled, so that nobody else follows it."""
	return records.insert(
		call,
		"Sales Process",
		process_name=records.unique("Process"),
		enabled=0,
		stages=[
			{"stage": "Qualified", "lives_on": "Lead"},
			{"stage": "Negotiation", "lives_on": "Opportunity"},
		],
		gates=[
			{
				"stage": "Qualified",
				"moment": "Leaving",
				"gate": "Source known",
				"kind": "Fields Filled",
				"mode": "Block",
				"fieldnames": "source",
			}
		],
	)


def open_gate(page: Page, row: int = 1):
	page.locator(
		f".frappe-control[data-fieldname=gates] .grid-row[data-idx='{row}'] .btn-open-row"
	).first.click()
	part = page.locator(".frappe-control[data-fieldname=gates] .grid-row-open .form-in-grid")
	part.wait_for()
	return part


def pick(part, field: str, text: str) -> None:
	"""Chooses by the keyboard: a list that is still sliding in cannot be clicked."""
	box = part.locator(f".frappe-control[data-fieldname={field}] input").first
	expect(box).to_be_visible()
	part.page.wait_for_function(
		"() => !document.querySelector('.modal.show').getAnimations({ subtree: true }).length"
	)
	box.click()
	box.press_sequentially(text)
	expect(part.locator(f"[data-fieldname={field}] .awesomplete li:visible").first).to_contain_text(
		text, ignore_case=True
	)
	box.press("Enter")
	box.blur()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_gate_is_put_together_without_typing_names(login, call, process, lang):
	lead = records.lead(call)
	page = login("admin", lang=lang, path=f"/app/sales-process/{process}")
	page.locator(".frappe-control[data-fieldname=gates] .grid-row[data-idx='1']").wait_for()
	expect(page.locator(".frappe-control[data-fieldname=gates] .grid-row[data-idx='1']")).to_contain_text(
		word(lang, "Source known")
	)
	gate = open_gate(page)
	expect(gate.locator("[data-fieldname=fieldnames]").first).to_be_visible()
	for other in ("grade", "contract_state", "linked_doctype", "expression"):
		expect(gate.locator(f".frappe-control[data-fieldname={other}]")).to_be_hidden()

	gate.locator(".frappe-control[data-fieldname=choose_fields] button").click()
	chooser = dialog(page)
	expect(chooser.locator(".data-pill")).to_have_count(1)
	pick(chooser, "chosen", "industry")
	expect(chooser.locator(".data-pill")).to_have_count(2)
	chooser.locator(".modal-footer .btn-primary").click()
	expect(dialog(page)).to_have_count(0)
	assert page.evaluate("cur_frm.doc.gates[0].fieldnames") == "source\nindustry"
	page.keyboard.press("Escape")

	# Tried out before it is saved.
	page.get_by_role("button", name=word(lang, "Preview")).click()
	sheet = dialog(page)
	sheet.locator("select[data-fieldname=reference_doctype]").select_option("Lead")
	box = sheet.locator("input[data-fieldname=reference_name]")
	box.fill(lead)
	box.press("Tab")
	expect(sheet.locator(".sf-preview-gate")).to_have_count(1)
	expect(sheet.locator(".sf-preview-gate .indicator-pill")).to_have_text(word(lang, "Blocks"))
	expect(sheet.locator(".sf-preview-gate a")).to_have_attribute("href", f"/app/lead/{lead}#industry")
	assert overflow(sheet.locator(".modal-content")) == 0
	close(sheet)
	assert records.state(call, "Sales Process", process, "gates")[0]["fieldnames"] == "source"
