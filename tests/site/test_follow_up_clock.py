"""The clock: missed touches, escalation once a case, the digest, absences, killed and repeated jobs (F4, F5)."""

import frappe
import pytest
from frappe.utils import get_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.jobs import escalation_digest, follow_up_clock, grade_clock, opportunity_grading, regrade
from salesflow_std.overrides import event
from salesflow_std.salesflow_std import follow_ups, notices, reps
from tests.site import plans, records
from tests.site.plans import MONDAY


def run_all():
	"""Everything the scheduler runs."""
	grade_clock.tick()
	follow_up_clock.tick()
	escalation_digest.run()


def notes(user):
	"""The notices a user has got, oldest first."""
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user},
		fields=["name", "subject", "document_type", "document_name", "email_content"],
		order_by="creation, name",
	)


def mails(user):
	"""Bodies of the mails in the queue to a user, decoded."""
	import email
	from email import policy as email_policy

	found = []
	for name in frappe.get_all(
		"Email Queue Recipient", filters={"recipient": user}, pluck="parent", order_by="creation"
	):
		message = email.message_from_string(
			frappe.db.get_value("Email Queue", name, "message"), policy=email_policy.default
		)
		body = message.get_body(("html",))
		found.append((message["Subject"], body.get_content()))
	return found


@pytest.fixture
def team(make_user):
	"""A rep under a manager in the tree: ``(rep, manager)``."""
	rep, manager = make_user(), make_user(["Sales User", "Sales Manager"])
	plans.person(rep, plans.person(manager, is_group=1))
	return rep, manager


def absent(user, first, last, stand_in=None):
	return frappe.get_doc(
		{"doctype": "Rep Absence", "user": user, "from_date": first, "to_date": last, "stand_in": stand_in}
	).insert()


# Missed ----------------------------------------------------------------------------------------------------


def test_a_touch_that_was_not_made_is_missed_and_the_next_one_planned(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333")
		due = plans.only(lead)
		assert due.late_on == get_datetime("2027-01-19 18:00"), "a working day after Monday evening"
		clock.set("2027-01-19 18:00")
		follow_up_clock.tick()
		assert plans.only(lead).name == due.name
		clock.set("2027-01-19 18:01")
		follow_up_clock.tick()
		assert [t.name for t in plans.touches_of(lead, status="Missed")] == [due.name]
		upcoming = plans.only(lead)
		assert upcoming.kind == "Rhythm" and upcoming.due_on > get_datetime("2027-01-19 18:01")


@pytest.mark.parametrize("kind", ["First Touch", "Reply", "Promise", "Meeting"])
def test_what_was_agreed_does_not_go_away_by_being_late(frozen_time, kind):
	with frozen_time(MONDAY) as clock:
		if kind == "First Touch":
			lead = plans.graded()
		else:
			lead = plans.in_rhythm("5555")
		if kind == "Reply":
			plans.reply(lead)
		elif kind == "Promise":
			plans.finish(lead, "Call Later", next_on="2027-01-15 10:00:00")
		elif kind == "Meeting":
			plans.event(lead, starts="2027-01-15 10:00")
		touch = plans.only(lead)
		assert touch.kind == kind
		clock.set("2027-02-15 10:00")
		run_all()
		assert plans.only(lead).name == touch.name
		assert plans.only(lead).escalated_on == get_datetime("2027-02-15 10:00")


# Escalation ------------------------------------------------------------------------------------------------


def test_f5_an_overdue_first_touch_goes_to_the_manager_once(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(lead_owner=rep)
		clock.set("2027-01-13 09:00")
		run_all()
		assert notes(manager) == []
		clock.set("2027-01-13 09:01")
		for _ in range(4):
			run_all()
			clock.shift(hours=30)
		(note,) = notes(manager)
		touch = plans.only(lead)
		assert (note.document_type, note.document_name) == ("Follow Up", touch.name)
		assert lead.title in note.subject
		assert (touch.escalated_on, touch.escalated_to) == (get_datetime("2027-01-13 09:01"), manager)
		assert len(mails(manager)) == 1
		assert notes(rep) == [] and mails(rep) == []


def test_a_first_touch_that_came_too_late_is_told_as_well_and_only_once(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		before, after = plans.graded(lead_owner=rep), plans.graded(lead_owner=rep)
		clock.set("2027-01-13 11:00")
		plans.call_log(before)  # late, and the clock has not been by
		run_all()
		plans.call_log(after)  # late, and told already
		run_all()
		run_all()
		assert len(notes(manager)) == 2


def test_a_first_touch_in_time_is_nobodys_business(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(lead_owner=rep)
		clock.set("2027-01-13 09:00")
		plans.call_log(lead)
		clock.set("2027-01-13 12:00")
		run_all()
		assert notes(manager) == []


def test_a_try_in_vain_is_no_excuse_for_the_first_touch(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(lead_owner=rep)
		clock.set("2027-01-13 08:00")
		plans.finish(lead, "No Answer")
		clock.set("2027-01-13 10:00")
		run_all()
		plans.finish(lead, "No Answer")
		clock.set("2027-01-15 10:00")
		run_all()
		assert len(notes(manager)) == 1


def test_f5_an_overdue_task_stays_open_and_goes_to_the_manager_once(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		lead = records.lead(lead_owner=rep)
		task = frappe.get_doc(
			{
				"doctype": "Follow Up",
				"reference_doctype": "Lead",
				"reference_name": lead.name,
				"allocated_to": rep,
				"channel": "Phone",
				"goal": "Ask for the drawings",
				"due_on": "2027-01-12 10:00",
			}
		).insert()
		run_all()
		assert notes(manager) == []
		clock.set("2027-01-18 10:00")
		run_all()
		run_all()
		(note,) = notes(manager)
		assert note.document_name == task.name
		assert frappe.db.get_value("Follow Up", task.name, "status") == "Planned"


def test_a_row_of_missed_touches_is_one_case(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555", lead_owner=rep)
		for day in range(12, 30):
			clock.set(f"2027-01-{day} 20:00")
			run_all()
		missed = plans.touches_of(lead, status="Missed")
		assert len(missed) >= 3
		assert all(touch.escalated_on for touch in missed)
		assert len(notes(manager)) == 1
		assert len(mails(manager)) == 1
		# Somebody reaches the customer; what is missed after that is a new case.
		clock.set("2027-02-01 10:00")
		plans.call_log(lead)
		for day in range(1, 20):
			clock.set(f"2027-02-{day:02d} 20:00")
			run_all()
		assert len(notes(manager)) == 2


def test_a_policy_may_stay_silent(frozen_time, team, jobs):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		policy = plans.policy()
		policy.escalate = 0
		policy.save()
		jobs.run("plan_anew")
		lead = plans.in_rhythm("5555", lead_owner=rep)
		clock.set("2027-01-25 20:00")
		run_all()
		assert plans.touches_of(lead, status="Missed")
		assert notes(manager) == []


def test_a_silent_policy_that_is_disabled_stays_silent(frozen_time, team, jobs):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		policy = plans.policy()
		policy.escalate = 0
		policy.save()
		jobs.run("plan_anew")
		lead = plans.in_rhythm("3333", lead_owner=rep)
		clock.set("2027-01-20 10:00")
		run_all()
		assert plans.touches_of(lead, status="Missed")
		policy.reload()
		policy.enabled = 0
		policy.save()
		jobs.run("plan_anew")
		run_all()
		assert notes(manager) == []


def test_what_was_missed_long_ago_is_no_news_when_a_policy_begins_to_tell(frozen_time, team, jobs):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		policy = plans.policy()
		policy.escalate = 0
		policy.save()
		jobs.run("plan_anew")
		lead = plans.in_rhythm("3333", lead_owner=rep)
		clock.set("2027-01-20 10:00")
		run_all()
		(missed,) = plans.touches_of(lead, status="Missed")
		plans.finish(lead, "Call Later", next_on="2027-03-01 10:00:00")
		clock.set("2027-01-27 10:00")
		policy.reload()
		policy.escalate = 1
		policy.save()
		jobs.run("plan_anew")
		run_all()
		assert notes(manager) == []
		assert frappe.db.get_value("Follow Up", missed.name, "escalated_on") is None


def test_a_deadline_that_had_passed_before_the_grade_is_nobodys_fault(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		waiting, reached = (records.lead(lead_owner=rep) for _ in range(2))
		clock.set("2027-01-20 10:00")
		for lead in (waiting, reached):
			records.score(lead, "5555")
			assert records.state(lead, "sf_first_touch_status") == "Overdue"
		plans.call_log(reached)
		run_all()
		assert notes(manager) == []
		assert plans.only(waiting).kind == "First Touch", "it is still to be made"


def test_without_a_tree_the_named_user_hears_of_it(frozen_time, make_user):
	rep, named = make_user(), make_user(["Sales User", "Sales Manager"])
	settings = frappe.get_single("Salesflow Settings")
	settings.escalation_user = named
	settings.save()
	with frozen_time(MONDAY) as clock:
		plans.graded(lead_owner=rep)
		plans.graded(lead_owner=named)
		clock.set("2027-01-14 10:00")
		run_all()
		assert len(notes(named)) == 1, "never the rep alone"


def test_without_anybody_named_all_sales_managers_hear_of_it(frozen_time, make_user):
	rep, one, other = make_user(), make_user(["Sales Manager"]), make_user(["Sales Manager"])
	with frozen_time(MONDAY) as clock:
		plans.graded(lead_owner=rep)
		clock.set("2027-01-14 10:00")
		run_all()
		run_all()
		assert len(notes(one)) == len(notes(other)) == 1
		assert len(mails(one)) == len(mails(other)) == 1


def test_a_manager_who_is_disabled_passes_it_up(frozen_time, make_user):
	rep, manager, above = make_user(), make_user(["Sales Manager"]), make_user(["Sales Manager"])
	plans.person(rep, plans.person(manager, plans.person(above, is_group=1), is_group=1))
	assert reps.escalate_to(rep) == [manager]
	frappe.db.set_value("User", manager, "enabled", 0)
	reps.forget()
	assert reps.escalate_to(rep) == [above]


def test_one_mail_for_all_cases_of_an_hour_in_the_managers_language(frozen_time, team):
	rep, manager = team
	frappe.db.set_value("User", manager, "language", "zh")
	chinese = {
		"{0} touches not made in time": "{0} 次接触未按时完成",
		"First touch overdue": "首次触达已逾期",
	}
	for source, translated in chinese.items():
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "zh",
				"source_text": source,
				"translated_text": translated,
			}
		).insert()
	with frozen_time(MONDAY) as clock:
		leads = [plans.graded(lead_owner=rep, company_name=f"<b>Sample {i}</b> Works") for i in range(3)]
		clock.set("2027-01-14 10:00")
		run_all()
		run_all()
		((subject, body),) = mails(manager)
	for lead in leads:
		touch = plans.waiting(lead)[0]
		assert f"/app/follow-up/{touch.name}?reassign=1" in body
		assert f"/app/lead/{lead.name}" in body
	assert "<b>Sample" not in body
	assert subject == "3 次接触未按时完成"
	assert "首次触达已逾期" in body
	assert "首次触达已逾期" in notes(manager)[0].subject


def test_many_cases_are_one_notice(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		for _ in range(8):
			plans.graded(lead_owner=rep)
		clock.set("2027-01-14 10:00")
		run_all()
		(note,) = notes(manager)
		assert "8" in note.subject


def test_reassigning_keeps_the_clock(frozen_time, team, make_user, as_user, call):
	rep, manager = team
	other = make_user()
	with frozen_time(MONDAY) as clock:
		lead = plans.graded(lead_owner=rep)
		own = frappe.get_doc(
			{
				"doctype": "Follow Up",
				"reference_doctype": "Lead",
				"reference_name": lead.name,
				"allocated_to": rep,
				"due_on": "2027-01-20 10:00:00",
				"channel": "Visit",
			}
		).insert()
		clock.set("2027-01-14 10:00")
		run_all()
		first = next(t for t in plans.waiting(lead) if t.kind == "First Touch")
		with as_user(manager):
			call("salesflow_std.api.follow_up.reassign", name=first.name, user=other)
		again = next(t for t in plans.waiting(lead) if t.kind == "First Touch")
		assert (again.name, again.due_on, again.allocated_to) == (first.name, first.due_on, other)
		assert records.state(lead, "lead_owner") == other
		assert frappe.db.get_value("Follow Up", own.name, "allocated_to") == other, "all its open touches"
		assert records.state(lead, "sf_first_touch_due", "sf_first_touch_status") == (
			get_datetime("2027-01-13 09:00"),
			"Overdue",
		)
		clock.set("2027-01-16 10:00")
		run_all()
		assert len(notes(manager)) == 1, "the same case"


def test_a_missed_touch_can_be_reassigned_from_the_message(frozen_time, team, make_user, as_user, call):
	rep, manager = team
	other = make_user()
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("3333", lead_owner=rep)
		clock.set("2027-01-20 10:00")
		run_all()
		missed = plans.touches_of(lead, status="Missed")[0]
		with as_user(manager):
			told = call("salesflow_std.api.follow_up.reassign", name=missed.name, user=other)
		assert told["next"]["name"] == plans.only(lead).name
		assert plans.only(lead).allocated_to == other


def test_nobody_is_given_work_who_cannot_log_in(frozen_time, make_user, call):
	gone = make_user()
	frappe.db.set_value("User", gone, "enabled", 0)
	with frozen_time(MONDAY):
		lead = plans.graded()
		with pytest.raises(frappe.ValidationError, match="cannot log in"):
			call("salesflow_std.api.follow_up.reassign", name=plans.only(lead).name, user=gone)


# Twice, killed, broken -------------------------------------------------------------------------------------


def everything(leads):
	return [
		[(t.name, t.status, t.due_on, t.escalated_on, t.digest_sent_on) for t in plans.touches_of(lead)]
		for lead in leads
	]


def test_every_job_twice_is_once(frozen_time, team):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		leads = [plans.in_rhythm("5555", lead_owner=rep), plans.graded(lead_owner=rep)]
		clock.set("2027-01-20 10:00")
		run_all()
		once = everything(leads), notes(manager), mails(manager)
		run_all()
		assert (everything(leads), notes(manager), mails(manager)) == once


class Killed(BaseException):
	"""What the end of a worker is like: nothing catches it."""


def kill_at(monkeypatch, module, function, call):
	"""Lets a function die at its nth call."""
	original, calls = getattr(module, function), []

	def dying(*args, **kwargs):
		calls.append(args)
		if len(calls) == call:
			raise Killed
		return original(*args, **kwargs)

	monkeypatch.setattr(module, function, dying)


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize(
	("module", "function"),
	[
		(follow_up_clock, "_plan_chunk"),
		(follow_up_clock, "_escalate_chunk"),
		(notices, "notify"),
		(escalation_digest, "_mark"),
	],
	ids=["planning", "escalation", "notice", "digest"],
)
def test_a_killed_job_is_finished_by_the_next_one(frozen_time, team, monkeypatch, module, function, call):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		late = [plans.graded(lead_owner=rep) for _ in range(5)]
		missed = [plans.in_rhythm("3333", lead_owner=rep) for _ in range(5)]
		frappe.db.commit()
		clock.set("2027-01-22 20:00")
		monkeypatch.setattr(follow_up_clock, "CHUNK", 2)
		with monkeypatch.context() as patch:
			kill_at(patch, module, function, call)
			try:
				run_all()
			except Killed:
				frappe.db.rollback()
		run_all()
		run_all()
		for lead in late:
			assert plans.only(lead).escalated_on
		for lead in missed:
			assert len(plans.touches_of(lead, status="Missed")) == 1
			assert plans.only(lead).kind == "Rhythm"
		told = sorted(note.subject for note in notes(manager))
		assert len(told) == len(set(told)) == 10, told
		rows = sum(body.count("reassign=1") for _subject, body in mails(manager))
		assert rows == 10


def test_one_broken_record_does_not_stop_the_planning(frozen_time):
	with frozen_time(MONDAY) as clock:
		broken, sound = plans.in_rhythm("5555"), plans.in_rhythm("5555")
		frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": "Gone",
				"from_date": "2027-01-01",
				"to_date": "2027-12-31",
			}
		).insert()
		frappe.db.set_value("Lead", broken.name, {"sf_holiday_list": "Gone", "sf_next_touch_on": None})
		frappe.db.set_value("Lead", sound.name, "sf_next_touch_on", None)
		frappe.db.delete("Holiday List", {"name": "Gone"})
		frappe.clear_document_cache("Holiday List", "Gone")
		frappe.db.delete(
			"Follow Up", {"reference_name": ("in", (broken.name, sound.name)), "status": "Planned"}
		)
		frappe.db.commit()
		clock.shift(hours=1)
		follow_up_clock.tick()
		assert plans.only(sound).kind == "Rhythm"
		assert plans.waiting(broken) == []
		assert frappe.get_all("Error Log", filters={"reference_name": broken.name})


def test_one_broken_case_does_not_stop_the_others(frozen_time, team, monkeypatch):
	rep, manager = team
	with frozen_time(MONDAY) as clock:
		leads = [plans.graded(lead_owner=rep) for _ in range(3)]
		bad = plans.only(leads[1]).name
		frappe.db.commit()
		original = notices.escalated

		def fails(user, cases):
			if any(case["touch"] == bad for case in cases):
				raise ValueError("broken")
			original(user, cases)

		clock.set("2027-01-14 10:00")
		monkeypatch.setattr(notices, "escalated", fails)
		follow_up_clock.tick()
		assert [bool(plans.only(lead).escalated_on) for lead in leads] == [True, False, True]
		assert frappe.get_all("Error Log", filters={"reference_name": bad})
		assert len(notes(manager)) == 2


def test_a_chunk_tried_again_tells_and_counts_once(frozen_time, make_user, monkeypatch):
	rep = make_user()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("1111", lead_owner=rep)
		frappe.db.set_value(
			"Lead", lead.name, {"sf_grade": "A", "sf_in_nurture": 0, "sf_next_touch_on": None}
		)
		frappe.db.commit()
		write, calls = follow_ups.Changes.write, []

		def collides(*args):
			calls.append(args)
			if len(calls) == 1:
				raise frappe.QueryDeadlockError
			write(*args)

		monkeypatch.setattr(follow_ups.Changes, "write", collides)
		follow_up_clock.plan_due()
		assert len(calls) > 1
		assert plans.only(lead).policy == "Lead follow-up"
		assert len(notes(rep)) == 1


def test_the_end_of_a_jobs_time_is_no_broken_record(frozen_time, monkeypatch):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		frappe.db.set_value("Lead", lead.name, "sf_next_touch_on", None)
		frappe.db.commit()
		before = frappe.db.count("Error Log")

		def out_of_time(*args):
			raise JobTimeoutException

		with monkeypatch.context() as patch:
			patch.setattr(follow_ups.Changes, "write", out_of_time)
			with pytest.raises(JobTimeoutException):
				follow_up_clock.tick()
		frappe.db.rollback()
		assert frappe.db.count("Error Log") == before
		follow_up_clock.tick()
		assert plans.only(lead).kind == "Rhythm"


def test_one_managers_trouble_does_not_stop_the_others(frozen_time, make_user, monkeypatch):
	first, second = make_user(), make_user()
	bosses = [make_user(["Sales Manager"]) for _ in range(2)]
	for rep, boss in zip((first, second), bosses, strict=True):
		plans.person(rep, plans.person(boss, is_group=1))
	with frozen_time(MONDAY) as clock:
		for rep in (first, second):
			plans.graded(lead_owner=rep)
		clock.set("2027-01-14 10:00")
		follow_up_clock.tick()
		send = escalation_digest._mail

		def fails(manager, rows):
			if manager == bosses[0]:
				raise ValueError("no mail today")
			send(manager, rows)

		with monkeypatch.context() as patch:
			patch.setattr(escalation_digest, "_mail", fails)
			escalation_digest.run()
		assert (len(mails(bosses[0])), len(mails(bosses[1]))) == (0, 1)
		escalation_digest.run()
		assert (len(mails(bosses[0])), len(mails(bosses[1]))) == (1, 1)


def test_a_clock_with_nothing_to_do_writes_nothing(frozen_time, count_queries):
	with frozen_time(MONDAY):
		plans.in_rhythm("5555")
		follow_up_clock.tick()
		with count_queries() as queries:
			follow_up_clock.tick()
	assert [q for q in queries if not q.lstrip().lower().startswith(("select", "savepoint"))] == []


# Away ------------------------------------------------------------------------------------------------------


def test_the_stand_in_gets_the_touches_of_the_days_of_absence(frozen_time, make_user, jobs):
	rep, stand_in = make_user(), make_user()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		later = plans.in_rhythm("5555", lead_owner=rep)
		plans.finish(later, "Call Later", next_on="2027-01-25 10:00:00")
		day = plans.only(lead).due_on
		absence = absent(rep, "2027-01-12", "2027-01-20", stand_in)
		jobs.run("follow_absence")
		touch = plans.only(lead)
		assert (touch.allocated_to, touch.stands_in_for, touch.due_on) == (stand_in, rep, day)
		assert plans.only(later).allocated_to == rep, "back by then"
		absence.delete()
		jobs.run("follow_absence")
		touch = plans.only(lead)
		assert (touch.allocated_to, touch.stands_in_for) == (rep, None)


def test_the_stand_in_is_followed_by_theirs(frozen_time, make_user, jobs):
	rep, stand_in, third = make_user(), make_user(), make_user()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		absent(rep, "2027-01-12", "2027-01-20", stand_in)
		jobs.run("follow_absence")
		absent(stand_in, "2027-01-12", "2027-01-20", third)
		jobs.run("follow_absence")
		touch = plans.only(lead)
		assert (touch.allocated_to, touch.stands_in_for) == (third, rep)


def test_two_who_stand_in_for_each_other_do_not_go_round(frozen_time, make_user):
	one, other = make_user(), make_user()
	with frozen_time(MONDAY):
		absent(one, "2027-01-12", "2027-01-20", other)
		absent(other, "2027-01-12", "2027-01-20", one)
		reps.forget()
		assert reps.on_duty(one, get_datetime("2027-01-13").date()) in (one, other)


def test_without_a_stand_in_touches_go_around_the_absence(frozen_time, make_user, jobs):
	rep = make_user()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		absent(rep, "2027-01-12", "2027-01-19")
		jobs.run("follow_absence")
		touch = plans.only(lead)
		assert touch.due_on >= get_datetime("2027-01-20")
		assert touch.allocated_to == rep


def test_the_stand_in_finishes_the_touch_and_the_next_one_is_the_reps(
	frozen_time, make_user, as_user, jobs, call
):
	rep, stand_in = make_user(), make_user()
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("5555", lead_owner=rep)
		absent(rep, "2027-01-12", "2027-01-15", stand_in)
		jobs.run("follow_absence")
		touch = plans.only(lead)
		clock.set(f"{plans.day(touch.due_on)} 10:00")
		with as_user(stand_in):
			call("salesflow_std.api.follow_up.complete", name=touch.name, outcome="Reached")
		upcoming = plans.only(lead)
		assert (upcoming.allocated_to, upcoming.stands_in_for) == (rep, None)
		assert records.state(lead, "lead_owner") == rep


def test_the_touches_of_a_disabled_user_go_to_the_manager_and_back(frozen_time, team, jobs):
	rep, manager = team
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		due = plans.only(lead).due_on
		user = frappe.get_doc("User", rep)
		user.enabled = 0
		user.save()
		jobs.run("follow_absence")
		touch = plans.only(lead)
		assert (touch.allocated_to, touch.stands_in_for, touch.due_on) == (manager, rep, due)
		user.reload()
		user.enabled = 1
		user.save()
		jobs.run("follow_absence")
		assert plans.only(lead).allocated_to == rep


def test_what_the_stand_in_misses_goes_to_the_reps_manager(frozen_time, team, make_user, jobs):
	rep, manager = team
	stand_in = make_user()
	with frozen_time(MONDAY) as clock:
		plans.graded(lead_owner=rep)
		absent(rep, "2027-01-12", "2027-01-20", stand_in)
		jobs.run("follow_absence")
		clock.set("2027-01-14 10:00")
		run_all()
		assert len(notes(manager)) == 1


def test_who_may_enter_an_absence(frozen_time, make_user, as_user):
	rep, other, manager = make_user(), make_user(), make_user(["Sales Manager"])
	with frozen_time(MONDAY):
		with as_user(rep):
			absent(rep, "2027-01-12", "2027-01-13", other)
			with pytest.raises(frappe.PermissionError):
				absent(other, "2027-01-12", "2027-01-13")
		with as_user(manager):
			absent(other, "2027-01-12", "2027-01-13")
		with as_user(other):
			seen = {row.user for row in frappe.get_list("Rep Absence", fields=["user"])}
		assert seen == {rep, other}, "their own, and where they stand in"
		for values in (("2027-01-14", "2027-01-13", None), ("2027-01-12", "2027-01-13", rep)):
			with pytest.raises(frappe.ValidationError):
				absent(rep, *values)


# Days off --------------------------------------------------------------------------------------------------


def test_no_touch_on_the_customers_days_off(frozen_time):
	with frozen_time(MONDAY):
		days = records.holiday_list("Customer's own", *(f"2027-01-{day}" for day in range(13, 16)))
		lead = plans.in_rhythm("5555", sf_holiday_list=days)
		assert plans.only(lead).due_on >= get_datetime("2027-01-18")


def test_a_customers_days_off_written_down_later_move_the_touch(frozen_time):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		day = plans.day(plans.only(lead).due_on)
		lead.reload()
		lead.sf_holiday_list = records.holiday_list("Customer's own", day)
		lead.save()
		assert plans.day(plans.only(lead).due_on) != day


def test_no_touch_on_the_reps_own_days_off(frozen_time, make_user):
	rep = make_user()
	plans.person(rep)
	days = records.holiday_list("Rep's own", *(f"2027-01-{day}" for day in range(13, 16)))
	frappe.db.set_value("Employee", {"user_id": rep}, {"holiday_list": days, "status": "Active"})
	reps.forget()
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555", lead_owner=rep)
		assert plans.only(lead).due_on >= get_datetime("2027-01-18")


@pytest.mark.parametrize("kind", ["Lead", "Opportunity"])
def test_a_new_holiday_moves_what_was_planned_on_it(frozen_time, jobs, company, kind):
	with frozen_time(MONDAY):
		if kind == "Lead":
			doc = plans.in_rhythm("5555")
		else:
			doc = plans.deal(20)
			plans.call_log(doc)
		day = plans.day(plans.only(doc).due_on)
		name = frappe.get_cached_value("Company", company, "default_holiday_list")
		days = frappe.get_doc("Holiday List", name)
		days.append("holidays", {"holiday_date": day, "description": "Founders' day"})
		days.save()
		jobs.run()
		follow_up_clock.tick()
		assert plans.day(plans.only(doc).due_on) != day


# A changed scoring model -----------------------------------------------------------------------------------


def test_plans_follow_a_re_grading(frozen_time, jobs):
	with frozen_time(MONDAY) as clock:
		lead = plans.in_rhythm("4444")  # 16, an A
		old = plans.only(lead)
		clock.shift(hours=1)
		model = frappe.get_doc("Scoring Model", "BNAU")
		for band in model.bands:
			if band.grade == "A":
				band.from_total = 18
			if band.grade == "B":
				band.below_total = 18
		model.save()
		jobs.run()
		follow_up_clock.tick()
		assert records.state(lead, "sf_grade") == "B"
		touch = plans.only(lead)
		assert (touch.grade, frappe.db.get_value("Follow Up", old.name, "status")) == ("B", "Cancelled")
		assert touch.due_on >= get_datetime("2027-01-18")
		before = plans.touches_of(lead)
		regrade.run("BNAU")
		follow_up_clock.tick()
		assert plans.touches_of(lead) == before


def test_what_was_agreed_is_kept_when_a_re_grading_leaves_no_rhythm(frozen_time, jobs):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("3333", email_id="buyer@sample-works.example")
		plans.finish(lead, "Call Later", next_on="2027-01-25 10:00:00")
		lead.reload()
		lead.unsubscribed = 1
		lead.save()
		model = frappe.get_doc("Scoring Model", "BNAU")
		for band in model.bands:
			if band.grade == "B":
				band.from_total = 14
			if band.grade == "C":
				band.below_total = 14
		model.save()
		jobs.run()
		assert records.state(lead, "sf_grade", "sf_in_nurture") == ("C", 1)
		assert plans.only(lead).kind == "Promise"


def test_an_opportunity_that_loses_its_grade_keeps_what_was_agreed(frozen_time):
	with frozen_time(MONDAY):
		deal = plans.deal(20)
		plans.finish(deal, "Call Later", next_on="2027-01-25 10:00:00")
		frappe.db.set_value("Opportunity", deal.name, "expected_closing", None)
		opportunity_grading.run()
		assert not records.state(deal, "sf_grade")
		assert plans.only(deal).kind == "Promise"


def test_a_renamed_policy_keeps_its_plans(frozen_time, jobs):
	with frozen_time(MONDAY):
		lead = plans.in_rhythm("5555")
		before = plans.only(lead)
		frappe.rename_doc("Cadence Policy", "Lead follow-up", "Our 100% rhythm")
		assert jobs.named("plan_anew") == []
		assert records.state(lead, "sf_rhythm").startswith("Our 100% rhythm|A|")
		touch = plans.only(lead)
		assert touch.name == before.name
		assert (touch.policy, touch.open_key) == (
			"Our 100% rhythm",
			follow_ups.open_key("Lead", lead.name, "Our 100% rhythm"),
		)
		follow_up_clock.plan_anew("Lead")
		assert plans.only(lead).name == before.name


def test_an_event_without_a_customer_costs_no_query(count_queries):
	doc = plans.event(starts=MONDAY, event_participants=[], reference_doctype="User")
	doc.reference_docname = "Administrator"
	with count_queries() as queries:
		event.on_update(doc)
		event.on_trash(doc)
	assert queries == []


def test_the_jobs_are_on_the_scheduler():
	found = dict(
		frappe.get_all(
			"Scheduled Job Type",
			filters={"method": ("like", "salesflow_std.jobs.%")},
			fields=["method", "frequency"],
			as_list=True,
		)
	)
	assert found["salesflow_std.jobs.follow_up_clock.tick"] == "All"
	assert found["salesflow_std.jobs.escalation_digest.run"] == "Hourly Long"
	assert found["salesflow_std.jobs.nurture_pool.run"] == "Hourly Long"
