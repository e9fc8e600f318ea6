"""When a document has stood in its stage for too long, and of which documents that is asked (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_datetime, now_datetime
from pypika.functions import IfNull
from pypika.terms import Criterion

from salesflow_std.engine import ageing
from salesflow_std.salesflow_std import grading, processes
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	request_new_stays,
	working_calendar,
)

# In these somebody works on a document. ERPNext says Quotation of a lead that was offered something without an
# opportunity, too.
OPEN_STATUSES: dict[str, tuple[str, ...]] = {
	"Lead": (*grading.OPEN_LEAD_STATUSES, "Quotation"),
	"Opportunity": grading.OPEN_OPPORTUNITY_STATUSES,
}
OWNERS = {"Lead": "lead_owner", "Opportunity": "opportunity_owner"}


def limit_of(process: str | None, stage: str | None) -> ageing.Limit:
	"""The longest stay of a stage in a process; no limit where either is unknown."""
	found = processes.get(process) if process and stage else None
	row = found.stage(stage) if found else None
	return ageing.Limit(row.longest_stay, row.unit, row.touch_resets) if row else ageing.Limit()


def in_words(amount: float, unit: str) -> str:
	"""A longest stay as people say it, an amount of `unit`s of `engine.worktime`; "" for no limit."""
	if not amount:
		return ""
	words = {
		"Hours": _("{0} hours"),
		"Days": _("{0} days"),
		"Weeks": _("{0} weeks"),
		"Months": _("{0} months"),
		"Working Hours": _("{0} working hours"),
		"Working Days": _("{0} working days"),
	}
	return words[unit].format(f"{amount:g}")


def is_counted(doctype: str, row: Mapping[str, object]) -> bool:
	"""Whether the stay of a document is counted: somebody works on it, and it does not rest in the pool (L3, L8)."""
	return (
		row.get("status") in OPEN_STATUSES.get(doctype, ())
		and not row.get("disabled")
		and not row.get("sf_invalid_reason")
		and not row.get("sf_in_nurture")
	)


def counted(doctype: str, table: object) -> Criterion:
	"""`is_counted` for a table; of a lead with an open opportunity it is the opportunity's stay."""
	found = table.status.isin(OPEN_STATUSES[doctype])
	if doctype != "Lead":
		return found
	opportunity = frappe.qb.DocType("Opportunity").as_("worked_on")
	handed_on = (
		frappe.qb.from_(opportunity)
		.select(opportunity.party_name)
		.where((opportunity.opportunity_from == "Lead") & (opportunity.party_name == table.name))
		.where(opportunity.status.isin(OPEN_STATUSES["Opportunity"]))
	)
	return (
		found
		& (table.disabled == 0)
		& (table.sf_in_nurture == 0)
		& (IfNull(table.sf_invalid_reason, "") == "")
		& ((table.status != "Quotation") | table.name.notin(handed_on))
	)


def due(
	doc: Mapping[str, object], stage: str | None, entered_on: datetime, touched: datetime | str | None = None
) -> datetime | None:
	"""When the stay of a document in a stage is over, by the working calendar of its company.

	None without a limit, and for a document whose stay is not counted.
	"""
	limit = limit_of(doc.get("sf_sales_process"), stage)
	if not limit.amount or not is_counted(doc.get("doctype"), doc):
		return None
	last = get_datetime(touched) if touched else None
	return ageing.due(entered_on, limit, working_calendar(doc.get("company")), last)


def touched(doctype: str, row: Mapping[str, object], last: datetime | None) -> dict[str, object]:
	"""What a touch, or the loss of one, changes in the stage fields of a document: nothing where touches do not count.

	`last` is the last touch there is now.
	"""
	stage, entered = row.get("sf_stage"), row.get("sf_stage_entered_on")
	if not stage or not entered or not limit_of(row.get("sf_sales_process"), stage).touch_resets:
		return {}
	new = due({**row, "doctype": doctype}, stage, get_datetime(entered), last)
	values: dict[str, object] = {"sf_stage_due": new}
	if not ageing.is_late(new, now_datetime()):
		values["sf_stage_late"] = ageing.IN_TIME
	return values


def process_changed(doc: Document, method: str | None = None) -> None:
	"""Has the stays of a process counted anew when its longest stays have changed, and its documents follow what it
	reads out of ERPNext's fields when that has."""
	before = doc.get_doc_before_save()
	if not before:
		return
	if _limits(before) != _limits(doc):
		request_new_stays(doc.name)
	if _readings(before) != _readings(doc):
		frappe.enqueue(
			"salesflow_std.jobs.stage_reconciling.follow",
			queue="long",
			job_id=f"salesflow_std.follow_process.{doc.name}",
			deduplicate=True,
			enqueue_after_commit=True,
			process=doc.name,
		)


def _readings(process: Document) -> tuple[list, list]:
	return (
		[(row.stage, row.lives_on, bool(row.retired)) for row in process.stages],
		[(row.document_type, row.sales_stage, row.status, row.stage) for row in process.mappings],
	)


def _limits(process: Document) -> dict[str, tuple]:
	return {
		row.stage: (row.longest_stay, row.longest_stay_unit, bool(row.touch_resets)) for row in process.stages
	}
