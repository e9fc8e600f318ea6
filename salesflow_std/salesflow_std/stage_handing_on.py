"""A lead becomes an opportunity or a customer: it passes its remaining gates, and stays in its last stage (M1, L12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import frappe
from frappe.model.document import Document

from salesflow_std.engine import stages as rules
from salesflow_std.engine.gates import Gate
from salesflow_std.salesflow_std import grading, processes, stage_judgement, stage_moves
from salesflow_std.salesflow_std.stage_judgement import Asked, Passed
from salesflow_std.salesflow_std.transitions import BY_ITSELF


@dataclass(frozen=True)
class Leaving:
	"""A lead on its way out: its process, the stage it stands in since `entered_on`, and the gates still to pass."""

	doc: Document
	process: rules.Process
	stage: str
	entered_on: datetime | str | None
	gates: Sequence[Gate]


def lead_of(opportunity: Document) -> Leaving | None:
	"""The lead a new opportunity is made of; None where it comes from a customer or prospect."""
	if opportunity.doctype != "Opportunity" or opportunity.opportunity_from != "Lead":
		return None
	return leaving(opportunity.party_name)


def leaving(name: str | None) -> Leaving | None:
	"""How a lead stands that becomes something else; None where there is no such lead or it follows no process."""
	if not name or not frappe.db.exists("Lead", name):
		return None
	lead = frappe.get_doc("Lead", name)
	process = processes.of(lead)
	if not process or not process.on("Lead"):
		return None
	first = process.first("Lead")
	stage = (
		lead.sf_stage_passed
		or lead.sf_stage
		or rules.by_status(process, "Lead", lead.status)
		or (first.name if first else "")
	)
	entered = lead.sf_stage_entered_on or lead.creation
	return Leaving(lead, process, stage, entered, rules.gates_to_hand_on(process, stage))


# An opportunity


def begin(opportunity: Document, lead: Leaving, passed: Passed) -> None:
	"""The lead's gates have been asked; ERPNext writes its new status while the opportunity is inserted."""
	opportunity.flags.sf_lead = (lead, passed)
	frappe.flags.sf_handing_on = (lead.doc.name, opportunity)


def hands_on(lead: Document) -> bool:
	"""Whether a status that ERPNext writes into a lead comes of an opportunity that has passed the gates for it."""
	name, opportunity = frappe.flags.sf_handing_on or (None, None)
	return (
		lead.doctype == "Lead"
		and lead.name == name
		and bool(frappe.db.exists("Opportunity", {"name": opportunity.name, "party_name": name}))
	)


def ask_party(opportunity: Document, before: Document) -> None:
	"""Before an opportunity is saved that was given to another lead: this one passes its gates as well (M1).

	Raises GateNotMet. Otherwise it would be made of a customer first, and of a lead that is not asked after that.
	"""
	party = ("opportunity_from", "party_name")
	if opportunity.doctype != "Opportunity" or all(opportunity.get(key) == before.get(key) for key in party):
		return
	if lead := lead_of(opportunity):
		_ask(opportunity, lead)


def finish(opportunity: Document) -> None:
	"""The opportunity is stored: its lead goes to its last stage and stays there."""
	if found := opportunity.flags.pop("sf_lead", None):
		frappe.flags.sf_handing_on = None
		_to_last_stage(*found)


def opportunity_of(lead: Document) -> Document:
	"""A new opportunity of a lead, not saved yet, as its button makes it."""
	from erpnext.crm.doctype.lead.lead import make_opportunity

	return make_opportunity(lead.name)


def open_opportunity(lead: Document, for_update: bool = False) -> str | None:
	"""The open opportunity that a lead goes on as, of several the latest; None where there is none."""
	return frappe.db.get_value(
		"Opportunity",
		{
			"opportunity_from": "Lead",
			"party_name": lead.name,
			"status": ("in", grading.OPEN_OPPORTUNITY_STATUSES),
		},
		"name",
		order_by="creation desc",
		for_update=for_update,
	)


def gates_of_new(
	lead: Document, process: rules.Process, current: str, to_stage: str
) -> list[tuple[Document, Sequence[Gate]]]:
	"""The gates of an opportunity that would be made of a lead, each with the document it is asked of."""
	opportunity = opportunity_of(lead)
	opportunity.update({"sf_stage": to_stage, "company": opportunity.get("company") or lead.company})
	followed = processes.choose(opportunity) or process
	return [
		(lead, rules.gates_to_hand_on(process, current)),
		(opportunity, rules.gates_asked(followed, None, to_stage)),
	]


# A customer


def ask_customer(customer: Document) -> None:
	"""Before a customer is saved that is made of a lead: the lead passes its remaining gates (M1). Raises GateNotMet.

	ERPNext writes the lead's status past all events. A lead with an opportunity has passed them already.
	"""
	before = customer.get_doc_before_save()
	customer.flags.pop("sf_lead", None)
	if not customer.lead_name or (before and before.lead_name == customer.lead_name):
		return
	lead = leaving(customer.lead_name)
	if not lead or frappe.db.exists(
		"Opportunity", {"opportunity_from": "Lead", "party_name": customer.lead_name}
	):
		return
	_ask(customer, lead)


def _ask(doc: Document, lead: Leaving) -> None:
	"""Asks the remaining gates of a lead that goes on as another document."""
	last = lead.process.last("Lead")
	if not last:
		return
	asking = Asked(
		lead.process,
		last.name,
		rules.direction(lead.process, lead.stage, last.name),
		[(lead.doc, lead.gates)],
		override_reason=doc.flags.sf_override_reason or "",
		needs_reason=False,
	)
	doc.flags.sf_lead = (lead, stage_judgement.judge(doc, asking))


def customer_saved(customer: Document) -> None:
	"""The customer is stored: its lead goes to its last stage and stays there."""
	if found := customer.flags.pop("sf_lead", None):
		_to_last_stage(*found)


def _to_last_stage(lead: Leaving, passed: Passed) -> None:
	last = lead.process.last("Lead")
	if not last or not rules.is_ahead(lead.process, lead.stage, last.name):
		return
	move = stage_moves.of(lead.doc, lead.process, lead.stage, last.name, source=BY_ITSELF, passed=passed)
	stage_moves.write(lead.doc, move)
	stage_moves.log(lead.doc, move)
