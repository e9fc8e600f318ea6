"""Who may see and make scorings: those who may see and change the subject."""

import frappe
import pytest
from frappe.permissions import add_user_permission

from tests.site import records

API = "salesflow_std.api.scoring"


@pytest.fixture
def restricted(make_user):
	"""A rep who may see the leads of one territory only."""
	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	return rep, territory.name


def test_a_rep_scores_what_they_may_change(restricted, as_user):
	rep, territory = restricted
	mine = records.lead(territory=territory)
	with as_user(rep):
		assert records.score(mine, "5555")["grade"] == "A"


@pytest.mark.parametrize("method", ["form", "preview", "explain", "review", "score"])
def test_a_foreign_subject_is_refused_by_every_method(call, restricted, as_user, method):
	rep, _territory = restricted
	foreign = records.lead(territory="China")
	records.score(foreign, "3333")
	more = {"points": records.points("5555")} if method in ("preview", "score") else {}
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.{method}", doctype="Lead", name=foreign.name, **more)


def test_a_missing_subject_looks_like_a_foreign_one(call, restricted, as_user):
	rep, _territory = restricted
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.score", doctype="Lead", name="CRM-LEAD-0000", points=records.points("5555"))


def test_a_missing_subject_is_named_to_who_sees_all(call):
	with pytest.raises(frappe.DoesNotExistError):
		call(f"{API}.score", doctype="Lead", name="CRM-LEAD-0000", points=records.points("5555"))


def test_lists_show_scorings_of_visible_subjects_only(restricted, as_user):
	rep, territory = restricted
	mine, foreign = records.lead(territory=territory), records.lead(territory="China")
	my_score, foreign_score = records.score(mine, "5555")["name"], records.score(foreign, "5555")["name"]
	with as_user(rep):
		seen = frappe.get_list("BNAU Score", pluck="name", limit=0)
		assert my_score in seen
		assert foreign_score not in seen
		assert frappe.has_permission("BNAU Score", "read", doc=my_score)
		assert not frappe.has_permission("BNAU Score", "read", doc=foreign_score)


def test_a_scoring_made_by_rest_needs_the_subject_too(restricted, as_user):
	rep, _territory = restricted
	foreign = records.lead(territory="China")
	lines = [{"dimension": code, "points": 5} for code in "BNAU"]
	with as_user(rep), pytest.raises(frappe.PermissionError):
		frappe.get_doc(
			{
				"doctype": "BNAU Score",
				"reference_doctype": "Lead",
				"reference_name": foreign.name,
				"lines": lines,
			}
		).insert()
	assert records.state(foreign, "sf_grade") is None


def test_somebody_without_sales_roles_sees_and_does_nothing(call, make_user, as_user):
	lead = records.lead()
	records.score(lead, "5555")
	with as_user(make_user("Employee")):
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.score", doctype="Lead", name=lead.name, points=records.points("1111"))
		with pytest.raises(frappe.PermissionError):
			frappe.get_list("BNAU Score")


def test_a_guest_reaches_nothing(call, as_user):
	lead = records.lead()
	for method, more in (
		("score", {"points": records.points("5555")}),
		("explain", {}),
		("override", {"grade": "A", "reason": "x", "until": "2099-01-01"}),
	):
		with as_user("Guest"), pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", doctype="Lead", name=lead.name, **more)


def test_a_rep_neither_tunes_nor_simulates_models(call, make_user, as_user):
	with as_user(make_user("Sales User")):
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.simulate", scoring_model="BNAU", changes={"weights": {"B": 2}})
		model = frappe.get_doc("Scoring Model", "BNAU")
		model.dimensions[0].weight = 2
		with pytest.raises(frappe.PermissionError):
			model.save()


def test_shipped_defaults_are_taken_by_who_may_change_the_record(call, make_user, as_user):
	with as_user(make_user("Sales User")), pytest.raises(frappe.PermissionError):
		call("salesflow_std.api.shipped_defaults.take", entry="scoring_model/bnau")
