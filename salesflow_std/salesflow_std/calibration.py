"""What became of graded documents, by the grade they had before anybody knew (L5, L6, L9).

The grade that counts is that of the last BNAU Score before the document ended; where nobody knows when it ended, that of
its first. Who was graded only afterwards does not count: a grade given after winning tells nothing. What is still open
counts as not won when its grade is old enough, and else not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import frappe
from frappe.utils import add_days, cint, get_datetime, getdate, now_datetime
from pypika import Case as When
from pypika import functions

from salesflow_std.engine import calibration as rules
from salesflow_std.engine import scoring
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import processes, scope, stage_limits, transitions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import default_model

LEAD, OPPORTUNITY = "Lead", "Opportunity"
DOCTYPES = (LEAD, OPPORTUNITY)
WON, NOT_WON, TOO_LONG = "won", "not won", "open too long"
# What is open so many days after its grade counts as not won.
OPEN_DAYS = 180
_LOST_LEADS = ("Do Not Contact", "Lost Quotation")
_CHUNK = 2000


@dataclass
class History:
	"""Cases, with what is to be shown of each by its name, and how many were left out because of what."""

	model: str | None = None
	cases: list[rules.Case] = field(default_factory=list)
	documents: dict[str, frappe._dict] = field(default_factory=dict)
	afterwards: int = 0
	still_open: int = 0
	undated: int = 0


def chosen_model(filters: frappe._dict) -> str | None:
	"""The scoring model asked for, else the one in use for the documents."""
	return filters.scoring_model or default_model(filters.document_type or LEAD, filters.company or None)


def history(filters: frappe._dict) -> History:
	"""The graded documents that the user may see, and how they ended.

	`filters`: `document_type`, `scoring_model`, `from_date` and `to_date` (of the grade that counts), `open_days` (0
	leaves what is open out), `company`.
	"""
	doctype = filters.document_type or LEAD
	if doctype not in DOCTYPES:
		return History()
	found = History(model=chosen_model(filters))
	if not found.model:
		return found
	begin = get_datetime(getdate(filters.from_date))
	until = get_datetime(add_days(getdate(filters.to_date), 1))
	days = OPEN_DAYS if filters.open_days in (None, "") else cint(filters.open_days)
	old_enough = add_days(now_datetime(), -days)
	scores = _scores(doctype, found.model, filters.company)
	subjects = {rows[0].reference_name: rows[0] for rows in scores}
	ends = _ends(doctype, subjects)
	for rows in scores:
		name = rows[0].reference_name
		outcome, ended_on = ends.get(name, (None, None))
		before = [row for row in rows if ended_on is None or row.scored_on < ended_on]
		if not before:
			found.afterwards += 1
			continue
		score = before[0] if outcome and ended_on is None else before[-1]
		if not begin <= score.scored_on < until or not score.grade:
			continue
		if outcome is None:
			if not days or score.scored_on >= old_enough:
				found.still_open += 1
				continue
			outcome = TOO_LONG
		found.undated += outcome != TOO_LONG and ended_on is None
		found.cases.append(_case(name, score, outcome))
		found.documents[name] = frappe._dict(
			score, doctype=doctype, name=name, outcome=outcome, ended_on=ended_on
		)
	return found


def _case(name: str, score: frappe._dict, outcome: str) -> rules.Case:
	try:
		points = scoring.unpack_points(score.points)
	except EngineError:
		points = {}  # a text from elsewhere: its grade counts, its points are not known
	return rules.Case(name, score.grade, float(score.total or 0), points, outcome == WON)


# Reading ------------------------------------------------------------------------------------------------------------


def _scores(doctype: str, model: str, company: str | None) -> list[list[frappe._dict]]:
	"""All scorings by a model of the documents that the user may see, by document, oldest first."""
	table, score = frappe.qb.DocType(doctype), frappe.qb.DocType("BNAU Score")
	more = (
		(table.sf_invalid_reason, table.sf_lost_reason)
		if doctype == LEAD
		else (table.sf_lost_on, table.party_name)
	)
	query = (
		frappe.qb.from_(table)
		.join(score)
		.on((score.reference_doctype == doctype) & (score.reference_name == table.name))
		.select(
			score.reference_name,
			score.scored_on,
			score.grade,
			score.total,
			score.points,
			score.source,
			table.title,
			table.status,
			table[stage_limits.OWNERS[doctype]].as_("rep"),
			*more,
		)
		.where(score.scoring_model == model)
		.orderby(table.name)
		.orderby(score.scored_on)
		.orderby(score.creation)
		.orderby(score.name)
	)
	if company:
		query = query.where(table.company == company)
	query = scope.narrowed(query, doctype, stage_limits.OWNERS[doctype])
	found: list[list[frappe._dict]] = []
	for row in query.run(as_dict=True):
		if not found or found[-1][0].reference_name != row.reference_name:
			found.append([])
		found[-1].append(row)
	return found


def _ends(doctype: str, subjects: dict[str, frappe._dict]) -> dict[str, tuple[str, datetime | None]]:
	"""Name -> (WON or NOT_WON, when, None where nobody knows) of the documents that have ended."""
	if doctype == OPPORTUNITY:
		won_on = _won_on([name for name, row in subjects.items() if row.status == "Converted"])
		return {
			name: end for name, row in subjects.items() if (end := _end_of_opportunity(row, won_on.get(name)))
		}
	return _ends_of_leads(subjects)


def _end_of_opportunity(row: frappe._dict, won_on: datetime | None) -> tuple[str, datetime | None] | None:
	if row.status == "Converted":
		return WON, won_on
	if row.status == "Lost":
		return NOT_WON, row.sf_lost_on
	return (NOT_WON, None) if row.status == "Closed" else None


def _ends_of_leads(subjects: dict[str, frappe._dict]) -> dict[str, tuple[str, datetime | None]]:
	"""A lead is won with the first of its opportunities, or when it becomes a customer without one; it is not won when
	it is invalid or lost, or when all its opportunities are."""
	made = _opportunities(list(subjects))
	won_on = _won_on([row.name for rows in made.values() for row in rows if row.status == "Converted"])
	customers = _customers([name for name, row in subjects.items() if row.status == "Converted"])
	found = {}
	for name, row in subjects.items():
		ends = [_end_of_opportunity(one, won_on.get(one.name)) for one in made.get(name, ())]
		moments = [end[1] for end in ends if end and end[0] == WON]
		if moments:
			found[name] = WON, None if None in moments else min(moments)
		elif row.status == "Converted":
			found[name] = WON, customers.get(name)
		elif ends and all(ends):
			moments = [end[1] for end in ends]
			found[name] = NOT_WON, None if None in moments else max(moments)
		elif row.sf_invalid_reason or row.sf_lost_reason or row.status in _LOST_LEADS:
			found[name] = NOT_WON, None
	return found


def _opportunities(leads: Sequence[str]) -> dict[str, list[frappe._dict]]:
	"""Lead -> its opportunities: those made of it, whoever may see them, as they say only how the lead ended."""
	found: dict[str, list[frappe._dict]] = {}
	for names in _chunks(leads):
		for row in frappe.get_all(
			OPPORTUNITY,
			filters={"opportunity_from": LEAD, "party_name": ("in", names)},
			fields=["name", "party_name", "status", "sf_lost_on"],
			order_by="name",
		):
			found.setdefault(row.party_name, []).append(row)
	return found


def _customers(leads: Sequence[str]) -> dict[str, datetime]:
	"""When leads became customers."""
	found: dict[str, datetime] = {}
	for names in _chunks(leads):
		for row in frappe.get_all(
			"Customer",
			filters={"lead_name": ("in", names)},
			fields=["lead_name", "creation"],
			order_by="creation desc",
		):
			found[row.lead_name] = row.creation
	return found


def _won_on(opportunities: Sequence[str]) -> dict[str, datetime]:
	"""When opportunities entered the last stage of a process for the first time; those of which the log knows."""
	last = processes.final_stages()
	if not last:
		return {}
	log = frappe.qb.DocType(transitions.DOCTYPE)
	found: dict[str, datetime] = {}
	for names in _chunks(opportunities):
		rows = (
			frappe.qb.from_(log)
			.select(
				log.reference_name,
				functions.Min(log.changed_on),
				functions.Sum(When().when(log.changed_on.isnull(), 1).else_(0)),
			)
			.where((log.reference_doctype == OPPORTUNITY) & log.reference_name.isin(names))
			.where(log.to_stage.isin(last))
			.groupby(log.reference_name)
			.run()
		)
		found.update({name: moment for name, moment, unknown in rows if moment and not unknown})
	return found


def _chunks(names: Sequence[str]) -> Iterable[Sequence[str]]:
	for start in range(0, len(names), _CHUNK):
		yield names[start : start + _CHUNK]
