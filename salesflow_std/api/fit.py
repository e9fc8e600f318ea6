"""How well a company fits the target customer profiles, for the desk and over REST (L4)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.engine import fit as rules
from salesflow_std.salesflow_std import fit, profiles

_TARGET = "Target Customer Profile"


@frappe.whitelist(methods=["GET", "POST"])
def explain(doctype: str, name: str) -> dict:
	"""How a lead, prospect or customer, or an opportunity's party, fits every enabled target, the best first.

	Returns ``{"doctype", "name", "title", "profile", "may_write", "at_least", "fits": [{"target", "percent", "could_be",
	"lines": [{"dimension", "label", "outcome", "why", "weight", "doctype", "field", "field_label"}]}]}``: the
	party, its customer profile, the smallest fit that counts, and per dimension where it is entered. Raises PermissionError without the right
	to read the document, its party and the targets.
	"""
	party = _party(doctype, name, "read")
	frappe.has_permission(_TARGET, "read", throw=True)
	fits = fit.compare(*party)
	return {
		"doctype": party[0],
		"name": party[1],
		"title": profiles.company_name(*party),
		"profile": profiles.profile_of(*party),
		"may_write": bool(frappe.has_permission(party[0], "write", doc=party[1])),
		"at_least": fit.at_least(),
		"fits": [_shown(one, party[0]) for one in fits],
	}


def _party(doctype: str, name: str, ptype: str) -> tuple[str, str]:
	"""The party behind a document, both of which the user may read (write for `ptype` write of the party)."""
	if doctype not in profiles.SUBJECTS:
		frappe.throw(
			_("{0} is not known here. There are: {1}.").format(
				frappe.utils.escape_html(doctype), ", ".join(profiles.SUBJECTS)
			),
			title=_("Target Customer Profile"),
		)
	frappe.has_permission(doctype, "read", doc=name, throw=True)
	party = profiles.party_of(doctype, name)
	if not party:
		frappe.throw(
			_("This opportunity has no lead, prospect or customer."), title=_("Target Customer Profile")
		)
	frappe.has_permission(party[0], ptype, doc=party[1], throw=True)
	return party


def _shown(one: rules.Fit, doctype: str) -> dict:
	return {
		"target": one.target,
		"percent": one.percent,
		"could_be": one.could_be,
		"lines": [_shown_line(line, doctype) for line in one.lines],
	}


def _shown_line(line: rules.Line, doctype: str) -> dict:
	entered_in, field = fit.field_of(line.dimension, doctype)
	return {
		"dimension": line.dimension,
		"label": _(line.dimension, context="Scoring Dimension"),
		"outcome": line.outcome,
		"open": line.open > 0,
		"why": fit.say(line),
		"weight": line.weight,
		"doctype": entered_in,
		"field": field,
	}


@frappe.whitelist(methods=["POST"])
def profile_for(doctype: str, name: str) -> str:
	"""The name of the customer profile where a document's tags, budget and decision chain are entered; made where
	there is none yet. Raises PermissionError without the right to change the document's party."""
	return profiles.ensure(*_party(doctype, name, "write"))


@frappe.whitelist(methods=["GET", "POST"])
def matches(target: str) -> dict:
	"""How many of the documents the user may read have a target as their best match:
	``{"counts": {doctype: number}, "pending", "compared_on"}``; `pending` while they are being compared anew."""
	doc = frappe.get_doc(_TARGET, target)
	doc.check_permission("read")
	return {
		"counts": fit.counts(target),
		"pending": bool(doc.refit_pending),
		"compared_on": doc.refitted_on,
	}
