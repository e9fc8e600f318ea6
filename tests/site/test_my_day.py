"""My Day: what is most at risk stands on top, for those who may see it (F1-F5, L7, L9), and what a touch brings (F3)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import frappe
import pytest

from tests.site import records

GET = "salesflow_std.api.my_day.get"
SUGGEST = "salesflow_std.api.my_day.suggest"
# A Wednesday.
NOW = datetime(2026, 3, 4, 10, 0)
EVENING = datetime(2026, 3, 4, 18, 0)


@pytest.fixture(autouse=True)
def morning(frozen_time):
	with frozen_time(NOW) as clock:
		yield clock


@pytest.fixture
def make_rep(make_user) -> Callable[..., str]:
	"""Like `make_user`, but who may log in."""

	def make(roles: list[str] | str = "Sales User", **values) -> str:
		user = make_user(roles, **values)
		frappe.db.set_value("User", user, "enabled", 1)
		return user

	return make


@pytest.fixture
def rep(make_rep) -> str:
	return make_rep(full_name="Rep")


@pytest.fixture
def manager(make_rep) -> str:
	return make_rep(["Sales User", "Sales Manager"], full_name="Manager")


def touch(user: str, kind: str, due_on: datetime, document=None, **values) -> str:
	"""An open follow-up as the planning leaves it; its document is a new lead unless given."""
	document = document or records.lead(lead_owner=user)
	follow_up = frappe.new_doc("Follow Up")
	follow_up.update(
		{
			"title": document.get("title"),
			"reference_doctype": document.doctype,
			"reference_name": document.name,
			"allocated_to": user,
			"status": "Planned",
			"kind": kind,
			"due_on": due_on,
			"channel": "Phone",
			**values,
		}
	)
	follow_up.set_new_name()
	follow_up.db_insert()
	return follow_up.name


def ago(**timespan: float) -> datetime:
	return NOW - timedelta(**timespan)


def ahead(**timespan: float) -> datetime:
	return NOW + timedelta(**timespan)


def names(day: dict) -> list[str]:
	return [item["name"] for item in day["items"]]


# The order ---------------------------------------------------------------------------------------------------


def test_the_riskiest_stands_on_top(call, as_user, rep):
	wanted = [
		# Overdue first touches and replies, by grade and how late they are.
		touch(rep, "Reply", ago(hours=30), grade="A"),
		touch(rep, "First Touch", ago(hours=2), grade="S"),
		touch(rep, "First Touch", ago(days=9), grade="B"),
		touch(rep, "First Touch", ago(days=20)),
		# The other overdue ones alike.
		touch(rep, "Rhythm", ago(days=2), grade="A"),
		touch(rep, "Promise", ago(hours=1), grade="A"),
		touch(rep, "Rhythm", ago(days=5), grade="B"),
		touch(rep, "Rhythm", ago(days=6), grade="C"),
		touch(rep, "Task", ago(days=7), grade=""),
		# Today by the hour; at the same hour what was agreed goes first.
		touch(rep, "Meeting", ahead(hours=1), grade="C"),
		touch(rep, "Rhythm", ahead(hours=2), grade="B"),
		touch(rep, "Promise", EVENING, grade="C"),
		touch(rep, "First Touch", EVENING, grade="B"),
		touch(rep, "Rhythm", EVENING, grade="A"),
		touch(rep, "Rhythm", EVENING, grade="B"),
		# Countdowns of the next days.
		touch(rep, "Reply", ahead(days=1), grade="C"),
		touch(rep, "First Touch", ahead(days=3), grade="A"),
	]
	touch(rep, "Rhythm", ahead(days=1), grade="A")
	touch(rep, "Promise", ahead(days=2), grade="A")
	touch(rep, "First Touch", ahead(days=9), grade="A")
	touch(rep, "Rhythm", ago(days=1), grade="A", status="Done")
	touch(rep, "Rhythm", ago(days=1), grade="A", status="Cancelled")
	with as_user(rep):
		day = call(GET)
	assert names(day) == wanted
	assert [item["group"] for item in day["items"]] == ["overdue"] * 9 + ["today"] * 6 + ["soon"] * 2
	assert day["counts"] == {
		"overdue": 9,
		"today": 6,
		"soon": 2,
		"total": 17,
		"first_touches": 5,
		"replies": 2,
		"promises": 3,
		"stale": 0,
	}
	assert [(row["date"], row["count"]) for row in day["next_due"]] == [
		("2026-03-05", 2),
		("2026-03-06", 1),
		("2026-03-07", 1),
		("2026-03-08", 0),
		("2026-03-09", 0),
		("2026-03-10", 0),
		("2026-03-11", 0),
	]
	assert (day["user"], day["user_name"], day["now"]) == (rep, "Rep", "2026-03-04 10:00:00")
	assert day["reps"] is None


def test_what_is_overdue_does_not_crowd_out_today(call, as_user, rep):
	lead = records.lead(lead_owner=rep)
	for n in range(70):
		touch(rep, "Rhythm", ago(days=1, minutes=n), lead)
	meeting = touch(rep, "Meeting", ahead(hours=1), lead)
	with as_user(rep):
		day = call(GET)
	assert day["counts"]["overdue"] == 70
	assert sum(item["group"] == "overdue" for item in day["items"]) == 25
	assert names(day)[-1] == meeting


def test_a_row_says_what_is_needed_to_act(call, as_user, rep, make_rep):
	away = make_rep(full_name="Away")
	lead = records.lead(lead_owner=away, email_id=f"{uuid.uuid4().hex}@example.com", mobile_no="13800001234")
	frappe.db.set_value("Lead", lead.name, {"sf_grade_stale": 1, "sf_last_touch_on": ago(days=10)})
	for days in (12, 8, 4):
		touch(away, "Rhythm", ago(days=days), lead, status="Missed")
	message = frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"sent_or_received": "Received",
			"subject": "Can you come?",
			"communication_date": ago(days=1),
			"reference_doctype": "Lead",
			"reference_name": lead.name,
		}
	)
	message.set_new_name()
	message.db_insert()
	touch(
		rep,
		"Reply",
		EVENING,
		lead,
		grade="B",
		stands_in_for=away,
		answers=message.name,
		goal="Answer the reply",
		value_kind="Case",
		channel="E-mail",
	)
	with as_user(rep):
		item = call(GET)["items"][0]
	known = {
		"kind": "Reply",
		"channel": "E-mail",
		"goal": "Answer the reply",
		"value_kind": "Case",
		"grade": "B",
		"stale": 1,
		"missed": 2,
		"stands_in_for": "Away",
		"doctype": "Lead",
		"docname": lead.name,
		"title": lead.title,
		"contact": lead.lead_name,
		"phone": "13800001234",
		"has_email": True,
		"reply": "Can you come?",
		"since": ago(days=1),
	}
	assert {key: item[key] for key in known} == known


def test_grades_to_review_are_the_own_open_ones(call, as_user, rep, manager):
	def stale(**values):
		lead = records.lead(lead_owner=values.pop("lead_owner", rep))
		frappe.db.set_value("Lead", lead.name, {"sf_grade_stale": 1, "sf_grade": "B", **values})
		return lead.name

	second, first = stale(), stale(sf_grade="A")
	stale(lead_owner=manager)
	stale(status="Lost Quotation")
	stale(sf_in_nurture=1)
	stale(sf_invalid_reason="Test Data")
	stale(sf_grade_stale=0)
	opportunity = records.opportunity(opportunity_owner=rep)
	frappe.db.set_value("Opportunity", opportunity.name, {"sf_grade_stale": 1, "sf_grade": "S"})
	with as_user(rep):
		day = call(GET)
	found = {part["doctype"]: (part["total"], [row["name"] for row in part["rows"]]) for part in day["stale"]}
	assert found == {"Lead": (2, [first, second]), "Opportunity": (1, [opportunity.name])}
	assert day["counts"]["stale"] == 3

	for _ in range(25):
		stale()
	with as_user(rep):
		leads = call(GET)["stale"][0]
	assert (leads["total"], len(leads["rows"])) == (27, 20)


# Who sees what -----------------------------------------------------------------------------------------------


def test_a_rep_sees_no_day_but_their_own(call, as_user, rep, make_rep):
	other = make_rep(full_name="Other")
	mine, theirs = touch(rep, "Rhythm", EVENING), touch(other, "Rhythm", EVENING)
	with as_user(rep):
		assert names(call(GET)) == names(call(GET, user=rep)) == [mine]
		with pytest.raises(frappe.PermissionError):
			call(GET, user=other)
		with pytest.raises(frappe.PermissionError):
			call(GET, user="nobody@example.com")
	assert theirs


def test_who_may_read_no_follow_up_has_no_day(call, as_user, make_rep):
	with as_user(make_rep(["Stock User"])), pytest.raises(frappe.PermissionError):
		call(GET)


def sales_person(user: str | None, parent: str, is_group: int = 0) -> str:
	employee = None
	if user:
		employee = (
			frappe.get_doc(
				{
					"doctype": "Employee",
					"first_name": f"Employee {uuid.uuid4().hex[:6]}",
					"company": records.COMPANY,
					"gender": frappe.get_all("Gender", limit=1, pluck="name", order_by="name")[0],
					"date_of_birth": "1990-01-01",
					"date_of_joining": "2020-01-01",
					"user_id": user,
					"create_user_permission": 0,
				}
			)
			.insert()
			.name
		)
	return (
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": f"Person {uuid.uuid4().hex[:8]}",
				"parent_sales_person": parent,
				"employee": employee,
				"is_group": is_group,
				"enabled": 1,
			}
		)
		.insert()
		.name
	)


def test_a_manager_sees_everybody_or_the_own_team(call, as_user, rep, manager, make_rep):
	outside, boss = make_rep(full_name="Outside"), make_rep(["Sales Manager"], full_name="Boss")
	for user in (rep, outside):
		touch(user, "Rhythm", EVENING)
	with as_user(manager):
		day = call(GET, user=outside)
		assert len(day["items"]) == 1
		assert {rep, outside} <= {row["user"] for row in day["reps"]}

	root = frappe.get_all("Sales Person", filters={"parent_sales_person": ""}, pluck="name", order_by="name")[
		0
	]
	region = sales_person(boss, root, is_group=1)
	team = sales_person(manager, region, is_group=1)
	sales_person(rep, team)
	sales_person(outside, region)
	with as_user(manager):
		assert len(call(GET, user=rep)["items"]) == 1
		assert [row["user"] for row in call(GET)["reps"]] == [rep]
		for user in (outside, boss):
			with pytest.raises(frappe.PermissionError):
				call(GET, user=user)
	with as_user(boss):
		assert len(call(GET, user=outside)["items"]) == 1
		assert {row["user"] for row in call(GET)["reps"]} == {rep, outside, manager}
	# Nobody above the rep gives them more than their own day.
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(GET, user=manager)


def test_the_team_by_risk(call, as_user, manager, make_rep):
	calm, late, busy = (make_rep(full_name=name) for name in ("Calm", "Late", "Busy"))
	gone = make_rep(full_name="Gone")
	touch(calm, "Rhythm", ahead(days=2))
	touch(calm, "Rhythm", ahead(days=30))
	touch(late, "First Touch", ago(hours=1))
	for _ in range(3):
		touch(busy, "Rhythm", ago(days=1))
	touch(busy, "Promise", EVENING)
	touch(gone, "Rhythm", ago(days=1))
	frappe.db.set_value("User", gone, "enabled", 0)
	with as_user(manager):
		reps = {row["user"]: row for row in call(GET)["reps"]}
	assert [user for user in reps if user in (calm, late, busy, gone)] == [late, busy, calm]
	assert reps[busy] == {
		"user": busy,
		"user_name": "Busy",
		"overdue": 3,
		"late_first_touches": 0,
		"late_replies": 0,
		"today": 1,
		"soon": 0,
	}
	assert (reps[late]["late_first_touches"], reps[late]["overdue"]) == (1, 1)
	assert (reps[calm]["today"], reps[calm]["soon"]) == (0, 1)
	assert manager not in reps


def test_a_document_one_may_not_read_gives_nothing_away(call, as_user, rep):
	allowed, hidden = records.lead(lead_owner=rep), records.lead(lead_owner=rep)
	shown = touch(rep, "Rhythm", EVENING, allowed)
	kept = touch(rep, "Rhythm", EVENING, hidden, title=hidden.title, grade="A")
	frappe.get_doc(
		{"doctype": "User Permission", "user": rep, "allow": "Lead", "for_value": allowed.name}
	).insert()
	with as_user(rep):
		items = {item["name"]: item for item in call(GET)["items"]}
		assert items[shown]["title"] == allowed.title
		assert (items[kept]["title"], items[kept]["docname"]) == (None, None)
		told = frappe.as_json(items[kept])
		assert not [word for word in (hidden.name, hidden.title, hidden.lead_name) if word in told]
		with pytest.raises(frappe.PermissionError):
			call(SUGGEST, follow_up=kept)


def test_a_day_is_a_handful_of_queries(call, as_user, rep, count_queries):
	def queries() -> int:
		with as_user(rep):
			call(GET)  # what Frappe remembers of doctypes and roles
			with count_queries() as seen:
				call(GET)
		return len(seen)

	for kind in ("First Touch", "Rhythm"):
		touch(rep, kind, ago(days=1))
	few = queries()
	for number in range(40):
		lead = records.lead(lead_owner=rep)
		touch(rep, "First Touch", ago(days=number), lead)
		touch(rep, "Rhythm", ago(days=number + 1), lead, status="Missed")
		frappe.db.set_value("Lead", lead.name, "sf_grade_stale", 1)
	many = queries()
	assert few <= 34  # six for the touches, one to three for each of the sixteen sections beside them
	assert many == few


# What a touch brings -----------------------------------------------------------------------------------------


@pytest.fixture
def library() -> SimpleNamespace:
	"""Value items of this test alone."""
	for name in frappe.get_all("Value Content", pluck="name", order_by="name"):
		frappe.db.set_value("Value Content", name, "enabled", 0)

	def item(kind: str = "Case", **values) -> str:
		return (
			frappe.get_doc(
				{
					"doctype": "Value Content",
					"title": f"Item {uuid.uuid4().hex[:8]}",
					"kind": kind,
					"enabled": 1,
					"subject": "For {{ company_name }}",
					"body": "<p>Dear {{ first_name }}, this is for {{ company_name }}.</p>",
					**values,
				}
			)
			.insert()
			.name
		)

	return SimpleNamespace(item=item)


def suggested(call, follow_up: str) -> list[str]:
	return [item["name"] for item in call(SUGGEST, follow_up=follow_up)["items"]]


def test_nobody_gets_the_same_item_twice(call, as_user, rep, library):
	first, second, third = library.item(), library.item(), library.item()
	lead = records.lead(lead_owner=rep)
	follow_up = touch(rep, "Rhythm", EVENING, lead, channel="E-mail")
	other = touch(rep, "Rhythm", EVENING, channel="E-mail")
	with as_user(rep):
		assert set(suggested(call, follow_up)) == {first, second, third}
	touch(rep, "Rhythm", ago(days=5), lead, status="Done", value_content=first)
	touch(rep, "Rhythm", ago(days=3), lead, status="Missed", value_content=second)
	with as_user(rep):
		assert set(suggested(call, follow_up)) == {second, third}
		assert first in suggested(call, other)

	# The opportunity that came from the lead is the same customer.
	opportunity = records.opportunity(party_name=lead.name, opportunity_owner=rep)
	later = touch(rep, "Rhythm", EVENING, opportunity, channel="E-mail")
	touch(rep, "Rhythm", ago(days=1), opportunity, status="Done", value_content=second)
	with as_user(rep):
		assert suggested(call, later) == [third]


def test_suggestions_fit_and_are_filled_in(call, as_user, rep, library):
	library.item(enabled=0)
	library.item(valid_until="2026-03-03")
	library.item(valid_from="2026-03-05")
	library.item(content_language="de")
	digest = library.item("Policy Digest")
	case = library.item("Case")
	planned = library.item("Case", valid_from="2026-03-04", valid_until="2026-03-04")
	lead = records.lead(
		lead_owner=rep,
		first_name="Ann",
		company_name="Smith & Sons",
		language="en",
		email_id=f"{uuid.uuid4().hex}@example.com",
	)
	follow_up = touch(rep, "Rhythm", EVENING, lead, value_kind="Policy Digest", value_content=planned)
	with as_user(rep):
		found = call(SUGGEST, follow_up=follow_up)
	assert [item["name"] for item in found["items"]] == [planned, digest, case]
	assert (found["doctype"], found["docname"], found["title"]) == ("Lead", lead.name, lead.title)
	assert found["recipient"] == lead.email_id
	item = found["items"][1]
	assert item["subject"] == "For Smith & Sons"
	assert "Dear Ann, this is for Smith &amp; Sons." in item["body"]

	for _ in range(7):
		library.item()
	with as_user(rep):
		assert len(suggested(call, follow_up)) == 5


def test_the_message_to_answer_is_handed_over(call, as_user, rep, library):
	lead, elsewhere = records.lead(lead_owner=rep), records.lead()
	letters = []
	for document in (lead, elsewhere):
		letter = frappe.get_doc(
			{
				"doctype": "Communication",
				"subject": "Question",
				"content": "<p>When?</p>",
				"sender": "ann@example.com",
				"reference_doctype": "Lead",
				"reference_name": document.name,
			}
		)
		letter.set_new_name()
		letter.db_insert()
		letters.append(letter.name)
	with as_user(rep):
		found = call(SUGGEST, follow_up=touch(rep, "Reply", EVENING, lead, answers=letters[0]))
		assert (found["reply"].name, found["reply"].sender) == (letters[0], "ann@example.com")
		assert found["reply"].content == "<p>When?</p>"
		# A message of another document is not handed out through this one.
		assert (
			call(SUGGEST, follow_up=touch(rep, "Reply", EVENING, lead, answers=letters[1]))["reply"] is None
		)


def test_what_comes_after_a_touch(call, as_user, rep):
	lead = records.lead(lead_owner=rep)
	done = touch(rep, "Rhythm", ago(days=1), lead, status="Done", outcome="Sent")
	following = touch(rep, "Rhythm", ahead(days=3), lead, goal="Later")
	with as_user(rep):
		state = call("salesflow_std.api.my_day.after", follow_up=done)
	assert (state["status"], state["outcome"]) == ("Done", "Sent")
	assert (state["next"]["name"], state["next"]["channel"]) == (following, "Phone")
