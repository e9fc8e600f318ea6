"""Closing a month: what everybody has earned is written down, and stays (M5).

A month of a company is closed in one transaction, with a KPI Score for everybody who has a number or a target and one
for what is nobody's, which says by its status that the month is closed. Re-opened, the scores go and that one stays with
its reason as a comment: such a month waits for a person to close it again.
"""

from __future__ import annotations

from datetime import date

import frappe
from frappe import _
from frappe.utils import (
	cint,
	escape_html,
	flt,
	get_first_day,
	get_last_day,
	getdate,
	now_datetime,
)

from salesflow_std.engine import kpi
from salesflow_std.salesflow_std import kpi_documents, kpi_numbers
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)
from salesflow_std.salesflow_std.kpi_documents import NOBODY

DOCTYPE = "KPI Score"
CLOSED, REOPENED = "Closed", "Reopened"


def score_key(company: str, month: date, sales_person: str = NOBODY) -> str:
	"""What there is one score of."""
	return f"{company}|{month:%Y-%m}|{sales_person}"


def is_closed(company: str, month: date) -> bool:
	"""Whether a month of a company is closed."""
	return frappe.db.get_value(DOCTYPE, {"score_key": score_key(company, month)}, "status") == CLOSED


def close(company: str, month: date, by: str | None = None) -> int:
	"""Closes a month; returns how many scores were written, 0 where it is closed already.

	Raises ValidationError for a month that is not over.
	"""
	month = get_first_day(month)
	if getdate() <= get_last_day(month):
		frappe.throw(
			_("{0} is not over yet. A month is closed when nothing more can come into it.").format(
				_month(month)
			),
			title=_("Close Month"),
		)
	# Whoever closes at the same moment waits here, and finds it done.
	frappe.db.get_value("Company", company, "name", for_update=True)
	key = score_key(company, month)
	marker = frappe.db.get_value(
		DOCTYPE, {"score_key": key}, ["name", "status"], as_dict=True, for_update=True
	)
	if marker and marker.status == CLOSED:
		return 0
	table = kpi_numbers.Table(company, month, get_last_day(month))
	cells = {cell.sales_person: cell for cell in table.cells}
	cells.setdefault(NOBODY, kpi_numbers.Cell(NOBODY, month))
	for person, cell in cells.items():
		_write(table, cell, by, marker.name if marker and person == NOBODY else None)
	return len(cells)


def _write(table: kpi_numbers.Table, cell: kpi_numbers.Cell, by: str | None, name: str | None) -> None:
	person = table.people.get(cell.sales_person)
	# A team's score is made of those of its people, whenever it is asked for.
	score = cell.score() if person and not person.is_group else kpi.Score(None, cell.score().lines)
	scheme_weights = {one.measure: one.weight for one in cell.weights}
	by_measure = {line.measure: line for line in score.lines}
	doc = frappe.get_doc(DOCTYPE, name) if name else frappe.new_doc(DOCTYPE)
	doc.update(
		{
			"sales_person": cell.sales_person or None,
			"user": person.user if person else None,
			"company": table.company,
			"month": cell.month,
			"status": CLOSED,
			"score": flt(score.points, 4),
			"is_scored": cint(score.points is not None),
			"scheme": cell.scheme,
			"plan": cell.plan,
			"due": flt(cell.due, 2),
			"closed_on": now_datetime(),
			"closed_by": by or frappe.session.user,
			"score_key": score_key(table.company, cell.month, cell.sales_person),
			"lines": [],
		}
	)
	for measure, result in cell.results().items():
		line = by_measure.get(measure)
		doc.append(
			"lines",
			{
				"measure": measure,
				"target": flt(result.target, 6),
				"actual": flt(result.actual, 6),
				"achievement": flt(100 * (result.achievement or 0), 4),
				"weight": flt(line.weight, 4) if line else 0,
				"scheme_weight": scheme_weights.get(measure, 0),
				"cap": line.cap if line else 0,
				"points": flt(line.points, 4) if line and score.points is not None else 0,
			},
		)
	doc.flags.by_app = doc.flags.ignore_permissions = doc.flags.ignore_links = True
	doc.save()


def reopen(company: str, month: date, reason: str) -> int:
	"""Opens a closed month again; returns how many scores went. The reason stays as a comment.

	Raises ValidationError without a reason, and where the month is not closed.
	"""
	month, reason = get_first_day(month), (reason or "").strip()
	if not reason:
		frappe.throw(_("Say why the month is opened again."), title=_("Reason Missing"))
	marker = frappe.db.get_value(
		DOCTYPE, {"score_key": score_key(company, month)}, ["name", "status"], as_dict=True, for_update=True
	)
	if not marker or marker.status != CLOSED:
		frappe.throw(_("{0} is not closed.").format(_month(month)), title=_("Nothing to Open"))
	scores = frappe.get_all(
		DOCTYPE,
		filters={"company": company, "month": month, "name": ("!=", marker.name)},
		pluck="name",
		order_by="name",
	)
	for name in scores:
		doc = frappe.get_doc(DOCTYPE, name)
		doc.flags.by_app = True
		# Frappe keeps what is deleted, so that what was paid by it can be looked up.
		doc.delete(ignore_permissions=True)
	doc = frappe.get_doc(DOCTYPE, marker.name)
	doc.flags.by_app = doc.flags.ignore_permissions = True
	doc.status = REOPENED
	doc.save()
	doc.add_comment("Comment", _("{0} was opened again: {1}").format(_month(month), escape_html(reason)))
	return len(scores)


def _month(month: date) -> str:
	return kpi_documents.called(month)


# Which months are to be closed ------------------------------------------------------------------------------------


def close_day(company: str, month: date) -> date | None:
	"""The day on which the clock closes a month: the n-th working day of the next one; None where it closes none."""
	number = cint(settings().kpi_close_day)
	if number <= 0:
		return None
	calendar, day = working_calendar(company), get_last_day(month)
	# A calendar without working days ends somewhere.
	for _step in range(366):
		day = date.fromordinal(day.toordinal() + 1)
		number -= calendar.is_working_day(day)
		if number <= 0:
			return day
	return None


def to_close(today: date) -> list[tuple[str, date]]:
	"""(company, month) of the months that an applied plan has targets for, that are over for long enough and that were
	never closed, the earliest first."""
	plan, line = frappe.qb.DocType("Sales Target Plan"), frappe.qb.DocType("Sales Target Line")
	score = frappe.qb.DocType(DOCTYPE)
	rows = (
		frappe.qb.from_(plan)
		.join(line)
		.on(line.parent == plan.name)
		.left_join(score)
		.on((score.company == plan.company) & (score.month == line.month))
		.select(plan.company, line.month)
		.distinct()
		.where((plan.status == "Applied") & (line.month < get_first_day(today)) & score.name.isnull())
		.orderby(line.month)
		.orderby(plan.company)
		.run()
	)
	found = []
	for company, month in rows:
		day = close_day(company, getdate(month))
		if day and day <= today:
			found.append((company, getdate(month)))
	return found
