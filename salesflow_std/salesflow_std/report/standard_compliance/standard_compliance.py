"""Standard Compliance: how well the standard is kept, by rep, team or month, and whether that has changed (M3, M6).

What the measures count, `salesflow_std.compliance` says. Every number opens the records behind it, in this report. An
arrow stands only where chance alone does not explain the difference to the period before.
"""

from __future__ import annotations

from datetime import timedelta

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, get_first_day, getdate

from salesflow_std.engine.compliance import Tally, trend
from salesflow_std.salesflow_std import compliance, report_parts, reps
from salesflow_std.salesflow_std.report_parts import column

GROUPS = {"Rep": compliance.REP, "Team": compliance.TEAM, "Month": compliance.MONTH}
# What the chart shows; more bars nobody tells apart.
CHARTED = (compliance.FIRST_TOUCH, compliance.CADENCE, compliance.LATE_ENTRY)
_COLOURS = ["#449CF0", "#48BB74", "#ECAD4B"]


def execute(
	filters: dict | None = None,
) -> tuple[list[dict], list[dict], str | None, dict | None, list[dict]]:
	"""Columns, rows with their total, a message, the chart by month and a summary.

	With `records` ("cadence:bad:<key>") the records behind that number of the chosen grouping.
	"""
	filters = report_parts.one_value_each(filters)
	_fill(filters)
	names = {"Rep": _("Rep"), "Team": _("Team"), "Month": _("Month")}
	label = filters.group_by or "Rep"
	group = report_parts.chosen_group(label, GROUPS, lambda one: names[one])
	reading = _reading(filters)
	if filters.records:
		rows = _records(reading, group, filters.records)
		message = _("The first {0} are shown.").format(len(rows)) if len(rows) == compliance.SHOWN else None
		return _record_columns(), rows, message, None, []
	earlier = _before(filters)
	rows = [_row(row, before) for row, before in _paired(reading, earlier, group)]
	total = _total(reading, earlier)
	if len(rows) > 1:
		rows.append(total)
	return _columns(names[label]), rows, None, _chart(reading), _summary(total)


def _fill(filters: frappe._dict) -> None:
	filters.from_date = getdate(filters.from_date or get_first_day(add_months(getdate(), -2)))
	filters.to_date = getdate(filters.to_date)
	if filters.from_date > filters.to_date:
		frappe.throw(
			_("The period ends before it begins."), title=_("From Date", context="Standard Compliance")
		)


def _reading(filters: frappe._dict) -> compliance.Reading:
	users = frozenset(reps.people_at(filters.sales_person)) if filters.sales_person else None
	if filters.rep:
		users = frozenset((filters.rep,)) if users is None else users & {filters.rep}
	return compliance.Reading(filters.from_date, filters.to_date, filters.company, users)


def _before(filters: frappe._dict) -> compliance.Reading:
	"""The period before, as long as this one."""
	days = (filters.to_date - filters.from_date).days + 1
	last = filters.from_date - timedelta(days=1)
	return _reading(frappe._dict(filters, from_date=filters.from_date - timedelta(days=days), to_date=last))


def _paired(
	reading: compliance.Reading, earlier: compliance.Reading, group: str
) -> list[tuple[frappe._dict, frappe._dict | None]]:
	"""Each row with what it is compared to: the same people in the period before, or the month before."""
	rows = reading.by(group)
	if group == compliance.MONTH:
		return list(zip(rows, [None, *rows], strict=False))
	before = {row.key: row for row in earlier.by(group)}
	return [(row, before.get(row.key)) for row in rows]


def _tally(row: frappe._dict | None, measure: str) -> Tally:
	return Tally(row[f"{measure}_good"], row[f"{measure}_all"]) if row else Tally()


def _row(row: frappe._dict, before: frappe._dict | None) -> dict:
	found: dict[str, object] = {
		"key": row.key,
		"label": row.label,
		"missed": row.cadence_missed,
		"escalated": row.cadence_escalated,
	}
	for measure in compliance.MEASURES:
		tally = _tally(row, measure)
		found[measure] = tally.percent
		# Numbers, for whoever exports them; the desk shows "good / all".
		found[f"{measure}_good"] = tally.good if tally.all else None
		found[f"{measure}_of"] = tally.all or None
		found[f"{measure}_trend"] = trend(tally, _tally(before, measure))
	return found


def _total(reading: compliance.Reading, earlier: compliance.Reading) -> dict:
	def row(of: compliance.Reading) -> frappe._dict:
		months = of.by(compliance.MONTH)
		fields = [f"{measure}_{part}" for measure in compliance.MEASURES for part in ("good", "all")]
		return frappe._dict(
			{
				field: sum(one[field] for one in months)
				for field in (*fields, "cadence_missed", "cadence_escalated")
			}
		)

	return {
		**_row(row(reading), row(earlier)),
		"label": _("Total", context="Customer Satisfaction"),
		"is_total": 1,
	}


def _columns(title: str) -> list[dict]:
	columns = [column(title, "label", "Data", 180)]
	for measure, label in compliance.labels().items():
		columns.append(column(label, measure, "Percent", 130, precision="0"))
		columns.append(column(_("Of", context="Standard Compliance"), f"{measure}_of", "Int", 110))
		if measure == compliance.CADENCE:
			columns.append(column(_("Missed", context="Standard Compliance"), "missed", "Int", 90))
			columns.append(column(_("Escalated", context="Standard Compliance"), "escalated", "Int", 110))
	return columns


def _chart(reading: compliance.Reading) -> dict | None:
	"""The main measures by month; months in which nothing was to be counted are left out."""
	labels = compliance.labels()
	rows = [row for row in reading.by(compliance.MONTH) if any(row[f"{one}_all"] for one in CHARTED)]
	if not rows:
		return None
	return {
		"data": {
			"labels": [row.label for row in rows],
			"datasets": [
				{"name": labels[one], "values": [round(_tally(row, one).percent or 0, 1) for row in rows]}
				for one in CHARTED
			],
			# The axis begins at nothing and ends at all.
			"yMarkers": [{"label": "", "value": 0}, {"label": "", "value": 100}],
		},
		"type": "bar",
		"colors": _COLOURS,
		"fieldtype": "Percent",
	}


def _summary(total: dict) -> list[dict]:
	return [
		report_parts.share_summary(label, total[measure]) for measure, label in compliance.labels().items()
	]


# The records behind a number


def _records(reading: compliance.Reading, group: str, asked: str) -> list[dict]:
	measure, _colon, rest = asked.partition(":")
	kind, _colon, key = rest.partition(":")
	if kind not in compliance.kinds(measure):
		frappe.throw(
			_("The report has no number {0}.").format(escape_html(asked)), title=_("Nothing to Show")
		)
	# The total asks for everybody's.
	rows = reading.records(measure, kind, None if key == "*" else group, key or None)
	names = compliance.full_names({row.rep for row in rows})
	say = {True: _("Yes", context="Standard Compliance"), False: _("No", context="Standard Compliance")}
	return [
		{
			"document_type": row.doctype,
			"document": row.name,
			"title": row.title,
			"rep": names.get(row.rep, row.rep),
			"on": row.on,
			"done_on": row.done_on,
			"kept": say[bool(row.good)],
		}
		for row in rows
	]


def _record_columns() -> list[dict]:
	return [
		column(_("Document Type", context="Stage Funnel"), "document_type", hidden=1),
		column(
			_("Document", context="Stage Funnel"), "document", "Dynamic Link", 190, options="document_type"
		),
		column(_("Title"), "title", width=240),
		column(_("Rep"), "rep", width=160),
		column(_("Date", context="Standard Compliance"), "on", "Datetime", 170),
		column(_("Done On", context="Standard Compliance"), "done_on", "Datetime", 170),
		column(_("Kept", context="Standard Compliance"), "kept", width=90),
	]
