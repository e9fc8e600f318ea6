"""The satisfaction survey in the desk: filled in on the phone, and corrected by a second one (A3)."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import word
from tests.desk.screen import assert_inside, dialog, overflow

API = "salesflow_std.api.survey_desk"
PHONE = {"width": 390, "height": 800}
# What a signature pad gives, as small as it can be.
DRAWN = (
	"data:image/png;base64,"
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def survey(call) -> str:
	"""The survey of a delivery that a customer has just accepted."""
	customer = records.insert(
		call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company", language="zh"
	)
	contact = records.insert(
		call,
		"Contact",
		first_name="采购经理",
		email_ids=[{"email_id": f"buyer{records.digits(8)}@sample-works.example", "is_primary": 1}],
		links=[{"link_doctype": "Customer", "link_name": customer}],
	)
	report = records.insert(
		call,
		"Acceptance Report",
		customer=customer,
		company=records.COMPANY,
		contact=contact,
		accepted_on=records.ago(hours=1)[:10],
		result="Accepted",
		items=[{"deliverable": "Warehouse software", "result": "Accepted"}],
		our_signatory="Administrator",
		our_signature=DRAWN,
		customer_signatory="采购经理",
		customer_signature=DRAWN,
	)
	doc = call("frappe.client.get", doctype="Acceptance Report", name=report)
	return (
		call("frappe.client.submit", doc=doc)["survey"]
		or call(
			"frappe.client.get_value",
			doctype="Satisfaction Survey",
			filters={"acceptance_report": report},
			fieldname="name",
		)["name"]
	)


@pytest.mark.parametrize("language", ("en", "zh"))
def test_it_is_filled_in_on_the_phone(call, login, survey, language):
	page = login("rep", language)
	page.set_viewport_size(PHONE)
	page.goto(f"/app/satisfaction-survey/{survey}")
	strip = page.locator(".sf-strip")
	expect(strip).to_contain_text(word(language, "To be asked by {0}", "|").partition("|")[0].strip())
	button = strip.get_by_role("button", name=word(language, "Fill In on the Phone"))
	assert overflow(strip) <= 0
	assert_inside(button, page)
	expect(page.locator("[data-fieldname=satisfaction]")).to_be_hidden()
	due = "3 working days after the acceptance (A3)."
	expect(page.locator(".form-layout [data-fieldname=due_on]")).to_contain_text(
		word(language, due, context="Satisfaction Survey")
	)
	shot(page, f"survey_form_{language}")
	button.click()
	box = dialog(page)
	for key, answer in (
		("timeliness", "2"),
		("service_quality", "4"),
		("needs_met", "5"),
		("recommend", "6"),
	):
		box.locator(f"[data-fieldname=answer_{key}] select").select_option(answer)
	assert overflow(box.locator(".modal-body")) <= 0
	shot(page, f"survey_phone_{language}")
	box.locator(".btn-primary:visible").click()
	expect(strip).to_contain_text(word(language, "{0} of 5", "3.7"))
	expect(strip).to_contain_text(word(language, "Timeliness", context="Survey Question"))
	expect(strip.get_by_role("button", name=word(language, "Fill In on the Phone"))).to_have_count(0)
	shot(page, f"survey_answered_{language}")
	stored = call("frappe.client.get", doctype="Satisfaction Survey", name=survey)
	assert (stored["status"], stored["answered_through"], stored["is_low"]) == ("Answered", "Phone", 1)
	assert stored["issue"]


def test_a_correction_is_a_second_survey(call, login, survey):
	answers = {"timeliness": 2, "service_quality": 2, "needs_met": 2, "recommend": 2}
	call(f"{API}.record_by_phone", survey=survey, answers=answers, answered_by="Purchasing Manager")
	page = login("rep")
	page.goto(f"/app/satisfaction-survey/{survey}")
	page.locator(".sf-strip").get_by_role("button", name="Correct").click()
	dialog(page).locator("textarea").fill("The numbers were mixed up.")
	shot(page, "survey_correct")
	dialog(page).locator(".btn-primary:visible").click()
	expect(page.locator(".sf-strip:visible")).to_contain_text(f"Corrects {survey}")
	shot(page, "survey_correction")
	assert call("frappe.client.get", doctype="Satisfaction Survey", name=survey)["status"] == "Answered"
