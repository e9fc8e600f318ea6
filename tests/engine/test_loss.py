"""The states of a loss analysis and what each of them needs (P6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import care, loss

CAUSES = {"causes", "analysis"}
OFFER = {"offer_kind", "offer"}


@pytest.mark.parametrize(
	"status, there, missing",
	[
		(loss.OPEN, set(), ()),
		(loss.ANALYSED, set(), ("causes", "analysis")),
		(loss.ANALYSED, CAUSES, ()),
		(loss.OFFER_MADE, OFFER, ("causes", "analysis")),
		(loss.OFFER_MADE, CAUSES, ("offer_kind", "offer")),
		(loss.OFFER_MADE, CAUSES | OFFER, ()),
		(loss.WON_BACK, CAUSES | OFFER, ("ordered",)),
		(loss.WON_BACK, {"ordered"}, ()),
		(loss.GIVEN_UP, CAUSES, ("outcome_note",)),
		(loss.GIVEN_UP, {"causes", "outcome_note"}, ()),
	],
)
def test_what_a_state_needs(status, there, missing):
	assert loss.missing(status, there) == missing


@given(st.sampled_from(list(loss.NEEDS)), st.sampled_from(list(loss.NEEDS)))
def test_it_goes_ahead_or_back_and_what_has_ended_does_not_begin_again(before, status):
	assert not (loss.goes_back(before, status) and loss.goes_back(status, before)) or {
		before,
		status,
	} == {loss.WON_BACK, loss.GIVEN_UP}
	assert not loss.goes_back(before, before)
	if before in (loss.WON_BACK, loss.GIVEN_UP) and status != before:
		assert loss.goes_back(before, status)
	if before in loss.UNDER_WAY and status in (loss.WON_BACK, loss.GIVEN_UP):
		assert not loss.goes_back(before, status)


def test_the_states_have_an_order():
	assert loss.goes_back(loss.ANALYSED, loss.OPEN) and loss.goes_back(loss.OFFER_MADE, loss.ANALYSED)
	assert not loss.goes_back(loss.OPEN, loss.OFFER_MADE)


@given(st.integers(1, 400), st.integers(0, 60))
def test_who_falls_silent_today_is_news_and_for_some_days_more(silent_after, for_days):
	today = date(2027, 6, 15)
	limits = care.ActivityLimits(high=1, medium=1, silent=silent_after)
	# Silent is who was heard of a day longer ago than that.
	last = today - timedelta(days=silent_after + 1)
	assert care.activity(today, last, last, None, limits) == care.SILENT
	oldest = loss.oldest_news(today, silent_after, for_days)
	assert (last >= oldest) == (for_days >= 1)
	assert oldest == today - timedelta(days=silent_after + for_days)
