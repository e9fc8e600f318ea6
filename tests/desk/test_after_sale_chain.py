"""After the sale, from the order to what came of it: an order is delivered and accepted, the customer is asked by mail and
answers on a phone by keyboard alone; who is not satisfied complains, who is sends somebody (A2 to A5)."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.desk import accessible, records
from tests.desk.conftest import account
from tests.desk.language import latin_left, sources_left, word
from tests.desk.mails import token_of
from tests.desk.screen import dialog, message, overflow

PHONE = {"width": 390, "height": 844}
REP = account("rep", "zh")[0]
BUYER = "采购经理"
QUESTIONS = ("timeliness", "service_quality", "needs_met", "recommend")
DRAWN = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUg=="
# What a developer's console says of a refusal.
REFUSED = r"console: Traceback[\s\S]*ValidationError"


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def customer(call) -> str:
	return records.insert(
		call,
		"Customer",
		customer_name=records.unique("样品工厂"),
		customer_type="Company",
		account_manager=REP,
		language="zh",
	)


def ordered(call, customer: str) -> str:
	"""A submitted order of the customer, with its project."""
	today = datetime.now(records.ZONE).date()
	name = records.insert(
		call,
		"Sales Order",
		customer=customer,
		company=records.COMPANY,
		transaction_date=str(today),
		delivery_date=str(today + timedelta(days=1)),
		items=[{"item_code": "Standard Service", "item_name": "产线安装", "qty": 1, "rate": 1000}],
	)
	call("frappe.client.submit", doc=call("frappe.client.get", doctype="Sales Order", name=name))
	records.insert(
		call,
		"Project",
		project_name=records.unique("产线"),
		customer=customer,
		sales_order=name,
		sf_account_manager=REP,
	)
	return name


@pytest.fixture
def order(call, customer) -> str:
	return ordered(call, customer)


def accept(call, order: str, customer: str) -> str:
	"""The customer accepts what was ordered, on paper both have signed; returns the name of the survey."""
	contact = records.insert(
		call,
		"Contact",
		first_name=BUYER,
		email_ids=[{"email_id": f"{records.digits(8)}@sample-works.example", "is_primary": 1}],
		links=[{"link_doctype": "Customer", "link_name": customer}],
	)
	report = call("salesflow_std.api.acceptance.make", doctype="Sales Order", name=order)
	assert report["project"] and report["allocated_to"] == REP
	for row in report["items"]:
		row["result"] = "Accepted"
	report.update(
		result="Accepted",
		contact=contact,
		our_signatory=REP,
		our_signature=DRAWN,
		customer_signatory=BUYER,
		customer_signature=DRAWN,
	)
	stored = call("frappe.client.insert", doc=report)
	call("frappe.client.submit", doc=stored)
	return records.state(call, "Acceptance Report", stored["name"], "survey")


@pytest.fixture
def survey(call, order, customer) -> str:
	return accept(call, order, customer)


def asked(call, new_page, survey: str) -> Page:
	"""The page behind the link in the mail to the customer, on a phone."""
	call("salesflow_std.api.survey_desk.send", survey=survey)
	guest = new_page(**PHONE, locale="zh-CN")
	guest.goto(
		f"/survey?token={token_of(call, records.state(call, 'Satisfaction Survey', survey, 'email_id'))}"
	)
	title, company = records.state(call, "Satisfaction Survey", survey, "title", "company")
	assert latin_left(guest.locator("main"), "English", company, title) == []
	assert accessible.problems(guest) == [] and overflow(guest.locator("body")) <= 0
	return guest


def tab_to(page: Page, selector: str) -> None:
	for _step in range(25):
		page.keyboard.press("Tab")
		if page.evaluate("one => document.activeElement.matches(one)", selector):
			return
	raise AssertionError(f"no key leads to {selector}")


def answer_by_keyboard(guest: Page, *marks: int) -> None:
	"""The marks in the order of QUESTIONS; each scale begins with its lowest."""
	for key, mark in zip(QUESTIONS, marks, strict=True):
		tab_to(guest, f"[name=answer-{key}]")
		guest.keyboard.press("Space")
		for _step in range(mark - (0 if key == "recommend" else 1)):
			guest.keyboard.press("ArrowRight")


def send_by_keyboard(guest: Page) -> None:
	tab_to(guest, "button[value=answer]")
	guest.keyboard.press("Enter")
	expect(guest.locator(".message.done").first).to_be_visible()


def test_a_low_mark_is_a_complaint_until_the_customer_says_it_is_settled(
	call, login, new_page, survey, customer, tolerate
):
	tolerate(REFUSED)
	guest = asked(call, new_page, survey)
	answer_by_keyboard(guest, 2, 4, 3, 5)
	tab_to(guest, "#has_problem")
	guest.keyboard.press("Space")
	tab_to(guest, "#problem")
	guest.keyboard.type("第二台设备晚到三周")
	expect(guest.locator("#keeping")).to_have_text(word("zh", "Your answers so far are kept."))
	send_by_keyboard(guest)
	sorry = "We are sorry that not everything was right. We will get in touch with you about it."
	expect(guest.locator(".message.done")).to_contain_text(word("zh", sorry))
	shot(guest, "chain_sorry")

	issue = records.state(call, "Satisfaction Survey", survey, "issue")
	owner, until, of = records.state(call, "Issue", issue, "sf_responsible", "sf_close_by", "sf_survey")
	assert (owner, of) == (REP, survey) and until > records.ago()
	told = call(
		"frappe.client.get_list",
		doctype="Notification Log",
		filters={"document_type": "Issue", "document_name": issue},
		fields=["for_user"],
		limit_page_length=0,
	)
	assert {REP, account("manager", "zh")[0]} <= {row["for_user"] for row in told}

	page = login("rep", "zh", path=f"/app/satisfaction-survey/{survey}")
	page.locator(".sf-strip a[href*='/issue/']").click()
	page.wait_for_url(f"**/app/issue/{issue}")
	strip = page.locator(".sf-gate .sf-gate")
	expect(strip).to_contain_text("须有客户答复才能关闭")
	assert sources_left(page.locator(".form-message.sf-gate")) == []
	page.evaluate("cur_frm.set_value('status', 'Closed').then(() => { cur_frm.save().catch(() => {}) })")
	assert word("zh", "What does the customer say now?") in message(page)
	assert records.state(call, "Issue", issue, "status") == "Open"
	page.evaluate("cur_frm.reload_doc()")
	page.get_by_role("button", name=word("zh", "Settled with the Customer", context="Issue")).click()
	box = dialog(page)
	# The person, not the record.
	expect(box.locator("[data-fieldname=by] input")).to_have_value(BUYER)
	box.locator("[data-fieldname=word] textarea").fill("设备已到位，我们认可。")
	box.locator(".btn-primary:visible").click()
	expect(strip).to_contain_text("设备已到位")
	shot(page, "chain_settled")
	assert records.state(call, "Issue", issue, "status") == "Closed"

	# The next one asks whether it was.
	again = asked(call, new_page, accept(call, ordered(call, customer), customer))
	expect(again.locator("[name=answer-earlier_complaint]").first).to_be_visible()


def test_who_is_satisfied_sends_somebody_who_becomes_a_lead(call, login, new_page, survey, customer):
	guest = asked(call, new_page, survey)
	answer_by_keyboard(guest, 5, 5, 4, 10)
	send_by_keyboard(guest)
	assert accessible.problems(guest) == []
	tab_to(guest, "#referral")
	guest.keyboard.type("阀门厂，生产经理")
	tab_to(guest, "button[value=refer]")
	guest.keyboard.press("Enter")
	thanks = "Thank you for recommending us. We will treat this with care."
	expect(guest.locator(".message.done")).to_contain_text(word("zh", thanks))
	assert records.state(call, "Satisfaction Survey", survey, "issue") is None

	page = login("rep", "zh", path=f"/app/satisfaction-survey/{survey}")
	label = word("zh", "Referral", context="Lead")
	page.wait_for_function("label => window.cur_frm?.custom_buttons[label]", arg=label)
	page.evaluate("label => void cur_frm.custom_buttons[label].click()", label)
	box = dialog(page)
	expect(box.locator("[data-fieldname=note] textarea")).to_have_value("阀门厂，生产经理")
	company = records.unique("阀门厂")
	box.locator("[data-fieldname=company_name] input").fill(company)
	box.locator("[data-fieldname=person] input").fill("生产经理")
	box.locator(".btn-primary:visible").click()
	page.wait_for_url("**/app/lead/**")
	[lead] = call(
		"frappe.client.get_list",
		doctype="Lead",
		filters={"company_name": company},
		fields=["source", "sf_referred_by", "sf_referrer", "sf_referral_survey"],
	)
	assert lead == {
		"source": "Reference",
		"sf_referred_by": customer,
		"sf_referrer": BUYER,
		"sf_referral_survey": survey,
	}
	page.goto(f"/app/satisfaction-survey/{survey}")
	expect(page.locator(".sf-referrals")).to_contain_text(company)
	shot(page, "chain_referred")
