"""What several reports are made of: their columns, their period, and who let how many pass in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, add_months, escape_html, get_fullname, getdate

# More rows than that nobody reads; chart and summary count them all.
SHOWN = 2000
# More records than that are no list that a number opens.
OPENED = 500

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


def share(label: str, fieldname: str, width: int = 120) -> dict:
	"""A column of shares in whole percent. As text: Frappe takes the number 0 for no precision at all."""
	return column(label, fieldname, "Percent", width, precision="0")


def share_summary(label: str, percent: float | None) -> dict:
	"""A share in percent as a number above the table."""
	return {
		"label": label,
		"value": _("None yet") if percent is None else f"{percent:.0f} %",
		"datatype": "Data",
	}


def one_value_each(filters: Mapping[str, object] | None) -> frappe._dict:
	"""The filters of a report. Raises ValidationError where one is a list or more: a request may send anything, and the
	query builder writes what it does not know into the query as it is."""
	for name, value in (filters or {}).items():
		if isinstance(value, Mapping | list | tuple | set):
			frappe.throw(
				_("The filter {0} takes one value.").format(escape_html(str(name))),
				title=_("Nothing to Show"),
			)
	return frappe._dict(filters or {})


def period(filters: frappe._dict, months: int = 3) -> tuple[date, date]:
	"""The first day of a report and the one after its last; the last `months` where nothing is said."""
	from_date = getdate(filters.from_date or add_months(None, -months))
	return from_date, add_days(getdate(filters.to_date), 1)


def below(doctype: str, name: str) -> list[str]:
	"""A node of a tree and all below it; the name alone where there is no such node."""
	table, top = frappe.qb.DocType(doctype), frappe.qb.DocType(doctype).as_("top")
	return (
		frappe.qb.from_(top)
		.join(table)
		.on((table.lft >= top.lft) & (table.rgt <= top.rgt))
		.select(table.name)
		.where(top.name == name)
		.orderby(table.name)
		.run(pluck=True)
	) or [name]


def chosen_group(label: str, groups: Mapping[str, str], say: Callable[[str], str]) -> str:
	"""What rows are grouped by; raises ValidationError for what there is not. `say` names a grouping to people."""
	if label not in groups:
		frappe.throw(
			_("There is no grouping by {0}. There is: {1}.").format(
				escape_html(label), ", ".join(map(say, groups))
			),
			title=_("Group By", context="Salesflow"),
		)
	return groups[label]


def grouped(rows: Sequence[frappe._dict], field: str) -> dict[object, list[frappe._dict]]:
	"""Rows by what they have in a field; None where it is empty."""
	found: dict[object, list[frappe._dict]] = {}
	for row in rows:
		found.setdefault(row[field] or None, []).append(row)
	return found


def label_of(is_user: bool, key: str | None, customer: str | None, field: str) -> str:
	"""How a group is called: a user by full name, a customer by theirs."""
	if not key:
		return _("None", context="Salesflow")
	if is_user:
		return get_fullname(key)
	return customer or key if field in ("customer", "party_name") else key


def few_names(names: Sequence[str]) -> list[str]:
	"""The records that a number opens in their list; none where they are too many to name them."""
	return list(names) if len(names) <= OPENED else []


def percent(rate: float | None) -> float | None:
	"""A share from 0 to 1 as Frappe's percent."""
	return None if rate is None else 100 * rate


# What was let pass, by rep and kind -----------------------------------------------------------------------


def by_kind(
	columns: list[dict],
	rows: Sequence[frappe._dict],
	field: str,
	labels: Mapping[str, str],
	colours: Mapping[str, str],
) -> tuple[list[dict], Sequence[frappe._dict], str | None, dict | None, list[dict]]:
	"""A whole report of rows, the latest first, that each have a `rep` and in `field` a kind.

	`labels` names the kinds in their order, `colours` gives each its colour: Red, Orange, Yellow or Gray. Table and
	message hold the latest rows, chart and summary count them all.
	"""
	message = _("The latest {0} of {1} are shown.").format(SHOWN, len(rows)) if len(rows) > SHOWN else None
	chart = _chart_by_rep(rows, field, labels, colours)
	return columns, rows[:SHOWN], message, chart, _summary(rows, field, labels, colours)


def _chart_by_rep(
	rows: Sequence[frappe._dict], field: str, labels: Mapping[str, str], colours: Mapping[str, str]
) -> dict | None:
	"""How many each of the twelve reps with most has of each kind, stacked."""
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


def _summary(
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
