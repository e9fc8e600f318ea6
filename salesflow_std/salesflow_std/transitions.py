"""The log of stages: each entry and exit of a document, with time, person, stay and what was passed over (M1).

`log` writes one transition and what follows from it for the document; who moves documents, calls it. Nothing here asks
a gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import frappe
from frappe.model.document import Document
from frappe.utils import cint, flt, get_datetime, now_datetime

from salesflow_std.engine import ageing, stages
from salesflow_std.salesflow_std import grading, stage_limits
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

DOCTYPE = "Stage Transition"
SUBJECTS = ("Lead", "Opportunity", "Customer")
PERSON, BY_ITSELF, TAKEN_IN, IMPORTED, FOUND_LATER = (
	"Person",
	"By Itself",
	"Taken In",
	"Imported",
	"Found Later",
)

# The ways of documents through the stages, oldest first, without a look into the table: what the funnel reads.
WAYS_INDEX = "sf_ways"
WAYS = ("reference_doctype", "reference_name", "changed_on", "creation", "to_stage")

_OWNERS = {**stage_limits.OWNERS, "Customer": "account_manager"}
_TITLES = {"Customer": "customer_name"}


def log(
	doc: Document | Mapping[str, object],
	from_stage: str | None,
	to_stage: str,
	*,
	entered_on: datetime | str | None = None,
	source: str = PERSON,
	direction: str | None = None,
	reason: str | None = None,
	override_reason: str | None = None,
	unmet: str | None = None,
	came_from: tuple[str, str] | None = None,
	changed_on: datetime | str | None = None,
	changed_by: str | None = None,
	is_bypass: bool = False,
	was_late: bool | None = None,
	write_state: bool = True,
) -> str:
	"""Writes one transition, one INSERT without events, and returns its name (M1).

	`entered_on` is when the stage that is left was entered (by default the document's own), `came_from` the
	(doctype, name) of the lead an opportunity goes on from. `unmet` names the gates that were passed over, one on
	each line. `direction` is counted by the caller, by default Entered without a stage before, else Forward. Of a
	bypass nobody knows who it was.
	Then the document's stage fields are set as `state` says, in the database and in `doc`, as far as they are not
	so already: without events and with `modified` as it was. `write_state=False` leaves them alone (an older
	transition that is only added to the log).
	"""
	when = get_datetime(changed_on) if changed_on else now_datetime()
	entered = entered_on or (doc.get("sf_stage_entered_on") if from_stage else None)
	entered = get_datetime(entered) if entered else None
	stay = ageing.stay(entered, when, working_calendar(doc.get("company"))) if entered else None
	if was_late is None:
		left_due = doc.get("sf_stage_due") if from_stage else None
		was_late = ageing.is_late(get_datetime(left_due) if left_due else None, when)
	name = _insert(
		{
			**about(doc),
			"from_stage": from_stage or None,
			"to_stage": to_stage,
			"direction": direction or (stages.FORWARD if from_stage else stages.ENTERED),
			"changed_on": when,
			"changed_by": changed_by or (None if is_bypass else frappe.session.user),
			"source": source,
			"entered_on": entered,
			"stay_hours": flt(stay.hours, 2) if stay else 0,
			"stay_days": flt(stay.days, 2) if stay else 0,
			"was_late": cint(was_late),
			"came_from_doctype": came_from[0] if came_from else None,
			"came_from": came_from[1] if came_from else None,
			"reason": reason,
			"override_reason": override_reason,
			"unmet": unmet,
			"is_bypass": cint(is_bypass),
		}
	)
	if write_state:
		_write(doc, state(doc, to_stage, when))
	return name


def _insert(values: dict[str, object]) -> str:
	"""One statement; a document of its own would be made only to be thrown away."""
	name, now, user = frappe.generate_hash(length=10), now_datetime(), frappe.session.user
	row = {
		"name": name,
		"creation": now,
		"modified": now,
		"owner": user,
		"modified_by": user,
		"docstatus": 0,
		"idx": 0,
		**values,
	}
	frappe.qb.into(frappe.qb.DocType(DOCTYPE)).columns(*row).insert(*row.values()).run()
	return name


def about(doc: Mapping[str, object]) -> dict[str, object]:
	"""What a transition says of its document as it is now."""
	doctype = doc.get("doctype")
	return {
		"reference_doctype": doctype,
		"reference_name": doc.get("name"),
		"title": doc.get(_TITLES.get(doctype, "title")) or doc.get("name"),
		"sales_process": doc.get("sf_sales_process"),
		"company": doc.get("company"),
		"responsible": doc.get(_OWNERS.get(doctype, "owner")) or doc.get("owner"),
		"grade": doc.get("sf_grade"),
		"amount": grading.company_amount(doc),
	}


def state(doc: Mapping[str, object], stage: str, entered_on: datetime) -> dict[str, object]:
	"""The stage fields of a document that enters a stage then: to be set before a save, or by `log` after it.

	`sf_stage` itself is not among them: whoever moves the document sets it.
	"""
	values: dict[str, object] = {
		"sf_stage_passed": stage,
		"sf_stage_entered_on": entered_on,
		"sf_stage_late": ageing.IN_TIME,
		"sf_stage_due": stage_limits.due(doc, stage, entered_on),
	}
	return {field: value for field, value in values.items() if _has(doc.get("doctype"), field)}


def _has(doctype: str, field: str) -> bool:
	return frappe.get_meta(doctype).has_field(field)


def _write(doc: Document | Mapping[str, object], values: dict[str, object]) -> None:
	changed = {field: value for field, value in values.items() if _plain(doc.get(field)) != _plain(value)}
	if not changed:
		return
	# `modified` stays: the state is the app's alone, so an open form has nothing to be in conflict about.
	frappe.db.set_value(doc.get("doctype"), doc.get("name"), changed, update_modified=False)
	doc.update(changed)


def _plain(value: object) -> object:
	if not value:
		return None
	if isinstance(value, datetime):
		return value.replace(microsecond=0)
	text = str(value)
	return (
		get_datetime(text).replace(microsecond=0) if text[:2] in ("19", "20") and text[4:5] == "-" else text
	)


# When documents are deleted; at a rename or a merge Frappe itself puts the new name into the log ---------------


def deleted(doctype: str, name: str) -> None:
	"""The log of a deleted document goes with it; what went on from it keeps its own."""
	frappe.db.delete(DOCTYPE, {"reference_doctype": doctype, "reference_name": name})
	table = frappe.qb.DocType(DOCTYPE)
	(
		frappe.qb.update(table)
		.set(table.came_from, None)
		.where((table.came_from_doctype == doctype) & (table.came_from == name))
		.run()
	)
