"""The gate on the form of a quotation (S2): what is missing, and the refusal to submit, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow


@pytest.fixture
def quotation(call):
	return records.insert(
		call,
		"Quotation",
		quotation_to="Lead",
		party_name=records.lead(call, company_name=f"样品{records.digits(6)}"),
		company=records.COMPANY,
		order_type="Sales",
		items=[{"item_code": "Standard Service", "qty": 10, "rate": 100}],
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rep_sees_what_is_missing_and_cannot_submit(login, call, tolerate, quotation, lang):
	tolerate(r"ValidationError|^console: undefined|^uncaught: undefined")
	page = login("rep", lang, path=f"/app/quotation/{quotation}")
	head = page.locator(".form-message .sf-gate")
	missing = word(lang, "No review has approved these figures.")
	expect(head).to_contain_text(missing)
	if lang == "zh":
		assert latin_left(head) == []
	assert overflow(page.locator(".form-message-container")) == 0
	label = word(lang, "Make Proposal of These Figures")
	expect(page.locator(".page-actions button", has_text=label).first).to_be_visible()
	page.locator(".page-actions .primary-action").click()
	dialog(page).locator(".btn-primary:visible").click()
	told = page.locator(".modal.show:has(.msgprint-dialog) .msgprint")
	expect(told).to_contain_text(missing)
	expect(told.locator("a.sf-make-proposal")).to_have_text(word(lang, "Make a proposal of these figures"))
	if lang == "zh":
		assert latin_left(told, quotation) == []
	assert records.state(call, "Quotation", quotation, "docstatus") == 0


def test_a_chief_lets_it_pass_with_a_reason(login, call, quotation):
	page = login("Administrator", path=f"/app/quotation/{quotation}")
	page.locator(".page-actions button", has_text="Override").first.click()
	sheet = dialog(page)
	sheet.locator("textarea").fill("The fair ends today")
	sheet.locator(".btn-modal-primary").click()
	told = page.locator(".form-message .sf-gate")
	expect(told).to_contain_text("let these figures pass without a review: The fair ends today")
	expect(page.locator(".new-timeline")).to_contain_text("The fair ends today")
