"""When a renewal is asked for, and what became of renewals and referrals (A5)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import renewal

TODAY = date(2027, 3, 1)
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def test_asked_sixty_days_before_the_end():
	assert renewal.ask_on(date(2027, 3, 31), 60) == date(2027, 1, 30)
	assert renewal.ask_on(date(2027, 3, 31), 0) == date(2027, 3, 31)


def test_the_manager_hears_when_half_the_time_is_over():
	assert renewal.late_on(date(2027, 1, 1), date(2027, 3, 2)) == date(2027, 1, 31)


def test_a_date_behind_the_end_gets_a_week():
	assert renewal.late_on(date(2027, 4, 1), date(2027, 3, 2)) == date(2027, 4, 8)
	assert renewal.late_on(date(2027, 3, 2), date(2027, 3, 2)) == date(2027, 3, 9)


@given(due=DAYS, end=DAYS)
def test_nobody_hears_of_it_before_it_was_due(due, end):
	late = renewal.late_on(due, end)
	assert late >= due
	if due < end:
		assert late <= end


@pytest.mark.parametrize(
	("end", "outcome", "stands"),
	[
		(TODAY, "", "Open"),
		(TODAY - timedelta(days=1), "", "Lapsed"),
		(TODAY - timedelta(days=1), "Later", "Later"),
		(TODAY - timedelta(days=1), "Renewed", "Renewed"),
		(TODAY + timedelta(days=9), "Not Renewed", "Not Renewed"),
	],
)
def test_how_a_renewal_stands(end, outcome, stands):
	assert renewal.standing(renewal.Renewal(end, outcome=outcome), TODAY) == stands


def test_the_rate_is_of_those_that_are_decided():
	past, ahead = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
	found = renewal.tally(
		[
			renewal.Renewal(past, past, "Renewed"),
			renewal.Renewal(ahead, past, "Renewed"),
			renewal.Renewal(past, past, "Not Renewed"),
			renewal.Renewal(past),
			renewal.Renewal(ahead),
			renewal.Renewal(ahead, past, "Later"),
		],
		TODAY,
	)
	assert (found.contracts, found.asked, found.renewed, found.not_renewed) == (6, 4, 2, 1)
	assert (found.later, found.lapsed, found.open, found.rate) == (1, 1, 1, 0.5)


def test_no_rate_without_a_decision():
	assert renewal.tally([renewal.Renewal(TODAY)], TODAY).rate is None


@given(
	st.lists(
		st.builds(
			renewal.Renewal,
			end=DAYS,
			asked_on=st.none() | DAYS,
			outcome=st.sampled_from(["", "Renewed", "Later", "Not Renewed"]),
		)
	)
)
def test_every_renewal_is_counted_once(rows):
	found = renewal.tally(rows, TODAY)
	parts = found.renewed + found.later + found.not_renewed + found.lapsed + found.open
	assert parts == found.contracts == len(rows)
	assert found.rate is None or 0 <= found.rate <= 1


@pytest.mark.parametrize(
	("lead", "opportunities", "ordered", "came"),
	[
		("Lead", [], False, ""),
		("Replied", [], False, ""),
		("Opportunity", [], False, "Opportunity"),
		("Opportunity", ["Open"], False, "Opportunity"),
		("Opportunity", ["Lost", "Quotation"], False, "Opportunity"),
		("Opportunity", ["Lost", "Lost"], False, "Lost"),
		("Do Not Contact", [], False, "Lost"),
		("Opportunity", ["Lost", "Converted"], False, "Won"),
		("Converted", ["Lost"], True, "Won"),
		("Converted", [], True, "Won"),
	],
)
def test_what_came_of_a_referral(lead, opportunities, ordered, came):
	assert renewal.outcome(lead, False, opportunities, ordered) == came


def test_an_invalid_lead_came_to_nothing():
	assert renewal.outcome("Lead", True) == "Lost"


def test_thanks_once_for_the_opportunity_and_once_when_won():
	thanked, said = "", []
	for outcome in ["", "Opportunity", "Opportunity", "Lost", "Opportunity", "Won", "Opportunity", "Won"]:
		now = renewal.thanks_for(outcome, thanked)
		if now:
			said.append(now)
			thanked = now
	assert said == ["Opportunity", "Won"]


def test_won_at_once_is_thanked_for_once():
	assert renewal.thanks_for("Won", "") == "Won"
	assert renewal.thanks_for("Opportunity", "Won") == renewal.thanks_for("Won", "Won") == ""


def test_what_is_won_was_an_opportunity():
	found = renewal.referrals(["", "Opportunity", "Won", "Lost"])
	assert (found.leads, found.opportunities, found.won, found.lost) == (4, 2, 1, 1)
	assert (found.opportunity_rate, found.won_rate) == (0.5, 0.25)
	assert renewal.referrals([]).won_rate is None
