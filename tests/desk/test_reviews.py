"""A proposal's review in the desk (S2): asked for, opened, decided on a phone from the mail's link, changed, approved."""

from __future__ import annotations

import email
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import policy

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import assert_inside, dialog, overflow
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.review"
PHONE = {"width": 390, "height": 800}
SCORES = {"feasibility": 4, "price": 3, "compliance": 5}


@pytest.fixture(scope="session")
def reviewers(call) -> Iterator[dict[str, str]]:
	"""Function -> the address of the one who is asked; legal reads Chinese. The manager speaks for sales."""
	people = {"product": ("Product Reviewer", "en"), "legal": ("Legal Reviewer", "zh")}
	asked = {
		name: records.insert(
			call,
			"User",
			email=f"{name}{records.digits(8)}@standard.test",
			first_name="法务部" if language == "zh" else "Product Management",
			language=language,
			send_welcome_email=0,
			new_password=TEST_PASSWORD,
			roles=[{"role": role}],
		)
		for name, (role, language) in people.items()
	}
	# Others with these roles, from other tests, are not asked.
	name_reviewers(call, {"sales": "manager@standard.test", **asked})
	yield asked
	name_reviewers(call, {"sales": None, "product": None, "legal": None})


def name_reviewers(call: Callable, people: dict[str, str | None]) -> None:
	"""Puts one reviewer into the shipped rule of each function, or nobody."""
	for function, user in people.items():
		rule = call("frappe.client.get", doctype="Review Rule", name=f"{function.title()} review")
		rows = [{"reviewer": user}] if user else []
		call("frappe.client.save", doc={**rule, "reviewers": rows})


@pytest.fixture(scope="session")
def payment_terms(call) -> str:
	"""A template: all after thirty days."""
	term = records.insert(
		call,
		"Payment Term",
		payment_term_name=f"三十天{records.digits(8)}",
		invoice_portion=100,
		due_date_based_on="Day(s) after invoice date",
		credit_days=30,
	)
	row = {"payment_term": term, "invoice_portion": 100, "credit_days": 30}
	row["due_date_based_on"] = "Day(s) after invoice date"
	return records.insert(call, "Payment Terms Template", template_name=term, terms=[row])


@pytest.fixture
def proposal(call, payment_terms) -> str:
	"""A complete draft of the rep's."""
	return draft(call, payment_terms)


def draft(call: Callable, payment_terms: str) -> str:
	"""A complete draft of the rep's, on an opportunity whose customer has confirmed a need."""
	lead = records.lead(
		call, company_name=records.unique("样品工厂"), email_id=f"{records.digits(8)}@sample.example"
	)
	opportunity = records.opportunity(call, party_name=lead, opportunity_owner="rep@standard.test")
	talk = records.insert(
		call,
		"Needs Record",
		reference_doctype="Opportunity",
		reference_name=opportunity,
		contact_name="采购经理",
		talked_on=records.ago(hours=1),
		summary="扫码下单",
		needs=[
			{
				"need": "扫码下单",
				"priority": "Must",
				"nature": "Rigid",
				"explicitness": "Explicit",
				"match_score": 4,
			}
		],
	)
	answer = {"verdict": "Confirmed", "by": "采购经理", "on": records.ago(minutes=5), "channel": "Phone"}
	call("salesflow_std.api.needs.record_answer", name=talk, **answer)
	code, case = f"物料{records.digits(8)}", f"案例{records.digits(8)}"
	records.insert(call, "Item", item_code=code, item_group="Products", stock_uom="Nos", is_stock_item=0)
	records.insert(call, "Item Price", item_code=code, price_list="Standard Selling", price_list_rate=1000)
	content = records.insert(
		call, "Value Content", title=case, kind="Case", enabled=1, subject="案例", body="案例"
	)
	doc = call("frappe.client.get", doctype="Solution Proposal", name=made(call, opportunity))
	doc["answers"][0].update({"feature": "手持扫码", "value": "每天节省 2 小时", "case_content": content})
	doc.update(
		situation="重复录单",
		solution="一套系统",
		value="每天节省 2 小时",
		items=[{"item_code": code, "qty": 10, "discount_percentage": 10}],
		delivery_period="六周",
		payment_terms_template=payment_terms,
		service_terms="工作日热线",
		terms="<p>三十天内付款</p>",
	)
	return call("frappe.client.save", doc=doc)["name"]


def made(call: Callable, opportunity: str) -> str:
	return call("salesflow_std.api.proposal.make", user="rep", doctype="Opportunity", name=opportunity)


def opened(call: Callable, name: str) -> str:
	"""The proposal's review, opened by the manager."""
	return call(f"{API}.open", user="manager", proposal=name)


def status(call: Callable, name: str) -> str:
	return records.state(call, "Solution Proposal", name, "status")


def link_in_mail(call: Callable, to: str, review: str) -> str:
	"""The path of the page that the mail about the review leads to."""
	queued = call(
		"frappe.client.get_list",
		doctype="Email Queue",
		filters=[["Email Queue Recipient", "recipient", "=", to]],
		fields=["message"],
		order_by="`tabEmail Queue`.creation desc",
	)
	for row in queued:
		message = email.message_from_string(row["message"], policy=policy.default)
		text = message.get_body(("html", "plain")).get_content()
		found = re.search(rf"https?://[^/\"]+(/app/my-reviews/{re.escape(review)})\b", text)
		if found:
			return found[1]
	raise AssertionError(f"no mail to {to} leads to {review}")


def score(page: Page, **scores: int) -> None:
	for criterion, points in {**SCORES, **scores}.items():
		page.locator(f"[data-criterion={criterion}] [data-score='{points}']").click()


def open_review(login: Callable, user: str, review: str, lang: str = "en", **options) -> Page:
	page = login(user, lang=lang, path=f"/app/my-reviews/{review}", **options)
	page.locator(".sf-sheet h2").wait_for()
	return page


def test_from_the_request_to_the_approval(login, new_page, call, reviewers, proposal):
	name = proposal
	title = records.state(call, "Solution Proposal", name, "title")

	# The rep asks for it.
	page = login("rep", path=f"/app/solution-proposal/{name}")
	page.get_by_role("button", name="Request Review").click()
	part = dialog(page)
	for function in ("Legal", "Product", "Sales"):
		expect(part.locator(".sf-asked-head", has_text=function)).to_have_count(1)
	part.locator("[data-fieldname=note] textarea").fill("They decide on Friday")
	part.locator(".btn-primary").click()
	expect(page.locator(".indicator-pill", has_text="Review Requested").first).to_be_visible()

	# The manager opens it from the page.
	page = login("manager", path="/app/my-reviews")
	page.locator(".sf-wait", has_text=title).get_by_role("button", name="Open Review").click()
	dialog(page).locator(".btn-primary").click()
	expect(page.locator(".sf-wait[data-review]", has_text=title)).to_be_visible()
	review = page.locator(".sf-wait[data-review]", has_text=title).get_attribute("data-review")
	assert status(call, name) == "In Review"

	# The product reviewer comes from the mail to a phone, logs in and decides.
	page = new_page(**PHONE)
	page.goto(link_in_mail(call, reviewers["product"], review))
	page.locator("#login_email").fill(reviewers["product"])
	page.locator("#login_password").fill(TEST_PASSWORD)
	page.locator(".btn-login:visible").click()
	page.locator(".sf-sheet h2", has_text=title).wait_for()
	assert overflow(page.locator("html")) <= 0
	approve = page.locator("[data-decide=Approve]")
	assert_inside(approve, page)
	approve.click()
	# Nothing is sent without scores; what is missing is shown where it is missing.
	expect(page.locator("[data-criterion=feasibility] .sf-amiss")).to_have_text("Choose 1 to 5.")
	expect(page.locator("[data-criterion=feasibility] [data-score='1']")).to_be_focused()
	box = page.locator("[data-criterion=feasibility] [data-score='1']").bounding_box()
	assert box["width"] >= 44 and box["height"] >= 44
	score(page)
	approve.evaluate("button => { button.click(); button.click(); }")
	expect(page.locator(".sf-waiting .sf-wait", has_text=title).filter(has_text="Approve")).to_be_visible()

	# Sales agrees; legal, in Chinese, asks for a change and says where.
	call(f"{API}.decide", user="manager", review=review, decision="Approve", **SCORES)
	page = open_review(login, reviewers["legal"], review)
	page.locator("[data-comment='Terms:terms']").fill("付款期限过长")
	score(page, compliance=2)
	page.locator("[data-decide=Change]").click()
	expect(page.locator(".sf-words .sf-amiss")).to_have_text(
		word("zh", "Say why; it goes to whoever wrote the proposal.")
	)
	page.locator("[data-reason]").fill("条款需修改")
	page.locator("[data-decide=Change]").click()
	expect(page.locator(".sf-wait", has_text=title)).to_contain_text(
		word("zh", "Change", context="Review Opinion")
	)
	assert status(call, name) == "Changes Asked"

	# The rep reads why, on the form.
	page = login("rep", path=f"/app/solution-proposal/{name}")
	page.locator(".form-tabs .nav-link:visible", has_text="Review").click()
	expect(page.locator(".sf-seat", has_text="条款需修改")).to_be_visible()
	expect(page.locator(".sf-comments")).to_contain_text("付款期限过长")

	# A new version; product need not look at terms again, legal sees what has changed and approves.
	second = call("salesflow_std.api.proposal.new_version", user="rep", name=name)
	doc = call("frappe.client.get", doctype="Solution Proposal", name=second)
	# What the reviewers asked for is in the new version's list.
	corrections = [{**row, "state": "Taken Over"} for row in doc["corrections"]]
	assert any("付款期限过长" in row["correction"] for row in corrections)
	call("frappe.client.save", doc={**doc, "terms": "<p>十天内付款</p>", "corrections": corrections})
	again = opened(call, second)
	page = open_review(login, reviewers["legal"], again)
	expect(page.locator(".sf-changes")).to_contain_text("十天内付款")
	assert latin_left(page.locator(".sf-changes")) == []
	expect(page.locator(".sf-seat", has_text=word("zh", "holds from an earlier version"))).to_have_count(1)
	score(page)
	page.locator("[data-decide=Approve]").click()
	# The review stands in the list before, too, as one that waits; with the opinion only once it is written.
	decided = page.locator(".sf-waiting .sf-wait", has=page.locator(f"a[href='/app/my-reviews/{again}']"))
	expect(decided).to_contain_text(word("zh", "Approve", context="Review Opinion"))
	call(f"{API}.decide", user="manager", review=again, decision="Approve", **SCORES)
	assert status(call, second) == "Approved" and status(call, name) == "Superseded"


def test_reviewers_who_decide_at_the_same_moment_are_all_heard(call, reviewers, proposal):
	review = opened(call, proposal)
	asked = ["manager", *reviewers.values()]
	for user in asked:  # logged in before, so that the decisions meet
		call("frappe.auth.get_logged_user", user=user)

	def approve(user: str) -> str:
		return call(f"{API}.decide", user=user, review=review, decision="Approve", **SCORES)["status"]

	with ThreadPoolExecutor(len(asked)) as pool:
		said = list(pool.map(approve, asked))
	# Each answer is that of one moment; whoever was last closed it.
	assert sorted(said) == ["Approved", "Open", "Open"]
	assert status(call, proposal) == "Approved"


def test_what_is_written_survives_a_failed_call(login, call, reviewers, proposal, tolerate):
	tolerate(r"console: ")
	review = opened(call, proposal)
	page = open_review(login, reviewers["product"], review)
	score(page)
	page.locator("[data-comment^='Item:']").fill("Only with all four lines")
	page.route("**/api/method/*review.decide", lambda route: route.abort())
	page.locator("[data-decide=Approve]").click()
	expect(page.locator(".sf-refusal")).to_contain_text("There is no connection")
	page.unroute("**/api/method/*review.decide")
	page.reload()
	expect(page.locator("[data-comment^='Item:']")).to_have_value("Only with all four lines")
	expect(page.locator("[data-criterion=compliance] [aria-checked=true]")).to_have_text("5")
	# What the server refuses stands beside the buttons: the review has gone meanwhile.
	call(f"{API}.recall", user="manager", review=review, reason="Wrong price")
	page.locator("[data-decide=Approve]").click()
	expect(page.locator(".sf-refusal")).not_to_be_empty()
	expect(page.locator("[data-comment^='Item:']")).to_have_value("Only with all four lines")


def test_the_page_in_chinese_fits_a_phone(login, call, reviewers, proposal):
	review = opened(call, proposal)
	page = open_review(login, reviewers["legal"], review, **PHONE)
	assert overflow(page.locator("html")) <= 0
	page.locator(".sf-fold").click()
	data = ("Product Management", "Standard Test Co", "Nos", "CNY", "PROPOSAL", "Sales Rep", "Sales Manager")
	assert latin_left(page.locator(".sf-sheet"), *data) == []
	page.locator("[data-act=delegate]").click()
	assert latin_left(dialog(page)) == []
