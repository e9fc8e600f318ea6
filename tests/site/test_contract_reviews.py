"""Legal's review of a contract: who is asked, what is listed, how it is decided, when it falls (C2)."""

from __future__ import annotations

import json

import frappe
import pytest
from frappe.www.printview import get_html_and_style
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from salesflow_std.engine import clauses
from tests.site import deals, records
from tests.site.deals import ALL_IN_ORDER, API
from tests.site.review_cases import absent, notices_of


@pytest.fixture(autouse=True)
def enforced():
	deals.enforce()


@pytest.fixture
def deal(rep):
	return deals.opportunity(rep)


@pytest.fixture
def contract(deal):
	return deals.contract(deal)


@pytest.fixture
def asked(call, as_user, rep, lawyer, contract):
	with as_user(rep):
		call(f"{API}.ask_for_review", contract=contract.name, note="Please look at the breach.")
	return contract


def decide(call, as_user, user, contract, decision="Approve", **more):
	review = records.state(contract, "sf_contract_review")
	values = {"findings": json.dumps(ALL_IN_ORDER), "reason": None, **more}
	with as_user(user):
		return call(f"{API}.decide", review=review, decision=decision, **values)


# Asking


def test_legal_is_asked_once_with_eight_working_hours(call, as_user, rep, lawyer, contract, frozen_time):
	with frozen_time("2027-01-15 14:00"), as_user(rep):
		first = call(f"{API}.ask_for_review", contract=contract.name)
		again = call(f"{API}.ask_for_review", contract=contract.name)
	review = deals.review_of(contract)
	assert first == again == review.name and deals.state(contract) == "In Clause Review"
	assert (review.status, review.reviewer, review.asked_by) == ("Open", lawyer, rep)
	assert str(review.due_on) == "2027-01-18 14:00:00"
	assert [row.topic for row in review.clauses] == list(clauses.TOPICS)
	assert len([text for text in notices_of(lawyer) if "Please review the clauses" in text]) == 1


def test_who_is_away_is_replaced_by_who_stands_in(call, as_user, rep, make_user, contract, frozen_time):
	away, instead = make_user("Legal Reviewer"), make_user("Legal Reviewer")
	deals.only_legal(reviewers=[{"reviewer": away, "stand_in": instead}])
	with frozen_time("2027-01-15 14:00"):
		absent(away, "2027-01-14", "2027-01-20")
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=contract.name)
		assert deals.review_of(contract).reviewer == instead


def test_of_several_the_one_with_the_fewest_open_reviews(call, as_user, rep, make_user, deal):
	first, second = sorted((make_user("Legal Reviewer"), make_user("Legal Reviewer")))
	deals.only_legal(first, second)
	people = []
	for document in (deals.contract(deal), deals.contract(deals.opportunity(rep))):
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=document.name)
		people.append(deals.review_of(document).reviewer)
	assert people == [first, second]


def test_where_nobody_can_be_asked_it_says_so_with_links(call, as_user, rep, contract):
	deals.only_legal(rep)
	with as_user(rep), pytest.raises(frappe.ValidationError, match="/app/review-rule") as refused:
		call(f"{API}.ask_for_review", contract=contract.name)
	assert "Legal Reviewer" in str(refused.value)
	assert deals.state(contract) == "Drafted"


def test_a_contract_of_no_deal_is_not_reviewed(call, lawyer):
	contract = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": records.customer().name,
			"contract_terms": "As agreed",
		}
	).insert()
	with pytest.raises(frappe.ValidationError, match="no opportunity"):
		call(f"{API}.ask_for_review", contract=contract.name)


# Differences


def test_what_differs_from_the_approved_proposal_is_listed_in_words(call, as_user, rep, lawyer, deal):
	deals.approved_proposal(deal)
	with as_user(rep):
		name = call(f"{API}.make", doctype="Opportunity", name=deal.name)["name"]
	contract = frappe.get_doc("Contract", name)
	assert call(f"{API}.standing", contract=name)["differences"] == []
	contract.update({"sf_amount": 8000, "sf_delivery_period": "12 weeks", "sf_after_sales": ""})
	contract.save()
	with as_user(rep):
		review = call(f"{API}.ask_for_review", contract=name)
	with as_user(lawyer):
		sheet = call(f"{API}.review_sheet", review=review)
	told = {row["topic"]: row["differences"] for row in sheet["clauses"]}
	assert [(one["before"], one["after"]) for one in told["Delivery Period"]] == [
		("6 weeks after the order", "12 weeks")
	]
	assert "9,000" in told["Payment"][0]["before"] and "8,000" in told["Payment"][0]["after"]
	assert told["After-sales"][0]["after"] == ""
	assert told["Scope"] == told["Breach"] == []
	differs = {row.topic: row.differs for row in deals.review_of(contract).clauses}
	assert [topic for topic, yes in differs.items() if yes] == ["Delivery Period", "Payment", "After-sales"]


def test_a_quotation_with_other_figures_than_were_approved_is_listed_too(call, as_user, rep, deal):
	deals.approved_proposal(deal)
	quotation = deals.quotation(deal)
	with as_user(rep):
		name = call(f"{API}.make", doctype="Quotation", name=quotation.name)["name"]
		found = call(f"{API}.standing", contract=name)["differences"]
	assert any(quotation.name in row["what"] and row["topic"] == "Scope" for row in found)


# Deciding


def test_legal_approves_and_the_rep_hears_of_it(call, as_user, rep, lawyer, asked):
	assert decide(call, as_user, lawyer, asked) == "Approved"
	assert deals.state(asked) == "Clauses Approved"
	review = deals.review_of(asked)
	assert (review.decided_by, {row.finding for row in review.clauses}) == (lawyer, {"In Order"})
	assert any("The clauses are approved" in text for text in notices_of(rep))


@pytest.mark.parametrize(("decision", "status"), [("Change", "Changes Asked"), ("Reject", "Rejected")])
def test_changes_and_rejections_need_a_reason_and_make_it_a_draft(
	call, as_user, lawyer, asked, decision, status
):
	with pytest.raises(frappe.ValidationError, match="Say why"):
		decide(call, as_user, lawyer, asked, decision, findings=None)
	decide(call, as_user, lawyer, asked, decision, findings=None, reason="Liability is open.")
	assert deals.state(asked) == "Drafted" and deals.review_of(asked).status == status
	with pytest.raises(frappe.ValidationError, match="Liability is open"):
		frappe.get_doc("Contract", asked.name).submit()


def test_nothing_is_approved_that_nobody_looked_at(call, as_user, lawyer, asked):
	some = [row for row in ALL_IN_ORDER if row["topic"] != "Breach"]
	with pytest.raises(frappe.ValidationError, match="Not looked at yet: Breach"):
		decide(call, as_user, lawyer, asked, findings=json.dumps(some))
	wrong = [*some, {"topic": "Breach", "finding": "Missing", "comment": "No penalty."}]
	with pytest.raises(frappe.ValidationError, match="Not in order: Breach"):
		decide(call, as_user, lawyer, asked, findings=json.dumps(wrong))
	assert deals.state(asked) == "In Clause Review"


def test_four_eyes_neither_who_asked_nor_managers_nor_administrator_decide(
	call, as_user, rep, manager, lawyer, asked
):
	for user in (rep, manager, "Administrator"):
		with pytest.raises(frappe.PermissionError):
			decide(call, as_user, user, asked)
	assert deals.state(asked) == "In Clause Review"


def test_a_lawyer_who_asks_does_not_decide(call, as_user, make_user, deal, contract):
	"""Not even as the only one with the role."""
	both = make_user(["Legal Reviewer", "Sales User"])
	other = make_user("Legal Reviewer")
	deals.only_legal(both, other)
	with as_user(both):
		call(f"{API}.ask_for_review", contract=contract.name)
	assert deals.review_of(contract).reviewer == other
	with pytest.raises(frappe.PermissionError):
		decide(call, as_user, both, contract)


def test_whoever_stands_in_today_decides(call, as_user, rep, make_user, contract, frozen_time):
	reviewer, instead = make_user("Legal Reviewer"), make_user("Legal Reviewer")
	deals.only_legal(reviewers=[{"reviewer": reviewer, "stand_in": instead}])
	with frozen_time("2027-01-15 14:00") as clock:
		with as_user(rep):
			call(f"{API}.ask_for_review", contract=contract.name)
		with pytest.raises(frappe.PermissionError):
			decide(call, as_user, instead, contract)
		absent(reviewer, "2027-01-18", "2027-01-20")
		clock.set("2027-01-18 10:00")
		assert decide(call, as_user, instead, contract) == "Approved"


def test_findings_are_kept_while_legal_reads(call, as_user, rep, lawyer, asked):
	review = records.state(asked, "sf_contract_review")
	found = [{"topic": "Breach", "finding": "To Change", "comment": "Cap it."}]
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.note_findings", review=review, findings=json.dumps(found))
	with as_user(lawyer):
		call(f"{API}.note_findings", review=review, findings=json.dumps(found))
	row = next(row for row in deals.review_of(asked).clauses if row.topic == "Breach")
	assert (row.finding, row.comment) == ("To Change", "Cap it.")


def test_another_of_legal_takes_over(call, as_user, manager, rep, lawyer, make_user, asked):
	other, seller = make_user("Legal Reviewer"), make_user("Sales User")
	review = records.state(asked, "sf_contract_review")
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.hand_over", review=review, user=other)
	with as_user(manager):
		with pytest.raises(frappe.ValidationError):
			call(f"{API}.hand_over", review=review, user=seller)
		call(f"{API}.hand_over", review=review, user=other)
	with pytest.raises(frappe.PermissionError):
		decide(call, as_user, lawyer, asked)
	assert decide(call, as_user, other, asked) == "Approved"


# Falling and taking back


CHANGES = {
	"contract_terms": "<p>Other terms.</p>",
	"sf_scope": "More",
	"sf_delivery_period": "Later",
	"sf_amount": 0.01,
	"sf_currency": "USD",
	"sf_breach": "None",
	"sf_intellectual_property": "Theirs",
	"sf_after_sales": "None",
	"start_date": "2020-01-01",
}


@pytest.mark.parametrize("field", CHANGES)
def test_an_approval_falls_when_a_clause_changes(call, as_user, rep, lawyer, asked, field):
	decide(call, as_user, lawyer, asked)
	asked.reload()
	asked.set(field, CHANGES[field])
	asked.save()
	assert records.state(asked, "sf_state", "sf_fingerprint") == ("Drafted", None)
	assert any("The clauses have changed" in text for text in notices_of(rep))
	with pytest.raises(frappe.ValidationError, match="have changed since"):
		asked.submit()


def test_what_is_no_clause_leaves_the_approval_alone(call, as_user, lawyer, asked):
	decide(call, as_user, lawyer, asked)
	asked.reload()
	asked.update(
		{"sf_allocated_to": "Administrator", "contract_terms": "<div> As agreed. </div>", "signee": "X"}
	)
	asked.save()
	assert deals.state(asked) == "Clauses Approved"


def test_what_changes_while_legal_reads_is_reviewed_no_longer(call, as_user, lawyer, asked):
	asked.reload()
	asked.sf_scope = "More"
	asked.save()
	assert deals.state(asked) == "Drafted" and deals.review_of(asked).status == "Withdrawn"
	with pytest.raises(frappe.ValidationError, match="is closed"):
		decide(call, as_user, lawyer, asked)


def test_changed_past_every_event_it_is_not_approved(call, as_user, lawyer, asked):
	frappe.db.set_value("Contract", asked.name, "sf_scope", "More")
	with pytest.raises(frappe.ValidationError, match="are not those"):
		decide(call, as_user, lawyer, asked)


def test_an_approval_is_changed_while_it_is_submitted_and_falls(call, as_user, lawyer, asked):
	"""Submitting saves what is on the form as well."""
	decide(call, as_user, lawyer, asked)
	asked.reload()
	asked.sf_scope = "More"
	with pytest.raises(frappe.ValidationError, match="cannot be submitted"):
		asked.submit()


def test_who_asked_takes_it_back(call, as_user, rep, lawyer, make_user, asked):
	review = records.state(asked, "sf_contract_review")
	with as_user(make_user("Sales User")), pytest.raises(frappe.PermissionError):
		call(f"{API}.take_back", review=review)
	with as_user(rep):
		call(f"{API}.take_back", review=review)
		call(f"{API}.take_back", review=review)
	assert deals.state(asked) == "Drafted" and deals.review_of(asked).status == "Withdrawn"
	assert any("taken back" in text for text in notices_of(lawyer))
	with as_user(rep):
		assert call(f"{API}.ask_for_review", contract=asked.name) != review


def test_legal_takes_an_approval_back_with_a_reason_until_it_is_submitted(
	call, as_user, rep, manager, lawyer, asked
):
	review = records.state(asked, "sf_contract_review")
	decide(call, as_user, lawyer, asked)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.take_back", review=review, reason="I want to.")
	with as_user(lawyer):
		with pytest.raises(frappe.ValidationError, match="reason"):
			call(f"{API}.take_back", review=review)
		call(f"{API}.take_back", review=review, reason="A law has changed.")
	assert deals.state(asked) == "Drafted"
	with pytest.raises(frappe.ValidationError):
		frappe.get_doc("Contract", asked.name).submit()


# Rights


def test_a_review_is_written_by_the_app_alone(as_user, lawyer, asked):
	for user in (lawyer, "Administrator"):
		review = deals.review_of(asked)
		with as_user(user), pytest.raises(frappe.PermissionError):
			review.update({"status": "Approved"})
			review.save()
	assert deals.review_of(asked).status == "Open"


def test_it_is_seen_with_its_contract_and_by_who_is_asked(as_user, make_user, rep, lawyer, asked):
	review = deals.review_of(asked)

	def sees(user):
		with as_user(user):
			listed = review.name in frappe.get_list("Contract Review", pluck="name", order_by="name")
			return listed, bool(frappe.has_permission("Contract Review", "read", doc=review.name))

	assert sees(rep) == sees(lawyer) == (True, True)
	elsewhere = make_user("Sales User")
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": elsewhere,
			"allow": "Opportunity",
			"for_value": deals.opportunity().name,
		}
	).insert()
	assert sees(elsewhere) == (False, False)


def test_the_record_prints_each_clause_and_what_legal_found(call, as_user, lawyer, asked):
	"""合同条款评审记录."""
	found = [{**row, "comment": f"Read {row['topic']}"} for row in ALL_IN_ORDER]
	decide(call, as_user, lawyer, asked, findings=json.dumps(found))
	frappe.local.request = Request(EnvironBuilder("/printview").get_environ())
	html = frappe.get_print("Contract Review", deals.review_of(asked).name)
	assert all(f"Read {topic}" in html for topic in clauses.TOPICS) and "The Lawyer" in html


def test_a_made_up_review_prints_nothing_of_a_contract(as_user, make_user, asked):
	"""Frappe prints what a request says that the document is."""
	stranger = make_user("Sales User")
	own = {"user": stranger, "allow": "Opportunity", "for_value": deals.opportunity().name}
	frappe.get_doc({"doctype": "User Permission", **own}).insert()
	frappe.local.request = Request(EnvironBuilder("/printview").get_environ())
	review = deals.review_of(asked)
	clauses_of = [{"doctype": "Contract Review Clause", "topic": topic} for topic in clauses.TOPICS]
	for name in (review.name, "CR-NONE"):
		made_up = {"doctype": review.doctype, "name": name, "contract": asked.name, "reviewer": stranger}
		with as_user(stranger), pytest.raises(frappe.PermissionError):
			get_html_and_style(json.dumps({**made_up, "status": "Open", "clauses": clauses_of}))
