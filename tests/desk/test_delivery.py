"""A won deal in the desk (C3, C5): an order without a contract, and a handover acknowledged on the phone."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import word
from tests.desk.screen import assert_inside, dialog, overflow
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.delivery_handover"
PHONE = {"width": 390, "height": 800}
FUNCTIONS = {"Delivery": "Projects User", "Finance": "Accounts User", "After-sales": "Support Team"}


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def receiver(call) -> str:
	"""Somebody of finance who reads Chinese."""
	return records.insert(
		call,
		"User",
		email=f"finance{records.digits(8)}@standard.test",
		first_name="财务部",
		language="zh",
		send_welcome_email=0,
		new_password=TEST_PASSWORD,
		roles=[{"role": "Accounts User"}],
	)


@pytest.fixture
def handover(call, receiver) -> str:
	"""The handover of a signed contract, with the receiver for all functions."""
	customer = records.insert(
		call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company"
	)
	contract = records.insert(
		call,
		"Contract",
		party_type="Customer",
		party_name=customer,
		contract_terms="As agreed.",
		is_signed=1,
		signee="Purchasing Manager",
		signed_on=records.ago(hours=1),
	)
	doc = call("frappe.client.get", doctype="Contract", name=contract)
	call("frappe.client.submit", doc=doc)
	made = call(f"{API}.make", contract=contract)["name"]
	doc = call("frappe.client.get", doctype="Delivery Handover", name=made)
	doc["receivers"] = [{"receiving_function": function, "user": receiver} for function in FUNCTIONS]
	call("frappe.client.save", doc=doc)
	return made


@pytest.mark.parametrize("language", ("en", "zh"))
def test_a_receiver_acknowledges_on_the_phone(call, login, receiver, handover, language):
	call("frappe.client.set_value", doctype="User", name=receiver, fieldname="language", value=language)
	page = login("Administrator", "en")
	page.goto(f"/app/delivery-handover/{handover}")
	expect(page.locator(".sf-strip")).to_contain_text("To be handed over by")
	shot(page, "handover_draft")
	page.get_by_role("button", name="Hand Over").click()
	page.locator(".modal.show").get_by_role("button", name="Yes").click()
	expect(page.locator(".sf-strip")).to_contain_text("Waiting for")

	phone = login(receiver, language)
	phone.set_viewport_size(PHONE)
	phone.goto(f"/app/delivery-handover/{handover}")
	button = phone.locator(".sf-strip .btn-primary")
	expect(button).to_have_text(word(language, "Acknowledge", context="Delivery Handover"))
	assert overflow(phone.locator(".sf-strip")) <= 0
	assert_inside(button, phone)
	shot(phone, f"handover_phone_{language}")
	button.click()
	dialog(phone).locator("textarea").fill("Account is opened.")
	shot(phone, f"handover_acknowledge_{language}")
	dialog(phone).locator(".btn-primary:visible").click()
	expect(phone.locator(".sf-strip")).to_contain_text(word(language, "All have taken over"))
	expect(phone.locator(".sf-strip .btn-primary")).to_have_count(0)
	stored = call("frappe.client.get", doctype="Delivery Handover", name=handover)
	assert stored["status"] == "Acknowledged"
	assert {row["comment"] for row in stored["receivers"]} == {"Account is opened."}
