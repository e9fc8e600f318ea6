"""A complaint in the desk (A4): from the customer's form, refused without the customer's word, closed with it."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import word
from tests.desk.screen import dialog, message, overflow

# What a developer's console says of a refusal.
REFUSED = r"console: Traceback[\s\S]*ValidationError"
PHONE = {"width": 390, "height": 800}


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def customer(call) -> str:
	return records.insert(call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company")


@pytest.fixture
def complaint(call, customer) -> str:
	return records.insert(
		call,
		"Issue",
		subject="第二台设备未交付",
		customer=customer,
		company=records.COMPANY,
		sf_is_complaint=1,
		sf_responsible="rep@standard.test",
	)


@pytest.mark.parametrize("language", ("en", "zh"))
def test_closed_with_the_customers_word_on_the_phone(call, login, complaint, language, tolerate):
	tolerate(REFUSED)
	phone = login("rep", language)
	phone.set_viewport_size(PHONE)
	phone.goto(f"/app/issue/{complaint}")
	strip = phone.locator(".sf-gate .sf-gate")
	expect(strip).to_contain_text("客户答复" if language == "zh" else "customer's word")
	assert overflow(strip) <= 0
	shot(phone, f"complaint_phone_{language}")

	phone.evaluate("cur_frm.set_value('status', 'Closed').then(() => { cur_frm.save().catch(() => {}) })")
	told = message(phone)
	assert word(language, "What does the customer say now?") in told
	shot(phone, f"complaint_refused_{language}")
	phone.evaluate("cur_frm.reload_doc()")

	button = word(language, "Settled with the Customer", context="Issue")
	phone.evaluate("salesflow.complaint.settle(cur_frm)")
	box = dialog(phone)
	expect(box.locator(".modal-title")).to_have_text(button)
	box.locator("[data-fieldname=word] textarea").fill("备件到货，设备运行正常。")
	box.locator("[data-fieldname=by] input").fill("采购经理")
	shot(phone, f"complaint_settle_{language}")
	box.locator(".btn-primary:visible").click()
	expect(strip).to_contain_text("备件到货")
	stored = call("frappe.client.get", doctype="Issue", name=complaint)
	assert stored["status"] == "Closed" and stored["sf_settled_on"] and stored["sf_word_by"] == "采购经理"


def test_the_list_refuses_and_says_why(call, login, complaint, tolerate):
	tolerate(REFUSED)
	page = login("rep", "en")
	page.goto(f"/app/issue/view/list?name={complaint}")
	expect(page.locator(".list-row .indicator-pill").first).to_have_text("Complaint")
	page.locator(".list-row-checkbox").first.check()
	page.get_by_role("button", name="Actions").click()
	page.get_by_role("link", name="Set as Closed").click()
	assert "is closed with the customer's word only" in message(page)
	assert call("frappe.client.get", doctype="Issue", name=complaint)["status"] == "Open"


def test_written_down_on_the_customers_form(login, customer):
	page = login("rep", "en")
	page.goto(f"/app/customer/{customer}")
	page.get_by_role("button", name="Create").click()
	page.locator(".dropdown-menu.show").get_by_text("Complaint", exact=True).click()
	page.wait_for_function("cur_frm?.doctype === 'Issue'")
	made = page.evaluate("cur_frm.doc")
	assert made["sf_is_complaint"] == 1 and made["customer"] == customer
