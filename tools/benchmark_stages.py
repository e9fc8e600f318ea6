"""What `make benchmark` measures of the stages on a site. Each function runs in the bench's Python and returns plain numbers."""

from __future__ import annotations

import json
import random
import statistics
import time
from datetime import timedelta

import frappe
from frappe.utils import add_days, now_datetime, nowdate

from tools.benchmark_probes import _quiet, _rows

_SEED = 20261122
_STARTS, _GOES_TO = "Prospecting", "Proposal/Price Quote"
PROCESS = "Six Stages"
# One of every kind that an opportunity can meet without other records, on the way from the first stage to the next.
_GATES = (
	{"kind": "Fields Filled", "moment": "Leaving", "fieldnames": "opportunity_amount\nexpected_closing"},
	{"kind": "Grade at Least", "moment": "Leaving", "grade": "B"},
	{"kind": "First Touch Done", "moment": "Leaving"},
	{"kind": "Objections Answered", "moment": "Entering"},
	{"kind": "File Attached", "moment": "Entering"},
	{"kind": "Expression", "moment": "Entering", "expression": "doc.opportunity_amount > 0"},
)


def ask_no_gates() -> None:
	"""What the other benchmarks make is not led through the stages."""
	frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Off")
	frappe.db.commit()


def set_six_gates() -> int:
	"""Six gates, all of which block, between the first two stages of an opportunity; returns how many there are."""
	process = frappe.get_doc("Sales Process", PROCESS)
	process.gates = []
	for gate in _GATES:
		stage = "Needs Explored" if gate["moment"] == "Leaving" else "Solution Presented"
		process.append("gates", {"stage": stage, "gate": gate["kind"], "mode": "Block", **gate})
	process.save()
	frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Block")
	frappe.db.commit()
	return len(process.gates)


def _opportunities(count: int) -> list[str]:
	"""Opportunities of one customer, in their first stage; with the app all six gates are met."""
	names = frappe.get_all(
		"Opportunity",
		filters={"title": ("like", "Stage bench %")},
		pluck="name",
		order_by="name",
		limit=count,
	)
	with_app = frappe.get_meta("Opportunity").has_field("sf_stage")
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	customer = frappe.db.get_value("Customer", {"customer_name": "Stage Bench Works"}) or (
		frappe.get_doc({"doctype": "Customer", "customer_name": "Stage Bench Works"}).insert().name
	)
	for i in range(len(names), count):
		doc = frappe.get_doc(
			{
				"doctype": "Opportunity",
				"opportunity_from": "Customer",
				"party_name": customer,
				"company": company,
				"title": f"Stage bench {i:05d}",
				"sales_stage": _STARTS,
				"opportunity_amount": 50_000,
				"expected_closing": add_days(nowdate(), 20),
			}
		).insert()
		if with_app:
			_meet_the_gates(doc.name)
		names.append(doc.name)
	frappe.db.commit()
	return names


def _meet_the_gates(name: str) -> None:
	now = now_datetime()
	frappe.db.set_value(
		"Opportunity",
		name,
		{"sf_grade": "A", "sf_grade_frozen_until": add_days(nowdate(), 90), "sf_last_touch_on": now},
	)
	paper = frappe.new_doc("File")
	paper.update(
		{
			"name": f"bench-{name}",
			"file_name": "offer.pdf",
			"attached_to_doctype": "Opportunity",
			"attached_to_name": name,
		}
	)
	paper.db_insert()


def save_opportunities(count: int, move: bool) -> dict:
	"""Median seconds of saving opportunities one by one, each read before and committed after.

	With `move` each goes on by one stage; without, something else is changed.
	"""
	_quiet()
	names = _opportunities(count)
	_back_to_the_start()
	times = []
	for turn, name in enumerate([*names[:5], *names]):
		if turn == 5 and move:
			_back_to_the_start()
		doc = frappe.get_doc("Opportunity", name)
		if move:
			doc.sales_stage = _GOES_TO
		else:
			doc.city = f"City {turn}-{time.time_ns()}"
		begun = time.perf_counter()
		doc.save()
		frappe.db.commit()
		times.append(time.perf_counter() - begun)
	return {"median": statistics.median(times[5:])}


def _back_to_the_start() -> None:
	values = {"sales_stage": _STARTS}
	if frappe.get_meta("Opportunity").has_field("sf_stage"):
		values |= {"sf_stage": "Needs Explored", "sf_stage_passed": "Needs Explored"}
	frappe.db.set_value("Opportunity", {"title": ("like", "Stage bench %")}, values, update_modified=False)
	frappe.db.commit()


# Back-fill -----------------------------------------------------------------------------------------------------


def make_old_opportunities(count: int) -> None:
	"""Opportunities of two years, as they were before the stages, straight into the table; one in twenty has versions."""
	rng = random.Random(_SEED)
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	now = now_datetime().replace(microsecond=0)
	words = ["Prospecting", "Qualification", "Needs Analysis", "Proposal/Price Quote", "Negotiation/Review"]
	rows, versions = [], []
	for i in range(count):
		made = now - timedelta(minutes=rng.randrange(1, 730 * 24 * 60))
		row = {
			"name": f"STAGE-{i:07d}",
			"creation": made,
			"modified": made,
			"owner": "Administrator",
			"modified_by": "Administrator",
			"opportunity_from": "Customer",
			"party_name": "Nobody",
			"title": f"Old Deal {i}",
			"status": rng.choice(["Open", "Open", "Lost", "Converted", "Quotation"]),
			"sales_stage": rng.choice(words),
			"company": company,
			"base_opportunity_amount": rng.randrange(1_000, 500_000),
		}
		rows.append(row)
		if i % 20 == 0:
			data = json.dumps({"changed": [["sales_stage", _STARTS, row["sales_stage"]]]})
			versions.append(
				{
					"name": f"bench-{i:07d}",
					"creation": made + (now - made) / 2,
					"modified": made,
					"owner": "Administrator",
					"modified_by": "Administrator",
					"ref_doctype": "Opportunity",
					"docname": row["name"],
					"data": data,
				}
			)
	_rows("Opportunity", rows)
	_rows("Version", versions)


_ONE_INSERT = """insert into `tabStage Transition` (name, creation, modified, owner, modified_by, docstatus, idx,
		reference_doctype, reference_name, title, sales_process, company, responsible, grade, amount, to_stage,
		direction, changed_on, changed_by, source)
	select left(md5(concat('bench', name)), 10), %(now)s, %(now)s, 'Administrator', 'Administrator', 0, 0,
		'Opportunity', name, title, %(process)s, company, owner, sf_grade, base_opportunity_amount, 'Needs Explored',
		'Entered', creation, owner, 'Taken In'
	from tabOpportunity where name like 'STAGE-%%'"""


def back_fill() -> dict:
	"""Seconds of one INSERT … SELECT of the transitions, and of the back-fill, which also finds out where each
	opportunity stands, reads what versions tell, and writes stage, deadline and process into the opportunities."""
	from salesflow_std.jobs import stage_backfill

	frappe.db.sql(
		"""update tabOpportunity set sf_stage = null, sf_stage_passed = null, sf_sales_process = null,
			sf_stage_entered_on = null, sf_stage_due = null, sf_stage_late = '' where name like 'STAGE-%%'"""
	)
	_forget_log()
	frappe.db.sql("analyze table tabOpportunity, `tabStage Transition`")
	begun = time.perf_counter()
	frappe.db.sql(_ONE_INSERT, {"now": now_datetime(), "process": PROCESS})
	frappe.db.commit()
	insert = time.perf_counter() - begun
	_forget_log()
	frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)
	frappe.db.commit()
	begun = time.perf_counter()
	taken = stage_backfill.run()
	seconds = time.perf_counter() - begun
	begun = time.perf_counter()
	stage_backfill.run()
	again = time.perf_counter() - begun
	moves = frappe.db.count("Stage Transition", {"reference_name": ("like", "STAGE-%")})
	return {"insert": insert, "backfill": seconds, "taken": taken, "moves": moves, "again": again}


def _forget_log() -> None:
	frappe.db.delete("Stage Transition", {"reference_name": ("like", "STAGE-%")})
	frappe.db.commit()
