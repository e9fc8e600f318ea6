"""The report counts every objection once, and shows a rep only what they may see (S4, S5)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.jobs import objection_clock
from salesflow_std.salesflow_std import objections
from salesflow_std.salesflow_std.report.objections.objections import execute
from tests.site import records
from tests.site.raised import objection

FILTERS = {"from_date": "2027-01-01", "to_date": "2027-01-31", "group_by": "Kind"}


@pytest.fixture
def quarter(frozen_time, make_user):
	"""Five objections of three kinds, hand-counted below."""
	rep = make_user("Sales User", full_name="The Rep")
	kept = records.opportunity()
	with frozen_time("2027-01-08 10:00") as clock:
		first = objection(kept, verdict="Genuine", allocated_to=rep)
		second = objection(verdict="Stall", answer="At once")
		third = objection(kind="Trust", verdict="Genuine", answer="At once")
		objection(kind="Trust")
		competitor = frappe.get_doc({"doctype": "Competitor", "competitor_name": "Gamma AG"}).insert().name
		objection(kind="Competitor", competitor=competitor, answer="At once")
		clock.shift(days=1)
		objections.answer(first.name, "The next day")
		objections.close(second.name, True)
		objections.close(third.name, False, outcome="They want a trial")
		clock.shift(days=9)
		objection_clock.tick()
		yield frappe._dict(rep=rep, kept=kept, competitor=competitor)


def test_counts_by_kind(quarter):
	_columns, rows, _message, chart, summary = execute(FILTERS)
	by_kind = {row["grouped_by"]: row for row in rows}
	price, trust = by_kind["Price"], by_kind["Trust"]
	assert (price["objections"], price["genuine"], price["genuine_share"]) == (2, 1, 50)
	assert (price["settled"], price["settled_share"], price["days"], price["missed"]) == (1, 100, 0.5, 0)
	assert (trust["objections"], trust["open"], trust["missed"]) == (2, 1, 1)
	assert (trust["settled_share"], trust["days"]) == (0, 0)
	rival = by_kind["Competitor"]
	assert (rival["genuine_share"], rival["settled_share"]) == (None, None)
	assert [part["value"] for part in summary] == [5, 67, 50, 1]
	assert len(chart["data"]["labels"]) == 3


def test_counts_by_competitor_and_by_rep(quarter):
	rows = execute({**FILTERS, "group_by": "Competitor"})[1]
	assert {row["grouped_by"]: row["objections"] for row in rows} == {None: 4, quarter.competitor: 1}
	rows = execute({**FILTERS, "group_by": "Responsible"})[1]
	assert {row["label"]: row["objections"] for row in rows} == {"Administrator": 4, "The Rep": 1}


@pytest.mark.parametrize(
	("narrowed", "count"),
	[({"kind": "Trust"}, 2), ({"company": records.COMPANY}, 5), ({"from_date": "2027-01-09"}, 0)],
)
def test_filters(quarter, narrowed, count):
	assert sum(row["objections"] for row in execute({**FILTERS, **narrowed})[1]) == count
	assert len(execute({**FILTERS, "allocated_to": quarter.rep})[1]) == 1


def test_a_rep_sees_their_own(quarter, as_user):
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": quarter.rep,
			"allow": "Opportunity",
			"for_value": quarter.kept.name,
		}
	).insert()
	with as_user(quarter.rep):
		assert [(row["grouped_by"], row["objections"]) for row in execute(FILTERS)[1]] == [("Price", 1)]


def test_unknown_grouping_is_refused():
	with pytest.raises(frappe.ValidationError, match="no grouping by"):
		execute({**FILTERS, "group_by": "name; drop table tabLead"})
