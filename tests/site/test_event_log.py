"""The log of stages for process-mining tools: whole cases, in order, of those only whom one may see (M3)."""

from __future__ import annotations

import csv
from datetime import datetime
from io import StringIO

import frappe
import pytest

from salesflow_std.salesflow_std import event_log
from tests.site import funnels, records
from tests.site.funnels import LEAD, NEEDS, QUALIFIED, SOLUTION, WON, through

DOWNLOAD = "salesflow_std.api.event_log.download"
YEAR = {"from_date": "2026-01-01", "to_date": "2026-12-31", "process": funnels.PROCESS}


@pytest.fixture
def log(call):
	"""`log(company=…)`: the lines of the file, as a tool reads them."""

	def read(**filters) -> list[dict]:
		answer = call(DOWNLOAD, **{**YEAR, **filters})
		return list(csv.DictReader(StringIO(b"".join(answer.response).decode())))

	return read


def test_a_lead_and_its_opportunities_are_one_case_with_all_that_happened(log):
	lead = funnels.lead(
		[(LEAD, "2026-02-02 09:00"), (QUALIFIED, "2026-02-03 09:00:00.250000")], status="Opportunity"
	)
	lost = funnels.deal(
		[(NEEDS, "2026-02-05 09:00"), (SOLUTION, "2026-02-09 09:00"), (NEEDS, "2026-02-10 09:00")],
		of_lead=lead,
		status="Lost",
		sf_lost_on="2027-01-04 09:00",
		opportunity_amount=100,
		currency="EUR",
		conversion_rate=8,
	)
	other = funnels.deal(through(NEEDS, "2026-02-06 09:00"), of_lead=lead)
	found = log()
	assert tuple(found[0]) == event_log.COLUMNS
	assert [(row["activity"], row["document"]) for row in found] == [
		(LEAD, lead),
		(QUALIFIED, lead),
		(NEEDS, lost),
		(NEEDS, other),
		(SOLUTION, lost),
		(NEEDS, lost),
		("Lost", lost),
	]
	assert {row["case_id"] for row in found} == {lead}
	moments = [datetime.fromisoformat(row["timestamp"]) for row in found]
	assert moments == sorted(moments)
	assert all(moment.utcoffset() is not None for moment in moments)
	assert found[1]["timestamp"].startswith("2026-02-03T09:00:00.250")
	assert (found[-1]["amount"], found[-1]["currency"], found[0]["amount"]) == ("800.00", "CNY", "")
	assert found[0]["resource"] == "Administrator"


def test_what_nobody_knows_the_time_of_is_left_out_and_others_periods_are(log):
	known = funnels.deal([(NEEDS, None), (SOLUTION, "2026-03-02 09:00")])
	funnels.deal(through(WON, "2025-03-02 09:00"))
	assert [(row["case_id"], row["activity"]) for row in log()] == [(known, SOLUTION)]


def test_it_goes_on_where_it_broke_off(log, monkeypatch):
	monkeypatch.setattr(event_log, "_CHUNK", 2)
	for _number in range(5):
		funnels.deal(through(WON, "2026-03-02 09:00"))
	whole = log()
	assert len(whole) == 20
	cases = [row["case_id"] for row in whole]
	assert cases == sorted(cases)
	assert log(after=cases[4 * 3 - 1]) == whole[12:]


def test_it_is_read_in_pieces(call, count_queries):
	for _number in range(event_log._CHUNK + 1):
		funnels.deal([(NEEDS, "2026-03-02 09:00")])
	pieces = iter(call(DOWNLOAD, **YEAR).response)
	assert next(pieces).startswith(b"case_id,activity,timestamp,resource")
	with count_queries() as queries:
		assert next(pieces).count(b"\r\n") == event_log._CHUNK
	assert len([query for query in queries if "Stage Transition" in query]) == 1
	assert next(pieces).count(b"\r\n") == 1


def test_no_cell_is_a_formula(log):
	funnels.deal(
		[(NEEDS, "2026-03-02 09:00")], name='=HYPERLINK("http://x.example")', company=records.COMPANY
	)
	(row,) = log()
	assert row["case_id"] == row["document"] == '\'=HYPERLINK("http://x.example")'


def test_whose_deals_are_in_it(log, rep, manager, make_user, as_user, call):
	mine = funnels.deal(through(NEEDS, "2026-03-02 09:00"), opportunity_owner=rep)
	theirs = funnels.deal(through(NEEDS, "2026-03-02 09:00"), opportunity_owner=make_user("Sales User"))
	with as_user(manager):
		assert {row["case_id"] for row in log()} == {mine}
	# As ERPNext ships, who sells exports no list; with that right it is their own deals.
	with as_user(rep), pytest.raises(frappe.PermissionError, match="export"):
		log()
	for doctype in ("Lead", "Opportunity"):
		frappe.permissions.setup_custom_perms(doctype)
		frappe.db.set_value(
			"Custom DocPerm", {"parent": doctype, "role": "Sales User", "permlevel": 0}, "export", 1
		)
		frappe.clear_cache(doctype=doctype)
	with as_user(rep):
		assert {row["case_id"] for row in log()} == {mine}
	assert {row["case_id"] for row in log()} == {mine, theirs}
	with as_user(make_user("Stock User")), pytest.raises(frappe.PermissionError):
		log()


def test_a_period_or_a_process_that_is_none_is_refused(log):
	for wrong in ({"to_date": "2020-01-01"}, {"process": "<i>Nothing</i>"}):
		with pytest.raises(frappe.ValidationError):
			log(**wrong)
