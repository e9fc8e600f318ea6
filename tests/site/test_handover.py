"""The hand-over from the development rep to an account manager (L12), by role and by path."""

import inspect

import frappe
import pytest
from frappe.permissions import add_user_permission
from frappe.utils import get_datetime

from salesflow_std.api import follow_up as follow_up_api
from salesflow_std.api import handover as api
from salesflow_std.api.lead import touched
from salesflow_std.jobs import follow_up_clock
from salesflow_std.salesflow_std import handover, reps
from salesflow_std.salesflow_std.doctype.lead_handover.lead_handover import LeadHandover
from tests.site import records

API = "salesflow_std.api.handover"
TALK = "<p>They need 200 seats by March.</p>"
# A Wednesday; the lead was captured the day before.
NOW = "2026-11-18 10:00"


@pytest.fixture
def clock(frozen_time):
	with frozen_time(NOW) as clock:
		yield clock


@pytest.fixture(autouse=True)
def address(monkeypatch):
	"""Links in messages need an address, which the harness's requests do not have."""
	monkeypatch.setitem(frappe.local.conf, "host_name", "http://test.localhost")


@pytest.fixture
def people(make_user):
	"""A development rep, an account manager, a sales manager."""
	return frappe._dict(
		rep=make_user("Sales User", full_name="Dev Rep"),
		receiver=make_user("Sales User", full_name="Acc Manager"),
		manager=make_user(["Sales User", "Sales Manager"], full_name="Head Of Sales"),
		other=make_user("Sales User", full_name="Some Body"),
	)


@pytest.fixture
def lead(clock, people):
	"""A lead with clear interest: graded A, its first conversation has taken place."""
	return ready_lead(people.rep)


def ready_lead(rep, points="5555", talked=True, **values):
	doc = records.lead(lead_owner=rep, sf_captured_on="2026-11-17 10:00", **values)
	if points:
		records.score(doc, points)
	if talked:
		touched(doc.name, "2026-11-17 15:00")
	doc.reload()
	return doc


@pytest.fixture
def offered(lead, people, as_user):
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	return frappe.get_doc("Lead Handover", name)


def of_lead(name, *fields):
	return frappe.db.get_value("Lead", name, fields if len(fields) > 1 else fields[0])


def status(doc, *more):
	return frappe.db.get_value("Lead Handover", doc.name, ("status", *more) if more else "status")


def notices_of(user, name):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": "Lead Handover", "document_name": name},
		pluck="subject",
		order_by="creation, name",
	)


def told(user, name, words):
	return any(words in subject for subject in notices_of(user, name))


def timeline(lead):
	return " | ".join(
		frappe.get_all(
			"Comment",
			filters={"reference_doctype": "Lead", "reference_name": lead, "comment_type": "Info"},
			pluck="content",
			order_by="creation",
		)
	)


def open_touches(lead):
	return frappe.get_all(
		"Follow Up",
		filters={"reference_doctype": "Lead", "reference_name": lead, "status": "Planned"},
		fields=["name", "kind", "allocated_to", "due_on", "late_on", "stands_in_for"],
		order_by="due_on, name",
	)


# The offer -------------------------------------------------------------------------------------------------


def test_l12_an_offer_carries_what_is_known(offered, lead, people):
	fresh = frappe.get_doc("Lead", lead.name)
	assert (offered.status, offered.from_user, offered.to_user) == ("Offered", people.rep, people.receiver)
	assert (offered.grade, offered.score, offered.points) == ("A", 20, fresh.sf_points)
	assert offered.title == fresh.title
	assert offered.first_touched_on == get_datetime("2026-11-17 15:00")
	assert offered.first_touch_due == fresh.sf_first_touch_due
	assert offered.next_touch_on == fresh.sf_next_touch_on
	assert "200 seats" in offered.conversation
	assert fresh.lead_owner == people.rep  # until the answer the lead stays with its rep
	assert {touch.allocated_to for touch in open_touches(lead.name)} == {people.rep}


def test_l12_the_answer_is_due_by_the_working_calendar(clock, people, as_user):
	clock.set("2026-11-20 10:00")  # a Friday
	lead = ready_lead(people.rep)
	with as_user(people.rep):
		assert api.offer(lead.name, people.receiver, TALK)["answer_due"] == get_datetime("2026-11-23 10:00")


def test_l12_without_a_limit_no_answer_is_overdue(clock, people, as_user):
	records.settings(handover_amount=0)
	lead = ready_lead(people.rep)
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	assert frappe.db.get_value("Lead Handover", name, "answer_due") is None
	clock.set("2026-12-18 10:00")
	assert handover.overdue() == []
	assert "Please answer" not in notices_of(people.receiver, name)[0]


def test_l12_the_receiver_is_told_in_their_language(lead, people, as_user, make_user):
	receiver = make_user("Sales User", language="zh", full_name="王经理")
	with as_user(people.rep):
		name = api.offer(lead.name, receiver, TALK, notes="Likes short mails")["name"]
	(subject,) = notices_of(receiver, name)
	assert lead.title in subject and "Dev Rep" in subject
	assert "线索" in subject
	assert notices_of(people.rep, name) == []
	assert "has offered this lead to" in timeline(lead.name)
	assert f"/app/lead-handover/{name}" in timeline(lead.name)


def test_l12_titles_and_reasons_are_escaped(clock, people, as_user):
	lead = ready_lead(people.rep, company_name="<img src=x onerror=alert(1)> Works")
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	with as_user(people.receiver):
		api.give_back(name, "<script>alert(2)</script>")
	said = " ".join((*notices_of(people.receiver, name), *notices_of(people.rep, name), timeline(lead.name)))
	assert "<img" not in said and "<script" not in said


@pytest.mark.parametrize(
	("points", "talked", "what", "link"),
	[
		(None, True, "no grade", "Score the lead"),
		("2222", True, "no grade|nurture pool", "Score the lead"),
		("1111", True, "nurture pool with grade C", "Score the lead"),
		("5555", False, "first conversation has not taken place", "Record the first touch"),
	],
)
def test_l12_without_clear_interest_nothing_is_handed_over(
	clock, people, as_user, points, talked, what, link
):
	if points == "2222":
		points = None  # neither graded nor talked: both are named
		talked = False
	lead = ready_lead(people.rep, points, talked)
	with as_user(people.rep), pytest.raises(frappe.ValidationError, match=what) as refusal:
		api.offer(lead.name, people.receiver, TALK)
	told = str(refusal.value)
	assert link in told and f"/app/lead/{lead.name}" in told
	assert "one with a vague need goes to the nurture pool" in told
	if not points and not talked:
		assert "first conversation has not taken place" in told


def test_l12_a_lead_that_ended_politely_is_not_handed_over(lead, people, as_user):
	from salesflow_std.salesflow_std import touches

	touches.to_nurture_pool(lead.name)
	with as_user(people.rep), pytest.raises(frappe.ValidationError, match="nurture pool with grade A"):
		api.offer(lead.name, people.receiver, TALK)


@pytest.mark.parametrize(
	("values", "what"),
	[
		({"sf_invalid_reason": "Test Data"}, "marked as invalid"),
		({"status": "Do Not Contact"}, "no longer open"),
		({"disabled": 1}, "no longer open"),
	],
)
def test_l12_only_open_and_valid_leads_are_handed_over(lead, people, as_user, values, what):
	lead.update(values)
	lead.save()
	with as_user(people.rep), pytest.raises(frappe.ValidationError, match=what):
		api.offer(lead.name, people.receiver, TALK)


@pytest.mark.parametrize("text", ["", "   ", "<p><br></p>", "<div><p>&nbsp; </p></div>"])
def test_l12_the_first_conversation_is_written_down(lead, people, as_user, text):
	with as_user(people.rep), pytest.raises(frappe.ValidationError, match="first conversation"):
		api.offer(lead.name, people.receiver, text)


def test_l12_the_receiver_can_work_on_it(lead, people, as_user, make_user):
	gone, outsider = make_user("Sales User", full_name="Gone"), make_user("Accounts User", full_name="Out")
	frappe.db.set_value("User", gone, "enabled", 0)
	with as_user(people.rep):
		for user, what in (
			(gone, "cannot log in"),
			(outsider, "no sales role"),
			("Administrator", "no sales role"),
			(people.rep, "belongs to Dev Rep already"),
		):
			with pytest.raises(frappe.ValidationError, match=what):
				api.offer(lead.name, user, TALK)
		with pytest.raises(frappe.ValidationError):
			api.offer(lead.name, "nobody@standard.test", TALK)


def test_l12_one_open_offer_of_a_lead(offered, lead, people, as_user):
	with as_user(people.rep):
		with pytest.raises(frappe.ValidationError, match="offered to Acc Manager already") as refusal:
			api.offer(lead.name, people.other, TALK)
		assert f"/app/lead-handover/{offered.name}" in str(refusal.value)
		api.withdraw(offered.name)
		assert api.offer(lead.name, people.other, TALK)["status"] == "Offered"


def test_l12_two_offers_at_once_are_one(offered):
	"""The key is unique whoever writes."""
	row = {**offered.get_valid_dict(), "name": "another"}
	with pytest.raises(Exception, match="Duplicate entry"):
		frappe.db.bulk_insert("Lead Handover", list(row), [tuple(row.values())])


# Who may offer ---------------------------------------------------------------------------------------------


def test_l12_only_the_rep_or_a_manager_offers(lead, people, as_user):
	with as_user(people.other), pytest.raises(frappe.PermissionError, match="Only Dev Rep"):
		api.offer(lead.name, people.receiver, TALK)
	with as_user(people.manager):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	assert frappe.db.get_value("Lead Handover", name, "from_user") == people.rep


def test_l12_a_manager_needs_the_right_to_change_the_lead(clock, people, as_user):
	north = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	lead = ready_lead(people.rep, territory="China")
	add_user_permission("Territory", north.name, people.manager)
	with as_user(people.manager), pytest.raises(frappe.PermissionError):
		api.offer(lead.name, people.receiver, TALK)


def test_l12_nobody_without_a_sales_role_does_anything(offered, lead, make_user, as_user, call):
	outsider = make_user("Accounts User")
	for method, params in (
		("offer", {"lead": lead.name, "to_user": outsider, "conversation": TALK}),
		("accept", {"name": offered.name}),
		("give_back", {"name": offered.name, "reason": "no"}),
		("withdraw", {"name": offered.name}),
		("state", {"lead": lead.name}),
		("draft", {"lead": lead.name}),
	):
		with as_user(outsider), pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", **params)
	assert status(offered) == "Offered"


def test_l12_changes_are_made_by_post_and_not_by_guests(offered, call):
	for method in ("offer", "accept", "give_back", "withdraw"):
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", http_method="GET", name=offered.name)
	frappe.set_user("Guest")
	for method in ("offer", "accept", "give_back", "withdraw", "state", "draft"):
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.{method}", name=offered.name)


def test_arguments_have_types():
	for name in ("offer", "accept", "give_back", "withdraw", "state", "draft", "account_managers"):
		parameters = inspect.signature(getattr(api, name)).parameters.values()
		assert all(p.annotation is not inspect.Parameter.empty for p in parameters), name


# Acceptance ------------------------------------------------------------------------------------------------


def test_l12_accepting_gives_the_lead_and_restarts_no_clock(offered, lead, people, as_user, clock):
	before = frappe.get_doc("Lead", lead.name)
	touch = open_touches(lead.name)[0]
	clock.set("2026-11-18 16:30")
	with as_user(people.receiver):
		answer = api.accept(offered.name)
	after = frappe.get_doc("Lead", lead.name)
	assert answer == {
		"name": offered.name,
		"status": "Accepted",
		"lead": lead.name,
		"next_touch_on": before.sf_next_touch_on,
	}
	assert after.lead_owner == people.receiver
	for field in (
		"sf_captured_on",
		"sf_first_touch_due",
		"sf_first_touched_on",
		"sf_first_touch_status",
		"sf_next_touch_on",
		"sf_last_touch_on",
		"sf_rhythm",
		"sf_rhythm_since",
		"sf_review_due",
		"sf_graded_on",
		"sf_grade",
	):
		assert after.get(field) == before.get(field), field
	(moved,) = open_touches(lead.name)
	assert (moved.name, moved.due_on, moved.late_on) == (touch.name, touch.due_on, touch.late_on)
	assert (touch.allocated_to, moved.allocated_to) == (people.rep, people.receiver)
	closed = frappe.get_doc("Lead Handover", offered.name)
	assert (closed.status, closed.open_key) == ("Accepted", None)
	assert (closed.answered_on, closed.answered_by) == (get_datetime("2026-11-18 16:30"), people.receiver)
	assert "has taken the lead over from" in timeline(lead.name)
	assert "The next touch stays due" in timeline(lead.name)
	assert told(people.rep, offered.name, "Acc Manager has taken over the lead")
	assert len(notices_of(people.receiver, offered.name)) == 1  # the offer; whoever acts knows it


def test_l12_an_overdue_touch_stays_overdue(offered, lead, people, as_user, clock):
	touch = open_touches(lead.name)[0]
	clock.set(touch.due_on.replace(hour=17, minute=59))
	with as_user(people.receiver):
		api.accept(offered.name)
	(moved,) = open_touches(lead.name)
	assert (moved.name, moved.due_on, moved.allocated_to) == (touch.name, touch.due_on, people.receiver)
	assert of_lead(lead.name, "sf_next_touch_on") == touch.due_on
	# What is late by the old date is missed by the old date, and the receiver's own from then on.
	clock.set(touch.late_on)
	clock.shift(seconds=1)
	follow_up_clock.mark_missed()
	assert frappe.db.get_value("Follow Up", touch.name, "status") == "Missed"


def test_l12_promises_tasks_and_score_requests_go_along(offered, lead, people, as_user):
	with as_user(people.rep):
		task = frappe.get_doc(
			{
				"doctype": "Follow Up",
				"reference_doctype": "Lead",
				"reference_name": lead.name,
				"allocated_to": people.rep,
				"due_on": "2026-11-27 10:00",
				"channel": "Phone",
				"goal": "Send the case",
			}
		).insert()
	foreign = frappe.get_doc(
		{
			"doctype": "Follow Up",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"allocated_to": people.other,
			"due_on": "2026-11-27 10:00",
			"channel": "Visit",
			"goal": "Measure",
		}
	).insert()
	touch = next(t for t in open_touches(lead.name) if t.kind == "Rhythm")
	with as_user(people.rep):
		follow_up_api.complete(touch.name, "Call Later", next_on="2026-11-26 14:00")
	with as_user(people.receiver):
		api.accept(offered.name)
	of_name = {t.name: t for t in open_touches(lead.name)}
	assert (of_name[task.name].allocated_to, of_name[task.name].due_on) == (
		people.receiver,
		get_datetime("2026-11-27 10:00"),
	)
	assert of_name[foreign.name].allocated_to == people.other
	promise = next(t for t in of_name.values() if t.kind == "Promise")
	assert (promise.allocated_to, promise.due_on) == (people.receiver, get_datetime("2026-11-26 14:00"))


def test_l12_touches_of_a_receiver_who_is_away_go_to_the_stand_in(offered, lead, people, as_user):
	touch = open_touches(lead.name)[0]
	frappe.get_doc(
		{
			"doctype": "Rep Absence",
			"user": people.receiver,
			"from_date": "2026-11-18",
			"to_date": "2026-12-18",
			"stand_in": people.other,
		}
	).insert()
	with as_user(people.receiver):
		api.accept(offered.name)
	(moved,) = open_touches(lead.name)
	assert (moved.name, moved.due_on) == (touch.name, touch.due_on)
	assert (moved.allocated_to, moved.stands_in_for) == (people.other, people.receiver)


def test_l12_a_touch_that_has_to_move_moves_in_sight(offered, lead, people, as_user):
	"""On a day off of the receiver nobody could make it (F4); the timeline says so."""
	touch = open_touches(lead.name)[0]
	day = touch.due_on.date()
	frappe.get_doc(
		{"doctype": "Rep Absence", "user": people.receiver, "from_date": day, "to_date": day}
	).insert()
	with as_user(people.receiver):
		api.accept(offered.name)
	due = of_lead(lead.name, "sf_next_touch_on")
	assert due.date() != day
	assert abs((due - touch.due_on).days) <= 7
	assert "The next touch moves from" in timeline(lead.name)


def test_l12_a_manager_accepts_for_the_receiver(offered, lead, people, as_user):
	with as_user(people.manager):
		api.accept(offered.name)
	assert of_lead(lead.name, "lead_owner") == people.receiver
	assert status(offered, "answered_by") == ("Accepted", people.manager)
	assert len(notices_of(people.receiver, offered.name)) == 2
	assert len(notices_of(people.rep, offered.name)) == 1


@pytest.mark.parametrize("who", ["rep", "other"])
def test_l12_nobody_else_answers(offered, people, as_user, who):
	with as_user(people[who]):
		with pytest.raises(frappe.PermissionError, match="Only Acc Manager"):
			api.accept(offered.name)
		with pytest.raises(frappe.PermissionError, match="Only Acc Manager"):
			api.give_back(offered.name, "no")
	assert status(offered) == "Offered"


def test_l12_a_receiver_who_may_not_see_the_lead_gets_what_is_needed(clock, people, as_user):
	north = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	add_user_permission("Territory", north.name, people.receiver)
	lead = ready_lead(people.rep, territory="China")
	may = lambda ptype: bool(  # noqa: E731
		frappe.has_permission("Lead", ptype, doc=lead.name, user=people.receiver)
	)
	assert not may("read")
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	assert may("read") and not may("write")
	with as_user(people.receiver):
		assert frappe.get_list("Lead Handover", filters={"lead": lead.name}, pluck="name") == [name]
		api.give_back(name, "Not my region")
	assert not may("read")
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	with as_user(people.receiver):
		api.accept(name)
	assert may("write")
	assert of_lead(lead.name, "lead_owner") == people.receiver


def test_l12_who_may_read_already_is_given_no_share(offered, people):
	assert not frappe.db.exists("DocShare", {"share_doctype": "Lead", "user": people.receiver})


def test_l12_a_receiver_disabled_meanwhile_gets_no_lead(offered, people, as_user):
	frappe.db.set_value("User", people.receiver, "enabled", 0)
	reps.forget()
	with as_user(people.manager), pytest.raises(frappe.ValidationError, match="cannot log in"):
		api.accept(offered.name)


# Return and withdrawal -------------------------------------------------------------------------------------


def test_l12_returning_needs_a_reason_and_leaves_the_lead(offered, lead, people, as_user):
	touch = open_touches(lead.name)[0]
	with as_user(people.receiver):
		with pytest.raises(frappe.ValidationError, match="Say why"):
			api.give_back(offered.name, "  ")
		assert api.give_back(offered.name, "No budget before May")["status"] == "Returned"
	assert of_lead(lead.name, "lead_owner") == people.rep
	assert open_touches(lead.name) == [touch]
	assert status(offered, "return_reason", "open_key") == ("Returned", "No budget before May", None)
	assert told(people.rep, offered.name, "No budget before May")
	assert "No budget before May" in timeline(lead.name)


@pytest.mark.parametrize("who", ["rep", "manager"])
def test_l12_the_sender_or_a_manager_withdraws(offered, people, as_user, who):
	with as_user(people[who]):
		api.withdraw(offered.name)
	assert status(offered, "withdrawn_because") == ("Withdrawn", "Taken Back")
	assert told(people.receiver, offered.name, "has withdrawn the offer")
	assert len(notices_of(people.rep, offered.name)) == (who == "manager")


@pytest.mark.parametrize("who", ["receiver", "other"])
def test_l12_nobody_else_withdraws(offered, people, as_user, who):
	with as_user(people[who]), pytest.raises(frappe.PermissionError, match="Only Dev Rep"):
		api.withdraw(offered.name)


@pytest.mark.parametrize("first", ["accept", "give_back", "withdraw"])
@pytest.mark.parametrize("then", ["accept", "give_back", "withdraw"])
def test_l12_an_offer_is_answered_once(offered, people, as_user, first, then):
	def answer(method):
		with as_user(people.manager):
			getattr(api, method)(offered.name, *(("no",) if method == "give_back" else ()))

	answer(first)
	before = status(offered, "answered_on", "answered_by", "return_reason")
	with pytest.raises(frappe.ValidationError, match="not open any more"):
		answer(then)
	assert status(offered, "answered_on", "answered_by", "return_reason") == before


# What is not an answer -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rep", "receiver", "manager", "Administrator"])
@pytest.mark.parametrize("path", ["form", "set_value", "bulk"])
def test_l12_the_status_changes_by_answers_alone(offered, people, as_user, call, who, path):
	with as_user(people.get(who, who)), pytest.raises(frappe.ValidationError, match="follows from an answer"):
		if path == "form":
			doc = frappe.get_doc("Lead Handover", offered.name)
			doc.status = "Accepted"
			doc.save()
		elif path == "set_value":
			call(
				"frappe.client.set_value",
				doctype="Lead Handover",
				name=offered.name,
				fieldname="status",
				value="Withdrawn",
			)
		else:
			call(
				"frappe.client.save",
				doc={
					**offered.as_dict(convert_dates_to_str=True),
					"status": "Returned",
					"flags": {"by_its_methods": 1},
				},
			)
	assert status(offered) == "Offered"


def test_l12_a_kanban_board_moves_nothing(offered, people, as_user, call):
	frappe.get_doc(
		{
			"doctype": "Kanban Board",
			"kanban_board_name": "Test Handovers",
			"reference_doctype": "Lead Handover",
			"field_name": "status",
			"columns": [{"column_name": s} for s in ("Offered", "Accepted")],
		}
	).insert()
	with as_user(people.receiver), pytest.raises(frappe.ValidationError, match="follows from an answer"):
		call(
			"frappe.desk.doctype.kanban_board.kanban_board.update_order_for_single_card",
			board_name="Test Handovers",
			docname=offered.name,
			from_colname="Offered",
			to_colname="Accepted",
			old_index=0,
			new_index=0,
		)


def test_l12_what_was_said_stays_as_it_was(offered, people, as_user):
	before = offered.as_dict()
	with as_user(people.receiver):
		doc = frappe.get_doc("Lead Handover", offered.name)
		doc.update(
			{
				"grade": "C",
				"from_user": people.other,
				"answer_due": "2030-01-01 10:00",
				"open_key": None,
				"return_reason": "x",
				"next_touch_on": None,
			}
		)
		doc.save()
		for field, value in (("to_user", people.other), ("conversation", "<p>else</p>"), ("notes", "n")):
			doc = frappe.get_doc("Lead Handover", offered.name)
			doc.set(field, value)
			with pytest.raises(frappe.CannotChangeConstantError):
				doc.save()
	after = frappe.get_doc("Lead Handover", offered.name).as_dict()
	for field in ("grade", "from_user", "answer_due", "open_key", "return_reason", "next_touch_on"):
		assert after[field] == before[field], field


def test_l12_a_record_by_rest_is_an_offer_and_no_more(lead, people, as_user, call):
	doc = {"doctype": "Lead Handover", "lead": lead.name, "to_user": people.receiver, "conversation": TALK}
	with as_user(people.rep):
		with pytest.raises(frappe.ValidationError, match="begins with an offer"):
			call("frappe.client.insert", doc={**doc, "status": "Accepted"})
		made = call(
			"frappe.client.insert",
			doc={**doc, "from_user": people.other, "grade": "Z", "answer_due": "2030-01-01", "shared": 1},
		)
	made = frappe.get_doc("Lead Handover", made["name"])
	assert (made.from_user, made.grade, made.shared) == (people.rep, "A", 0)
	assert made.answer_due == get_datetime("2026-11-19 10:00")
	assert len(notices_of(people.receiver, made.name)) == 1


def test_l12_a_record_by_rest_meets_the_same_conditions(clock, people, as_user, call):
	lead = ready_lead(people.rep, "1111")
	doc = {"doctype": "Lead Handover", "lead": lead.name, "to_user": people.receiver, "conversation": TALK}
	with as_user(people.rep), pytest.raises(frappe.ValidationError, match="nurture pool"):
		call("frappe.client.insert", doc=doc)
	with as_user(people.other), pytest.raises(frappe.PermissionError):
		call("frappe.client.insert", doc=doc)


def test_l12_methods_of_the_record_are_not_whitelisted():
	for name in ("accept", "give_back", "withdraw", "end"):
		assert getattr(LeadHandover, name) not in frappe.whitelisted


@pytest.mark.parametrize("who", ["rep", "receiver", "manager"])
def test_l12_records_are_kept(offered, people, as_user, who):
	with as_user(people[who]), pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Lead Handover", offered.name)


# Who sees what ---------------------------------------------------------------------------------------------


def test_l12_hand_overs_are_seen_with_the_lead_and_by_both_sides(clock, people, as_user, make_user):
	north = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test North", "parent_territory": "All Territories"}
	).insert()
	lead = ready_lead(people.rep, territory="China")
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	restricted = make_user("Sales User")
	for user in (restricted, people.receiver, people.rep):
		add_user_permission("Territory", north.name, user)

	def sees(user):
		with as_user(user):
			listed = frappe.get_list("Lead Handover", filters={"name": name}, pluck="name") == [name]
			read = bool(frappe.has_permission("Lead Handover", "read", doc=name))
		assert listed == read, user
		return read

	assert sees(people.rep) and sees(people.receiver) and sees(people.manager) and sees(people.other)
	assert not sees(restricted)
	with as_user(restricted), pytest.raises(frappe.PermissionError):
		api.withdraw(name)


def test_l12_the_form_knows_who_may_do_what(lead, people, as_user):
	def seen_by(user):
		with as_user(user):
			return api.state(lead.name)

	assert seen_by(people.rep) == {"may_offer": True, "open": None}
	assert seen_by(people.manager)["may_offer"] and not seen_by(people.other)["may_offer"]
	with as_user(people.rep):
		name = api.offer(lead.name, people.receiver, TALK)["name"]
	may = {
		who: (state["may_offer"], state["open"]["may_answer"], state["open"]["may_withdraw"])
		for who in ("rep", "receiver", "manager", "other")
		if (state := seen_by(people[who]))
	}
	assert may == {
		"rep": (False, False, True),
		"receiver": (False, True, False),
		"manager": (False, True, True),
		"other": (False, False, False),
	}
	shown = seen_by(people.other)["open"]
	assert (shown["name"], shown["to_name"], shown["from_name"]) == (name, "Acc Manager", "Dev Rep")
	assert not shown["overdue"]


def test_l12_receivers_to_choose_from(lead, people, make_user, as_user):
	outsider = make_user("Accounts User", full_name="Zz Outsider")
	gone = make_user("Sales User", full_name="Zz Gone")
	frappe.db.set_value("User", gone, "enabled", 0)

	def found(txt):
		with as_user(people.rep):
			return [row[0] for row in api.account_managers("User", txt, "name", 0, 20, {"lead": lead.name})]

	assert found("Acc Man") == [people.receiver]
	assert found("Dev Rep") == []  # the lead is theirs already
	assert not {outsider, gone} & set(found("Zz"))
	assert "Administrator" not in found("Admin")
	with as_user(outsider), pytest.raises(frappe.PermissionError):
		api.account_managers("User", "", "name", 0, 20, {"lead": lead.name})


# The draft -------------------------------------------------------------------------------------------------


def test_l12_the_draft_is_the_newest_note_or_message(lead, people, as_user, clock):
	def drafted():
		with as_user(people.rep):
			return api.draft(lead.name)

	assert drafted()["conversation"] == ""
	frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Received",
			"subject": "Seats",
			"content": "<p>We need 200 seats</p>",
			"communication_date": "2026-11-18 10:05",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"sender": "buyer@sample.example",
		}
	).insert()
	assert "200 seats" in drafted()["conversation"]
	clock.set("2026-11-20 10:00")
	with as_user(people.rep):
		touch = open_touches(lead.name)[0]
		follow_up_api.complete(touch.name, "Reached", note="Budget is <100k>\nDecides in May")
	assert drafted()["conversation"] == "<p>Budget is &lt;100k&gt;</p><p>Decides in May</p>"
	assert drafted()["missing"] == []


def test_l12_the_draft_names_what_is_missing(clock, people, as_user):
	lead = ready_lead(people.rep, points=None, talked=False)
	with as_user(people.rep):
		answer = api.draft(lead.name)
	assert [row["place"] for row in answer["missing"]] == ["score", "first_touch"]
	assert "nurture pool" in answer["rule"]


# Offers that lose their ground -----------------------------------------------------------------------------


def lose(lead, how, people):
	doc = frappe.get_doc("Lead", lead.name)
	if how == "lost":
		doc.status = "Do Not Contact"
		doc.save()
	elif how == "converted":
		records.opportunity(party_name=doc.name)
	elif how == "invalid":
		doc.sf_invalid_reason = "Not a Target Industry"
		doc.save()
	elif how == "disabled":
		doc.disabled = 1
		doc.save()
	elif how == "scored down":
		records.score(doc, "1111")
	elif how == "set by a manager":
		frappe.get_attr("salesflow_std.api.scoring.override")("Lead", doc.name, "C", "vague", "2026-12-31")
	elif how == "not interested":
		touch = open_touches(doc.name)[0]
		follow_up_api.complete(touch.name, "Not Interested", what_now="Nurture Pool")
	elif how == "reassigned":
		doc.lead_owner = people.other
		doc.save()


@pytest.mark.parametrize(
	("how", "because"),
	[
		("lost", "Lead Ended"),
		("converted", "Lead Ended"),
		("disabled", "Lead Ended"),
		("invalid", "Lead Invalid"),
		("scored down", "Nurture Pool"),
		("set by a manager", "Nurture Pool"),
		("not interested", "Nurture Pool"),
		("reassigned", "Given to Somebody Else"),
	],
)
def test_l12_an_offer_ends_with_its_ground(offered, lead, people, how, because):
	lose(lead, how, people)
	assert status(offered, "withdrawn_because", "open_key") == ("Withdrawn", because, None)
	for user in (people.rep, people.receiver):
		assert told(user, offered.name, "was withdrawn: the ")
	assert "has ended the offer to" in timeline(lead.name)


@pytest.mark.parametrize("who", ["rep", "receiver"])
def test_l12_whoever_ends_it_needs_no_right_to_the_offer(offered, lead, people, as_user, who):
	with as_user(people[who]):
		lose(lead, "lost", people)
	assert status(offered) == "Withdrawn"


def test_l12_ordinary_saves_ask_nothing_and_end_nothing(offered, lead, count_queries):
	doc = frappe.get_doc("Lead", lead.name)
	doc.city = "Wuhan"
	with count_queries() as queries:
		doc.save()
	assert not [query for query in queries if "tabLead Handover" in query]
	doc.reload()
	doc.status = "Replied"
	doc.save()
	records.score(doc, "3333")  # a B is clear enough
	assert status(offered) == "Offered"


def test_l12_the_clock_finds_what_told_nobody(offered, lead, people, clock):
	"""ERPNext converts a lead by SQL when its customer is made."""
	frappe.db.sql("update `tabLead` set status = 'Converted' where name = %s", lead.name)
	assert status(offered) == "Offered"
	follow_up_clock.tick()
	assert status(offered, "withdrawn_because") == ("Withdrawn", "Lead Ended")
	told = notices_of(people.receiver, offered.name)
	follow_up_clock.tick()
	assert notices_of(people.receiver, offered.name) == told


def test_l12_what_lost_its_ground_unseen_is_not_accepted(offered, lead, people, as_user):
	frappe.db.sql("update `tabLead` set sf_in_nurture = 1 where name = %s", lead.name)
	with as_user(people.receiver), pytest.raises(frappe.ValidationError, match="the need is vague"):
		api.accept(offered.name)
	assert of_lead(lead.name, "lead_owner") == people.rep


# Offers that nobody answers --------------------------------------------------------------------------------


def escalate_to(user):
	records.settings(escalation_user=user)


def test_l12_an_unanswered_offer_is_escalated_once(offered, people, make_user, clock):
	boss = make_user(["Sales User", "Sales Manager"], language="zh", full_name="Boss")
	escalate_to(boss)
	clock.set("2026-11-19 10:00")
	follow_up_clock.tick()
	assert notices_of(boss, offered.name) == []  # due now is not overdue yet
	clock.set("2026-11-19 10:01")
	assert [row.name for row in handover.overdue()] == [offered.name]
	follow_up_clock.tick()
	(told,) = notices_of(boss, offered.name)
	assert "Acc Manager" in told and offered.title in told
	follow_up_clock.tick()
	clock.set("2026-12-01 10:00")
	follow_up_clock.tick()
	assert len(notices_of(boss, offered.name)) == 1
	assert status(offered, "escalated_on") == ("Offered", get_datetime("2026-11-19 10:01"))


@pytest.mark.parametrize("answer", ["accept", "give_back", "withdraw"])
def test_l12_an_answered_offer_is_not_escalated(offered, people, as_user, clock, answer):
	with as_user(people.manager):
		getattr(api, answer)(offered.name, *(("no",) if answer == "give_back" else ()))
	clock.set("2026-12-01 10:00")
	assert handover.overdue() == []


def test_l12_escalation_goes_chunk_by_chunk_and_survives_a_kill(clock, people, as_user, monkeypatch):
	names = []
	for _number in range(3):
		lead = ready_lead(people.rep)
		with as_user(people.rep):
			names.append(api.offer(lead.name, people.receiver, TALK)["name"])
	escalate_to(people.manager)
	clock.set("2026-12-01 10:00")
	monkeypatch.setattr(handover, "_CHUNK", 1)
	frappe.db.commit()
	real, told = handover.notices.notify, []

	def notify(user, subject, doctype, name, content=""):
		if len(told) == 1:
			told.append(None)
			raise KeyboardInterrupt
		told.append(name)
		real(user, subject, doctype, name, content)

	monkeypatch.setattr(handover.notices, "notify", notify)
	with pytest.raises(KeyboardInterrupt):
		follow_up_clock.escalate_handovers()
	frappe.db.rollback()
	marked = frappe.get_all(
		"Lead Handover", filters={"name": ("in", names), "escalated_on": ("is", "set")}, pluck="name"
	)
	assert len(marked) == 1
	assert follow_up_clock.escalate_handovers() == 2
	assert follow_up_clock.escalate_handovers() == 0
	assert sorted(filter(None, told)) == sorted(names)


def test_l12_one_bad_offer_does_not_stop_the_others(clock, people, as_user, monkeypatch):
	names = []
	for _number in range(3):
		lead = ready_lead(people.rep)
		with as_user(people.rep):
			names.append(api.offer(lead.name, people.receiver, TALK)["name"])
	escalate_to(people.manager)
	clock.set("2026-12-01 10:00")
	frappe.db.commit()
	bad, real = sorted(names)[0], handover.notices.notify

	def notify(user, subject, doctype, name, content=""):
		if name == bad:
			raise ValueError("broken")
		real(user, subject, doctype, name, content)

	monkeypatch.setattr(handover.notices, "notify", notify)
	found = handover.overdue()
	assert follow_up_clock.escalate_handovers() == 2
	assert frappe.get_all("Error Log", filters={"reference_name": bad})
	monkeypatch.setattr(handover.notices, "notify", real)
	assert handover.escalate(found) == 1, "the others are known by now"


# The lead's name -------------------------------------------------------------------------------------------


def test_l12_the_offer_follows_a_renamed_lead(offered, lead, people, as_user):
	frappe.rename_doc("Lead", lead.name, "LEAD-RENAMED")
	assert status(offered, "lead", "open_key") == ("Offered", "LEAD-RENAMED", "LEAD-RENAMED")
	with as_user(people.receiver):
		api.accept(offered.name)
	assert of_lead("LEAD-RENAMED", "lead_owner") == people.receiver


def test_l12_after_a_merge_one_offer_stays(offered, lead, people, as_user):
	other = ready_lead(people.rep)
	with as_user(people.rep):
		second = api.offer(other.name, people.other, TALK)["name"]
	frappe.rename_doc("Lead", lead.name, other.name, merge=True)
	still = frappe.get_all(
		"Lead Handover", filters={"lead": other.name, "status": "Offered"}, fields=["name", "open_key"]
	)
	assert still == [{"name": second, "open_key": other.name}]


def test_l12_hand_overs_go_with_a_deleted_lead(offered, lead):
	frappe.delete_doc("Lead", lead.name, force=1)
	assert not frappe.db.exists("Lead Handover", offered.name)
