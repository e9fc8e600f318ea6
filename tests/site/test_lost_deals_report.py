"""The report counts lost deals by reason, competitor, stage, rep and month, and opens them (M1)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import today

from salesflow_std.salesflow_std.report.lost_deals.lost_deals import execute
from tests.site import records

PERIOD = {"from_date": "2026-03-01", "to_date": "2026-05-31", "group_by": "Reason"}


@pytest.fixture
def lost(frozen_time, make_user):
	"""Three deals: two reasons and a competitor, one reason, none."""
	rep = make_user("Sales User", full_name="The Rep")
	for reason in ("Too dear", "Too late"):
		frappe.get_doc({"doctype": "Opportunity Lost Reason", "lost_reason": reason}).insert()
	frappe.get_doc({"doctype": "Competitor", "competitor_name": "Gamma AG"}).insert()

	def lose(reasons, competitors=(), **values):
		deal = records.opportunity(opportunity_amount=1000, transaction_date=today(), **values)
		clock.shift(days=10)
		deal.reload()
		deal.status = "Lost"
		for reason in reasons:
			deal.append("lost_reasons", {"lost_reason": reason})
		for competitor in competitors:
			deal.append("competitors", {"competitor": competitor})
		deal.sf_learned = "Ask for the budget first" if reasons else None
		deal.save()
		return deal

	with frozen_time("2026-03-02 09:00") as clock:
		first = lose(("Too dear", "Too late"), ("Gamma AG",), opportunity_owner=rep)
		clock.shift(days=20)
		second = lose(("Too dear",), sf_stage="Negotiation")
		third = lose(())
		yield frappe._dict(rep=rep, first=first, second=second, third=third)


def by(group: str, **filters) -> dict:
	return {row["grouped_by"]: row for row in execute({**PERIOD, "group_by": group, **filters})[1]}


def test_by_reason(lost):
	_columns, rows, _message, chart, summary = execute(PERIOD)
	assert [(row["grouped_by"], row["deals"], row["amount"]) for row in rows] == [
		("Too dear", 2, 2000),
		(None, 1, 1000),
		("Too late", 1, 1000),
	]
	assert rows[0]["share"] == pytest.approx(200 / 3)
	assert (rows[0]["days"], rows[0]["learned"]) == (10, 2)
	assert chart["data"]["datasets"][0]["values"] == [2, 1, 1]
	# Two reasons are still one deal.
	assert [part["value"] for part in summary] == [3, 3000, 2, 1]


def test_by_everything_else(lost):
	assert {key: row["deals"] for key, row in by("Competitor").items()} == {"Gamma AG": 1, None: 2}
	assert {key: row["deals"] for key, row in by("Stage").items()} == {"Needs Explored": 2, "Negotiation": 1}
	assert by("Rep")[lost.rep]["label"] == "The Rep"
	assert {key: row["deals"] for key, row in by("Month").items()} == {"2026-03": 1, "2026-04": 2}
	assert by("Deal")[lost.first.name]["what"] == "Ask for the budget first"


@pytest.mark.parametrize(
	("narrowed", "count"),
	[
		({"lost_reason": "Too late"}, 1),
		({"competitor": "Gamma AG"}, 1),
		({"sf_stage": "Negotiation"}, 1),
		({"learned": "budget"}, 2),
		({"company": records.COMPANY}, 3),
		({"from_date": "2026-04-01"}, 2),
	],
)
def test_filters(lost, narrowed, count):
	assert len(by("Deal", **narrowed)) == count


def test_a_reason_asked_for_is_the_only_one_shown(lost):
	assert list(by("Reason", lost_reason="Too late")) == ["Too late"]


def test_the_list_shows_what_the_number_says(lost):
	"""The filters with which the desk opens the list."""
	reason, rival = "Opportunity Lost Reason Detail", "Competitor Detail"
	period = ["Opportunity", "sf_lost_on", "between", ["2026-03-01", "2026-05-31"]]
	for condition, count in (
		([reason, "lost_reason", "=", "Too dear"], 2),
		([reason, "lost_reason", "is", "not set"], 1),
		([rival, "competitor", "is", "not set"], 2),
		(["Opportunity", "sf_learned", "is", "set"], 2),
	):
		shown = frappe.get_list("Opportunity", filters=[period, condition], order_by="name", distinct=True)
		assert len(shown) == count, condition


def test_what_was_lost_before_the_app_is_said(lost):
	deal = records.opportunity()
	frappe.db.set_value("Opportunity", deal.name, "status", "Lost")
	assert ">1</a> lost deals carry no date" in execute(PERIOD)[2]


def test_unknown_grouping_is_refused():
	with pytest.raises(frappe.ValidationError, match="no grouping by"):
		execute({**PERIOD, "group_by": "name; drop table tabLead"})
