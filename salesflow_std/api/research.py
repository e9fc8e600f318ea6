"""A market research in the desk and over REST: its high potential candidates become leads (L11)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from salesflow_std.overrides import market_research

# More than that are made in the background: ERPNext asks the network for a picture of every new lead.
AT_ONCE = 50


@frappe.whitelist(methods=["GET", "POST"])
def candidates(name: str) -> list[dict]:
	"""What is to be decided of each high potential candidate without a lead, as `market_research.proposals` says.

	Raises PermissionError unless the user may change the research and make leads.
	"""
	return market_research.proposals(_changeable(name).name)


@frappe.whitelist(methods=["POST", "PUT"])
def create_leads(name: str, choices: dict | str | None = None) -> dict:
	"""Makes leads of the high potential candidates, once: ``{"created", "used", "skipped", "failed", "queued"}``.

	`choices` maps a candidate's row to ``{"do": "Create" | "Use" | "Skip", "lead": …}``; a row it does not name is
	left. Without it whatever looks like no lead or customer that is there is created. Each of the four is a list of
	``{"row", "company_name"}`` with `lead` or `reason`; `queued` says how many are made in the background instead.
	Raises PermissionError as `candidates` does.
	"""
	doc = _changeable(name)
	choices = _checked(frappe.parse_json(choices) if choices else None)
	count = sum(choices is None or row.name in choices for row in market_research.waiting(name))
	if count > AT_ONCE:
		frappe.enqueue(
			"salesflow_std.jobs.research_leads.run",
			queue="long",
			job_id=f"salesflow_std.research_leads.{name}",
			deduplicate=True,
			enqueue_after_commit=True,
			research=name,
			choices=choices,
		)
		return {**market_research.Outcome().as_dict(), "queued": count}
	return {**market_research.make_leads(doc, choices).as_dict(), "queued": 0}


def _changeable(name: str) -> Document:
	doc = frappe.get_doc("Market Research", name)
	doc.check_permission("write")
	frappe.has_permission("Lead", "create", throw=True)
	return doc


def _checked(choices: object) -> dict[str, dict] | None:
	if choices is None:
		return None
	if not isinstance(choices, dict) or not all(isinstance(choice, dict) for choice in choices.values()):
		frappe.throw(
			_("Say for each candidate what is to be done with it."),
			title=_("Create Leads", context="Salesflow"),
		)
	return choices
