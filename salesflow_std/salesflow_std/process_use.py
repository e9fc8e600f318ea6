"""Which documents follow a sales process, and how many stand in a stage of it (M1). Counted set by set."""

from __future__ import annotations

from collections.abc import Collection

import frappe
from frappe.query_builder.functions import Count

from salesflow_std.salesflow_std.processes import FOLLOWERS


def standing_in(process: str, stages: Collection[str]) -> dict[str, int]:
	"""Stage -> how many documents of a process stand in it, of those stages in which any do: one query."""
	if not stages:
		return {}
	queries = []
	for doctype in FOLLOWERS:
		table = frappe.qb.DocType(doctype)
		queries.append(
			frappe.qb.from_(table)
			.select(table.sf_stage.as_("stage"), Count("*").as_("number"))
			.where((table.sf_sales_process == process) & table.sf_stage.isin(list(stages)))
			.groupby(table.sf_stage)
		)
	customer = frappe.qb.DocType("Customer")
	row = frappe.qb.DocType("Sales Process Stage")
	# A customer follows no process; where another has the stage as well, it stands well there.
	elsewhere = frappe.qb.from_(row).select(row.stage).where(row.parent != process)
	queries.append(
		frappe.qb.from_(customer)
		.select(customer.sf_stage.as_("stage"), Count("*").as_("number"))
		.where(customer.sf_stage.isin(list(stages)) & customer.sf_stage.notin(elsewhere))
		.groupby(customer.sf_stage)
	)
	union = queries[0]
	for query in queries[1:]:
		union = union.union_all(query)
	found: dict[str, int] = {}
	for stage, number in union.run():
		found[stage] = found.get(stage, 0) + number
	return dict(sorted(found.items()))


def following(process: str) -> int:
	"""How many documents follow a process, those that are closed included."""
	return sum(frappe.db.count(doctype, {"sf_sales_process": process}) for doctype in FOLLOWERS)
