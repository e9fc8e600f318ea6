"""What is noted of a customer is seen by those who may see the customer's own document, whatever way they try."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import frappe
import pytest
from frappe.permissions import add_user_permission

from salesflow_std.salesflow_std import profiles
from tests.site import records

# Whatever of the foreign customer comes to light carries this word.
SECRET = "privacyprobe"


@pytest.fixture
def restricted(make_user) -> str:
	"""A rep who may see one territory only."""
	territory = frappe.get_doc(
		{
			"doctype": "Territory",
			"territory_name": f"Test {uuid.uuid4().hex[:6]}",
			"parent_territory": "All Territories",
		}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	return rep


@pytest.fixture
def foreign() -> SimpleNamespace:
	"""A lead of another territory with all that can be noted of it."""
	lead = records.lead(territory="China", company_name=f"{SECRET} {uuid.uuid4().hex[:6]}")
	name = profiles.ensure("Lead", lead.name)
	category = frappe.get_doc(
		{"doctype": "Customer Tag Category", "category_name": f"Category {uuid.uuid4().hex[:6]}"}
	).insert()
	tag = frappe.get_doc(
		{"doctype": "Customer Tag", "tag_name": f"Tag {uuid.uuid4().hex[:6]}", "category": category.name}
	).insert()
	profile = frappe.get_doc("Customer Profile", name)
	profile.append("tags", {"tag": tag.name})
	profile.append("decision_chain", {"person": f"{SECRET} Buyer", "role": "Decision Maker"})
	profile.save()
	record = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"talked_on": frappe.utils.now_datetime(),
			"contact_name": f"{SECRET} Buyer",
			"email_id": "buyer@privacyprobe.example",
			"summary": SECRET,
			"answers": [{"kind": "Situation", "question": SECRET, "answer": SECRET}],
			"needs": [{"need": SECRET, "evidence": SECRET, "match_score": 4}],
		}
	).insert()
	plan = frappe.get_doc(
		{
			"doctype": "Account Plan",
			"party_type": "Lead",
			"party": lead.name,
			"plan_owner": "Administrator",
			"from_date": "2026-01-01",
			"to_date": "2026-12-31",
			"goal": SECRET,
			"actions": [{"action": SECRET, "allocated_to": "Administrator", "due_on": "2026-12-01"}],
		}
	).insert()
	return SimpleNamespace(
		lead=lead,
		tag=tag.name,
		**{"Customer Profile": name, "Needs Record": record.name, "Account Plan": plan.name},
	)


DOCUMENTS = ("Customer Profile", "Needs Record", "Account Plan")
ROWS = {
	"Decision Chain Member": "Customer Profile",
	"Customer Tag Link": "Customer Profile",
	"Customer Need": "Needs Record",
	"Needs Answer": "Needs Record",
	"Account Plan Action": "Account Plan",
}


@pytest.mark.parametrize("doctype", DOCUMENTS)
def test_lists_reports_links_and_rest_show_nothing(doctype, foreign, restricted, make_user, as_user, call):
	name = vars(foreign)[doctype]
	with as_user(make_user("Sales User")):
		assert name in frappe.get_list(doctype, pluck="name", limit=0), "who may see the lead sees it"
		assert SECRET in str(call("frappe.client.get", doctype=doctype, name=name))
	with as_user(restricted):
		assert name not in frappe.get_list(doctype, pluck="name", limit=0)
		assert not frappe.has_permission(doctype, "read", doc=name)
		fields = json.dumps([f"`tab{doctype}`.`name`"])
		assert name not in str(call("frappe.desk.reportview.get", doctype=doctype, fields=fields))
		assert name not in str(call("frappe.client.get_list", doctype=doctype, limit_page_length=0))
		assert name not in str(call("frappe.desk.search.search_link", doctype=doctype, txt=SECRET))
		assert name not in str(call("frappe.desk.search.search_link", doctype=doctype, txt=name))
		assert not call(
			"frappe.desk.reportview.get_count", doctype=doctype, filters=json.dumps({"name": name})
		)
		for method, more in (
			("frappe.client.get", {"doctype": doctype, "name": name}),
			("frappe.client.get_value", {"doctype": doctype, "fieldname": "owner", "filters": name}),
			("frappe.desk.form.load.getdoc", {"doctype": doctype, "name": name}),
			("frappe.www.printview.get_html_and_style", {"doc": doctype, "name": name}),
		):
			try:
				answer = call(method, **more)
			except frappe.PermissionError:
				continue
			assert SECRET not in str(answer) and not (answer or {}).get("owner"), method


@pytest.mark.parametrize("doctype", ROWS)
def test_rows_are_seen_with_their_parent_only(doctype, foreign, restricted, as_user, call):
	parent = vars(foreign)[ROWS[doctype]]
	with as_user(restricted):
		rows = frappe.get_list(doctype, parent_doctype=ROWS[doctype], fields=["parent"], limit=0)
		assert parent not in [row.parent for row in rows]
		# What a rep asks the server for by hand.
		rows = call(
			"frappe.client.get_list", doctype=doctype, parent=ROWS[doctype], fields=["*"], limit_page_length=0
		)
		assert parent not in str(rows) and SECRET not in str(rows)
	with as_user("Administrator"):
		rows = frappe.get_list(doctype, parent_doctype=ROWS[doctype], fields=["parent"], limit=0)
		assert parent in [row.parent for row in rows]


@pytest.mark.parametrize("doctype", DOCUMENTS)
def test_nothing_is_changed_or_deleted(doctype, foreign, restricted, as_user):
	name = vars(foreign)[doctype]
	with as_user(restricted):
		doc = frappe.get_doc(doctype, name)
		with pytest.raises(frappe.PermissionError):
			doc.save()
		with pytest.raises(frappe.PermissionError):
			frappe.delete_doc(doctype, name)


def test_a_record_about_a_foreign_document_is_not_made(foreign, restricted, as_user):
	before = frappe.db.count("Needs Record")
	with as_user(restricted), pytest.raises(frappe.PermissionError):
		frappe.get_doc(
			{"doctype": "Needs Record", "reference_doctype": "Lead", "reference_name": foreign.lead.name}
		).insert()
	assert frappe.db.count("Needs Record") == before


def test_a_profile_is_not_reached_by_pointing_a_lead_at_it(foreign, restricted, make_user, as_user):
	"""The link decides who sees a profile, so nobody sets it by hand."""
	lead = records.lead()
	lead.sf_profile = vars(foreign)["Customer Profile"]
	lead.save()
	assert records.state(lead, "sf_profile") is None
	assert records.lead(sf_profile=vars(foreign)["Customer Profile"]).sf_profile is None


def test_public_links_are_nobody_s_business(make_user, as_user):
	with as_user(make_user(["Sales User", "Sales Manager", "Sales Master Manager"])):
		with pytest.raises(frappe.PermissionError):
			frappe.get_list("Public Link")


@pytest.mark.parametrize("doctype", [*DOCUMENTS, "Market Research", "Public Link"])
def test_somebody_without_sales_roles_sees_nothing(doctype, make_user, as_user):
	with as_user(make_user("Employee")), pytest.raises(frappe.PermissionError):
		frappe.get_list(doctype)


@pytest.mark.parametrize("doctype", ROWS)
def test_a_row_is_changed_with_its_document_only(doctype, foreign):
	"""Over REST a single row would pass by the rules of its document, which are asked for the whole only."""
	parent = ROWS[doctype]
	row = frappe.get_all(
		doctype, filters={"parent": vars(foreign)[parent], "parenttype": parent}, pluck="name", order_by="idx"
	)[0]
	for change in (lambda doc: doc.save(), lambda doc: doc.delete()):
		with pytest.raises(frappe.PermissionError, match=vars(foreign)[parent]):
			change(frappe.get_doc(doctype, row))
	copy = frappe.copy_doc(frappe.get_doc(doctype, row))
	copy.update({"parent": vars(foreign)[parent], "parenttype": parent})
	with pytest.raises(frappe.PermissionError):
		copy.insert()
	assert frappe.db.exists(doctype, row)


def test_an_opportunity_says_nothing_of_a_foreign_party(foreign, restricted, as_user, call):
	"""Who may see the opportunity only sees neither the people of its lead nor whom to write to there."""
	frappe.db.set_value("Lead", foreign.lead.name, "email_id", "buyer@privacyprobe.example")
	deal = records.opportunity(opportunity_from="Lead", party_name=foreign.lead.name)
	frappe.db.set_value("Opportunity", deal.name, {"contact_email": None, "contact_display": None})
	frappe.share.add("Opportunity", deal.name, restricted, read=1)
	start, panel = "salesflow_std.api.needs_talk.start", "salesflow_std.api.profile.panel"
	about = {"doctype": "Opportunity", "name": deal.name}
	assert call(start, **about)["contact"]["email_id"]
	assert SECRET in str(call(panel, **about)["chain"])
	with as_user(restricted):
		assert not call(start, **about)["contact"]["email_id"]
		assert SECRET not in str(call(panel, **about))


def test_people_of_a_foreign_lead_are_not_offered(foreign, restricted, as_user, call):
	"""Two leads of one prospect: who may see one of them only is not offered the people of the other."""
	frappe.db.set_value("Lead", foreign.lead.name, {"first_name": SECRET, "lead_name": SECRET})
	frappe.db.delete("Dynamic Link", {"link_doctype": "Lead", "link_name": foreign.lead.name})
	own = records.lead()
	frappe.db.set_value("Lead", own.name, "sf_profile", vars(foreign)["Customer Profile"])
	frappe.share.add("Lead", own.name, restricted, read=1)
	panel = {"doctype": "Lead", "name": own.name}
	assert SECRET in str(call("salesflow_std.api.profile.panel", **panel)["people"])
	with as_user(restricted):
		assert SECRET not in str(call("salesflow_std.api.profile.panel", **panel)["people"])
