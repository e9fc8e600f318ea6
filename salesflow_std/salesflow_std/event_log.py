"""The log of stages as process-mining tools read it: case, activity, timestamp, resource (M3).

A case is a deal, so a lead and the opportunities it became are one. Each case is told whole, from its first stage on,
whatever the period it ends in. Who worked on it are users of the house; of customers there is nothing but names of
documents. What nobody knows the time of is left out: no tool can place it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import get_system_timezone

from salesflow_std.salesflow_std import stage_funnel, transitions
from salesflow_std.salesflow_std.stage_funnel import Cohort

COLUMNS = (
	"case_id",
	"activity",
	"timestamp",
	"resource",
	"doctype",
	"document",
	"company",
	"grade",
	"amount",
	"currency",
)
LOST = "Lost"
_CHUNK = 500
# A spreadsheet takes what begins with these for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def lines(cohort: Cohort, after: str | None = None) -> Iterator[str]:
	"""The log as pieces of CSV, ordered by case and time, read so many cases at once; the first piece is the heading.

	`after` is the last case that somebody has whole already: the log goes on behind it.
	"""
	zone = ZoneInfo(get_system_timezone())
	yield _csv([COLUMNS])
	keys = sorted(key for key in (deal.key for deal in cohort.deals) if not after or key > after)
	for start in range(0, len(keys), _CHUNK):
		events = _events(cohort, keys[start : start + _CHUNK])
		yield _csv(_line(event, zone) for event in events)


def _events(cohort: Cohort, keys: Sequence[str]) -> list[tuple]:
	"""``(case, moment, creation, order, row)`` of some cases, in order."""
	cases: dict[tuple[str, str], str] = {}
	found = []
	for key in keys:
		for row in cohort.rows_of(key):
			cases[row.doctype, row.name] = key
			if row.doctype == stage_funnel.OPPORTUNITY and row.status == LOST and row.sf_lost_on:
				found.append((key, row.sf_lost_on, row.sf_lost_on, 1, _lost(cohort, row)))
	log = frappe.qb.DocType(transitions.DOCTYPE)
	for doctype in (stage_funnel.LEAD, stage_funnel.OPPORTUNITY):
		names = [name for of, name in cases if of == doctype]
		if not names:
			continue
		for row in (
			frappe.qb.from_(log)
			.select(
				log.reference_doctype,
				log.reference_name,
				log.to_stage,
				log.changed_on,
				log.changed_by,
				log.company,
				log.grade,
				log.amount,
				log.creation,
			)
			.where((log.reference_doctype == doctype) & log.reference_name.isin(names))
			.where(log.changed_on.isnotnull())
			.orderby(log.changed_on, log.creation, log.name)
			.run(as_dict=True)
		):
			found.append((cases[doctype, row.reference_name], row.changed_on, row.creation, 0, row))
	return sorted(found, key=lambda event: event[:4])


def _lost(cohort: Cohort, row: stage_funnel.Row) -> frappe._dict:
	return frappe._dict(
		reference_doctype=row.doctype,
		reference_name=row.name,
		to_stage=LOST,
		company=row.company,
		grade=row.sf_grade,
		amount=cohort.value_of(row),
	)


def _line(event: tuple, zone: ZoneInfo) -> tuple[object, ...]:
	case, moment, _creation, _order, row = event
	currency = frappe.get_cached_value("Company", row.company, "default_currency") if row.company else None
	return (
		_text(case),
		_text(row.to_stage),
		_stamp(moment, zone),
		_text(row.changed_by),
		_text(row.reference_doctype),
		_text(row.reference_name),
		_text(row.company),
		_text(row.grade),
		f"{row.amount:.2f}" if row.amount else "",
		_text(currency) if row.amount else "",
	)


def _stamp(moment: datetime, zone: ZoneInfo) -> str:
	return moment.replace(tzinfo=zone).isoformat(timespec="milliseconds")


def _text(value: str | None) -> str:
	"""A cell that no spreadsheet takes for a formula."""
	text = value or ""
	return f"'{text}" if text.startswith(_FORMULAS) else text


def _csv(rows: Iterable[Sequence[object]]) -> str:
	out = StringIO()
	csv.writer(out, lineterminator="\r\n").writerows(rows)
	return out.getvalue()
