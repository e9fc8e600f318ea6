"""The funnel of a cohort on a real site, against a computation of its own; every number opens its deals (M1, M3)."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from statistics import mean, median

import frappe
import pytest

import salesflow_std
from salesflow_std.pipeline.run import Files, import_pipeline
from salesflow_std.salesflow_std.report.stage_funnel.stage_funnel import LISTS, execute
from tests.site import records

SAMPLE = Path(salesflow_std.__file__).parent / "pipeline" / "sample"
YEAR = {"from_date": "2026-01-01", "to_date": "2026-12-31"}
LEAD, QUALIFIED, NEEDS, SOLUTION, NEGOTIATION, WON = (
	"Lead Acquired",
	"Qualified",
	"Needs Explored",
	"Solution Presented",
	"Negotiation",
	"Closed and Served",
)


def funnel(**filters) -> dict:
	return {row["stage"]: row for row in execute({**YEAR, **filters})[1]}


@pytest.fixture
def imported(tmp_path):
	names = ("deals.csv", "mapping.json", "accounts.csv", "products.csv", "teams.csv")
	import_pipeline(Files(*(str(SAMPLE / name) for name in names)), refused_file=tmp_path / "refused.csv")


# By hand: from the file alone, with its working days counted one by one ----------------------------------------


def deals() -> list[dict]:
	"""The sample's rows that come in."""
	bad = {"D-10", "D-11", "D-12", "D-13"}
	rows, seen = [], set()
	for row in csv.DictReader(open(SAMPLE / "deals.csv")):
		if row["deal_id"] not in bad | seen:
			seen.add(row["deal_id"])
			rows.append(row)
	return rows


def worked(start: str, end: str) -> float:
	day, last, days = date.fromisoformat(start), date.fromisoformat(end), 0
	while day < last:
		days += day.weekday() < 5
		day += timedelta(days=1)
	return 8.0 * days


def test_the_sample_by_hand(imported):
	rows = [row for row in deals() if row["engage_date"]]
	won = [row for row in rows if row["deal_stage"] == "Won"]
	lost = [row for row in rows if row["deal_stage"] == "Lost"]
	hours = [worked(row["engage_date"], row["close_date"]) for row in won + lost]
	found = funnel()
	assert found[NEGOTIATION]["reached"] == len(rows) == 7
	assert found[NEGOTIATION]["went_on"] == len(won) == 3
	assert found[NEGOTIATION]["lost"] == len(lost) == 2
	assert found[NEGOTIATION]["here"] == len(rows) - len(won) - len(lost)
	assert found[NEGOTIATION]["conversion"] == pytest.approx(100 * len(won) / len(rows))
	assert found[NEGOTIATION]["median_hours"] == pytest.approx(median(hours))
	assert found[NEGOTIATION]["mean_hours"] == pytest.approx(mean(hours))
	assert found[WON]["reached"] == found[WON]["here"] == len(won)
	assert found[NEEDS]["reached"] == 0
	message = execute(YEAR)[2]
	assert "2 opportunities carry no date" in message


def test_a_cohort_is_of_those_that_began_in_it(imported):
	assert funnel(from_date="2026-02-01", to_date="2026-02-28")[NEGOTIATION]["reached"] == 1
	# It was won in the same month; the ones of January that were won in March are not among them.
	assert funnel(from_date="2026-02-01", to_date="2026-02-28")[WON]["reached"] == 1
	assert funnel(from_date="2025-01-01", to_date="2025-12-31")[NEGOTIATION]["reached"] == 0


def test_every_number_opens_its_deals(imported):
	for stage, row in funnel().items():
		for what in LISTS:
			shown = execute({**YEAR, "records": f"{what}:{stage}"})[1]
			assert len({found["document"] for found in shown}) == len(shown)
			if what in row:
				assert len(shown) == row[what]
	with pytest.raises(frappe.ValidationError, match="has no number"):
		execute({**YEAR, "records": "nothing:Nowhere"})


# Leads and their opportunities ---------------------------------------------------------------------------------


@pytest.fixture
def made(frozen_time):
	"""A lead that stays one, one that was given up, and one that became two opportunities."""
	with frozen_time("2026-03-02 09:00") as clock:
		stays = records.lead()
		given_up, sold = records.lead(), records.lead(source="Reference")
		clock.shift(days=1)
		sold.reload()
		sold.sf_stage = QUALIFIED
		sold.save()
		given_up.reload()
		given_up.status = "Do Not Contact"
		given_up.save()
		clock.shift(days=2)
		first = records.opportunity(party_name=sold.name)
		records.opportunity(party_name=sold.name)
		clock.shift(days=1)
		first.reload()
		first.sf_stage = SOLUTION
		first.save()
		clock.shift(days=3)
		first.reload()
		first.status = "Lost"
		first.save()
		yield frappe._dict(stays=stays, given_up=given_up, sold=sold, first=first)


def test_a_lead_and_what_became_of_it_is_one_deal(made):
	found = funnel()
	assert [found[stage]["reached"] for stage in (LEAD, QUALIFIED, NEEDS, SOLUTION)] == [3, 1, 1, 1]
	assert (found[LEAD]["here"], found[LEAD]["lost"], found[SOLUTION]["lost"]) == (1, 1, 1)
	# Monday to Tuesday, Tuesday to Thursday, Thursday to Friday, Friday to Monday: at nine.
	assert [found[stage]["median_hours"] for stage in (LEAD, QUALIFIED, NEEDS, SOLUTION)] == [8, 16, 8, 8]
	shown = execute({**YEAR, "records": f"lost:{SOLUTION}"})[1]
	assert [(row["document_type"], row["document"], row["hours"]) for row in shown] == [
		("Opportunity", made.first.name, 8)
	]


def test_filters(made, make_user):
	assert funnel(source="Reference")[LEAD]["reached"] == 1
	assert funnel(rep=make_user("Sales User"))[LEAD]["reached"] == 0
	assert funnel(company=records.COMPANY)[LEAD]["reached"] == 3
	assert funnel(from_date="2026-03-03")[LEAD]["reached"] == 0
	# It is the lead that began in the period, not its opportunity.
	assert funnel(from_date="2026-03-03")[NEEDS]["reached"] == 0


def test_a_rep_sees_their_own(made, make_user, as_user):
	rep = make_user("Sales User")
	for doctype, name in (("Lead", made.stays.name), ("Opportunity", made.first.name)):
		frappe.get_doc(
			{"doctype": "User Permission", "user": rep, "allow": doctype, "for_value": name}
		).insert()
	with as_user(rep):
		found = funnel()
	assert (found[LEAD]["reached"], found[SOLUTION]["lost"]) == (1, 1)
