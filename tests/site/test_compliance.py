"""How well people keep the standard, against numbers counted by hand (L2, L7, L9, F1-F4, M1, S2, A3)."""

from __future__ import annotations

import uuid
from types import SimpleNamespace

import frappe
import pytest

from salesflow_std.salesflow_std import compliance
from salesflow_std.salesflow_std.report.standard_compliance.standard_compliance import execute
from tests.site import plans, records

NOW = "2027-02-15 12:00:00"
JANUARY = ("2027-01-01", "2027-01-31")
BOTH = ("2027-01-01", "2027-02-28")


def row(doctype, **values):
	"""A record as the app has left it, without what makes one."""
	doc = frappe.get_doc({"doctype": doctype, "name": f"T-{uuid.uuid4().hex[:10]}", **values})
	doc.db_insert()
	return doc.name


@pytest.fixture
def people(make_user, frozen_time):
	"""Two teams: Ada and Ben in the East, Cleo in the West; and nothing of anybody else's in the period."""

	def person(name, roles, parent=None, is_group=0):
		user = make_user(roles, full_name=name)
		return user, plans.person(user, parent=parent, is_group=is_group)

	found = SimpleNamespace()
	found.east, found.east_node = person("East", ["Sales Manager", "Sales User"], is_group=1)
	found.ada, _node = person("Ada", "Sales User", parent=found.east_node)
	found.ben, _node = person("Ben", "Sales User", parent=found.east_node)
	found.west, found.west_node = person("West", ["Sales Manager", "Sales User"], is_group=1)
	found.cleo, _node = person("Cleo", "Sales User", parent=found.west_node)
	found.all = frozenset((found.east, found.ada, found.ben, found.west, found.cleo))
	with frozen_time(NOW):
		yield found


def lead(owner, captured, status="", **more):
	return row(
		"Lead",
		lead_owner=owner,
		title="A lead",
		sf_captured_on=captured,
		sf_first_touch_status=status,
		**{"status": "Open", "company": records.COMPANY, **more},
	)


def by(people, group, period=BOTH, **more):
	return {one.key: one for one in compliance.numbers(*period, group, users=people.all, **more)}


def counted(one, measure):
	return one[f"{measure}_good"], one[f"{measure}_all"]


# First touch and late entry -------------------------------------------------------------------------------------


@pytest.fixture
def touched(people):
	lead(people.ada, "2027-01-04 09:00", "Met")
	lead(people.ada, "2027-01-31 23:59:59", "Missed", sf_late_entry=1)
	lead(people.ada, "2027-02-01 00:00", "Met")
	lead(people.ada, "2027-01-10 09:00", "Pending")
	lead(people.ben, "2027-01-12 09:00", "Overdue", company="Another Co")
	lead(people.cleo, "2027-02-02 09:00", "Met", sf_late_entry=1)
	lead(people.cleo, "2026-12-31 23:59:59", "Met")
	return people


def test_first_touches_by_rep(touched):
	found = by(touched, "rep")
	assert {key: counted(one, "first_touch") for key, one in found.items()} == {
		touched.ada: (2, 3),
		touched.ben: (0, 1),
		touched.cleo: (1, 1),
	}
	assert {key: counted(one, "late_entry") for key, one in found.items()} == {
		touched.ada: (3, 4),
		touched.ben: (1, 1),
		touched.cleo: (0, 1),
	}
	assert found[touched.ada].label == "Ada"


def test_first_touches_by_team(touched):
	found = by(touched, "team")
	assert counted(found[touched.east_node], "first_touch") == (2, 4)
	assert counted(found[touched.west_node], "first_touch") == (1, 1)


def test_first_touches_by_month_with_the_empty_ones(touched):
	found = compliance.numbers("2026-11-01", "2027-02-28", "month", users=touched.all)
	assert [(one.key, *counted(one, "first_touch")) for one in found] == [
		("2026-11", 0, 0),
		("2026-12", 1, 1),
		("2027-01", 1, 3),
		("2027-02", 2, 2),
	]


def test_of_one_company(touched, company):
	assert touched.ben not in by(touched, "rep", company=company)
	assert counted(by(touched, "rep", company="Another Co")[touched.ben], "first_touch") == (0, 1)


def test_without_a_time_nobody_enters_late(touched):
	records.settings(late_entry_hours=0)
	assert {counted(one, "late_entry") for one in by(touched, "rep").values()} == {(0, 0)}


def test_another_grouping_is_refused(people):
	with pytest.raises(ValueError, match="no measures by"):
		compliance.numbers(*BOTH, "weekday")


# Cadence ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def rhythm(people):
	about = lead(people.ada, "2026-01-01 09:00")

	def touch(owner, due, status, kind="Rhythm", late="2027-01-21 18:00", **more):
		return row(
			"Follow Up",
			reference_doctype="Lead",
			reference_name=about,
			allocated_to=owner,
			due_on=due,
			late_on=late,
			status=status,
			kind=kind,
			**more,
		)

	touch(people.ada, "2027-01-20 09:00", "Done", done_on="2027-01-21 18:00")
	touch(people.ada, "2027-01-20 09:00", "Done", "Promise", done_on="2027-01-21 18:00:01")
	touch(people.ada, "2027-01-20 09:00", "Missed", escalated_on="2027-01-22 09:00")
	touch(people.ada, "2027-01-20 09:00", "Planned", "Reply")
	touch(people.ada, "2027-02-14 09:00", "Planned", late="2027-02-16 09:00")
	touch(people.ada, "2027-01-20 09:00", "Cancelled")
	touch(people.ada, "2027-01-20 09:00", "Done", "Unplanned", done_on="2027-01-20 09:00")
	touch(people.ada, "2027-01-20 09:00", "Missed", "Task")
	touch(people.ben, "2027-01-20 09:00", "Missed", "First Touch")
	touch(people.ben, "2027-01-20 09:00", "Done", "Meeting", late=None, done_on="2027-01-20 09:00")
	return people


def test_cadence_is_what_was_made_before_it_was_late(rhythm):
	found = by(rhythm, "rep")
	assert counted(found[rhythm.ada], "cadence") == (1, 4)
	assert (found[rhythm.ada].cadence_missed, found[rhythm.ada].cadence_escalated) == (2, 1)
	assert counted(found[rhythm.ben], "cadence") == (1, 1)


def test_missed_touches_are_those_nobody_made(rhythm):
	assert compliance.missed_touches(rhythm.all, *JANUARY) == {rhythm.ada: 2, rhythm.ben: 1}
	assert compliance.missed_touches({rhythm.cleo}, *JANUARY) == {}
	assert compliance.missed_touches([], *JANUARY) == {}


# Reviews of grades --------------------------------------------------------------------------------------------------


def test_grades_reviewed_within_their_time(people):
	"""BNAU believes an A for a week."""

	def scored(name, *moments, source="Scored"):
		for moment in moments:
			row(
				"BNAU Score",
				reference_doctype="Lead",
				reference_name=name,
				scoring_model="BNAU",
				grade="A",
				source=source,
				scored_on=moment,
			)

	scored(lead(people.ada, "2026-12-01 09:00"), "2027-01-04 09:00", "2027-01-11 09:00", "2027-01-20 09:00")
	# Only its first scoring: no review. What the clock has counted anew is none.
	first = lead(people.ben, "2027-01-04 09:00")
	scored(first, "2027-01-04 09:00")
	scored(first, "2027-01-05 09:00", source="Re-graded")
	# The one before lies before the period.
	scored(lead(people.cleo, "2026-12-01 09:00"), "2026-12-31 09:00", "2027-01-02 09:00")
	for status, due in (
		("Open", "2027-01-15 09:00"),
		("Converted", "2027-01-15 09:00"),
		("Open", "2027-02-20 09:00"),
	):
		row(
			"Lead",
			lead_owner=people.cleo,
			status=status,
			company=records.COMPANY,
			sf_grade_stale=1,
			sf_review_due=due,
		)
	found = by(people, "rep", JANUARY)
	assert counted(found[people.ada], "stale") == (1, 2)
	assert people.ben not in found or counted(found[people.ben], "stale") == (0, 0)
	assert counted(found[people.cleo], "stale") == (1, 2)


# Gates, reviews and surveys -----------------------------------------------------------------------------------------


def test_gates_held(people):
	def moved(direction="Forward", source="Person", **more):
		row(
			"Stage Transition",
			reference_doctype="Lead",
			responsible=people.ada,
			changed_on="2027-01-10 09:00",
			direction=direction,
			source=source,
			**more,
		)

	moved()
	moved("Skipped", override_reason="Asked by the customer")
	moved(unmet="Needs confirmed")
	moved(source="Found Later", is_bypass=1)
	moved(source="By Itself")
	moved("Back")
	moved("Entered")
	moved(source="Imported")
	moved(source="Taken In")
	assert counted(by(people, "rep")[people.ada], "gates") == (2, 5)


def test_opinions_in_time(people):
	def asked(status, *opinions):
		name = row("Proposal Review", status=status, company=records.COMPANY)
		for place, values in enumerate(opinions):
			row(
				"Review Opinion",
				parent=name,
				parenttype="Proposal Review",
				parentfield="opinions",
				idx=place + 1,
				**{"due_on": "2027-01-10 18:00", "asked": people.ada, "carried_over": 0, **values},
			)

	asked(
		"Open",
		{"decision": "Approve", "reviewer": people.ada, "decided_on": "2027-01-10 18:00"},
		{"decision": "Change", "reviewer": people.ben, "decided_on": "2027-01-10 18:00:01"},
		{},
		{"due_on": "2027-02-20 09:00"},
		{"decision": "Approve", "carried_over": 1, "decided_on": "2027-01-02 09:00"},
	)
	# Enough others have decided.
	asked("Approved", {})
	found = by(people, "rep")
	assert counted(found[people.ada], "reviews") == (1, 2)
	assert counted(found[people.ben], "reviews") == (0, 1)


def test_surveys_in_time(people):
	def survey(status, **more):
		row(
			"Satisfaction Survey",
			status=status,
			allocated_to=people.ada,
			due_on="2027-01-10 18:00",
			company=records.COMPANY,
			survey_key=uuid.uuid4().hex,
			**more,
		)

	survey("Sent", sent_on="2027-01-10 18:00")
	survey("Sent", sent_on="2027-01-11 09:00")
	survey("Answered", answered_on="2027-01-09 09:00")
	survey("To Send")
	survey("Cancelled", sent_on="2027-01-09 09:00")
	survey("Answered", sent_on="2027-01-09 09:00", correction_of="another")
	assert counted(by(people, "rep")[people.ada], "surveys") == (2, 4)


# Who sees what ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	"who, sees", [("ada", {"ada"}), ("east", {"ada", "ben"}), ("west", {"cleo"}), ("nobody", set())]
)
def test_each_sees_their_own_people(touched, as_user, make_user, who, sees):
	user = getattr(touched, who, None) or make_user("Purchase User")
	with as_user(user):
		found = {one.key for one in compliance.numbers(*BOTH, "rep") if one.first_touch_all}
	assert found == {getattr(touched, name) for name in sees}


@pytest.mark.parametrize("group", ["rep", "team", "month"])
def test_the_number_of_queries_is_fixed(touched, count_queries, make_user, group):
	def asked():
		compliance.numbers(*BOTH, group)  # what Frappe remembers is remembered then
		with count_queries() as queries:
			compliance.numbers(*BOTH, group)
		return len(queries)

	few = asked()
	for _one in range(5):
		user = make_user("Sales User")
		plans.person(user, parent=touched.east_node)
		lead(user, "2027-01-10 09:00", "Met")
	assert asked() == few <= 14


# The report -----------------------------------------------------------------------------------------------------------


def report(people, **filters):
	return execute({"from_date": BOTH[0], "to_date": BOTH[1], "sales_person": people.east_node, **filters})


def test_the_report_totals_and_leaves_empty_what_counts_nothing(touched):
	_columns, rows, _message, chart, summary = report(touched)
	assert [
		(one["label"], one["first_touch"], one["first_touch_good"], one["first_touch_of"]) for one in rows
	] == [
		("Ada", pytest.approx(200 / 3), 2, 3),
		("Ben", 0, 0, 1),
		("Total", 50, 2, 4),
	]
	assert rows[-1]["surveys_of"] is None
	assert rows[-1]["surveys"] is None
	assert chart["data"]["labels"] == ["2027-01", "2027-02"]
	assert summary[0]["value"] == "50 %"
	assert summary[-1]["value"] == "None yet"


@pytest.mark.parametrize("group", ["Rep", "Team", "Month"])
def test_every_number_opens_as_many_records(touched, rhythm, group):
	rows = report(touched, group_by=group)[1]
	opened = 0
	for one in rows:
		key = "*" if one.get("is_total") else one["key"] or ""
		for measure in compliance.MEASURES:
			good, count = one[f"{measure}_good"] or 0, one[f"{measure}_of"] or 0
			for kind, expected in (("good", good), ("all", count), ("bad", count - good)):
				found = report(touched, group_by=group, records=f"{measure}:{kind}:{key}")[1]
				assert len(found) == expected, (measure, kind, key)
				opened += expected
		assert len(report(touched, group_by=group, records=f"cadence:missed:{key}")[1]) == one["missed"]
	assert opened


def test_a_trend_is_against_as_long_a_period_before(people):
	for month, status in ((1, "Missed"), (2, "Met")):
		for day in range(1, 15):
			lead(people.ada, f"2027-{month:02d}-{day:02d} 09:00", status)
	rows = execute({"from_date": "2027-02-01", "to_date": "2027-02-28", "rep": people.ada})[1]
	assert rows[0]["first_touch_trend"] == "better"
	rows = execute(
		{**dict(zip(("from_date", "to_date"), BOTH, strict=True)), "rep": people.ada, "group_by": "Month"}
	)[1]
	assert [one["first_touch_trend"] for one in rows] == [None, "better", None]


@pytest.mark.parametrize("asked", ["stale:escalated:x", "weather:all:x", "gates"])
def test_an_unknown_number_is_refused(people, asked):
	with pytest.raises(frappe.ValidationError, match="no number"):
		report(people, records=asked)


def test_a_period_that_ends_before_it_begins_is_refused(people):
	with pytest.raises(frappe.ValidationError, match="ends before"):
		execute({"from_date": "2027-02-01", "to_date": "2027-01-01"})
