"""Opportunities grade themselves: S, A, B by closing date, intent and amount (F2)."""

import frappe
import pytest
from frappe.utils import add_days

from salesflow_std.jobs import opportunity_grading
from tests.site import records


@pytest.mark.parametrize(
	("days", "probability", "grade"),
	[
		(30, 70, "S"),
		(30, 69, "A"),
		(0, 100, "S"),
		(31, 100, "A"),
		(90, 10, "A"),
		(91, 100, "B"),
		(400, 5, "B"),
	],
)
@pytest.mark.parametrize("amount", [0, 500_000])
def test_f2_days_and_intent_decide(days, probability, grade, amount):
	opportunity = records.opportunity(
		expected_closing=add_days(None, days), probability=probability, opportunity_amount=amount
	)
	assert opportunity.sf_grade == grade


def test_f2_without_a_closing_date_there_is_no_grade():
	opportunity = records.opportunity(probability=80)
	assert opportunity.sf_grade is None
	explained = frappe.call("salesflow_std.api.scoring.explain", doctype="Opportunity", name=opportunity.name)
	assert "Time to closing" in explained["problem"]


def test_f2_amount_ranks_inside_a_grade():
	small, large = (
		records.opportunity(expected_closing=add_days(None, 10), probability=90, opportunity_amount=amount)
		for amount in (1_000, 200_000)
	)
	assert small.sf_grade == large.sf_grade == "S"
	assert large.sf_score > small.sf_score


def test_f2_amount_is_counted_in_company_currency():
	opportunity = records.opportunity(
		expected_closing=add_days(None, 10),
		probability=90,
		opportunity_amount=15_000,
		currency="USD",
		conversion_rate=7,
	)
	assert "AMOUNT=5" in opportunity.sf_points


def test_f2_time_moves_the_grade_without_a_save(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		opportunity = records.opportunity(expected_closing="2026-12-31", probability=90)
		assert opportunity.sf_grade == "A"
		modified = records.state(opportunity, "modified")
		clock.set("2026-11-30 10:00")
		opportunity_grading.run()
		assert records.state(opportunity, "sf_grade") == "A"
		clock.set("2026-12-01 00:05")
		opportunity_grading.run()
		opportunity_grading.run()
	assert records.state(opportunity, "sf_grade", "modified") == ("S", modified)
	assert [(row.source, row.previous_grade, row.grade) for row in records.history(opportunity)] == [
		("By Itself", None, "A"),
		("By Itself", "A", "S"),
	]


def test_f2_ended_opportunities_keep_their_grade(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		opportunity = records.opportunity(expected_closing="2026-12-31", probability=90)
		opportunity.db_set("status", "Lost")
		clock.set("2026-12-20 10:00")
		opportunity_grading.run()
	assert records.state(opportunity, "sf_grade") == "A"


def test_f2_nobody_scores_by_hand(call):
	opportunity = records.opportunity(expected_closing=add_days(None, 10))
	with pytest.raises(frappe.ValidationError, match="grades by itself"):
		call(
			"salesflow_std.api.scoring.score",
			doctype="Opportunity",
			name=opportunity.name,
			points={"CLOSING": 5, "INTENT": 5, "AMOUNT": 5},
		)


def test_f2_a_managers_grade_holds_against_the_fields(call, frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		opportunity = records.opportunity(expected_closing="2026-12-01", probability=90)
		call(
			"salesflow_std.api.scoring.override",
			doctype="Opportunity",
			name=opportunity.name,
			grade="B",
			reason="Budget frozen",
			until="2026-11-25",
		)
		opportunity.reload()
		opportunity.probability = 95
		opportunity.save()
		opportunity_grading.run()
		assert records.state(opportunity, "sf_grade") == "B"
		clock.set("2026-11-26 10:00")
		from salesflow_std.jobs.grade_clock import end_overrides

		end_overrides()
	assert records.state(opportunity, "sf_grade") == "S"


def test_a_broken_opportunity_does_not_stop_the_rest(frozen_time, monkeypatch):
	with frozen_time("2026-11-20 10:00") as clock:
		broken = records.opportunity(expected_closing="2026-12-31", probability=90)
		sound = records.opportunity(expected_closing="2026-12-31", probability=90)
		frappe.db.set_value("Opportunity", broken.name, "sf_grade_frozen_until", "2026-12-30")
		clock.set("2026-12-05 10:00")
		real = opportunity_grading.grading.is_frozen

		def is_frozen(row):
			if row.name == broken.name:
				raise ValueError("broken record")
			return real(row)

		monkeypatch.setattr(opportunity_grading.grading, "is_frozen", is_frozen)
		opportunity_grading.run()
	assert records.state(sound, "sf_grade") == "S"
	assert frappe.get_all("Error Log", filters={"reference_name": broken.name})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_new_opportunity_has_a_type_that_is_there_whatever_the_language(lang):
	"""ERPNext writes its word for "Sales" in the user's language; no later save would pass."""
	frappe.local.lang = lang
	opportunity = records.opportunity(opportunity_type=None)
	assert frappe.db.exists("Opportunity Type", opportunity.opportunity_type)
	opportunity.reload().save()
