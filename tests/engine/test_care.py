"""Tier and activity of a customer (P6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import care
from salesflow_std.engine.care import ActivityLimits, CareError, Proposal, TierLimits

TODAY = date(2026, 3, 4)
LONG_AGO = date(2020, 1, 1)
DAYS = st.one_of(st.none(), st.integers(0, 1000).map(lambda days: TODAY - timedelta(days=days)))


@pytest.mark.parametrize(
	("share", "tier"),
	[(0.05, "Strategic"), (0.0499, "Core"), (0.01, "Core"), (0.0099, "Ordinary"), (0, "Ordinary")],
)
def test_the_share_of_the_sales_proposes_the_tier(share, tier):
	assert care.propose_tier(share, None, TierLimits()) == Proposal(tier, "share")


@pytest.mark.parametrize(
	("share", "margin", "expected"),
	[
		(0.2, 0.19, Proposal("Core", "margin")),
		(0.2, 0.2, Proposal("Strategic", "share")),
		(0.02, -0.1, Proposal("Ordinary", "margin")),
		(0.001, -0.1, Proposal("Ordinary", "share")),
		(0.2, None, Proposal("Strategic", "share")),
	],
)
def test_too_low_a_margin_costs_a_tier(share, margin, expected):
	assert care.propose_tier(share, margin, TierLimits(margin=0.2)) == expected


def days_ago(days: int | None) -> date | None:
	return None if days is None else TODAY - timedelta(days=days)


@pytest.mark.parametrize(
	("order", "contact", "expected"),
	[
		(60, None, "High"),
		(61, None, "Medium"),
		(61, 0, "Medium"),
		(121, None, "Low"),
		(121, 120, "Medium"),
		(180, None, "Low"),
		(181, None, "Silent"),
		(181, 180, "Low"),
		(None, 181, "Silent"),
		(None, None, "Silent"),
		(-3, None, "High"),
	],
)
def test_activity_follows_orders_and_contacts(order, contact, expected):
	found = care.activity(TODAY, LONG_AGO, days_ago(order), days_ago(contact), ActivityLimits())
	assert found == expected


def test_a_new_customer_is_not_silent():
	assert care.activity(TODAY, days_ago(10), None, None, ActivityLimits()) == "Low"
	assert care.activity(TODAY, days_ago(181), None, None, ActivityLimits()) == "Silent"


@given(DAYS, DAYS, st.integers(0, 400))
def test_a_customer_gets_quieter_by_itself_and_never_livelier(order, contact, later):
	limits = ActivityLimits()
	before = care.activity(TODAY, LONG_AGO, order, contact, limits)
	after = care.activity(TODAY + timedelta(days=later), LONG_AGO, order, contact, limits)
	assert care.ACTIVITIES.index(after) >= care.ACTIVITIES.index(before)


@given(DAYS, DAYS)
def test_silent_since_the_last_that_was_heard(order, contact):
	since = care.silent_since(LONG_AGO, order, contact)
	assert since == max([day for day in (order, contact) if day], default=LONG_AGO)


@pytest.mark.parametrize(
	("tiers", "activity", "field"),
	[
		(TierLimits(core_share=0.1), ActivityLimits(), "tier_core_share"),
		(TierLimits(core_share=0), ActivityLimits(), "tier_core_share"),
		(TierLimits(strategic_share=1.5), ActivityLimits(), "tier_core_share"),
		(TierLimits(), ActivityLimits(high=0), "active_medium_days"),
		(TierLimits(), ActivityLimits(medium=200), "active_medium_days"),
	],
)
def test_limits_that_contradict_each_other_are_refused(tiers, activity, field):
	care.validate(TierLimits(), ActivityLimits())
	with pytest.raises(CareError) as problem:
		care.validate(tiers, activity)
	assert problem.value.field == field
