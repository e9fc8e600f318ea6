"""Documents that stand in a stage, with nothing moved: for what watches and tells of stages."""

from __future__ import annotations

from typing import Any

import frappe

from salesflow_std.salesflow_std import transitions
from tests.site import records

PROCESS = "Six Stages"
STATE = (
	"sf_stage",
	"sf_stage_passed",
	"sf_stage_entered_on",
	"sf_stage_due",
	"sf_stage_late",
	"sf_sales_process",
)


def bare(doc: Any, **values: Any) -> Any:
	"""A document as one from before the stages: no stage, no log. `values` are written past every event."""
	frappe.db.delete(transitions.DOCTYPE, {"reference_doctype": doc.doctype, "reference_name": doc.name})
	values = {**dict.fromkeys(STATE), "sf_stage_late": "", **values}
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)
	return frappe.get_doc(doc.doctype, doc.name)


def put(doc: Any, stage: str, **more: Any) -> Any:
	"""A document that has just entered a stage, as the only thing that is known of it."""
	own = {"sales_stage": stage} if doc.doctype == "Opportunity" else {}
	doc = bare(doc, sf_stage=stage, sf_sales_process=PROCESS, **own)
	transitions.log(doc, None, stage, **more)
	return frappe.get_doc(doc.doctype, doc.name)


def lead(stage: str = "Lead Acquired", **values: Any) -> Any:
	return put(records.lead(**values), stage)


def deal(stage: str = "Needs Explored", **values: Any) -> Any:
	return put(records.opportunity(**values), stage)


def moves(doc: Any) -> list[Any]:
	"""The log of a document, oldest first."""
	return frappe.get_all(
		transitions.DOCTYPE,
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name},
		fields=["*"],
		order_by="changed_on, creation, name",
	)


def fresh(doc: Any) -> Any:
	return frappe.db.get_value(doc.doctype, doc.name, ["*"], as_dict=True)
