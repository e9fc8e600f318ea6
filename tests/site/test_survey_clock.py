"""The clock of the survey: sent when it is due, reminded of, called for; each once (A3, F5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.jobs import survey_clock
from salesflow_std.salesflow_std import customer_tasks, referrals, survey_calls, survey_day, surveys
from tests.site import accepting, records, surveyed
from tests.site.review_cases import absent, notices_of
from tests.site.surveyed import fresh, sent

# Accepted on Wednesday, so due on Monday at the close of work.
THURSDAY, MONDAY, LATE = "2027-01-14 10:00", "2027-01-18 15:00", "2027-01-18 18:30"


def told(user, words):
	return len([text for text in notices_of(user) if words in text])


def tick_twice():
	survey_clock.tick()
	survey_clock.tick()


def calls(survey):
	return frappe.get_all(
		"Follow Up",
		filters={"reference_doctype": "Customer", "reference_name": survey.customer},
		fields=["name", "status", "goal", "channel", "allocated_to", "due_on"],
		order_by="creation",
	)


def test_an_acceptance_without_a_survey_gets_one_once(rep, frozen_time):
	with frozen_time(THURSDAY):
		report, refused = surveyed.report(rep), surveyed.report(rep, result="Not Accepted")
		tick_twice()
	assert frappe.db.count(surveys.DOCTYPE, {"acceptance_report": report.name}) == 1
	assert not frappe.db.exists(surveys.DOCTYPE, {"acceptance_report": refused.name})


def test_a_survey_that_could_not_be_made_with_its_acceptance_is_made_later(rep, monkeypatch):
	"""What both sides have signed is submitted all the same (A2, A3)."""

	def fails(report):
		raise ValueError("broken")

	with monkeypatch.context() as patch:
		patch.setattr(surveys, "_make", fails)
		draft = accepting.sign(accepting.draft(accepting.delivered(rep)))
		records.forget_errors(draft)
		report = draft.submit()
	assert report.reload().docstatus == 1 and not report.survey
	assert frappe.db.get_value("Project", report.project, "sf_accepted_on")
	assert len(records.errors_of(report)) == 1
	tick_twice()
	assert [row.name for row in accepting.survey_of(report)] == [report.reload().survey]


def test_a_referral_that_could_not_be_taken_up_with_the_answer_is_taken_up_later(rep, monkeypatch):
	"""A5: once, and what an answer asks for is not asked for again."""

	def fails(survey):
		raise ValueError("broken")

	survey = surveyed.survey(rep)
	records.forget_errors(survey)
	with monkeypatch.context() as patch:
		patch.setattr(referrals, "begin", fails)
		answered = surveyed.answer(sent(survey), would_refer=True)
		tick_twice()
	assert fresh(answered).would_refer and not calls(survey)
	assert len(records.errors_of(survey)) == 1
	tick_twice()
	assert [row.goal for row in calls(survey)] == [customer_tasks.TAKE_UP_REFERRAL]


def test_it_goes_out_by_itself_shortly_before_it_is_due(rep, frozen_time):
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep)
		tick_twice()
		assert fresh(survey).status == "To Send"
		clock.set(MONDAY)
		tick_twice()
	assert fresh(survey).status == "Sent" and len(surveyed.tokens()) == 1
	assert get_datetime(fresh(survey).sent_on) <= get_datetime(survey.due_on)


def test_without_an_address_somebody_calls_and_the_manager_hears_of_it(rep, manager, frozen_time):
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep, email=None)
		clock.set(MONDAY)
		tick_twice()
		found = calls(survey)
		assert [(row.goal, row.channel, row.allocated_to) for row in found] == [
			(survey_calls.GOAL, "Phone", rep)
		]
		assert (
			found[0].due_on == get_datetime(survey.due_on) and told(rep, "for the satisfaction survey") == 1
		)
		assert told(manager, "Overdue") == 0
		clock.set(LATE)
		tick_twice()
		assert told(manager, "Overdue: the satisfaction survey") == 1
		surveys.record_by_phone(survey.name, surveyed.GOOD, "Buyer")
	assert [row.status for row in calls(survey)] == ["Done"]


def test_only_what_is_due_is_locked(rep, frozen_time, count_queries):
	"""Who answers, or has the form open, does not wait for the clock."""

	def locks(queries):
		return [query for query in queries if "FOR UPDATE" in query.upper()]

	with frozen_time(THURSDAY) as clock:
		to_call, to_send = surveyed.survey(rep, email=None), surveyed.survey(rep)
		on_its_way = surveyed.survey(rep)
		sent(on_its_way)
		survey_clock.tick()
		with count_queries() as queries:
			survey_clock.tick()
		assert not locks(queries)
		clock.set(MONDAY)
		with count_queries() as queries:
			survey_clock.tick()
		assert locks(queries)
		assert fresh(to_send).status == "Sent" and fresh(to_call).call_task and fresh(on_its_way).reminders
		with count_queries() as queries:
			survey_clock.tick()
		assert not locks(queries), "what is done waits for people"


def test_who_stands_in_calls(rep, make_user, frozen_time):
	other = make_user("Sales User")
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep, email=None)
		absent(rep, "2027-01-15", "2027-01-30", other)
		clock.set(MONDAY)
		survey_clock.tick()
	assert [row.allocated_to for row in calls(survey)] == [other]


def test_an_address_entered_later_makes_the_call_needless(rep, frozen_time):
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep, email=None)
		clock.set(MONDAY)
		survey_clock.tick()
		frappe.db.set_value(surveys.DOCTYPE, survey.name, "email_id", surveyed.BUYER)
		survey_clock.tick()
	assert fresh(survey).status == "Sent" and not fresh(survey).call_task
	assert [row.status for row in calls(survey)] == ["Cancelled"]


def test_reminders_then_a_call_then_no_answer(rep, frozen_time):
	"""Reminded twice, each after two working days; the first link answers as long as the last."""
	records.settings(survey_reminders=2, survey_remind_every=2, survey_link_days=30)
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep)
		token = sent(survey)
		clock.set("2027-01-15 17:00")
		tick_twice()
		assert fresh(survey).reminders == 0
		clock.set("2027-01-18 11:00")
		tick_twice()
		assert fresh(survey).reminders == 1 and len(surveyed.tokens()) == 2
		clock.set("2027-01-20 12:00")
		tick_twice()
		assert fresh(survey).reminders == 2 and surveys.asked(token)[0]
		clock.set("2027-01-22 13:00")
		tick_twice()
		assert fresh(survey).reminders == 2 and len(calls(survey)) == 1
		clock.set("2027-02-25 09:00")
		tick_twice()
	assert fresh(survey).status == "No Answer" and told(rep, "has not answered the survey") == 1
	assert len(surveyed.tokens()) == 3 and len(calls(survey)) == 1


def test_an_answer_ends_the_reminders_and_the_call(rep, frozen_time):
	records.settings(survey_reminders=0, survey_remind_every=1)
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep)
		token = sent(survey)
		clock.set("2027-01-18 11:00")
		tick_twice()
		assert [row.status for row in calls(survey)] == ["Planned"]
		surveyed.answer(token)
		clock.set("2027-03-25 09:00")
		tick_twice()
	assert fresh(survey).status == "Answered"
	assert [row.status for row in calls(survey)][:1] == ["Cancelled"]


def test_a_correction_is_not_sent_by_itself(rep, frozen_time):
	with frozen_time(THURSDAY) as clock:
		correction = surveys.correct(surveyed.answered(rep).name, "Mixed up.")
		before = len(surveyed.tokens())
		clock.set("2027-01-25 17:00")
		tick_twice()
	assert len(surveyed.tokens()) == before and fresh(correction).status == "To Send"


def test_one_broken_survey_does_not_stop_the_others(rep, frozen_time):
	with frozen_time(THURSDAY) as clock:
		broken, whole = surveyed.survey(rep), surveyed.survey(rep)
		# A template that is gone takes its survey with it.
		frappe.db.set_value(surveys.DOCTYPE, broken.name, "survey_template", "Gone")
		clock.set(MONDAY)
		survey_clock.tick()
	assert fresh(whole).status == "Sent"
	assert frappe.db.get_value(surveys.DOCTYPE, broken.name, "status") == "To Send"
	assert frappe.db.exists("Error Log", {"method": ("like", "%survey could not be watched%")})


@pytest.mark.parametrize(("moment", "tone"), [(THURSDAY, "blue"), (MONDAY, "orange"), (LATE, "red")])
def test_my_day_says_what_is_to_be_asked(rep, as_user, frozen_time, moment, tone):
	with frozen_time(THURSDAY) as clock:
		survey = surveyed.survey(rep)
		clock.set(moment)
		with as_user(rep):
			section = survey_day.waiting(rep, get_datetime(moment))
	assert [(row["title"], row["tone"]) for row in section["rows"]] == [(survey.title, tone)]


def test_my_day_is_empty_where_nothing_waits(rep, as_user):
	with as_user(rep):
		assert survey_day.waiting(rep, get_datetime(THURSDAY)) is None
