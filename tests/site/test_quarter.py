"""A simulated quarter on a real site: 200 leads of all grades, eight reps, holidays, late reps, a killed job."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
import pytest
from frappe.core.doctype.communication.email import make
from frappe.utils import get_datetime

from salesflow_std.api import follow_up
from salesflow_std.jobs import escalation_digest, follow_up_clock, grade_clock
from salesflow_std.salesflow_std.follow_ups import Planning
from tests.site import plans, records

FIRST, LAST = date(2027, 1, 4), date(2027, 4, 2)
# Spring festival, and single days in the middle of weeks.
HOLIDAYS = (*(date(2027, 2, day) for day in range(8, 13)), date(2027, 1, 20), date(2027, 3, 12))
POINTS = {"A": "5554", "B": "3333", "C": "1211"}
GRADES = ["A"] * 50 + ["B"] * 70 + ["C"] * 80
GAP = {"A": 2, "B": 2, "C": 7}


def works(day: date) -> bool:
	return day.weekday() < 5 and day not in HOLIDAYS


def days() -> Iterator[date]:
	return (FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1))


def monday(day: date) -> date:
	return day - timedelta(days=day.weekday())


@pytest.fixture
def holidays() -> None:
	weekends = [day for day in days() if day.weekday() > 4]
	name = "Quarter with holidays"
	frappe.get_doc(
		{
			"doctype": "Holiday List",
			"holiday_list_name": name,
			"from_date": FIRST,
			"to_date": date(2027, 12, 31),
			"holidays": [
				{"holiday_date": day, "description": "Off"} for day in sorted({*weekends, *HOLIDAYS})
			],
		}
	).insert()
	settings = frappe.get_single("Salesflow Settings")
	settings.holiday_list = name
	settings.save()


@pytest.fixture
def team(make_user) -> tuple[list[str], str]:
	"""Eight reps under one manager in the Sales Person tree."""
	manager = make_user(["Sales User", "Sales Manager"])
	reps = [make_user() for _ in range(8)]
	head = plans.person(manager, is_group=1)
	for rep in reps:
		plans.person(rep, head)
	return reps, manager


class Quarter:
	"""Plays the quarter day by day and remembers what was late."""

	def __init__(self, clock: Any, reps: list[str]) -> None:
		self.clock = clock
		self.rng = random.Random(20270104)
		self.grade: dict[str, str] = {}
		self.late: set[str] = set()
		self.slow = set()
		reps_in_turn = itertools.cycle(reps)
		for i, grade in enumerate(self.rng.sample(GRADES, len(GRADES))):
			lead = records.lead(lead_owner=next(reps_in_turn), email_id=f"contact{i}@quarter.example")
			records.score(lead, POINTS[grade])
			self.grade[lead.name] = grade
			if grade != "C" and i % 10 == 0:
				self.slow.add(lead.name)  # whose first touch comes a day too late

	def run_jobs(self) -> None:
		for _ in range(2):
			grade_clock.tick()
			follow_up_clock.tick()
			escalation_digest.run()

	def play(self, day: date) -> None:
		self.clock.set(datetime.combine(day, time(8)))
		self.run_jobs()
		if not works(day):
			return
		self.clock.set(datetime.combine(day, time(17, 59)))
		for touch in frappe.get_all(
			"Follow Up",
			filters={"status": "Planned", "due_on": ("<=", datetime.combine(day, time(23, 59)))},
			fields=["name", "reference_name", "kind", "due_on", "channel"],
			order_by="due_on, name",
		):
			first = touch.kind == "First Touch"
			if first and touch.reference_name in self.slow:
				if get_datetime(touch.due_on).date() >= day - timedelta(days=1):
					continue
				self.late.add(touch.reference_name)
			self.do(touch)

	def do(self, touch: Any) -> None:
		if touch.channel == "E-mail" and self.rng.random() < 0.3:
			make(
				doctype="Lead",
				name=touch.reference_name,
				subject="News",
				content="News",
				recipients="x@quarter.example",
			)
		else:
			follow_up.complete(touch.name, "Sent" if touch.channel == "E-mail" else "Reached")


def done(leads: dict[str, str]) -> dict[str, list[Any]]:
	found: dict[str, list[Any]] = {name: [] for name in leads}
	for touch in frappe.get_all(
		"Follow Up",
		filters={"status": "Done", "reference_doctype": "Lead", "reference_name": ("in", list(leads))},
		fields=["name", "reference_name", "kind", "due_on", "done_on", "channel"],
		order_by="done_on",
	):
		found[touch.reference_name].append(touch)
	return found


def test_a_quarter(holidays, team, frozen_time, monkeypatch):
	"""F1, F4, F5, L7: the rhythm, the gap, the days off, the escalation, and that nothing comes twice."""
	reps, manager = team
	with frozen_time(datetime.combine(FIRST, time(8, 30))) as clock:
		quarter = Quarter(clock, reps)
		for day in days():
			if day == date(2027, 2, 16):
				_kill_in_the_middle(clock, day, monkeypatch)
			quarter.play(day)
		clock.set(datetime.combine(LAST, time(23, 30)))
		quarter.run_jobs()

	happened = done(quarter.grade)
	full_weeks = [
		start
		for start in {monday(day) for day in days()}
		if all(works(start + timedelta(days=i)) for i in range(5))
		and start + timedelta(days=6) <= LAST + timedelta(days=2)
	]
	for name, touches in happened.items():
		grade = quarter.grade[name]
		dates = [get_datetime(touch.done_on).date() for touch in touches]
		assert all(works(day) for day in dates), (name, dates)
		assert all(works(get_datetime(touch.due_on).date()) for touch in touches if touch.kind == "Rhythm")
		apart = [(later - earlier).days for earlier, later in itertools.pairwise(dates)]
		assert all(gap >= GAP[grade] for gap in apart), (name, grade, dates)
		weeks = Counter(monday(day) for day in dates)
		rhythm_from = monday(dates[0]) + timedelta(days=7) if dates else None
		for week in full_weeks:
			if rhythm_from and week >= rhythm_from:
				wanted = {"A": {2}, "B": {1}, "C": {0, 1}}[grade]
				assert weeks[week] in wanted, (name, grade, week, dates)
		if grade == "C":
			months = Counter((day.year, day.month) for day in dates)
			assert months == {(2027, 2): 1, (2027, 3): 1} or months == {
				(2027, 2): 1,
				(2027, 3): 1,
				(2027, 4): 1,
			}, dates
		assert len({touch.channel for touch in touches}) > 1 or grade == "C"

	_check_escalations(quarter, manager)
	_check_nothing_double(quarter)
	_check_levelled(reps)


def _kill_in_the_middle(clock: Any, day: date, monkeypatch: pytest.MonkeyPatch) -> None:
	"""A worker dies while it plans: what it had done stays, the next tick does the rest."""
	clock.set(datetime.combine(day, time(7)))
	frappe.db.sql("update tabLead set sf_next_touch_on = null where status = 'Lead'")
	real, turns = Planning.plan, itertools.count()

	def dying(self: Planning, doctype: str, names: list[str]) -> dict:
		dues = real(self, doctype, names)
		if next(turns) == 2:
			raise SystemExit
		return dues

	with monkeypatch.context() as patch:
		patch.setattr(follow_up_clock, "CHUNK", 30)
		patch.setattr(Planning, "plan", dying)
		with pytest.raises(SystemExit):
			follow_up_clock.plan_due()
	frappe.db.rollback()
	unplanned = frappe.db.count("Lead", {"sf_next_touch_on": ("is", "not set"), "status": "Lead"})
	assert 0 < unplanned < len(GRADES)


def _check_escalations(quarter: Quarter, manager: str) -> None:
	assert len(quarter.late) >= 10
	for name in quarter.late:
		told = frappe.get_all(
			"Follow Up",
			filters={"reference_name": name, "kind": "First Touch", "escalated_on": ("is", "set")},
			fields=["name", "escalated_to", "digest_sent_on"],
			order_by="name",
		)
		assert len(told) == 1 and told[0].escalated_to == manager and told[0].digest_sent_on, name
	escalated = frappe.get_all(
		"Follow Up",
		filters={
			"kind": "First Touch",
			"escalated_on": ("is", "set"),
			"reference_name": ("in", list(quarter.grade)),
		},
		pluck="reference_name",
		order_by="name",
	)
	late = frappe.get_all(
		"Lead",
		filters={"sf_first_touch_status": "Missed", "name": ("in", list(quarter.grade))},
		pluck="name",
		order_by="name",
	)
	assert sorted(escalated) == sorted(late)
	assert quarter.late <= set(late)


def _check_nothing_double(quarter: Quarter) -> None:
	touches = frappe.get_all(
		"Follow Up",
		filters={
			"reference_name": ("in", list(quarter.grade)),
			"status": ("in", ("Planned", "Done", "Missed")),
		},
		fields=["reference_name", "status", "due_on"],
		order_by="name",
	)
	open_now = Counter(touch.reference_name for touch in touches if touch.status == "Planned")
	assert open_now == dict.fromkeys(quarter.grade, 1)
	on_day = Counter((touch.reference_name, get_datetime(touch.due_on).date()) for touch in touches)
	assert set(on_day.values()) == {1}


def _check_levelled(reps: list[str]) -> None:
	"""Each rep's full weeks: no day has more than twice the touches of the emptiest, and a few."""
	for rep in reps:
		per_day = Counter(
			get_datetime(due).date()
			for due in frappe.get_all(
				"Follow Up",
				filters={"allocated_to": rep, "kind": "Rhythm", "status": "Done"},
				pluck="due_on",
				order_by="due_on",
			)
		)
		start = date(2027, 3, 1)
		week = [per_day[start + timedelta(days=i)] for i in range(5)]
		assert max(week) <= 2 * min(week) + 3, (rep, week)
