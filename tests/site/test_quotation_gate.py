"""The gate (S2): no quotation goes to the customer without an approved review of the same figures."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import frappe
import pytest
from erpnext.controllers.accounts_controller import update_child_qty_rate
from erpnext.crm.doctype.lead import lead as lead_module
from erpnext.crm.doctype.opportunity import opportunity as opportunity_module
from erpnext.selling.doctype.customer import customer as customer_module
from frappe.core.doctype.communication.email import make
from frappe.utils import today

from salesflow_std.salesflow_std import profiles, quotation_gate
from tests.site import offers, records
from tests.site.submits import WAYS, by_method, put, request

API = "salesflow_std.api.quotation_gate"
OUTSIDE = "buyer@sample-works.example"


@pytest.fixture(autouse=True)
def blocking():
	offers.enforce("Block")


@contextmanager
def refused(saying: str = "", kind: type[Exception] = frappe.ValidationError):
	"""What is tried is refused, for the gate's reason and with words of it; what it wrote is taken back."""
	frappe.clear_messages()
	frappe.db.savepoint("refused")
	with pytest.raises(kind) as problem:
		yield problem
	frappe.db.rollback(save_point="refused")
	said = str(problem.value)
	assert "Nothing goes to the customer before" in said, said
	assert saying in said, said


def docstatus(offer) -> int:
	return frappe.db.get_value("Quotation", offer.name, "docstatus")


# Submitting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_quotation_nobody_has_reviewed_is_not_submitted(way):
	offer = offers.quotation()
	with refused("No review has approved these figures") as problem:
		way(offer)
	assert f'class="sf-make-proposal" href="/app/quotation/{offer.name}"' in str(problem.value)
	assert docstatus(offer) == 0


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_quotation_with_approved_figures_is_submitted(way):
	offer = offers.quotation()
	proposal = offers.approve(offer)
	way(offer)
	assert docstatus(offer) == 1
	assert records.state(offer, "sf_proposal_review") == offers.review_of(proposal)


def by_list(offer):
	from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

	return submit_cancel_or_update_docs("Quotation", [offer.name])


def logged(words: str) -> bool:
	"""Whether the Error Log says so of something."""
	return bool(frappe.db.exists("Error Log", {"error": ("like", f"%{words}%")}))


def test_a_list_submits_what_is_approved_and_says_what_failed():
	missing, approved = offers.quotation(), offers.quotation()
	offers.approve(approved)
	frappe.db.commit()
	assert by_list(missing) == [missing.name]
	assert by_list(approved) == []
	assert (docstatus(missing), docstatus(approved)) == (0, 1)
	assert logged("No review has approved")


def test_a_document_is_not_inserted_as_submitted():
	with refused("No review has approved these figures"):
		offers.quotation(docstatus=1)
	draft = offers.quotation()
	offers.approve(draft)
	party = frappe.get_doc("Lead", draft.party_name)
	sent = offers.quotation(party, docstatus=1)
	assert docstatus(sent) == 1 and sent.sf_proposal_review


@pytest.fixture
def workflow():
	for name in ("Drafted", "Sent Out"):
		if not frappe.db.exists("Workflow State", name):
			frappe.get_doc({"doctype": "Workflow State", "workflow_state_name": name}).insert()
	if not frappe.db.exists("Workflow Action Master", "Send Out"):
		frappe.get_doc({"doctype": "Workflow Action Master", "workflow_action_name": "Send Out"}).insert()
	return frappe.get_doc(
		{
			"doctype": "Workflow",
			"workflow_name": "Quotation way out",
			"document_type": "Quotation",
			"is_active": 1,
			"send_email_alert": 0,
			# A field that exists: a new one would change the schema.
			"workflow_state_field": "order_lost_reason",
			"states": [
				{"state": "Drafted", "doc_status": "0", "allow_edit": "Sales User"},
				{"state": "Sent Out", "doc_status": "1", "allow_edit": "Sales User"},
			],
			"transitions": [
				{"state": "Drafted", "action": "Send Out", "next_state": "Sent Out", "allowed": "Sales User"}
			],
		}
	).insert()


def test_a_workflow_action_asks_the_gate(workflow, make_user, as_user):
	from frappe.model.workflow import apply_workflow

	with as_user(make_user("Sales User")):
		offer = offers.quotation()
		frappe.db.set_value("Quotation", offer.name, "order_lost_reason", "Drafted")
		offer.reload()
		with refused("No review has approved these figures"):
			apply_workflow(offer.as_dict(), "Send Out")
		offer.reload()
		offers.approve(offer)
		apply_workflow(offer.as_dict(), "Send Out")
	assert docstatus(offer) == 1


def data_import(party) -> list:
	"""Imports a quotation of 10 × 100.00 and submits it; returns its log."""
	from frappe.core.doctype.data_import.importer import Importer

	head = "Quotation To,Party,Series,Date,Order Type,Company,Currency,Exchange Rate,Price List,Price List Currency,Price List Exchange Rate,Status,Item Code (Items),Quantity (Items),Rate (Items)"
	row = f"Lead,{party},SAL-QTN-.YYYY.-,{today()},Sales,{records.COMPANY},CNY,1,Standard Selling,CNY,1,Draft,{offers.ITEM},10,100"
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "quotations.csv",
			"content": f"{head}\n{row}\n".encode(),
			"is_private": 1,
		}
	).insert()
	job = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Quotation",
			"import_type": "Insert New Records",
			"import_file": file.file_url,
			"submit_after_import": 1,
			"mute_emails": 1,
		}
	).insert()
	frappe.db.commit()
	Importer("Quotation", data_import=job).import_data()
	return frappe.get_all(
		"Data Import Log",
		filters={"data_import": job.name},
		fields=["success", "messages", "exception"],
		order_by="log_index",
	)


def test_an_import_that_submits_asks_the_gate():
	lead = records.lead()
	(line,) = data_import(lead.name)
	assert not line.success and "No review has approved these figures" in f"{line.messages} {line.exception}"
	assert (
		frappe.get_all("Quotation", filters={"party_name": lead.name, "docstatus": 1}, order_by="name") == []
	)
	draft = offers.quotation(lead, items=[{"item_code": offers.ITEM, "qty": 10, "rate": 100}])
	offers.approve(draft)
	(line,) = data_import(lead.name)
	assert line.success, f"{line.messages} {line.exception}"
	assert frappe.db.count("Quotation", {"party_name": lead.name, "docstatus": 1}) == 1


def test_auto_repeat_that_submits_asks_the_gate():
	offer = offers.quotation()
	proposal = offers.approve(offer)
	offer.reload()
	offer.submit()
	repeat = frappe.get_doc(
		{
			"doctype": "Auto Repeat",
			"reference_doctype": "Quotation",
			"reference_document": offer.name,
			"submit_on_creation": 1,
			"start_date": today(),
			"frequency": "Daily",
		}
	)
	repeat.flags.ignore_links = True
	repeat.next_schedule_date = today()
	repeat.insert()
	frappe.db.set_value("Solution Proposal", proposal, "status", "Superseded")
	with refused("is not approved"):
		repeat.make_new_document()
	frappe.db.set_value("Solution Proposal", proposal, "status", "Approved")
	repeated = repeat.make_new_document()
	assert docstatus(repeated) == 1 and repeated.name != offer.name


def test_an_amended_quotation_is_asked_anew():
	offer = offers.quotation()
	offers.approve(offer)
	offer.reload()
	offer.submit()
	offer.cancel()
	amended = frappe.copy_doc(offer, ignore_no_copy=True)
	amended.update({"amended_from": offer.name, "docstatus": 0, "status": "Draft"})
	amended.items[0].rate = 90
	amended.insert()
	assert not amended.sf_proposal_review
	with refused("Standard Service · Rate: CNY 100.00 was approved, CNY 90.00 stands here"):
		amended.submit()
	amended.reload()
	amended.items[0].rate = 100
	amended.submit()
	assert docstatus(amended) == 1


def test_a_duplicate_with_other_figures_is_asked_anew():
	offer = offers.quotation()
	offers.approve(offer)
	offer.reload()
	offer.submit()
	copy = frappe.copy_doc(offer)
	copy.items[0].qty = 9
	copy.insert()
	assert not copy.sf_proposal_review and not copy.sf_fingerprint
	with refused("Standard Service · Quantity: 10 was approved, 9 stands here"):
		copy.submit()


@pytest.mark.parametrize("doctype", ["Opportunity", "Lead", "Customer"])
def test_quotations_made_from_other_documents_ask_the_gate(doctype):
	if doctype == "Opportunity":
		source = records.opportunity(
			items=[{"item_code": offers.ITEM, "item_name": offers.ITEM, "qty": 10, "rate": 100, "uom": "Nos"}]
		)
		made = opportunity_module.make_quotation(source.name)
	elif doctype == "Lead":
		source = records.lead()
		made = lead_module.make_quotation(source.name)
	else:
		source = records.customer()
		made = customer_module.make_quotation(source.name)
	if not made.items:
		made.append("items", {"item_code": offers.ITEM, "qty": 10, "rate": 100})
	made.company = records.COMPANY
	made.order_type = "Sales"
	made.insert()
	with refused("No review has approved these figures"):
		made.submit()
	made.reload()
	proposal = offers.approve(made)
	assert frappe.db.get_value("Solution Proposal", proposal, "reference_doctype") == doctype
	made.submit()
	assert docstatus(made) == 1


def test_cancelling_is_free():
	offer = offers.quotation()
	proposal = offers.approve(offer)
	offer.reload()
	offer.submit()
	frappe.db.set_value("Solution Proposal", proposal, "status", "Superseded")
	offer.cancel()
	assert docstatus(offer) == 2


# What counts as approved ---------------------------------------------------------------------------------------


def test_a_cent_after_approval_is_named():
	offer = offers.quotation()
	proposal = offers.approve(offer)
	offer.reload()
	offer.items[0].rate = 99.99
	with refused("Standard Service · Rate: CNY 100.00 was approved, CNY 99.99 stands here") as problem:
		offer.submit()
	assert f"/app/solution-proposal/{proposal}" in str(problem.value)


def test_a_row_changed_over_rest_is_seen_at_submit():
	offer = offers.quotation()
	offers.approve(offer)
	put("Quotation Item", offer.items[0].name, rate=99.99)
	with refused("CNY 99.99 stands here"):
		by_method(offer)


def test_terms_and_discounts_are_figures_too():
	offer = offers.quotation()
	offers.approve(offer)
	for values, said in (
		(
			{"terms": "<p>Free service for ten years</p>"},
			"Terms and Conditions: Free service for ten years stands here, nothing was approved",
		),
		({"additional_discount_percentage": 1}, "Additional Discount"),
	):
		offer.reload()
		offer.update(values)
		with refused(said):
			offer.submit()


@pytest.mark.parametrize(
	("status", "review", "said"),
	[
		("Draft", None, "has these figures, but is not approved: Draft"),
		("Rejected", "Rejected", "has these figures, but is not approved: Rejected"),
		("Superseded", "Approved", "has these figures, but is not approved: Superseded"),
		("Approved", "Withdrawn", "has these figures, but is not approved"),
		("Review Requested", None, "These figures are under review with"),
		("In Review", "Open", "These figures are under review with"),
	],
)
def test_only_an_approved_review_that_stands_counts(status, review, said):
	offer = offers.quotation()
	proposal = offers.approve(offer, status=status, review=review)
	with refused(said) as problem:
		by_method(offer)
	assert f"/app/solution-proposal/{proposal}" in str(problem.value)


def test_an_approval_for_another_customer_does_not_count():
	other = offers.quotation()
	offers.approve(other)
	offer = offers.quotation()
	with refused("No review has approved these figures"):
		by_method(offer)
	# Nor with the other's opportunity on it.
	deal = records.opportunity(party_name=other.party_name)
	offer.reload()
	offer.opportunity = deal.name
	offer.save()
	frappe.db.set_value("Solution Proposal", {"reference_name": other.party_name}, {
		"reference_doctype": "Opportunity", "reference_name": deal.name,
	})  # fmt: skip
	with refused("No review has approved these figures"):
		by_method(offer)


def test_an_approval_does_not_go_along_with_an_opportunity_to_another_customer():
	deal, other = records.opportunity(), records.lead()
	first = frappe.get_doc("Lead", deal.party_name)
	profile = profiles.ensure("Opportunity", deal.name)
	offers.approve(offers.quotation(first, opportunity=deal.name), customer_profile=profile)
	deal.reload()
	deal.party_name = other.name
	deal.save()
	with refused("No review has approved these figures"):
		by_method(offers.quotation(other, opportunity=deal.name))
	own = offers.quotation(first)
	by_method(own)
	assert docstatus(own) == 1


def test_a_review_counts_for_the_figures_it_was_about():
	offer = offers.quotation()
	proposal = offers.approve(offer)
	frappe.db.set_value("Proposal Review", offers.review_of(proposal), "fingerprint", "0" * 64)
	with refused("has these figures, but is not approved"):
		by_method(offer)


def test_an_approval_for_the_same_customer_counts_on_whichever_document():
	deal = records.opportunity()
	lead = frappe.get_doc("Lead", deal.party_name)
	offers.approve(offers.quotation(lead, opportunity=deal.name))
	direct = offers.quotation(lead)
	by_method(direct)
	customer = records.customer(lead_name=lead.name)
	converted = offers.quotation(customer)
	by_method(converted)
	assert docstatus(direct) == docstatus(converted) == 1


def test_an_approval_on_the_customer_profile_counts():
	one, two = records.customer(), records.customer()
	profile = frappe.get_doc({"doctype": "Customer Profile", "company_name": "Alpha GmbH"}).insert()
	for customer in (one, two):
		frappe.db.set_value("Customer", customer.name, "sf_profile", profile.name)
	offers.approve(offers.quotation(one), customer_profile=profile.name)
	offer = offers.quotation(two)
	by_method(offer)
	assert docstatus(offer) == 1


def test_a_proposal_of_a_quotations_figures_lets_it_pass_once_approved(call):
	deal = records.opportunity()
	offer = offers.quotation(frappe.get_doc("Lead", deal.party_name), opportunity=deal.name)
	made = call("salesflow_std.api.proposal.from_quotation", quotation=offer.name)
	assert made["left_out"] == []
	with refused(f"/app/solution-proposal/{made['name']}"):
		by_method(offer)
	offers.pass_review(made["name"])
	by_method(offer)
	second = call("salesflow_std.api.proposal.make_quotation", name=made["name"])
	by_method(frappe.get_doc("Quotation", second))
	assert docstatus(offer) == 1 and frappe.db.get_value("Quotation", second, "docstatus") == 1


@pytest.fixture
def second_company():
	name = "Second Test Co"
	if not frappe.db.exists("Company", name):
		frappe.flags.in_import = True
		frappe.get_doc(
			{
				"doctype": "Company",
				"company_name": name,
				"abbr": "SECOND",
				"default_currency": "CNY",
				"country": "China",
				"chart_of_accounts": "Standard",
			}
		).db_insert()
		frappe.flags.in_import = False
	return name


def test_companies_have_rules_and_approvals_of_their_own(second_company):
	lead = records.lead()
	offer = offers.quotation(lead)
	offers.approve(offer, company=second_company)
	with refused("No review has approved these figures"):
		by_method(offer)
	offers.enforce("Block", [{"company": records.COMPANY, "enforcement": "Off"}])
	by_method(offer)
	assert docstatus(offer) == 1
	offers.enforce("Off", [{"company": records.COMPANY, "enforcement": "Block"}])
	with refused("No review has approved these figures"):
		by_method(offers.quotation())
	offers.enforce("Off", [{"company": second_company, "enforcement": "Block"}])
	by_method(offers.quotation())


def test_the_closest_rule_counts():
	offers.enforce(
		"Off",
		[
			{"territory": "All Territories", "enforcement": "Block"},
			{"order_type": "Maintenance", "enforcement": "Block"},
			{"company": records.COMPANY, "territory": "China", "enforcement": "Warn"},
		],
	)
	with refused("No review has approved these figures"):
		by_method(offers.quotation(territory="Rest Of The World"))
	warned = offers.quotation(territory="China")
	by_method(warned)
	assert [(row.kind, row.way) for row in offers.log(warned)] == [("Warning", "Submit")]


def test_the_same_rule_twice_is_refused():
	with pytest.raises(frappe.ValidationError, match="Row 2: row 1 is for the same quotations"):
		offers.enforce("Block", [{"enforcement": "Warn"}, {"enforcement": "Off"}])


# Enforcement, exemption, override ------------------------------------------------------------------------------


def test_where_nothing_is_enforced_nothing_happens(count_queries):
	offers.enforce("Off")
	offer = offers.quotation()
	with count_queries() as queries:
		by_method(offer)
		frappe.get_print("Quotation", offer.name)
	assert not any("Solution Proposal" in query or "Quotation Override" in query for query in queries)
	offer.reload()
	assert not offer.sf_fingerprint and offers.log(offer) == []


def test_an_approved_quotation_costs_one_query(count_queries):
	offer = offers.quotation()
	offers.approve(offer)
	offer.reload()
	with count_queries() as queries:
		quotation_gate.submit(offer)
	assert len([query for query in queries if "tabSingles" not in query]) == 1


def test_a_warning_is_noted_once_for_the_same_figures():
	offers.enforce("Warn")
	offer = offers.quotation()
	for _turn in range(2):
		frappe.clear_messages()
		frappe.get_print("Quotation", offer.name)
		(message,) = [row for row in frappe.get_message_log() if row.get("title") == "Review Missing"]
		assert message["indicator"] == "orange" and "No review has approved" in message["message"]
	by_method(offer)
	assert docstatus(offer) == 1
	rows = offers.log(offer)
	assert [(row.kind, row.way) for row in rows] == [("Warning", "Print"), ("Warning", "Submit")]
	assert rows[0].given_by == "Administrator" and "No review" in rows[0].missing


@pytest.mark.parametrize(
	("rate", "discount", "exempt"),
	[(99.99, 0, True), (100, 0, False), (95, 0, True), (94.99, 0, False), (100, 5, True), (95, 1, False)],
)
def test_small_deals_near_to_list_need_no_review(rate, discount, exempt):
	offers.enforce("Block", [{"enforcement": "Block", "exempt_below": 1000, "exempt_discount": 5}])
	offers.list_price(100)
	offer = offers.quotation(
		items=[{"item_code": offers.ITEM, "qty": 10, "rate": rate, "price_list_rate": 100}],
		additional_discount_percentage=discount,
		apply_discount_on="Net Total",
	)
	if exempt:
		by_method(offer)
		assert docstatus(offer) == 1 and not records.state(offer, "sf_proposal_review")
	else:
		with refused("No review has approved these figures"):
			by_method(offer)


@pytest.mark.parametrize(
	("values", "exempt"),
	[
		({"rate": 999, "price_list_rate": 999}, True),
		({"rate": 1100, "price_list_rate": 1100}, False),
		({"rate": 900, "price_list_rate": 1800}, False),
	],
)
def test_an_alternative_counts_where_a_small_deal_is_exempt(values, exempt):
	offers.enforce("Block", [{"enforcement": "Block", "exempt_below": 1000, "exempt_discount": 5}])
	offers.list_price(100)
	main = {"item_code": offers.ITEM, "qty": 1, "rate": 100, "price_list_rate": 100}
	offer = offers.quotation(items=[main, {**main, **values, "is_alternative": 1}])
	assert (quotation_gate.sheet(offer)["state"] == "exempt") == exempt


def test_a_typed_list_price_makes_no_deal_near_to_list():
	offers.enforce("Block", [{"enforcement": "Block", "exempt_below": 1000, "exempt_discount": 5}])
	offers.list_price(10)
	offer = offers.quotation(items=[{"item_code": offers.ITEM, "qty": 1, "rate": 10, "price_list_rate": 10}])
	assert quotation_gate.sheet(offer)["state"] == "exempt"
	offers.list_price(100)
	with refused("No review has approved these figures"):
		by_method(offer)


@pytest.mark.parametrize(
	("field", "value"),
	[("item_name", "Something Else"), ("description", "<p>With five years of <b>warranty</b></p>")],
)
def test_what_an_item_is_called_and_described_as_is_approved_too(field, value):
	offer = offers.quotation()
	offers.approve(offer)
	offer.items[0].set(field, value)
	offer.save()
	with refused("Description"):
		by_method(offer)


def test_a_typed_exchange_rate_makes_no_deal_small():
	offers.enforce("Block", [{"enforcement": "Block", "exempt_below": 1000, "exempt_discount": 5}])
	offers.list_price(100)
	offer = offers.quotation(currency="USD", conversion_rate=0.01)
	assert quotation_gate.sheet(offer)["state"] == "exempt"
	exchange = {"from_currency": "USD", "to_currency": "CNY", "exchange_rate": 7, "date": today()}
	frappe.get_doc({"doctype": "Currency Exchange", "for_selling": 1, **exchange}).insert()
	with refused("No review has approved these figures"):
		by_method(offer)


def test_only_the_role_may_override_with_a_reason(make_user, as_user, call):
	offer = offers.quotation()
	rep, chief = make_user("Sales User"), make_user(["Sales User", "Sales Master Manager"])
	with as_user(rep):
		assert not call(f"{API}.standing", quotation=offer.name)["may_override"]
		with pytest.raises(frappe.PermissionError, match="Sales Master Manager"):
			call(f"{API}.override", quotation=offer.name, reason="The fair ends today")
		with refused("<b>Sales Master Manager</b> may let it pass"):
			by_method(offer)
	with as_user(chief):
		assert call(f"{API}.standing", quotation=offer.name)["may_override"]
		with pytest.raises(frappe.ValidationError, match="Say why"):
			call(f"{API}.override", quotation=offer.name, reason="  ")
		for _turn in range(2):
			assert call(f"{API}.override", quotation=offer.name, reason="The fair ends today")["holds"]
	(row,) = offers.log(offer)
	assert (row.kind, row.way or "", row.reason, row.given_by) == (
		"Override",
		"",
		"The fair ends today",
		chief,
	)
	assert frappe.db.exists(
		"Comment", {"reference_name": offer.name, "content": ("like", "%The fair ends today%")}
	)
	with as_user(rep):
		frappe.get_print("Quotation", offer.name)
		by_method(offer)
	assert docstatus(offer) == 1 and not records.state(offer, "sf_proposal_review")


def test_an_override_holds_for_these_figures_and_this_quotation_only():
	offer = offers.quotation()
	offers.approve(offers.quotation(frappe.get_doc("Lead", offer.party_name), terms="<p>Other terms</p>"))
	quotation_gate.override(offer, "The fair ends today")
	assert "Terms and Conditions" in offers.log(offer)[0].missing
	offer.items[0].rate = 99.99
	with refused("CNY 99.99 stands here"):
		offer.submit()
	with refused("not those that were approved"):
		by_method(offers.quotation(frappe.get_doc("Lead", offer.party_name)))


def test_an_override_does_not_go_along_to_another_customer():
	offer = offers.quotation()
	quotation_gate.override(offer, "The fair ends today")
	offer.party_name = records.lead().name
	offer.save()
	with refused("No review has approved these figures"):
		by_method(offer)


def test_a_draft_that_was_overridden_can_be_deleted_and_its_log_stays(make_user, as_user):
	offer = offers.quotation()
	quotation_gate.override(offer, "The fair ends today")
	frappe.delete_doc("Quotation", offer.name)
	(name,) = frappe.get_all(
		"Quotation Override", filters={"quotation": offer.name}, pluck="name", order_by="name"
	)
	for role, sees in (("Sales Manager", True), ("Sales User", False)):
		with as_user(make_user(role)):
			assert frappe.has_permission("Quotation Override", "read", doc=name) is sees


def test_nobody_overrides_where_the_settings_name_no_role(make_user, as_user):
	offers.enforce("Block", override_role=None)
	offer = offers.quotation()
	with (
		as_user(make_user(["Sales User", "Sales Master Manager"])),
		pytest.raises(frappe.PermissionError, match="name no role"),
	):
		quotation_gate.override(offer, "The fair ends today")


def test_the_gates_own_fields_are_its_alone():
	other = offers.quotation()
	review = offers.review_of(offers.approve(other))
	offer = offers.quotation(sf_proposal_review=review, sf_fingerprint="forged")
	assert not offer.sf_proposal_review and not offer.sf_fingerprint
	offer.sf_proposal_review = review
	offer.save()
	assert not records.state(offer, "sf_proposal_review")


def test_a_reader_who_may_not_see_the_proposal_is_not_told_its_figures(make_user, as_user, monkeypatch):
	offer = offers.quotation()
	proposal = offers.approve(offer)
	offer.reload()
	offer.items[0].rate = 99.99
	offer.save()
	reader = make_user("Maintenance User")
	with as_user(reader), refused("No review has approved these figures") as problem:
		by_method(offer)
	assert proposal not in str(problem.value) and "100.00" not in str(problem.value)


# After submit --------------------------------------------------------------------------------------------------


def update_items(offer, **values):
	row = offer.items[0]
	data = {"docname": row.name, "item_code": row.item_code, "qty": row.qty, "rate": row.rate, **values}
	update_child_qty_rate("Quotation", json.dumps([data]), offer.name)


@pytest.fixture
def submitted():
	offer = offers.quotation()
	offers.approve(offer)
	by_method(offer)
	offer.reload()
	return offer


def test_update_items_of_a_submitted_quotation_asks_the_gate(submitted):
	with refused("Standard Service · Quantity: 10 was approved, 9 stands here"):
		update_items(submitted, qty=9)
	assert frappe.db.get_value("Quotation Item", submitted.items[0].name, "qty") == 10
	twin = offers.quotation(
		frappe.get_doc("Lead", submitted.party_name),
		items=[{"item_code": offers.ITEM, "qty": 9, "rate": 100, "price_list_rate": 100}],
	)
	review = offers.review_of(offers.approve(twin))
	update_items(submitted, qty=9)
	assert records.state(submitted, "sf_proposal_review") == review


def test_other_changes_of_a_submitted_quotation_are_free(submitted):
	frappe.db.set_value("Solution Proposal", {"reference_name": submitted.party_name}, "status", "Superseded")
	submitted.title = "Another title"
	submitted.save()
	submitted.reload()
	submitted.declare_enquiry_lost([], [], "Too dear")
	assert records.state(submitted, "status") == "Lost"
	assert records.state(submitted, "sf_proposal_review")


def test_update_items_of_one_submitted_before_is_asked_too():
	offers.enforce("Off")
	offer = offers.quotation()
	by_method(offer)
	offers.enforce("Block")
	offer.reload()
	offer.title = "Another title"
	offer.save()
	frappe.get_print("Quotation", offer.name)
	with refused("No review has approved these figures"):
		update_items(offer, qty=9)


# Print ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def asked_by_a_browser():
	with request("/printview"):
		yield


def printview(offer):
	frappe.get_print("Quotation", offer.name)


def desk_print(offer):
	from frappe.www.printview import get_html_and_style

	get_html_and_style(frappe.get_doc("Quotation", offer.name).as_json())


def attached(offer):
	frappe.attach_print("Quotation", offer.name)


def pdf(offer):
	from frappe.utils.print_format import download_pdf

	download_pdf("Quotation", offer.name)


PRINTS = (printview, desk_print, attached)


@pytest.mark.parametrize("way", (*PRINTS, pdf), ids=lambda way: way.__name__)
def test_a_draft_nobody_has_reviewed_is_not_printed(way):
	offer = offers.quotation()
	with refused("cannot be printed", frappe.PermissionError):
		way(offer)


@pytest.mark.parametrize("way", PRINTS, ids=lambda way: way.__name__)
def test_an_approved_draft_is_printed(way, monkeypatch):
	offer = offers.quotation()
	offers.approve(offer)
	monkeypatch.setattr("frappe.utils.pdf.get_pdf", lambda html, *_args, **_kwargs: b"%PDF")
	way(offer)


@pytest.mark.parametrize("way", PRINTS, ids=lambda way: way.__name__)
def test_a_submitted_quotation_is_printed_with_what_was_approved(way, monkeypatch, submitted):
	monkeypatch.setattr("frappe.utils.pdf.get_pdf", lambda html, *_args, **_kwargs: b"%PDF")
	way(submitted)
	frappe.db.set_value("Quotation Item", submitted.items[0].name, "rate", 99.99)
	frappe.clear_document_cache("Quotation", submitted.name)
	with refused("CNY 99.99 stands here", frappe.PermissionError):
		way(submitted)


def test_many_in_one_pdf_are_printed_without_the_refused(monkeypatch):
	from frappe.utils.print_format import _download_multi_pdf

	printed = []
	monkeypatch.setattr(
		"frappe.utils.pdf.get_pdf",
		lambda html, *_args, output=None, **_kwargs: printed.append(html) or output,
	)
	missing, approved = offers.quotation(), offers.quotation()
	offers.approve(approved)
	monkeypatch.setattr("pypdf.PdfWriter.write", lambda self, stream: None)
	_download_multi_pdf("Quotation", json.dumps([missing.name, approved.name]))
	assert len(printed) == 1 and approved.name in printed[0]


def test_what_the_desk_sends_to_print_must_be_what_is_stored():
	from frappe.www.printview import get_html_and_style

	offer = offers.quotation()
	offers.approve(offer)
	shown = frappe.get_doc("Quotation", offer.name).as_dict()
	shown["items"][0]["rate"] = 80
	with pytest.raises(frappe.PermissionError, match=r"Save quotation .* first"):
		get_html_and_style(frappe.as_json(shown))
	# Nor does it help to say that it is submitted, or of another company.
	draft = frappe.get_doc("Quotation", offers.quotation().name).as_dict()
	draft.update({"docstatus": 1})
	with refused("cannot be printed", frappe.PermissionError):
		get_html_and_style(frappe.as_json(draft))
	# Nor to give it a name that nothing is stored under.
	draft["name"] = "SAL-QTN-OF-NOBODY"
	with refused("cannot be printed", frappe.PermissionError):
		get_html_and_style(frappe.as_json(draft))


@pytest.mark.parametrize(
	"values", [{"discount_amount": 100, "apply_discount_on": "Net Total"}, {"group_same_items": 1}]
)
def test_what_erpnext_prepares_for_print_is_no_change(values):
	row = {"item_code": offers.ITEM, "qty": 5, "rate": 100, "price_list_rate": 100}
	offer = offers.quotation(items=[dict(row), dict(row)], **values)
	offers.approve(offer)
	frappe.get_print("Quotation", offer.name)


def test_a_share_key_shows_a_customer_no_draft(as_user):
	offer = offers.quotation()
	key = offer.get_document_share_key(no_expiry=True)
	with as_user("Guest"):
		frappe.local.form_dict = frappe._dict(key=key)
		with pytest.raises(frappe.PermissionError, match="not available yet") as problem:
			frappe.get_print("Quotation", offer.name)
		assert "review" not in str(problem.value)
	offers.approve(offer)
	with as_user("Guest"):
		frappe.local.form_dict = frappe._dict(key=key)
		assert offers.ITEM in frappe.get_print("Quotation", offer.name)


def test_the_other_way_to_pdf_asks_for_the_right_to_print(make_user, as_user):
	from frappe.utils import weasyprint

	offer = offers.quotation()
	rep, friend = make_user("Sales User"), make_user("Employee")
	frappe.share.add("Quotation", offer.name, friend)
	for user in (rep, friend):
		with as_user(user):
			assert offer.has_permission("read")
			with refused("cannot be printed", frappe.PermissionError):
				weasyprint.get_html("Quotation", offer.name, "Standard")
	offers.approve(offer)
	with as_user(rep):
		assert frappe.has_permission("Quotation", "print", doc=offer.name)


def test_other_rights_are_left_alone(make_user, as_user):
	offer = offers.quotation()
	with as_user(make_user("Sales User")):
		for ptype in ("read", "write", "submit", "email", "share"):
			assert frappe.has_permission("Quotation", ptype, doc=offer.name)


def test_a_workflow_tells_its_approvers_with_a_print(monkeypatch):
	method = "frappe.workflow.doctype.workflow_action.workflow_action.send_workflow_action_email"
	offer = offers.quotation()
	monkeypatch.setattr(frappe.local, "job", frappe._dict(method=method), raising=False)
	assert offers.ITEM in frappe.get_print("Quotation", offer.name)


# E-mail --------------------------------------------------------------------------------------------------------


def write(doc, to=OUTSIDE, **values):
	return make(
		doctype=doc.doctype,
		name=doc.name,
		subject="Our quotation",
		content="<p>Dear Sir or Madam</p>",
		recipients=to,
		send_email=True,
		**values,
	)


@pytest.mark.parametrize(
	"values", [{}, {"print_format": "Standard"}, {"to": "manager@standard.test", "cc": OUTSIDE}]
)
def test_a_draft_goes_to_nobody_outside(values):
	offer = offers.quotation()
	with refused("cannot go to the customer by e-mail"):
		write(offer, **values)
	assert not frappe.db.exists("Communication", {"reference_name": offer.name, "subject": "Our quotation"})


@pytest.mark.parametrize("values", [{}, {"print_format": "Standard"}])
def test_an_approved_draft_goes_out(values):
	offer = offers.quotation()
	offers.approve(offer)
	write(offer, **values)
	assert frappe.db.exists("Email Queue", {"reference_name": offer.name})


def test_colleagues_are_written_to_without_the_print(make_user):
	offer = offers.quotation()
	write(offer, to=make_user("Sales Manager"), print_format="Standard")
	(queued,) = frappe.get_all(
		"Email Queue", filters={"reference_name": offer.name}, fields=["attachments"], order_by="name"
	)
	assert json.loads(queued.attachments) == []
	assert any(row.get("title") == "Print Left Out" for row in frappe.get_message_log())


def test_mail_that_comes_in_is_kept():
	offer = offers.quotation()
	frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Received",
			"subject": "A question",
			"sender": OUTSIDE,
			"recipients": OUTSIDE,
			"reference_doctype": "Quotation",
			"reference_name": offer.name,
		}
	).insert()


def test_programs_and_notifications_ask_the_gate_too():
	offer = offers.quotation()
	mail = {"recipients": [OUTSIDE], "subject": "Our quotation", "message": "Dear Sir or Madam"}
	printed = {"print_format_attachment": 1, "doctype": "Quotation", "name": offer.name}
	with refused("cannot go to the customer by e-mail"):
		frappe.sendmail(**mail, reference_doctype="Quotation", reference_name=offer.name)
	with refused("cannot go to the customer by e-mail"):
		frappe.sendmail(
			**mail, reference_doctype="Lead", reference_name=offer.party_name, attachments=[printed]
		)
	notification = frappe.get_doc(
		{
			"doctype": "Notification",
			"name": "Quotation to the customer",
			"subject": "Our quotation",
			"document_type": "Quotation",
			"event": "Method",
			"method": "tell_customer",
			"channel": "Email",
			"message": "Dear Sir or Madam",
			"attach_print": 1,
			"recipients": [{"receiver_by_document_field": "", "cc": OUTSIDE}],
		}
	).insert()
	notification.send(offer)  # keeps what went wrong to itself
	sent = {"reference_doctype": "Quotation", "reference_name": offer.name}
	assert not frappe.db.exists("Email Queue", sent) and not frappe.db.exists("Communication", sent)
	assert logged("cannot go to the customer by e-mail")
	offers.approve(offer)
	notification.send(offer)
	assert frappe.db.exists("Email Queue", sent) and frappe.db.exists("Communication", sent)


@pytest.mark.parametrize(
	("status", "goes"), [("Draft", False), ("In Review", False), ("Approved", True), ("Superseded", True)]
)
def test_a_proposal_goes_out_once_it_is_approved(status, goes):
	offer = offers.quotation()
	proposal = frappe.get_doc("Solution Proposal", offers.approve(offer, status=status))
	if goes:
		write(proposal)
	else:
		with refused("is not approved") as problem:
			write(proposal)
		assert proposal.name in str(problem.value)
	write(proposal, to="manager@standard.test")


# Website -------------------------------------------------------------------------------------------------------


def test_the_website_shows_a_customer_no_draft(make_user, as_user):
	customer = records.customer()
	offer = offers.quotation(customer)
	buyer = make_user("Customer", email=f"buyer-{frappe.generate_hash(length=6)}@sample-works.example")
	frappe.db.set_value("User", buyer, "user_type", "Website User")
	customer.append("portal_users", {"user": buyer})
	customer.save()
	with as_user(buyer):
		assert not frappe.has_website_permission(frappe.get_doc("Quotation", offer.name))
	offers.approve(offer)
	with as_user(buyer):
		assert frappe.has_website_permission(frappe.get_doc("Quotation", offer.name))


# The form ------------------------------------------------------------------------------------------------------


def test_the_form_is_told_how_a_quotation_stands(call):
	offer = offers.quotation()
	told = call(f"{API}.standing", quotation=offer.name)
	assert (told["state"], told["holds"], told["differences"]) == ("missing", False, [])
	proposal = offers.approve(offer)
	told = call(f"{API}.standing", quotation=offer.name)
	assert (told["state"], told["review"]) == ("approved", offers.review_of(proposal))
	offer.reload()
	offer.items[0].rate = 99.99
	offer.save()
	told = call(f"{API}.standing", quotation=offer.name)
	assert (told["state"], told["proposal"]) == ("changed", proposal)
	assert any("99.99" in line for line in told["differences"])
	quotation_gate.override(offer, "The fair ends today")
	by_method(offer)
	told = call(f"{API}.standing", quotation=offer.name)
	assert (told["state"], told["reason"]) == ("overridden", "The fair ends today")
	offers.enforce("Off")
	assert call(f"{API}.standing", quotation=offer.name) == {"state": "off"}


def test_only_readers_are_told(call, make_user, as_user):
	offer = offers.quotation()
	with as_user(make_user("Employee")), pytest.raises(frappe.PermissionError):
		call(f"{API}.standing", quotation=offer.name)


def test_the_refusal_speaks_the_readers_language(make_user, as_user):
	offer = offers.quotation()
	with as_user(make_user("Sales User", language="zh")), pytest.raises(frappe.ValidationError) as problem:
		by_method(offer)
	assert re.search("没有评审通过", str(problem.value))


# The report ----------------------------------------------------------------------------------------------------


def test_the_report_tells_what_went_out_without_a_review(make_user, as_user):
	from salesflow_std.salesflow_std.report.quotations_without_review.quotations_without_review import execute

	offers.enforce("Warn", [{"order_type": "Maintenance", "enforcement": "Block", "exempt_below": 5000}])
	offers.list_price(100)
	rep = make_user("Sales User")
	with as_user(rep):
		warned, approved, overridden = (offers.quotation() for _turn in range(3))
		small = offers.quotation(order_type="Maintenance")
		offers.approve(approved)
		for offer in (warned, approved, small):
			by_method(offer)
	offers.enforce("Block")
	quotation_gate.override(overridden, "The fair ends today")
	filters = {"company": records.COMPANY, "rep": rep}
	_columns, rows, message, chart, summary = execute(filters)
	assert {(row.quotation, row.kind) for row in rows} == {
		(warned.name, "Warning"),
		(overridden.name, "Override"),
		(small.name, "Small Deal"),
	}
	assert message is None and sum(figure["value"] for figure in summary) == 3
	assert [sum(line["values"]) for line in chart["data"]["datasets"]] == [1, 1, 1]
	(row,) = execute({**filters, "kind": "Override"})[1]
	assert (row.reason, row.given_by, row.grand_total) == ("The fair ends today", "Administrator", 1000)
	others = execute({**filters, "rep": "Administrator", "kind": "Override"})[1]
	assert overridden.name not in {row.quotation for row in others}
	with as_user(make_user("Employee")):
		assert execute(filters)[1] == []
