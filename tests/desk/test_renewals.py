"""Renewal of a contract, and whom a customer refers, in the desk (A5)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import dialog, overflow
from tests.desk.test_delivery import PHONE, shot


@pytest.fixture
def customer(call) -> str:
	return records.insert(call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company")


@pytest.fixture
def contract(call, customer) -> str:
	"""A signed contract that ends in a few days."""
	name = records.insert(
		call,
		"Contract",
		party_type="Customer",
		party_name=customer,
		contract_terms="As agreed.",
		start_date=records.ago(days=300)[:10],
		end_date=records.ago(days=-20)[:10],
		is_signed=1,
		signee="Purchasing Manager",
		signed_on=records.ago(hours=1),
	)
	call("frappe.client.submit", doc=call("frappe.client.get", doctype="Contract", name=name))
	return name


@pytest.mark.parametrize("language", ("en", "zh"))
def test_the_customers_answer_is_written_down(call, login, contract, language):
	page = login("manager", language)
	page.set_viewport_size(PHONE)
	page.goto(f"/app/contract/{contract}")
	expect(page.locator(".form-dashboard .indicator").last).to_be_visible()
	shot(page, f"renewal_form_{language}")
	page.evaluate("() => void salesflow.renewal.answer(cur_frm)")
	box = dialog(page)
	box.locator("select").select_option("Later")
	assert overflow(box.locator(".modal-body")) <= 0
	if language == "zh":
		assert sources_left(box) == []
	box.locator("textarea").fill("After the fair.")
	box.locator("[data-fieldname=on] input").fill("")
	box.locator("[data-fieldname=on] input").type(
		page.evaluate(
			"frappe.datetime.str_to_user(frappe.datetime.add_days(frappe.datetime.get_today(), 10))"
		)
	)
	box.locator("[data-fieldname=on] input").press("Tab")
	shot(page, f"renewal_answer_{language}")
	box.locator(".btn-primary:visible").click()
	expect(box).to_have_count(0)
	stored = call("frappe.client.get", doctype="Contract", name=contract)
	assert (stored["sf_renewal_outcome"], stored["sf_renewal_note"]) == ("Later", "After the fair.")


@pytest.mark.parametrize("language", ("en", "zh"))
def test_whom_a_customer_refers_becomes_a_lead(call, login, customer, language):
	page = login("manager", language)
	page.goto(f"/app/customer/{customer}")
	label = word(language, "Referral", context="Lead")
	page.wait_for_function("label => window.cur_frm?.custom_buttons[label]", arg=label)
	page.evaluate("label => void cur_frm.custom_buttons[label].click()", label)
	box = dialog(page)
	if language == "zh":
		assert sources_left(box) == []
	box.locator("[data-fieldname=company_name] input").fill(records.unique("Beta"))
	box.locator("[data-fieldname=person] input").fill("Plant Manager")
	shot(page, f"referral_dialog_{language}")
	box.locator(".btn-primary:visible").click()
	page.wait_for_url("**/app/lead/**")
	page.goto(f"/app/customer/{customer}")
	line = page.locator(".sf-referrals")
	expect(line).to_contain_text("Beta")
	shot(page, f"referral_customer_{language}")
	rows = call("salesflow_std.api.referral.of", customer=customer)
	assert len(rows) == 1 and rows[0]["outcome"] == ""
