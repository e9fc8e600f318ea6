"""Solution proposals: what they answer, what they cost, versions, and who sees them (S1, S3)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import cint

from salesflow_std.salesflow_std import needs, profiles, proposal_needs, proposals
from tests.site import records, solutions, talks

API = "salesflow_std.api.proposal."


def whats(doc):
	return [gap["what"] for gap in proposals.missing(doc)]


# Made for a document ---------------------------------------------------------------------------------------


def test_a_new_proposal_takes_what_is_known_of_its_document(call):
	"""S1: nothing is retyped: needs, customer, currency, price list, responsible."""
	document = solutions.opportunity_with_confirmed_needs(opportunity_owner="Administrator", language="zh")
	name = call(API + "make", doctype="Opportunity", name=document.name)
	doc = frappe.get_doc(proposals.DOCTYPE, name)
	assert (doc.status, doc.version, doc.root) == ("Draft", 1, name)
	assert doc.customer_profile == profiles.profile_of("Opportunity", document.name)
	assert (doc.company, doc.currency, doc.selling_price_list) == (records.COMPANY, "CNY", "Standard Selling")
	assert (doc.allocated_to, doc.language) == ("Administrator", "zh")
	assert doc.needs_record == needs.current("Opportunity", document.name)
	assert [(row.need, row.priority, row.from_record) for row in doc.answers] == [
		(need, priority, 1)
		for need, priority in zip(talks.NEEDS, ("Must", "Expected", "Deferrable"), strict=True)
	]
	assert call(API + "make", doctype="Opportunity", name=document.name) == name, "two clicks make one"


@pytest.mark.parametrize("kind", ["Lead", "Customer", "Prospect"])
def test_a_proposal_stands_on_any_party(kind):
	if kind == "Prospect":
		document = frappe.get_doc(
			{
				"doctype": "Prospect",
				"company_name": frappe.generate_hash(length=8),
				"company": records.COMPANY,
			}
		).insert()
	else:
		document = records.lead() if kind == "Lead" else records.customer()
	doc = solutions.proposal(document)
	assert doc.title == profiles.company_name(kind, document.name)
	assert doc.net_total == 9000
	assert whats(doc) == ["No confirmed needs"]


def test_a_customers_own_terms_come_first():
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": "2020-01-01",
			"from_currency": "USD",
			"to_currency": "CNY",
			"exchange_rate": 7,
		}
	).insert()
	customer = records.customer(
		default_currency="USD", payment_terms=solutions.payment_terms(), language="zh"
	)
	doc = solutions.proposal(customer, complete=False)
	assert (doc.currency, doc.payment_terms_template, doc.language) == ("USD", "40-60", "zh")


def test_what_only_the_app_writes_is_kept():
	doc = solutions.proposal()
	before = doc.as_dict()
	doc.update(
		{
			"status": "Approved",
			"version": 9,
			"grand_total": 1,
			"figures": "{}",
			"fingerprint": "x",
			"title": "Somebody else",
			"root": "PROPOSAL-X",
			"approved_on": "2026-01-01",
			"discount_percent": 0,
		}
	)
	doc.items[0].update({"price_list_rate": 5, "amount": 5, "row_key": "x"})
	doc.answers[0].update({"waived_on": "2026-01-01", "waive_reason": "x", "need_key": "x"})
	doc.save()
	doc.reload()
	for field in ("status", "version", "grand_total", "figures", "fingerprint", "title", "root", "approved_on", "discount_percent"):  # fmt: skip
		assert doc.get(field) == before[field], field
	assert doc.items[0].price_list_rate == 1000 and doc.items[0].row_key == before["items"][0]["row_key"]
	assert not doc.answers[0].waived_on and doc.answers[0].need_key == before["answers"][0]["need_key"]


def test_a_new_proposal_is_no_approved_one():
	"""An import may say what it likes."""
	doc = solutions.proposal(status="Approved", version=3, fingerprint="x", root="PROPOSAL-2020-00001")
	assert (doc.status, doc.version, doc.root) == ("Draft", 1, doc.name)


# Needs and coverage (S1) -----------------------------------------------------------------------------------


def test_the_needs_are_the_records():
	"""S1: a form neither rewords nor removes what the customer has confirmed; rows of one's own may be added."""
	doc = solutions.proposal()
	doc.answers[0].need = "Something easier"
	doc.answers[0].priority = "Deferrable"
	doc.answers[0].feature = "A better scanner"
	doc.answers = [doc.answers[0], doc.answers[2]]
	doc.append("answers", {"need": "Training on site", "priority": "Expected", "from_record": 1})
	doc.save()
	doc.reload()
	assert {row.need for row in doc.answers} == {*talks.NEEDS, "Training on site"}
	first = doc.answers[0]
	assert (first.need, first.priority, first.feature) == (talks.NEEDS[0], "Must", "A better scanner")
	own = next(row for row in doc.answers if row.need == "Training on site")
	assert not own.from_record
	doc.answers = [row for row in doc.answers if row is not own]
	doc.save()
	assert len(doc.answers) == 3


def test_answers_written_before_the_needs_were_taken_stay_with_their_need():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(
		document, complete=False, answers=[{"need": talks.NEEDS[1].upper(), "feature": "An app"}]
	)
	assert [row.need for row in doc.answers] == list(talks.NEEDS)
	assert doc.answers[1].feature == "An app" and doc.answers[1].from_record


def test_a_must_need_is_met_by_feature_value_and_case(call):
	"""S1: what is open is shown and blocks review."""
	doc = solutions.proposal(answers=[])
	told = proposal_needs.coverage(doc)
	assert [row["state"] for row in told["rows"]] == ["Open", "Open", "Open"]
	assert whats(doc) == [
		"Must-need 1 is open: the feature that answers it, what the customer gains by it, a case"
	]
	row = doc.answers[0]
	row.update({"feature": "Scanner", "value": "much faster", "case_content": solutions.case()})
	assert whats(doc) == ["Must-need 1 is open: a number in the value"]
	row.value_amount = 12000
	assert whats(doc) == []
	doc.save()
	doc.onload()
	assert doc.get_onload("coverage")["counts"] == {"Open": 2, "Partly": 0, "Waived": 0, "Covered": 1}
	frappe.db.set_value("Value Content", row.case_content, "enabled", 0)
	assert whats(doc) == ["Must-need 1 is open: a case"]


def test_only_a_case_is_a_case():
	doc = solutions.proposal()
	doc.answers[0].case_content = solutions.case(kind="Trend Report")
	with pytest.raises(frappe.ValidationError, match="is no case"):
		doc.save()


def test_what_a_proposal_lacks_is_said_in_the_order_of_the_form():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document, complete=False, payment_terms_template=None)
	gaps = proposals.missing(doc)
	assert [(gap["fieldname"], gap["table"], gap["row"]) for gap in gaps] == [
		("situation", None, None),
		("solution", None, None),
		("value", None, None),
		("feature", "answers", 1),
		("items", None, None),
		("delivery_period", None, None),
		("service_terms", None, None),
		("payment_terms_template", None, None),
	]
	assert all(gap["what"] and gap["why"] for gap in gaps)


def test_a_complete_proposal_lacks_nothing():
	assert proposals.missing(solutions.proposal()) == []


def test_a_price_is_missing_unless_it_is_given_away_on_purpose():
	doc = solutions.proposal()
	doc.append("items", {"item_code": solutions.item(rate=None), "qty": 1})
	doc.append("items", {"item_code": solutions.item(50), "qty": 1, "discount_percentage": 100})
	doc.append("items", {"item_code": solutions.item(rate=None), "qty": 1, "is_alternative": 1})
	doc.save()
	assert whats(doc) == ["Item 2 has no price"]
	doc.items[1].discount_percentage = 100
	doc.save()
	assert whats(doc) == []
	assert [row.rate for row in doc.items] == [900, 0, 0, 0]


def test_what_erpnext_would_refuse_is_said_before_the_review():
	code = solutions.item(1000, max_discount=5)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 1, "discount_percentage": 10}])
	gap = proposals.missing(doc)[0]
	assert gap["what"] == "ERPNext would not save this quotation"
	assert "5" in gap["why"] and code in gap["why"]


def test_needs_confirmed_anew_are_taken_over(call):
	"""S1: the customer has changed their mind since; what was answered stays with its need."""
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document)
	doc.answers[2].update({"feature": "", "value": "", "case_content": None})
	doc.save()
	old = frappe.get_doc(needs.DOCTYPE, doc.needs_record)
	after = needs.new_version(old)
	after.needs = [*after.needs[:2]]
	after.needs[0].need = "Orders by scan, 400 an hour"
	after.append("needs", {"need": "Two languages", "priority": "Must", "match_score": 5})
	after.save()
	solutions.confirm(after)
	needs.confirmed(after)
	assert whats(doc) == ["The needs have changed since"]
	assert call(API + "refresh_needs", name=doc.name) == after.name
	doc.reload()
	assert [(row.need, row.feature) for row in doc.answers] == [
		("Orders by scan, 400 an hour", "Scanner at the dock"),
		(talks.NEEDS[1], "Scanner at the dock"),
		("Two languages", None),
	]
	assert whats(doc)[0].startswith("Must-need 3 is open")


def test_needs_are_those_of_the_company_and_confirmed():
	document = solutions.opportunity_with_confirmed_needs()
	foreign = solutions.confirm(talks.talk(records.lead(email_id=talks.BUYER)))
	with pytest.raises(frappe.ValidationError, match="another company"):
		solutions.proposal(document, needs_record=foreign.name)
	talked = talks.talk(document)
	with pytest.raises(frappe.ValidationError, match="not confirmed"):
		solutions.proposal(document, needs_record=talked.name)


def test_a_proposal_without_confirmed_needs_can_be_written(call):
	document = records.opportunity()
	doc = solutions.proposal(document)
	assert doc.needs_record is None and whats(doc) == ["No confirmed needs"]
	record = solutions.confirm(talks.talk(document))
	assert whats(doc) == ["The confirmed needs have not been taken over"]
	call(API + "refresh_needs", name=doc.name)
	doc.reload()
	assert doc.needs_record == record.name and len(doc.answers) == 3


# Waivers (S1) ----------------------------------------------------------------------------------------------


def test_a_manager_leaves_a_need_open_with_a_reason(make_user, as_user, call):
	rep, manager = make_user("Sales User"), make_user(["Sales Manager", "Sales User"])
	doc = solutions.proposal(answers=[])
	row = doc.answers[0].name
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(API + "waive", name=doc.name, answer=row, reason="Not needed at once")
	with as_user(manager):
		with pytest.raises(frappe.ValidationError, match="Say why"):
			call(API + "waive", name=doc.name, answer=row, reason=" ")
		told = call(API + "waive", name=doc.name, answer=row, reason="Comes with release 2")
	assert told["rows"][0]["state"] == "Waived" and told["rows"][0]["waive_reason"] == "Comes with release 2"
	doc.reload()
	assert (doc.answers[0].waived_by, doc.answers[0].waive_reason) == (manager, "Comes with release 2")
	assert whats(doc) == []
	doc.save()
	assert doc.answers[0].waived_by == manager, "a form that is saved keeps it"
	with as_user(manager):
		call(API + "take_back_waiver", name=doc.name, answer=row)
	doc.reload()
	assert not doc.answers[0].waived_on and len(whats(doc)) == 1


def test_nothing_is_left_open_once_it_is_reviewed():
	doc = solutions.approve(solutions.proposal())
	with pytest.raises(frappe.ValidationError, match="no draft"):
		proposal_needs.waive(doc.name, doc.answers[0].name, "x")


def test_another_need_is_not_waived_with_the_old_one():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document, answers=[])
	proposal_needs.waive(doc.name, doc.answers[0].name, "Later")
	after = needs.new_version(frappe.get_doc(needs.DOCTYPE, doc.needs_record))
	after.needs[0].need = "Something else by Monday"
	after.save()
	solutions.confirm(after)
	needs.confirmed(after)
	proposal_needs.refresh(doc.name)
	doc.reload()
	assert not doc.answers[0].waived_on


# Prices (S1) -----------------------------------------------------------------------------------------------


def test_rate_and_discount_follow_each_other():
	doc = solutions.proposal()
	row = doc.items[0]
	assert (row.price_list_rate, row.rate, row.discount_percentage, row.amount) == (1000, 900, 10, 9000)
	row.rate = 800
	doc.save()
	assert (row.rate, row.discount_percentage) == (800, 20)
	row.discount_percentage = 12.5
	doc.save()
	assert (row.rate, row.discount_percentage, doc.discount_percent) == (875, 12.5, 12.5)
	row.update({"rate": 950, "discount_percentage": 50})
	doc.save()
	assert (row.rate, row.discount_percentage) == (950, 5), "the rate is what the customer reads"
	row.rate = 1100
	doc.save()
	assert (row.rate, row.discount_percentage, doc.discount_percent) == (1100, 0, 0)
	row.rate = 999.99
	doc.save()
	assert row.rate == 999.99 and doc.net_total == 9999.9
	row.rate = 0
	doc.save()
	assert (row.rate, row.discount_percentage) == (0, 100), "a rate of 0 is written on purpose"


def test_a_rate_is_never_rounded_away():
	"""ERPNext takes a discount of 100 % for "nothing to pay"."""
	doc = solutions.proposal(items=[{"item_code": solutions.item(1000000), "qty": 1, "rate": 0.01}])
	assert doc.items[0].rate == 0.01 and doc.net_total == 0.01


def test_another_item_has_its_own_price_and_name():
	doc = solutions.proposal()
	other, none = solutions.item(500), solutions.item(rate=None)
	doc.items[0].item_code = other
	doc.save()
	row = doc.items[0]
	assert (row.price_list_rate, row.rate, row.item_name) == (500, 450, f"Sample {other}")
	row.item_code = none
	doc.save()
	assert (row.price_list_rate, row.rate, row.item_name) == (0, 0, f"Sample {none}")


def test_list_prices_are_asked_for_anew_on_demand(call):
	doc = solutions.proposal()
	code = doc.items[0].item_code
	frappe.db.set_value("Item Price", {"item_code": code}, "price_list_rate", 1200)
	doc.save()
	assert doc.items[0].price_list_rate == 1000, "a draft's prices do not move by themselves"
	changed = call(API + "list_rates", name=doc.name)
	assert changed == [{"row": 1, "item_code": code, "before": 1000, "after": 1200}]
	doc.reload()
	assert (doc.items[0].rate, doc.items[0].discount_percentage) == (1080, 10)
	assert call(API + "list_rates", name=doc.name) == []


def test_an_item_without_a_price_is_looked_up_again():
	code = solutions.item(rate=None)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 1, "rate": 90}])
	assert (doc.items[0].price_list_rate, doc.items[0].rate, doc.list_total) == (0, 90, 90)
	solutions.price(code, 100)
	doc.save()
	assert (doc.items[0].price_list_rate, doc.items[0].rate, doc.items[0].discount_percentage) == (
		100,
		90,
		10,
	)


def test_writing_a_proposal_makes_no_price(monkeypatch):
	"""ERPNext may note a typed rate as a new list price; a draft is none."""
	frappe.db.set_single_value("Stock Settings", "auto_insert_price_list_rate_if_missing", 1)
	code = solutions.item(rate=None)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 1, "rate": 90}])
	proposals.missing(doc)
	assert not frappe.db.exists("Item Price", {"item_code": code})


def test_a_price_while_typing(call):
	code = solutions.item(250)
	document = records.opportunity()
	told = call(
		API + "list_rate",
		reference_doctype="Opportunity",
		reference_name=document.name,
		company=records.COMPANY,
		item_code=code,
		currency="CNY",
		selling_price_list="Standard Selling",
		qty=3,
	)
	assert (told["price_list_rate"], told["uom"], told["item_name"]) == (250, "Nos", f"Sample {code}")


def test_the_additional_discount_counts_against_the_list():
	doc = solutions.proposal(additional_discount_percentage=10)
	assert (doc.list_total, doc.discount_amount, doc.net_total, doc.discount_percent) == (
		10000,
		900,
		8100,
		19,
	)
	doc.discount_amount = 500
	doc.save()
	assert (doc.additional_discount_percentage, doc.net_total, doc.discount_percent) == (0, 8500, 15)
	doc.additional_discount_percentage = 20
	doc.save()
	assert doc.discount_amount == 1800
	doc.additional_discount_percentage = 0
	doc.save()
	assert (doc.discount_amount, doc.net_total) == (0, 9000)


def test_an_alternative_is_not_added_up():
	doc = solutions.proposal()
	doc.append("items", {"item_code": solutions.item(700), "qty": 2, "is_alternative": 1})
	doc.save()
	assert (doc.list_total, doc.net_total, doc.items[1].amount) == (10000, 9000, 1400)


def test_a_saved_proposal_without_change_keeps_its_fingerprint():
	doc = solutions.proposal()
	before = doc.fingerprint
	doc.reload()
	doc.save()
	assert doc.fingerprint == before
	doc.items[0].rate = 900.01
	doc.save()
	assert doc.fingerprint != before


# Frozen, and versions (S2) ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Review Requested", "In Review", "Approved", "Changes Asked", "Rejected"])
def test_what_reviewers_see_stays_as_it_is(status):
	doc = solutions.proposal()
	proposals.set_status(doc.name, status)
	for change in (
		lambda: doc.set("situation", "Other"),
		lambda: doc.set("delivery_period", "Tomorrow"),
		lambda: doc.items[0].set("rate", 899.99),
		lambda: doc.items[0].set("qty", 11),
		lambda: doc.append("items", {"item_code": doc.items[0].item_code, "qty": 1}),
		lambda: doc.answers[0].set("feature", "Other"),
		lambda: doc.set("answers", []),
	):
		doc.reload()
		change()
		with pytest.raises(frappe.ValidationError) as refused:
			doc.save()
		assert doc.name in str(refused.value)
	doc.reload()
	doc.allocated_to = None
	doc.save()  # who looks after it may change
	assert frappe.db.get_value(proposals.DOCTYPE, doc.name, "status") == status


def test_a_row_is_not_changed_by_itself(call):
	doc = solutions.approve(solutions.proposal())
	row = frappe.get_doc("Proposal Item", doc.items[0].name)
	row.rate = 1
	with pytest.raises(frappe.PermissionError):
		row.save()


def test_a_new_version_takes_over_all_that_was_written(call):
	doc = solutions.proposal()
	review = solutions.reviewed(
		doc,
		"Changes Asked",
		opinions=[
			{"review_function": "Legal", "asked": "Administrator", "reviewer": "Administrator", "decision": "Change", "reason": "Liability is missing"},
			{"review_function": "Sales", "asked": "Administrator", "decision": "Approve", "reason": "Good"},
		],
		comments=[{"about": "Item", "row_label": "Pump", "comment": "Too cheap", "commented_by": "Administrator"}],
	)  # fmt: skip
	name = call(API + "new_version", name=doc.name, reason="As legal asked")
	after = frappe.get_doc(proposals.DOCTYPE, name)
	doc.reload()
	assert (after.name, after.version, after.status, after.root) == (f"{doc.name}-2", 2, "Draft", doc.name)
	assert (after.previous_version, doc.next_version, doc.status) == (doc.name, name, "Superseded")
	assert after.fingerprint == doc.fingerprint and after.figures == doc.figures
	assert [row.row_key for row in after.items] == [row.row_key for row in doc.items]
	assert [row.need_key for row in after.answers] == [row.need_key for row in doc.answers]
	assert after.proposal_review is None and after.approved_on is None
	assert [(row.correction, row.state, row.source_name) for row in after.corrections] == [
		("Liability is missing", "Open", review.name),
		("Pump: Too cheap", "Open", review.name),
	]
	assert whats(after) == ["Correction 1 is open", "Correction 2 is open"]
	assert call(API + "new_version", name=doc.name) == name, "two clicks make one"
	third = proposals.new_version(solutions.approve(after).name)
	assert third.name == f"{doc.name}-3"


def test_an_approved_version_holds_until_the_next_is_approved():
	doc = solutions.approve(solutions.proposal())
	after = proposals.new_version(doc.name)
	assert records.state(doc, "status") == "Approved"
	proposals.approved(after.name)
	assert records.state(doc, "status") == "Superseded"
	assert records.state(after, "status") == "Approved" and records.state(after, "approved_on")


@pytest.mark.parametrize(("status", "words"), [("Draft", "can be changed itself"), ("In Review", "under review"), ("Review Requested", "requested")])  # fmt: skip
def test_no_new_version_of_what_has_not_been_answered(status, words):
	doc = solutions.proposal()
	proposals.set_status(doc.name, status)
	with pytest.raises(frappe.ValidationError, match=words):
		proposals.new_version(doc.name)


def test_a_draft_may_be_deleted_and_the_version_before_goes_on(make_user, as_user):
	doc = solutions.proposal()
	solutions.reviewed(doc, "Changes Asked")
	after = proposals.new_version(doc.name)
	manager = make_user(["Sales Manager", "Sales User"])
	with as_user(manager), pytest.raises(frappe.ValidationError, match="is kept"):
		frappe.delete_doc(proposals.DOCTYPE, doc.name)
	with as_user(manager):
		frappe.delete_doc(proposals.DOCTYPE, after.name)
	assert records.state(doc, "status", "next_version") == ("Changes Asked", None)
	assert proposals.new_version(doc.name).name == after.name


def test_reviews_go_with_a_deleted_proposal():
	doc = solutions.proposal()
	review = solutions.reviewed(doc, "Rejected")
	frappe.delete_doc(proposals.DOCTYPE, doc.name)
	assert not frappe.db.exists("Proposal Review", review.name)


def test_the_latest_version_of_a_document():
	document = solutions.opportunity_with_confirmed_needs()
	assert proposals.current("Opportunity", document.name) is None
	doc = solutions.approve(solutions.proposal(document))
	after = proposals.new_version(doc.name)
	assert proposals.current("Opportunity", document.name) == after.name
	assert [row.version for row in proposals.all_versions(doc.name)] == [2, 1]


# Corrections (S3) ------------------------------------------------------------------------------------------


def test_a_correction_goes_into_the_draft_that_is_written():
	doc = solutions.proposal()
	form = frappe.get_doc(proposals.DOCTYPE, doc.name)  # open at a colleague's
	at = proposals.add_correction(doc.name, "20 users", "Plant Manager", "Lead", records.lead().name)
	assert at == doc.name
	doc.reload()
	assert [row.correction for row in doc.corrections] == ["20 users"]
	assert proposals.add_correction(doc.name, "20 users", "Plant Manager", "Lead", doc.corrections[0].source_name) == doc.name  # fmt: skip
	form.situation = "Written meanwhile"
	form.save()
	form.reload()
	assert [(row.correction, row.state) for row in form.corrections] == [("20 users", "Open")]


def test_a_correction_waits_on_the_version_that_was_shown():
	doc = solutions.approve(solutions.proposal())
	source = records.lead().name
	assert proposals.add_correction(doc.name, "Cheaper", "Buyer", "Lead", source) == doc.name
	before = records.state(doc, "fingerprint")
	after = proposals.new_version(doc.name)
	assert [(row.correction, row.said_by, row.source_name) for row in after.corrections] == [("Cheaper", "Buyer", source)]  # fmt: skip
	assert records.state(doc, "fingerprint") == before
	assert proposals.add_correction(doc.name, "Sooner", "Buyer", "Lead", source) == after.name
	assert proposals.add_correction(doc.name, "Cheaper", "Buyer", "Lead", source) == after.name
	after.reload()
	assert [row.correction for row in after.corrections] == ["Cheaper", "Sooner"]


def test_what_was_said_is_answered_and_not_reworded():
	doc = solutions.proposal()
	proposals.add_correction(doc.name, "20 users", "Plant Manager", "Lead", records.lead().name)
	doc.reload()
	doc.corrections[0].update({"correction": "2 users", "said_by": "Me", "state": "Taken Over"})
	doc.save()
	assert (doc.corrections[0].correction, doc.corrections[0].state) == ("20 users", "Taken Over")
	doc.corrections = []
	doc.save()
	assert len(doc.corrections) == 1
	doc.corrections[0].state = "Left"
	with pytest.raises(frappe.ValidationError, match="Note why"):
		doc.save()
	doc.reload()
	doc.corrections[0].state = "Left"
	doc.corrections[0].note = "The customer has withdrawn it"
	doc.save()
	assert whats(doc) == []


# Who sees and does what ------------------------------------------------------------------------------------


@pytest.fixture
def foreign(make_user):
	"""A rep who may only see leads of a territory where nobody is."""
	user = make_user("Sales User")
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": frappe.generate_hash(length=8), "parent_territory": "All Territories"}
	).insert()  # fmt: skip
	frappe.get_doc(
		{"doctype": "User Permission", "user": user, "allow": "Territory", "for_value": territory.name, "apply_to_all_doctypes": 1}
	).insert()  # fmt: skip
	return user


def test_a_rep_of_another_team_sees_nothing(foreign, as_user, call):
	document = solutions.opportunity_with_confirmed_needs(territory="All Territories")
	doc = solutions.proposal(document)
	with as_user(foreign):
		assert not frappe.has_permission(proposals.DOCTYPE, "read", doc=doc.name)
		assert frappe.get_list(proposals.DOCTYPE, filters={"name": doc.name}, order_by="name") == []
		for child in ("Proposal Item", "Proposal Answer", "Proposal Correction"):
			assert frappe.get_list(child, filters={"parent": doc.name}, parent_doctype=proposals.DOCTYPE, order_by="name") == []  # fmt: skip
		for method, args in (
			("compare", {}),
			("margin", {}),
			("new_version", {}),
			("list_rates", {}),
			("refresh_needs", {}),
			("make_quotation", {}),
			("waive", {"answer": doc.answers[0].name, "reason": "x"}),
		):
			with pytest.raises(frappe.PermissionError):
				call(API + method, name=doc.name, **args)
		with pytest.raises(frappe.PermissionError):
			call(API + "make", doctype="Opportunity", name=document.name)


def test_who_is_asked_may_read_and_nobody_else_of_their_role(make_user, as_user, call):
	"""A reviewer of one company sees no proposal of another (S2)."""
	asked, other = make_user("Product Reviewer"), make_user("Product Reviewer")
	doc = solutions.proposal()
	solutions.reviewed(doc, "In Review", opinions=[{"review_function": "Product", "asked": asked}])
	with as_user(asked):
		assert frappe.get_list(proposals.DOCTYPE, pluck="name", order_by="name") == [doc.name]
		assert frappe.has_permission(proposals.DOCTYPE, "read", doc=doc.name)
		assert not frappe.has_permission(proposals.DOCTYPE, "write", doc=doc.name)
		assert call(API + "margin", name=doc.name) == {"hidden": True}
		with pytest.raises(frappe.PermissionError):
			call(API + "new_version", name=doc.name)
	with as_user(other):
		assert frappe.get_list(proposals.DOCTYPE, pluck="name", order_by="name") == []
		assert not frappe.has_permission(proposals.DOCTYPE, "read", doc=doc.name)


# Margin ----------------------------------------------------------------------------------------------------


def hide(doctype, field):
	frappe.get_doc(
		{
			"doctype": "Property Setter",
			"doctype_or_field": "DocField",
			"doc_type": doctype,
			"field_name": field,
			"property": "permlevel",
			"property_type": "Int",
			"value": "2",
		}
	).insert()
	frappe.clear_cache(doctype=doctype)


def test_the_margin_is_shown_to_who_may_see_the_cost(make_user, as_user, call):
	code = solutions.item(1000, is_stock_item=1)
	frappe.db.set_value("Item", code, "valuation_rate", 600)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 10, "rate": 900}])
	rep = make_user("Sales User")
	with as_user(rep):
		told = call(API + "margin", name=doc.name)
	assert (told["net"], told["cost"], told["margin"], told["percent"]) == (9000, 6000, 3000, 33.33)
	assert told["rows"][0]["percent"] == 33.33 and told["currency"] == "CNY" and told["unknown"] == 0


def test_an_unknown_cost_is_not_nothing(call):
	doc = solutions.proposal()
	told = call(API + "margin", name=doc.name)
	assert (told["unknown"], told["cost"], told["margin"]) == (1, 0, 0)
	assert told["rows"][0]["cost"] is None and told["rows"][0]["margin"] is None


@pytest.mark.parametrize(
	("doctype", "field"),
	[("Quotation Item", "valuation_rate"), ("Quotation Item", "gross_profit"), ("Item", "valuation_rate")],
)
def test_a_rep_sees_no_cost_that_erpnext_hides(doctype, field, make_user, as_user, call):
	code = solutions.item(1000, is_stock_item=1)
	frappe.db.set_value("Item", code, "valuation_rate", 617.23)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 10, "rate": 900}])
	hide(doctype, field)
	rep = make_user("Sales User")
	with as_user(rep):
		assert call(API + "margin", name=doc.name) == {"hidden": True}


def test_cost_is_kept_nowhere(make_user):
	code = solutions.item(1000, is_stock_item=1)
	frappe.db.set_value("Item", code, "valuation_rate", 617.23)
	doc = solutions.proposal(items=[{"item_code": code, "qty": 10, "rate": 900}])
	doc.onload()
	assert "617" not in frappe.as_json(doc.as_dict()) + frappe.as_json(doc.get_onload())
	assert not any("617" in (row.data or "") for row in frappe.get_all("Version", filters={"docname": doc.name}, fields=["data"], order_by="name"))  # fmt: skip


# Comparison (S2) -------------------------------------------------------------------------------------------


def test_what_changed_between_versions(call):
	doc = solutions.approve(solutions.proposal())
	after = proposals.new_version(doc.name)
	assert call(API + "compare", name=after.name) == []
	after.situation = "Orders are typed\nthree times."
	after.answers[0].feature = "A better scanner"
	after.items[0].rate = 899.99
	after.items[0].qty = 12
	after.append("items", {"item_code": solutions.item(50), "qty": 1})
	after.delivery_period = "4 weeks after the order"
	after.valid_days = 60
	after.save()
	found = call(API + "compare", name=after.name)
	told = {(row["part"], row["what"].split(" · ")[-1]): (row["before"], row["after"]) for row in found}
	assert told[("solution", "Situation")] == ("Orders are typed twice.", "Orders are typed\nthree times.")
	assert told[("items", "Quantity")] == ("10", "12")
	assert told[("price", "Rate")] == ("CNY 900.00", "CNY 899.99")
	assert told[("terms", "Delivery Period")] == ("6 weeks after the order", "4 weeks after the order")
	assert told[("terms", "Offer Valid for Days")] == ("30", "60")
	assert told[("items", "added")][0] == ""
	need = told[("solution", f"Need: {talks.NEEDS[0]}")]
	assert "Scanner at the dock" in need[0] and "A better scanner" in need[1]
	with_other = call(API + "compare", name=doc.name, other=after.name)
	assert len(with_other) == len(found)


def test_a_comparison_is_read_in_the_readers_language(make_user, as_user, call):
	doc = solutions.approve(solutions.proposal())
	after = proposals.new_version(doc.name)
	after.solution = "Another one"
	after.save()
	with as_user(make_user(["Sales Manager", "Sales User"], language="zh")):
		assert [row["part_label"] for row in call(API + "compare", name=after.name)] == ["解决方案"]


# Connections -----------------------------------------------------------------------------------------------


def test_documents_show_their_proposals_as_connections():
	for doctype in profiles.SUBJECTS:
		data = frappe.get_meta(doctype).get_dashboard_data()
		items = [item for group in data.transactions for item in group["items"]]
		assert {"Solution Proposal", "Meeting Minutes", "Objection"} <= set(items)
	own = frappe.get_meta(proposals.DOCTYPE).get_dashboard_data()
	assert own.fieldname == "proposal"


def test_merged_companies_keep_their_proposals():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document)
	assert ("Solution Proposal", "customer_profile") in profiles._LINKS
	assert cint(frappe.db.count(proposals.DOCTYPE, {"customer_profile": doc.customer_profile})) == 1
