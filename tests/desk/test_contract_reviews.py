"""Legal's review of a contract (C2): the rep asks on the contract, legal reads and decides on a phone, in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.contract"
PHONE = {"width": 390, "height": 800}
TOPICS = ("Scope", "Delivery Period", "Payment", "Breach", "Intellectual Property", "After-sales")


@pytest.fixture(scope="module")
def lawyer(call) -> Iterator[str]:
	"""The one lawyer who is asked, and who reads Chinese."""
	name = records.insert(
		call,
		"User",
		email=f"law{records.digits(8)}@standard.test",
		first_name="法务部",
		language="zh",
		send_welcome_email=0,
		new_password=TEST_PASSWORD,
		roles=[{"role": "Legal Reviewer"}],
	)
	ask_only(call, name)
	yield name
	ask_only(call, None)


def ask_only(call: Callable, user: str | None) -> None:
	rule = call("frappe.client.get", doctype="Review Rule", name="Legal review")
	call("frappe.client.save", doc={**rule, "reviewers": [{"reviewer": user}] if user else []})


@pytest.fixture
def contract(call) -> str:
	"""A draft of the rep's."""
	customer = records.insert(
		call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company"
	)
	deal = records.opportunity(
		call, opportunity_from="Customer", party_name=customer, opportunity_owner="rep@standard.test"
	)
	name = call(f"{API}.make", user="rep", doctype="Opportunity", name=deal)["name"]
	doc = call("frappe.client.get", doctype="Contract", name=name)
	said = {"sf_scope": "产线 × 2", "sf_delivery_period": "六周", "contract_terms": "<p>按约定执行</p>"}
	call("frappe.client.save", doc={**doc, **said})
	return name


def finding(page: Page, topic: str, found: str) -> None:
	page.locator(f"[data-topic='{topic}'] [data-finding='{found}']").click()


def test_from_the_request_to_the_approval(login, call, lawyer, contract, tolerate):
	tolerate("console: Traceback")  # of the refusal
	# The rep sees what is missing, and asks.
	page = login("rep", path=f"/app/contract/{contract}")
	page.get_by_role("button", name="Ask for Clause Review").wait_for()
	expect(page.locator(".form-message.sf-gate")).to_contain_text("Nobody has been asked to review")
	page.get_by_role("button", name="Ask for Clause Review").click()
	dialog(page).locator("[data-fieldname=note] textarea").fill("请看违约责任")
	dialog(page).locator(".btn-primary").click()
	expect(page.locator(".form-message.sf-gate")).to_contain_text("under review with 法务部")
	review = records.state(call, "Contract", contract, "sf_contract_review")

	# Legal finds it among their reviews and opens it on a phone.
	page = login(lawyer, path="/app/my-reviews", **PHONE)
	page.locator(f".sf-wait a[href='/app/contract-review/{review}']").click()
	page.locator(".sf-clause-decision").wait_for()
	assert overflow(page.locator("html")) <= 0
	assert latin_left(page.locator(".sf-clauses")) == []
	box = page.locator("[data-topic=Scope] [data-finding]").first.bounding_box()
	assert box["height"] >= 40

	# What nobody has looked at is not approved; what was found is kept meanwhile.
	for topic in TOPICS[:-1]:
		finding(page, topic, "In Order")
	page.locator("[data-topic=Breach] textarea").fill("上限合理")
	page.locator("[data-decision=Approve]").click()
	label = word("zh", "After-sales", context="Contract Review Clause")
	expect(page.locator(".sf-clause-decision .sf-refused")).to_contain_text(label)
	page.reload()
	expect(page.locator("[data-topic=Breach] textarea")).to_have_value("上限合理")
	expect(page.locator("[data-topic=Scope] [aria-pressed=true]")).to_have_count(1)
	finding(page, TOPICS[-1], "In Order")
	page.locator("[data-decision=Approve]").click()
	expect(page.locator(".sf-clause-decision")).to_have_count(0)
	assert records.state(call, "Contract", contract, "sf_state") == "Clauses Approved"
	assert records.state(call, "Contract Review", review, "decided_by") == lawyer

	# A manager submits; the rep notes the customer's signature.
	call(
		"frappe.client.submit",
		user="manager",
		doc=call("frappe.client.get", doctype="Contract", name=contract),
	)
	page = login("rep", path=f"/app/contract/{contract}")
	page.get_by_role("button", name="Signature").click()
	page.locator(".dropdown-menu:visible").get_by_text("Customer Has Signed").click()
	dialog(page).locator("input[data-fieldname=signee]").fill("总经理")
	dialog(page).locator(".btn-primary").click()
	expect(page.get_by_role("button", name="Attach Scan")).to_be_visible()
	expect(page.locator(".form-message.sf-gate")).to_contain_text("Scan due by")
	assert records.state(call, "Contract", contract, "sf_state") == "Signed"
