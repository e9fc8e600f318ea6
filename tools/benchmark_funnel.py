"""What `make benchmark` measures of the funnel on a site. Each function runs in the bench's Python and returns plain numbers."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable

import frappe
from frappe.utils import nowdate

from tools.benchmark_stages import PROCESS

_STEPS = 4

# A quarter of the deals were won, lost, and are open, two years of them; each went through all stages of an opportunity,
# so that as many rows are read as can be.
_DEALS = """insert into tabOpportunity (name, creation, modified, owner, modified_by, docstatus, idx, opportunity_from,
		party_name, title, status, company, currency, conversion_rate, opportunity_amount, base_opportunity_amount,
		source, territory, sf_grade, opportunity_owner, sf_sales_process, sf_stage, sf_lost_on)
	select concat('FUNNEL-', lpad(seq, 7, '0')), now(6), now(6), 'Administrator', 'Administrator', 0, 0, 'Customer',
		'Nobody', concat('Deal ', seq), elt(1 + seq %% 4, 'Open', 'Lost', 'Converted', 'Quotation'), %(company)s, %(currency)s, 1,
		1000 + seq %% 9000, 1000 + seq %% 9000, elt(1 + seq %% 5, 'Exhibition', 'Reference', 'Campaign', 'Cold Calling', null),
		null, elt(1 + seq %% 3, 'S', 'A', 'B'), concat('rep', seq %% 200, '@bench.example'), %(process)s, 'Closed and Served',
		if(seq %% 4 = 1, %(today)s - interval 1 day, null)
	from seq_1_to_{count}"""
# Names as the log's own are, so that neighbours in the index lie far apart in the table.
_LOG = """insert into `tabStage Transition` (name, creation, modified, owner, modified_by, docstatus, idx, reference_doctype,
		reference_name, title, sales_process, company, responsible, amount, from_stage, to_stage, direction, changed_on,
		changed_by, source, stay_hours, stay_days)
	select left(md5(concat('funnel', o.name, step.seq)), 10), now(6), now(6), 'Administrator', 'Administrator', 0, 0,
		'Opportunity', o.name, o.title, o.sf_sales_process, o.company, o.opportunity_owner, o.base_opportunity_amount,
		elt(step.seq, null, 'Needs Explored', 'Solution Presented', 'Negotiation'),
		elt(step.seq, 'Needs Explored', 'Solution Presented', 'Negotiation', 'Closed and Served'), 'Forward',
		%(today)s - interval 700 day + interval (crc32(o.name) %% 500000) minute
			+ interval (step.seq * (1 + crc32(concat(o.name, 'x')) %% 40000)) minute,
		'Administrator', 'Person', crc32(concat(o.name, step.seq)) %% 10000 / 100, 1
	from tabOpportunity o join seq_1_to_4 step where o.name like 'FUNNEL-%%' order by step.seq, o.creation"""

# The least that a funnel can be asked with: each document once in each stage.
_ONE_GROUP_BY = """select to_stage, count(distinct reference_name), avg(stay_hours), sum(amount)
	from `tabStage Transition` where reference_doctype = 'Opportunity' group by to_stage order by to_stage"""
# The same with what conversion and time are made of: when each document came and went last.
_BY_DOCUMENT = """select count(*), sum(times), max(last) from (
		select reference_name, to_stage, count(*) as times, min(changed_on) as first, max(changed_on) as last
		from `tabStage Transition` where reference_doctype = 'Opportunity' group by reference_name, to_stage) as each_one"""


def make_transitions(count: int) -> int:
	"""Opportunities with so many transitions together, straight into the tables; returns how many there are."""
	company, currency = frappe.db.get_value("Company", {}, ["name", "default_currency"], order_by="name")
	values = {"company": company, "currency": currency, "process": PROCESS, "today": nowdate()}
	frappe.db.sql(_DEALS.format(count=int(count) // _STEPS), values)
	frappe.db.commit()
	frappe.db.sql(_LOG, values)
	frappe.db.commit()
	frappe.db.sql("analyze table tabOpportunity, `tabStage Transition`")
	return frappe.db.count("Stage Transition", {"reference_name": ("like", "FUNNEL-%")})


def count_funnel() -> dict:
	"""Seconds of one GROUP BY over the log, of one by document, of the funnel with its percentiles and values, and of
	the whole report, by stage and by source; and the most memory so far."""
	from salesflow_std.salesflow_std.report.stage_funnel import stage_funnel as report

	filters = frappe._dict(from_date="2020-01-01", to_date=nowdate())
	found = {}

	def timed(name: str, what: Callable) -> object:
		begun = time.perf_counter()
		result = what()
		found[name] = time.perf_counter() - begun
		return result

	timed("group_by", lambda: frappe.db.sql(_ONE_GROUP_BY))
	timed("by_document", lambda: frappe.db.sql(_BY_DOCUMENT))
	found["deals"] = _count(timed, filters)
	asked = {**filters, "process": PROCESS}
	timed("report", lambda: report.execute(asked))
	timed("grouped", lambda: report.execute({**asked, "group_by": "Source"}))
	found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
	return found


def _count(timed: Callable, filters: frappe._dict) -> int:
	"""The funnel itself, forgotten again before the report reads its own; returns how many deals it has."""
	from salesflow_std.salesflow_std import processes, stage_funnel

	cohort = timed("read", lambda: stage_funnel.Cohort(processes.get(PROCESS), filters))
	stages = timed("count", cohort.funnel)
	timed(
		"percentiles", lambda: [(one.median_hours, one.p90_hours, one.value, one.won_value) for one in stages]
	)
	return len(cohort.deals)
