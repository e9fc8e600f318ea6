"""What several reports are made of: their columns, their period, and who let how many pass in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, add_months, get_fullname, getdate

# More rows than that nobody reads; chart and summary count them all.
SHOWN = 2000

_CHART_COLOURS = {"Red": "#E24C4C", "Orange": "#ECAD4B", "Yellow": "#F0DC82", "Gray": "#A6B1B9"}


def column(
	label: str, fieldname: str, fieldtype: str = "Data", width: int = 120, options: str = "", **more: object
) -> dict:
	"""A column as Frappe wants it."""
	return {
		"label": label,
		"fieldname": fieldname,
		"fieldtype": fieldtype,
		"width": width,
		"options": options,
		**more,
	}


def period(filters: frappe._dict) -> tuple[date, date]:
	"""The first day of a report and the one after its last; the last three months where nothing is said."""
	from_date = getdate(filters.from_date or add_months(None, -3))
	return from_date, add_days(getdate(filters.to_date), 1)


def shown(rows: Sequence[frappe._dict]) -> tuple[Sequence[frappe._dict], str | None]:
	"""The rows of a table, the latest first, and the message where there are too many."""
	if len(rows) <= SHOWN:
		return rows, None
	return rows[:SHOWN], _("The latest {0} of {1} are shown.").format(SHOWN, len(rows))


def chart_by_rep(
	rows: Sequence[frappe._dict], field: str, labels: Mapping[str, str], colours: Mapping[str, str]
) -> dict | None:
	"""How many documents each of twelve reps has of each kind, stacked.

	`field` is the field of a row that holds its kind; `labels` names the kinds in their order, `colours` those of
	`summary`.
	"""
	if not rows:
		return None
	reps = [rep for rep, _count in Counter(row.rep for row in rows).most_common(12)]
	told = Counter((row.rep, row[field]) for row in rows)
	return {
		"data": {
			"labels": [get_fullname(rep) if rep else _("None", context="Salesflow") for rep in reps],
			"datasets": [
				{"name": label, "values": [told[rep, kind] for rep in reps]} for kind, label in labels.items()
			],
		},
		"type": "bar",
		"barOptions": {"stacked": 1},
		"colors": [_CHART_COLOURS[colours[kind]] for kind in labels],
	}


def summary(
	rows: Sequence[frappe._dict], field: str, labels: Mapping[str, str], colours: Mapping[str, str]
) -> list[dict]:
	"""How many there are of each kind, in its colour; none is green."""
	told = Counter(row[field] for row in rows)
	return [
		{
			"label": label,
			"value": told[kind],
			"datatype": "Int",
			"indicator": colours[kind] if told[kind] else "Green",
		}
		for kind, label in labels.items()
	]
