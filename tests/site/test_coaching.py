"""Coaching and recognition (M6): proposed by rule from closed months, decided by a person, seen once confirmed."""

from __future__ import annotations

import frappe
import pytest
from frappe.desk.form.load import getdoc
from frappe.utils import getdate

from salesflow_std.jobs import sales_review_clock
from salesflow_std.salesflow_std import coaching, sales_review_sheet
from tests.site import plans, records, reviewed
from tests.site.review_cases import notices_of

API = "salesflow_std.api.coaching"
DECEMBER = getdate("2026-12-01")


@pytest.fixture(autouse=True)
def january(frozen_time):
	records.settings(coaching_below=80, recognition_from=110, coaching_months=2)
	with frozen_time("2027-01-20 09:00") as clock:
		yield clock


@pytest.fixture
def other(make_user, rep) -> str:
	user = make_user("Sales User", full_name="Other Rep")
	reviewed.colleague(user, rep)
	return user


def closed(*users: str, month: str = "2026-12-01") -> None:
	"""Closes a month for some people."""
	for user in users:
		node = reviewed.node_of(user)
		frappe.get_doc(
			{
				"doctype": "KPI Score",
				"name": f"KPI-{frappe.generate_hash(length=10)}",
				"sales_person": node,
				"user": user,
				"company": records.COMPANY,
				"month": month,
				"score": 61.5,
				"closed_on": "2027-01-15 00:00:00",
				"score_key": f"{node}|{month}",
			}
		).db_insert()


@pytest.fixture
def behind(monkeypatch, rep, other):
	"""One rep behind in two months, the other ahead in the last."""
	reviewed.standings(
		monkeypatch,
		{
			rep: {"2026-11": (100, 79), "2026-12": (100, 50)},
			other: {"2026-11": (100, 10), "2026-12": (100, 110)},
		},
	)
	closed(rep, other)


def of(user: str, **values) -> list:
	names = frappe.get_all("Coaching Record", {"user": user, **values}, pluck="name", order_by="name")
	return [frappe.get_doc("Coaching Record", name) for name in names]


@pytest.fixture
def proposed(behind, rep):
	sales_review_clock.daily()
	[doc] = of(rep)
	return doc


def confirmed(doc, manager, as_user, call, **more):
	with as_user(manager):
		call(
			f"{API}.confirm",
			record=doc.name,
			**{"agreed": "Call ten more", "follow_up_on": "2027-02-10", **more},
		)
	return doc.reload()


# The rule -----------------------------------------------------------------------------------------------------


def test_the_rule_proposes_once_from_closed_months(behind, rep, other, manager):
	sales_review_clock.daily()
	sales_review_clock.daily()
	[record] = of(rep)
	assert (record.kind, record.status, record.achievement, record.score) == (
		"Coaching",
		"Proposed",
		50,
		61.5,
	)
	assert record.why == "Achievement below 80 % in 2 months in a row (2026-11: 79 %, 2026-12: 50 %)"
	[praise] = of(other)
	assert (praise.kind, praise.month) == ("Recognition", DECEMBER)
	assert len([text for text in notices_of(manager) if "is proposed" in text]) == 2


def test_a_month_that_is_not_closed_proposes_nothing(monkeypatch, rep):
	reviewed.standings(monkeypatch, {rep: (100, 10)})
	sales_review_clock.daily()
	assert of(rep) == []


def test_newcomers_and_absentees_are_not_proposed_and_it_is_said(behind, rep, monkeypatch):
	employee = {"user_id": rep}
	frappe.db.set_value("Employee", employee, "date_of_joining", "2026-11-15")
	sales_review_clock.daily()
	assert of(rep) == []
	[said] = coaching.not_proposed(records.COMPANY, DECEMBER, [reviewed.node_of(rep)])
	assert said["why"] == "joined less than 3 months before"
	frappe.db.set_value("Employee", employee, "date_of_joining", "2020-01-01")
	frappe.get_doc(
		{"doctype": "Rep Absence", "user": rep, "from_date": "2026-12-01", "to_date": "2026-12-20"}
	).db_insert()
	sales_review_clock.daily()
	assert of(rep) == []
	[said] = coaching.not_proposed(records.COMPANY, DECEMBER, [reviewed.node_of(rep)])
	assert said["why"] == "was away for most of a month"
	# The monthly review says so too.
	review = frappe.new_doc("Sales Review").update(
		{"kind": "Monthly", "company": records.COMPANY, "from_date": DECEMBER, "to_date": "2026-12-31"}
	)
	review.append("progress", {"sales_person": reviewed.node_of(rep)})
	review.set("__islocal", 0)
	assert sales_review_sheet.not_proposed(review) == [said]


def test_one_that_was_dismissed_does_not_come_back(proposed, rep, manager, as_user, call):
	with as_user(manager):
		with pytest.raises(frappe.ValidationError):
			call(f"{API}.dismiss", record=proposed.name, reason=" ")
		call(f"{API}.dismiss", record=proposed.name, reason="Was on parental leave")
	sales_review_clock.daily()
	[record] = of(rep)
	assert (record.status, record.decision_note, record.decided_by) == (
		"Dismissed",
		"Was on parental leave",
		manager,
	)


# Who sees it --------------------------------------------------------------------------------------------------


def sees(user, doc, as_user) -> bool:
	with as_user(user):
		listed = bool(frappe.get_list("Coaching Record", {"name": doc.name}))
		assert bool(frappe.has_permission("Coaching Record", "read", doc=doc.name)) is listed
		return listed


def test_a_rep_sees_their_own_once_it_is_confirmed(proposed, rep, other, manager, as_user, call):
	assert not sees(rep, proposed, as_user) and sees(manager, proposed, as_user)
	confirmed(proposed, manager, as_user, call)
	assert sees(rep, proposed, as_user)
	assert not sees(other, proposed, as_user)


def test_a_dismissed_one_the_rep_never_sees(proposed, rep, manager, as_user, call):
	with as_user(manager):
		call(f"{API}.dismiss", record=proposed.name, reason="No")
	assert not sees(rep, proposed, as_user)


def test_a_user_permission_on_a_colleague_opens_no_coaching(proposed, rep, other, as_user):
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": other,
			"allow": "Sales Person",
			"for_value": reviewed.node_of(rep),
		}
	).insert()
	assert not sees(other, proposed, as_user)


def test_a_manager_of_another_tree_sees_nothing(proposed, make_user, as_user, call):
	boss = make_user(["Sales Manager", "Sales User"])
	plans.person(make_user("Sales User"), parent=plans.person(boss, is_group=1))
	assert not sees(boss, proposed, as_user)
	with as_user(boss), pytest.raises(frappe.PermissionError):
		call(f"{API}.dismiss", record=proposed.name, reason="No")


def test_nobody_decides_about_themselves(proposed, rep, as_user, call):
	frappe.get_doc("User", rep).add_roles("Sales Manager")
	assert not sees(rep, proposed, as_user)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.dismiss", record=proposed.name, reason="Me?")


def test_nobody_proposes_themselves_nor_learns_of_a_proposal(proposed, rep, other, manager, as_user):
	def by_hand(user, month="2026-12-01"):
		return frappe.get_doc(
			{
				"doctype": "Coaching Record",
				"kind": "Coaching",
				"sales_person": reviewed.node_of(user),
				"company": records.COMPANY,
				"month": month,
				"why": "Because",
			}
		).insert()

	with as_user(manager), pytest.raises(frappe.PermissionError):
		by_hand(manager)
	frappe.get_doc("User", rep).add_roles("Sales Manager")
	with as_user(rep), pytest.raises(frappe.PermissionError) as refused:
		by_hand(rep)
	assert proposed.name not in str(refused.value)


def test_why_it_was_so_decided_is_for_managers(proposed, rep, manager, as_user, call):
	confirmed(proposed, manager, as_user, call, note="Third time")
	with as_user(rep):
		doc = frappe.get_doc("Coaching Record", proposed.name)
		doc.apply_fieldlevel_read_permissions()
		assert not doc.get("decision_note")


def test_what_the_form_is_sent_holds_no_note_of_the_decision(proposed, rep, manager, as_user, call):
	doc = confirmed(proposed, manager, as_user, call, note="Third time, a last chance")
	assert doc.decision_note == "Third time, a last chance"
	with as_user(rep):
		frappe.local.response = frappe._dict(docs=[])
		getdoc("Coaching Record", proposed.name)
		sent = frappe.as_json(frappe.local.response)
	assert '"agreed": "Call ten more"' in sent and "last chance" not in sent


# Deciding -----------------------------------------------------------------------------------------------------


def test_a_confirmed_coaching_has_what_was_agreed_a_day_and_a_todo(
	proposed, rep, manager, as_user, call, january
):
	with as_user(manager):
		with pytest.raises(frappe.ValidationError, match="what was agreed"):
			call(f"{API}.confirm", record=proposed.name, follow_up_on="2027-02-10")
		with pytest.raises(frappe.ValidationError, match="a day in the future"):
			call(f"{API}.confirm", record=proposed.name, agreed="x", follow_up_on="2027-01-20")
	doc = confirmed(proposed, manager, as_user, call)
	todo = frappe.get_doc("ToDo", doc.todo)
	assert (todo.allocated_to, str(todo.date), todo.status) == (manager, "2027-02-10", "Open")
	assert [text for text in notices_of(rep) if "What we agreed" in text]
	sales_review_clock.tick()
	assert not doc.reload().reminded_on
	january.set("2027-02-10 08:00")
	sales_review_clock.remind()
	sales_review_clock.remind()
	assert len([text for text in notices_of(manager) if "what came of it" in text]) == 1


def test_it_ends_with_what_came_of_it(proposed, manager, as_user, call):
	doc = confirmed(proposed, manager, as_user, call)
	with as_user(manager):
		with pytest.raises(frappe.ValidationError):
			call(f"{API}.finish", record=doc.name, outcome="")
		call(f"{API}.finish", record=doc.name, outcome="Back on track")
	doc.reload()
	assert (doc.status, doc.outcome, records.state(frappe.get_doc("ToDo", doc.todo), "status")) == (
		"Done",
		"Back on track",
		"Closed",
	)


def test_what_was_decided_stays(proposed, manager, as_user, call):
	doc = confirmed(proposed, manager, as_user, call)
	with as_user(manager):
		call(f"{API}.finish", record=doc.name, outcome="Good")
		doc.reload().outcome = "Bad"
		with pytest.raises(frappe.PermissionError):
			doc.save()
		with pytest.raises(frappe.ValidationError, match="already"):
			call(f"{API}.dismiss", record=doc.name, reason="No")
		with pytest.raises(frappe.PermissionError):
			frappe.delete_doc("Coaching Record", doc.name)


def test_the_state_is_not_sent_by_a_form(proposed, manager, as_user):
	with as_user(manager):
		proposed.update({"status": "Done", "score": 1, "why": "Because"})
		proposed.save()
	proposed.reload()
	assert (proposed.status, proposed.score) == ("Proposed", 61.5)
	assert proposed.why.startswith("Achievement below")


def test_a_recognition_tells_the_rep_and_the_team_where_that_is_wanted(
	behind, rep, other, manager, as_user, call
):
	sales_review_clock.daily()
	[praise] = of(other)
	with as_user(manager):
		call(f"{API}.confirm", record=praise.name, agreed="Great <b>month</b>", tell_team=1)
	assert [text for text in notices_of(other) if "Well done" in text]
	assert [text for text in notices_of(rep) if "is recognised" in text]
	assert not praise.reload().todo


def test_one_by_hand_once_a_month(proposed, rep, manager, as_user):
	values = {
		"doctype": "Coaching Record",
		"kind": "Coaching",
		"sales_person": reviewed.node_of(rep),
		"company": records.COMPANY,
		"month": "2026-12-15",
	}
	with as_user(manager):
		with pytest.raises(frappe.DuplicateEntryError):
			frappe.get_doc({**values, "why": "Again"}).insert()
		with pytest.raises(frappe.ValidationError, match="Say why"):
			frappe.get_doc({**values, "month": "2027-01-15"}).insert()
		doc = frappe.get_doc({**values, "month": "2027-01-15", "why": "Asked for it"}).insert()
	assert (str(doc.month), doc.user, doc.status) == ("2027-01-01", rep, "Proposed")
