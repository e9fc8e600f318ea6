"""Satisfaction and the Net Promoter Score against sums by hand; every survey once, as far as one may see it (A3)."""

from __future__ import annotations

import json

import frappe
import pytest
from frappe.desk.query_report import run
from frappe.utils import add_days, now_datetime, today

from salesflow_std.salesflow_std import surveys
from salesflow_std.salesflow_std.report.customer_satisfaction import customer_satisfaction
from salesflow_std.salesflow_std.report.net_promoter_score import net_promoter_score
from tests.site import asked, surveyed

YEAR = {"from_date": "2031-01-01", "to_date": "2031-12-31"}
REPORTS = (customer_satisfaction, net_promoter_score)


def by(report, group="Month", **filters):
	rows = report.execute({**YEAR, "group_by": group, **filters})[1]
	return {"total" if row.get("is_total") else row["grouped_by"]: row for row in rows}


def satisfaction(group="Month", **filters):
	return by(customer_satisfaction, group, **filters)


def score(group="Month", **filters):
	return by(net_promoter_score, group, **filters)


# Satisfaction -----------------------------------------------------------------------------------------------------


def test_by_month_and_quarter(rep):
	one = asked.survey(rep, "2031-01-10 10:00", (5, 4, 3))
	low = asked.survey(rep, "2031-01-31 23:00", (1, 3, 2))
	silent = asked.survey(rep, "2031-01-20 10:00")
	asked.survey(rep, "2031-02-01 00:00", (5, 5, 5))
	asked.survey(rep, "2031-04-01 09:00")
	asked.survey(rep, "2032-01-01 00:00", (1, 1, 1))
	found = satisfaction()
	assert list(found) == ["2031-01", "2031-02", "2031-04", "total"]
	row = found["2031-01"]
	# Each customer's own mean, 4 and 2, counts once.
	assert (row["asked"], row["answered"], row["low"]) == (3, 2, 1)
	assert row["rate"] == pytest.approx(200 / 3) and row["satisfaction"] == pytest.approx(3)
	assert (row["timeliness"], row["quality"], row["needs_met"]) == (3, 3.5, 2.5)
	assert row["few"] and set(row["names"]["asked"]) == {one.name, low.name, silent.name}
	assert row["names"]["low"] == [low.name] and set(row["names"]["answered"]) == {one.name, low.name}
	assert found["2031-04"]["satisfaction"] is None and found["2031-04"]["rate"] == 0
	total = found["total"]
	assert (total["asked"], total["answered"], total["low"]) == (5, 3, 1)
	assert total["rate"] == 60 and total["satisfaction"] == pytest.approx((4 + 2 + 5) / 3)
	assert {key: row["asked"] for key, row in satisfaction("Quarter").items()} == {
		"2031 Q1": 4,
		"2031 Q2": 1,
		"total": 5,
	}


def test_marks_weigh_as_the_template_said(rep):
	asked.survey(rep, "2031-03-01 10:00", (5, 2, 1), weights=(3, 1, 0))
	row = satisfaction()["2031-03"]
	assert row["satisfaction"] == pytest.approx(17 / 4) and row["needs_met"] is None
	by_question = satisfaction("Question")
	assert by_question["needs_met"]["satisfaction"] == 1 and by_question["needs_met"]["low"] == 1
	assert satisfaction("Dimension")["Needs Met"]["satisfaction"] is None


def test_by_dimension_and_question(rep):
	asked.survey(rep, "2031-03-01 10:00", (5, 4, 2))
	asked.survey(rep, "2031-03-02 10:00", (4, 4, 2))
	low = asked.survey(rep, "2031-03-03 10:00", (2, 3, 4), low_mark=3)
	found = satisfaction("Dimension")
	assert list(found) == ["Timeliness", "Service Quality", "Needs Met"]
	assert found["Timeliness"]["satisfaction"] == pytest.approx(11 / 3)
	assert [row["low"] for row in found.values()] == [1, 1, 2]
	assert found["Timeliness"]["names"]["low"] == [low.name] == found["Service Quality"]["names"]["low"]
	assert found["Needs Met"]["low_share"] == pytest.approx(200 / 3)
	questions = satisfaction("Question")
	assert questions["service_quality"]["label"] == "Service Quality?"
	assert questions["service_quality"]["answers"] == 3
	frappe.local.lang = "zh"
	assert satisfaction("Question")["service_quality"]["label"] == "service_quality如何？"


def test_by_team_and_account_manager(rep, manager, make_user):
	other = make_user("Sales User", full_name="Of Another Team")
	asked.survey(rep, "2031-05-01 10:00", (5, 5, 5))
	asked.survey(other, "2031-05-01 10:00", (2, 2, 2))
	asked.survey(other, "2031-05-02 10:00")
	found = satisfaction("Team")
	assert found[manager]["satisfaction"] == 5 and found[manager]["label"] == "The Manager"
	assert found[None]["asked"] == 2
	assert satisfaction("Account Manager")[other]["rate"] == 50
	employee = frappe.db.get_value("Employee", {"user_id": manager}, "name")
	node = frappe.db.get_value("Sales Person", {"employee": employee}, "name")
	assert satisfaction(team=node)["total"]["asked"] == 1
	assert satisfaction(rep=other)["total"]["asked"] == 2
	assert not satisfaction(team="Nobody")


def test_a_product_counts_wherever_it_was_accepted(rep):
	crane, belt = asked.item("Test Crane", "Test Cranes"), asked.item("Test Belt", "Test Belts")
	asked.survey(rep, "2031-06-01 10:00", (5, 5, 5), 10, items=(crane, belt))
	asked.survey(rep, "2031-06-02 10:00", (1, 1, 1), 0, items=(crane, crane))
	asked.survey(rep, "2031-06-03 10:00")
	found = satisfaction("Item")
	assert (found[crane]["asked"], found[crane]["satisfaction"]) == (2, 3)
	assert (found[belt]["asked"], found[None]["asked"], found["total"]["asked"]) == (1, 1, 3)
	assert satisfaction("Item Group")["Test Cranes"]["low"] == 1
	assert satisfaction(item_group="Test Belts")["total"]["asked"] == 1
	assert satisfaction(item_group="All Item Groups")["total"]["asked"] == 2
	assert satisfaction(item_code=crane)["total"]["satisfaction"] == 3
	assert score("Item")[crane]["answers"] == 2


def test_a_correction_is_no_second_customer(rep, manager, as_user, frozen_time):
	with frozen_time("2031-01-20 10:00") as clock:
		with as_user(rep):
			first = surveyed.answered(rep, surveyed.BAD)
		asked_of = {"customer": first.customer}
		before = satisfaction(**asked_of)
		assert (before["total"]["asked"], before["total"]["low"]) == (1, 1)
		clock.set("2031-02-10 10:00")
		second = surveys.correct(first.name, "The marks were of another delivery")
		# Until the correction is answered, what was said counts.
		assert satisfaction(**asked_of) == before
		surveys.record_by_phone(second.name, surveyed.GOOD, "Purchasing Manager")
		found = satisfaction(**asked_of)
		assert list(found) == ["2031-01", "total"]
		row = found["2031-01"]
		assert (row["asked"], row["answered"], row["low"]) == (1, 1, 0)
		assert row["names"]["asked"] == [second.name] and row["satisfaction"] == pytest.approx(14 / 3)
		third = surveys.correct(second.name, "Again")
		surveys.record_by_phone(third.name, surveyed.BAD, "Purchasing Manager")
		assert satisfaction(**asked_of)["2031-01"]["names"]["asked"] == [third.name]
		assert score(**asked_of)["2031-01"]["detractors"] == 1


def test_who_answers_on_the_phone_was_asked(rep):
	asked.survey(rep, None, (4, 4, 4), answered_on="2031-07-01 10:00")
	asked.survey(rep, None, status="To Send")
	asked.survey(rep, "2031-07-02 10:00", status="No Answer")
	asked.survey(rep, "2031-07-03 10:00", status="Cancelled")
	row = satisfaction()["2031-07"]
	assert (row["asked"], row["answered"]) == (2, 1)


# The score --------------------------------------------------------------------------------------------------------


def test_the_score_with_its_margin(rep):
	for recommend in (10, 10, 9, 9, 9, 9, 8, 7, 6, 0):
		asked.survey(rep, "2031-03-01 10:00", (4, 4, 4), recommend)
	asked.survey(rep, "2031-03-01 10:00", (4, 4, 4))
	asked.survey(rep, "2031-05-01 10:00", (5, 5, 5), 10)
	found = score()
	row = found["2031-03"]
	assert [row[key] for key in ("answers", "promoters", "passives", "detractors")] == [10, 6, 2, 2]
	# The mean of six +100, two 0 and two -100 is 40; its variance 6400 / 9 in hundredths, the margin 1.96 errors.
	assert row["score"] == pytest.approx(40) and row["margin"] == pytest.approx(52.27, abs=0.01)
	assert row["reading"] == "-12 to +92"
	assert len(row["names"]["promoters"]) == 6 and len(row["names"]["detractors"]) == 2
	few = found["2031-05"]
	assert few["score"] is None and few["margin"] is None and few["reading"] == "Too few answers: 1 of 10"
	assert found["total"]["score"] == pytest.approx(500 / 11)


def test_all_alike_has_no_margin(rep):
	for _ in range(10):
		asked.survey(rep, "2031-03-01 10:00", (), 10)
	row = score()["2031-03"]
	assert row["score"] == 100 and row["margin"] is None and row["reading"] == "All answered alike"


# Who sees what ----------------------------------------------------------------------------------------------------


def test_everybody_counts_what_they_may_read(rep, make_user, as_user):
	limited, stranger = make_user("Sales User"), make_user("Stock User")
	mine = asked.survey("Administrator", "2031-08-01 10:00", (5, 5, 5), 10)
	asked.survey("Administrator", "2031-08-02 10:00", (1, 1, 1), 0)
	asked.only(limited, mine.customer)
	assert satisfaction()["total"]["asked"] == 2
	with as_user(limited):
		assert satisfaction()["total"]["names"]["asked"] == [mine.name]
		assert satisfaction("Dimension")["Timeliness"]["satisfaction"] == 5
		assert score()["total"]["answers"] == 1
	with as_user(stranger):
		assert not satisfaction() and not score()


@pytest.mark.parametrize("name", ["Customer Satisfaction", "Net Promoter Score", "Customers at Risk"])
def test_roles_open_the_reports(name, make_user, as_user):
	with as_user(make_user(["Sales Manager", "Sales User"])):
		assert run(name)["columns"]
	with as_user(make_user("Stock User")), pytest.raises(frappe.PermissionError):
		run(name)


@pytest.mark.parametrize("report", REPORTS)
def test_without_filters_it_is_the_last_year(report, rep):
	asked.survey(rep, add_days(now_datetime(), -30), (5, 5, 5), 9)
	old = asked.survey(rep, add_days(now_datetime(), -400), (5, 5, 5), 9)
	_columns, rows, _message, chart, summary = report.execute()
	assert rows[-1]["is_total"] and chart and summary
	names = [name for row in rows for found in row["names"].values() for name in found]
	assert names and old.name not in names


@pytest.mark.parametrize("report", REPORTS)
def test_every_grouping_works_without_surveys(report):
	groups = getattr(report, "GROUPS", None) or report.numbers.GROUPS
	for group in groups:
		found = report.execute({"from_date": "2019-01-01", "to_date": "2019-01-02", "group_by": group})
		assert found[1] == [] and found[3] is None
	with pytest.raises(frappe.ValidationError, match="no grouping"):
		report.execute({"group_by": "Moon"})


def test_a_number_of_many_opens_nothing(rep, monkeypatch):
	from salesflow_std.salesflow_std import report_parts

	monkeypatch.setattr(report_parts, "OPENED", 1)
	asked.survey(rep, "2031-08-01 10:00", (5, 5, 5))
	asked.survey(rep, "2031-08-02 10:00")
	row = satisfaction()["2031-08"]
	assert row["names"]["asked"] == [] and len(row["names"]["answered"]) == 1


# Mail and cards ---------------------------------------------------------------------------------------------------


def test_a_report_goes_out_by_mail(rep, manager):
	asked.survey(rep, add_days(now_datetime(), -3), (5, 5, 5), 9)
	for report in ("Customer Satisfaction", "Net Promoter Score", "Customers at Risk", "Complaints"):
		mail = frappe.get_doc(
			{
				"doctype": "Auto Email Report",
				"report": report,
				"report_type": "Script Report",
				"user": manager,
				"email_to": manager,
				"format": "HTML",
				"frequency": "Weekly",
				"day_of_week": "Monday",
				"enabled": 1,
				"no_of_rows": 100,
			}
		).insert()
		content = mail.get_report_content()
		if report in ("Customer Satisfaction", "Net Promoter Score"):
			assert today()[:7] in content or "Total" in content


def test_the_cards_of_the_workspace(rep, make_user, as_user, call):
	api = "salesflow_std.api.after_sale."
	limited = make_user("Sales User")
	seen = asked.survey(rep, now_datetime(), (5, 4, 3), 9)
	asked.survey(rep, now_datetime(), (1, 1, 1), 0)
	asked.only(limited, seen.customer)
	with as_user(limited):
		card = call(api + "satisfaction_this_quarter")
		assert "4.0 (n=1)" in card["value"]
		assert card["route"] == ["query-report", "Customer Satisfaction"]
		assert "Too few answers: 1 of 10" in call(api + "net_promoter_score")["value"]
	for name in ("satisfaction_this_quarter", "net_promoter_score"):
		with as_user(make_user("Stock User")), pytest.raises(frappe.PermissionError):
			call(api + name)


def test_the_charts_of_the_workspace_run(rep):
	for name in ("Satisfaction by Month", "Complaints by Month"):
		chart = frappe.get_doc("Dashboard Chart", name)
		filters = json.loads(chart.filters_json)
		assert run(chart.report_name, filters)["result"] is not None
	for name in ("Complaints to Settle", "Surveys Waiting", "Renewals to Ask For", "Open Loss Analyses"):
		card = frappe.get_doc("Number Card", name)
		filters = json.loads(card.filters_json)
		assert isinstance(frappe.get_list(card.document_type, filters=filters, limit=1), list)
