"""The clock of weekly sheets and monthly reviews (M6): each made once, on its day, mailed to who leads."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import getdate

from salesflow_std.jobs import sales_review_clock
from salesflow_std.salesflow_std import sales_review_mail, sales_review_teams, sales_reviews
from tests.site import plans, records, reviewed
from tests.site.review_cases import notices_of


@pytest.fixture(autouse=True)
def settled(monkeypatch, rep):
	records.settings(
		weekly_sheet=1,
		weekly_sheet_weekday="Monday",
		monthly_review=1,
		monthly_review_day=3,
		review_hour=7,
	)
	reviewed.standings(monkeypatch, {rep: (1000, 500)})
	monkeypatch.setattr(
		sales_review_mail, "pdf", lambda *args: {"fname": "sheet.pdf", "fcontent": b"%PDF-1.4"}
	)


def sheets(manager: str, kind: str = "Weekly") -> list[tuple]:
	rows = frappe.get_all(
		"Sales Review",
		{"manager": manager, "kind": kind},
		["from_date", "to_date"],
		order_by="to_date",
	)
	return [(str(row.from_date), str(row.to_date)) for row in rows]


def test_it_is_made_on_the_weekday_at_its_hour_and_once(manager, rep, frozen_time):
	with frozen_time("2027-01-11 06:59") as clock:
		sales_review_clock.tick()
		assert sheets(manager) == []
		clock.set("2027-01-11 07:00")
		sales_review_clock.tick()
		sales_review_clock.tick()
		clock.set("2027-01-13 07:00")
		sales_review_clock.tick()
	assert sheets(manager) == [("2027-01-04", "2027-01-10")]


def test_weeks_follow_each_other_also_after_one_by_hand(manager, rep, frozen_time):
	with frozen_time("2027-01-11 08:00") as clock:
		sales_review_clock.tick()
		clock.set("2027-01-14 08:00")
		sales_reviews.new("Weekly", reviewed.team_of(manager))
		clock.set("2027-01-18 08:00")
		sales_review_clock.tick()
	assert sheets(manager) == [
		("2027-01-04", "2027-01-10"),
		("2027-01-11", "2027-01-13"),
		("2027-01-14", "2027-01-17"),
	]


def test_a_holiday_moves_it_to_the_next_working_day(manager, rep, frozen_time, company):
	records.holidays_of(company, "2027-01-11", "2027-01-12")
	with frozen_time("2027-01-12 10:00") as clock:
		sales_review_clock.tick()
		assert sheets(manager) == []
		clock.set("2027-01-13 07:00")
		sales_review_clock.tick()
	assert sheets(manager) == [("2027-01-06", "2027-01-12")]


def test_the_monthly_review_is_made_on_its_working_day(manager, rep, frozen_time):
	with frozen_time("2027-01-04 10:00") as clock:
		sales_review_clock.tick()
		assert sheets(manager, "Monthly") == []
		clock.set("2027-01-05 07:00")  # the third working day: 1, 4, 5
		sales_review_clock.tick()
		clock.set("2027-01-20 07:00")
		sales_review_clock.tick()
	assert sheets(manager, "Monthly") == [("2026-12-01", "2026-12-31")]


def test_what_is_switched_off_is_not_made(manager, rep, frozen_time):
	records.settings(weekly_sheet=0, monthly_review=0)
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.tick()
	assert sheets(manager) == sheets(manager, "Monthly") == []


def test_one_broken_team_stops_none(manager, rep, make_user, frozen_time, monkeypatch):
	boss = make_user(["Sales Manager", "Sales User"])
	node = plans.person(boss, is_group=1)
	plans.person(make_user("Sales User"), parent=node)
	broken = reviewed.team_of(boss)
	whole = sales_reviews.fill

	def fill(doc, team=None):
		if doc.manager == boss:
			raise RuntimeError("broken")
		whole(doc, team)

	monkeypatch.setattr(sales_reviews, "fill", fill)
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.tick()
		assert sheets(boss) == [] and sheets(manager) == [("2027-01-04", "2027-01-10")]
		monkeypatch.setattr(sales_reviews, "fill", whole)
		sales_review_clock.tick()
	assert sheets(boss) == [("2027-01-04", "2027-01-10")]
	frappe.db.delete("Error Log", {"reference_name": broken.sales_person})


def test_who_leads_is_told_once_in_their_language(manager, rep, frozen_time):
	frappe.db.set_value("User", manager, "language", "zh")
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.tick()
		sales_review_clock.tick()
	name = frappe.db.get_value("Sales Review", {"manager": manager, "kind": "Weekly"})
	subjects = frappe.get_all("Email Queue", {"reference_name": name}, pluck="message", order_by="creation")
	assert len(subjects) == 1
	assert len([text for text in notices_of(manager) if "周例会表" in text]) == 1
	assert frappe.db.get_value("Sales Review", name, "told_on")


def test_where_no_pdf_can_be_made_the_mail_goes_without(manager, rep, frozen_time, monkeypatch):
	def broken(*_args):
		# Frappe writes that somebody has printed, and commits.
		frappe.db.commit()
		raise OSError("wkhtmltopdf reported an error")

	monkeypatch.setattr(sales_review_mail, "pdf", broken)
	# No rollback takes back what another test logged.
	frappe.db.delete("Error Log", {"method": "A sales review could not be printed"})
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.tick()
	name = frappe.db.get_value("Sales Review", {"manager": manager, "kind": "Weekly"})
	assert frappe.db.get_value("Email Queue", {"reference_name": name}, "attachments") in (None, "[]")
	assert frappe.db.get_value("Sales Review", name, "told_on")
	logged = {"reference_name": name, "method": "A sales review could not be printed"}
	assert frappe.db.exists("Error Log", logged)
	frappe.db.delete("Error Log", logged)


def test_who_was_not_told_is_told_by_the_next_tick(manager, rep, frozen_time, monkeypatch):
	whole = sales_review_mail.prepared

	def killed(_name):
		raise RuntimeError("killed")

	monkeypatch.setattr(sales_review_mail, "prepared", killed)
	with frozen_time("2027-01-11 09:00") as clock:
		sales_review_clock.tick()
		name = frappe.db.get_value("Sales Review", {"manager": manager, "kind": "Weekly"})
		assert not frappe.db.get_value("Sales Review", name, "told_on")
		monkeypatch.setattr(sales_review_mail, "prepared", whole)
		clock.set("2027-01-11 10:00")
		sales_review_clock.tick()
		sales_review_clock.tick()
	assert frappe.db.count("Email Queue", {"reference_name": name}) == 1
	frappe.db.delete("Error Log", {"reference_name": name})


def test_one_that_is_kept_goes_to_the_team(manager, rep, frozen_time):
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.tick()
		name = frappe.db.get_value("Sales Review", {"manager": manager, "kind": "Weekly"})
		assert sales_review_clock.send_kept(name) == 0
		sales_reviews.keep(name)
		assert sales_review_clock.send_kept(name) == 2


def test_where_nobody_leads_nothing_is_made(frozen_time, monkeypatch):
	monkeypatch.setattr(sales_review_teams, "leader_of_all", lambda: None)
	frappe.db.set_value("Sales Person", {"is_group": 1}, "employee", None)
	before = frappe.db.count("Sales Review")
	with frozen_time("2027-01-11 09:00"):
		sales_review_clock.prepare()
	assert frappe.db.count("Sales Review") == before
	assert getdate("2027-01-11").weekday() == 0
