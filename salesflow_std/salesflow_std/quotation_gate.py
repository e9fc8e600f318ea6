"""The gate: a quotation goes to the customer only with figures that a review has approved (S2).

`submit`, `update`, `print_out` and `send` are asked on every way out. By the rule in force they refuse, warn and
note it down, or let pass; where nothing is enforced they read nothing.
"""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, flt, now_datetime

from salesflow_std.engine.gate_rules import BLOCK, OFF, WARN, is_exempt
from salesflow_std.salesflow_std import (
	deal_size,
	figures,
	profiles,
	quotation_refusal,
	quotation_standing,
	refusals,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.quotation_refusal import EMAIL, PRINT, SUBMIT, UPDATE
from salesflow_std.salesflow_std.quotation_standing import APPROVED, OVERRIDDEN, Standing
from salesflow_std.salesflow_std.refusals import reads_desk

# What the gate writes on a quotation: the review, and what passed.
STATE = ("sf_proposal_review", "sf_fingerprint")
# Proposals that were approved; one with a later version has been.
_WAS_APPROVED = ("Approved", "Superseded")
_TOTALS = ("total", "net_total", "grand_total")


def keep_state(quotation: Document) -> None:
	"""Puts back what a form, an import or REST sent for the gate's own fields."""
	before = quotation.get_doc_before_save()
	for field in STATE:
		quotation.set(field, before.get(field) if before else None)


# Submit, and change of what is submitted


def submit(quotation: Document) -> None:
	"""Asked before a quotation is submitted, on whatever way (S2). Raises ValidationError."""
	if quotation_standing.is_off():
		_note(quotation, None)
	else:
		_note(quotation, _enforce(quotation, SUBMIT))


def update(quotation: Document) -> None:
	"""Asked before a submitted quotation is saved: figures that change have to be approved as well (S2).

	Other changes pass: its status, a reason why it was lost. Raises ValidationError.
	"""
	keep_state(quotation)
	if not _has_changed(quotation):
		return
	if quotation_standing.is_off():
		_note(quotation, None)
	else:
		_note(quotation, _enforce(quotation, UPDATE))


def _note(quotation: Document, standing: Standing | None) -> None:
	quotation.sf_fingerprint = standing.fingerprint or None if standing else None
	quotation.sf_proposal_review = standing.review if standing and standing.state == APPROVED else None


def _has_changed(quotation: Document) -> bool:
	"""Whether a submitted quotation's figures are others than those that were submitted.

	Of one that was submitted while nothing was enforced only its totals tell: Update Items saves the rows before
	the quotation itself.
	"""
	if quotation.sf_fingerprint:
		return figures.fingerprint(quotation) != quotation.sf_fingerprint
	if quotation_standing.is_off():
		return False
	before = quotation.get_doc_before_save()
	return before is not None and (
		any(flt(before.get(field), 4) != flt(quotation.get(field), 4) for field in _TOTALS)
		or figures.of(before) != figures.of(quotation)
	)


# Print and e-mail


def print_out(quotation: Document, print_settings: dict | None = None) -> None:
	"""Asked before a quotation is printed, with what is to be printed (S2). Raises PermissionError.

	The desk sends along the document to print; what it shows must be what is stored.
	"""
	if quotation_standing.is_off() or _is_for_approvers():
		return
	stored = _stored(quotation)
	if stored and quotation_standing.rule_of(stored).enforcement == BLOCK:
		if not _is_same(quotation, stored, print_settings):
			frappe.throw(
				_("Save quotation {0} first: what would be printed is not what is stored.").format(
					escape_html(quotation.name)
				),
				frappe.PermissionError,
				title=_("Not Saved"),
			)
	if stored:
		_let_out(stored, PRINT)
	else:
		# What is stored nowhere was not submitted either, whatever it says.
		_enforce(quotation, PRINT)


def _stored(quotation: Document) -> Document | None:
	if not quotation.name or not frappe.db.exists("Quotation", quotation.name):
		return None
	return frappe.get_doc("Quotation", quotation.name)


def _is_same(shown: Document, stored: Document, print_settings: dict | None) -> bool:
	if (shown.quotation_to, shown.party_name) != (stored.quotation_to, stored.party_name):
		return False
	if _bears_same(shown, stored):
		return True
	# ERPNext has prepared the one to print: rows of an item put together, a discount shown below zero.
	prepared = frappe.get_doc("Quotation", stored.name)
	type(prepared).before_print(prepared, print_settings)
	return _bears_same(shown, prepared)


def _bears_same(shown: Document, stored: Document) -> bool:
	totals = ("total", "net_total", "total_taxes_and_charges", "grand_total", "rounded_total")
	return figures.of(shown) == figures.of(stored) and all(
		flt(shown.get(field), 4) == flt(stored.get(field), 4) for field in totals
	)


def _is_for_approvers() -> bool:
	"""Whether a workflow's mail to those who are to decide is being written: it stays in the house."""
	job = getattr(frappe.local, "job", None)
	return bool(job) and str(job.method).endswith("workflow_action.send_workflow_action_email")


def may_print(quotation: Document) -> bool:
	"""Whether a quotation may be shown to the customer; says nothing."""
	if quotation_standing.is_off() or _is_unchanged(quotation):
		return True
	standing = quotation_standing.of(quotation)
	return standing.holds or standing.rule.enforcement == WARN


def check_print_right(quotation: Document) -> None:
	"""Asked with the right to print, for the ways of printing that ask nothing else. Raises PermissionError."""
	if not quotation_standing.is_off():
		_let_out(quotation, PRINT)


def send(doctype: str, name: str) -> None:
	"""Asked before a Quotation or Solution Proposal goes to somebody outside by e-mail (S2). Raises ValidationError."""
	if quotation_standing.is_off() or not frappe.db.exists(doctype, name):
		return
	if doctype == "Quotation":
		_let_out(frappe.get_doc("Quotation", name), EMAIL)
	else:
		_let_proposal_out(name)


def _let_out(quotation: Document, way: str) -> None:
	if not _is_unchanged(quotation):
		_enforce(quotation, way)


def _is_unchanged(quotation: Document) -> bool:
	"""Whether a quotation is submitted, or was, with the figures it bears now; a draft never is.

	One that was submitted before the app came, or while nothing was enforced, is as free as it was.
	"""
	if quotation.docstatus == 0:
		return False
	return not quotation.sf_fingerprint or figures.fingerprint(quotation) == quotation.sf_fingerprint


def _let_proposal_out(name: str) -> None:
	row = frappe.get_doc("Solution Proposal", name)
	if row.status in _WAS_APPROVED:
		return
	territory = (
		frappe.db.get_value(row.reference_doctype, row.reference_name, "territory")
		if row.reference_doctype in profiles.SUBJECTS
		else None
	)
	rule = quotation_standing.rule_for(row.company, territory)
	if rule.enforcement == OFF or is_exempt(rule, *deal_size.of(row, flt(row.discount_percent))):
		return
	text = (
		_("Proposal {0} is not approved: {1}.").format(
			refusals.link("Solution Proposal", name), _(row.status, context="Solution Proposal")
		)
		+ " "
		+ quotation_refusal.why()
	)
	if rule.enforcement == WARN:
		frappe.msgprint(text, title=_("Review Missing"), indicator="orange")
	else:
		frappe.throw(text, title=quotation_refusal.title(EMAIL))


# Refusal, warning, override


def _enforce(quotation: Document, way: str) -> Standing:
	standing = quotation_standing.of(quotation)
	if standing.holds:
		return standing
	if standing.rule.enforcement == WARN:
		_warn(quotation, standing, way)
	else:
		_refuse(quotation, standing, way)
	return standing


def _refuse(quotation: Document, standing: Standing, way: str) -> NoReturn:
	# Frappe's own refusals to print are of this kind, and callers know what to do with it.
	kind = frappe.PermissionError if way == PRINT else frappe.ValidationError
	if not reads_desk():
		frappe.throw(_("This quotation is not available yet."), kind, title=_("Not Available Yet"))
	text = quotation_refusal.html(quotation, standing, way)
	frappe.throw(text, kind, title=quotation_refusal.title(way))


def _warn(quotation: Document, standing: Standing, way: str) -> None:
	"""Tells, and notes down once for each way and set of figures, that no review has approved them."""
	if reads_desk():
		text = f"<p>{quotation_refusal.sentence(standing)}</p>"
		if told := quotation_refusal.differences(standing):
			text += f"<ul>{''.join(f'<li>{escape_html(line)}</li>' for line in told)}</ul>"
		frappe.msgprint(text + quotation_refusal.why(), title=_("Review Missing"), indicator="orange")
	known = {"quotation": quotation.name, "fingerprint": standing.fingerprint, "kind": "Warning", "way": way}
	if (quotation.is_new() and way == PRINT) or frappe.db.exists("Quotation Override", known):
		return
	_log(quotation, standing, kind="Warning", way=way)
	# What is printed by an address is only read, and would be forgotten.
	frappe.local.flags.commit = True


def _log(quotation: Document, standing: Standing, **values: str) -> Document:
	row = frappe.new_doc("Quotation Override")
	row.update(
		{
			"quotation": quotation.name,
			"title": quotation.get("customer_name") or quotation.party_name,
			"quotation_to": quotation.quotation_to,
			"party_name": quotation.party_name,
			"company": quotation.company,
			"given_by": frappe.session.user,
			"given_on": now_datetime(),
			"currency": quotation.currency,
			"grand_total": quotation.grand_total,
			"proposal": standing.proposal,
			"missing": quotation_refusal.missing_text(standing),
			"fingerprint": standing.fingerprint,
			**values,
		}
	)
	row.flags.ignore_links = True  # of a quotation that is inserted as submitted
	return row.insert(ignore_permissions=True)


def override(quotation: Document, reason: str | None) -> None:
	"""Lets exactly these figures pass, with a reason that is kept and reported (S2).

	Does nothing where they are overridden already. Raises PermissionError without the role that the settings name,
	ValidationError without a reason, and where there is nothing to override.
	"""
	if not refusals.may_override():
		refusals.refuse_override(
			_("Only {0} may let a quotation pass without a review."),
			_("The settings name no role that may let a quotation pass without a review."),
		)
	reason = (reason or "").strip()
	if not reason:
		frappe.throw(
			_("Say why this quotation goes to the customer without a review."), title=_("Reason Missing")
		)
	frappe.db.get_value("Quotation", quotation.name, "name", for_update=True)
	quotation.reload()
	standing = quotation_standing.of(quotation)
	if standing.state == OVERRIDDEN:
		return
	if standing.holds or quotation.docstatus == 2:
		frappe.throw(_("This quotation needs no override."), title=_("Nothing to Override"))
	_log(quotation, standing, kind="Override", reason=reason)
	quotation.add_comment(
		"Info",
		_("let these figures pass without an approved review: {0}").format(escape_html(reason)),
	)


# What the form shows


def sheet(quotation: Document) -> dict:
	"""How a quotation stands, for its form; see `api.quotation_gate.standing`."""
	if quotation_standing.is_off() or quotation.docstatus == 2:
		return {"state": quotation_standing.NOT_ASKED}
	if quotation.docstatus == 1 and _is_unchanged(quotation):
		return _submitted(quotation)
	standing = quotation_standing.of(quotation)
	seen = quotation_refusal.may_see(standing)
	return {
		"state": standing.state,
		"enforcement": standing.rule.enforcement,
		"holds": standing.holds,
		"says": "" if standing.holds else quotation_refusal.sentence(standing),
		"why": quotation_refusal.why(),
		"differences": quotation_refusal.differences(standing),
		"proposal": standing.proposal if seen else None,
		"review": standing.review if seen else None,
		"override_role": settings().override_role,
		"may_override": not standing.holds and refusals.may_override(),
		"may_propose": not standing.holds
		and quotation.docstatus == 0
		and bool(frappe.has_permission("Solution Proposal", "create")),
		**(_passed(quotation.name, standing.fingerprint) if standing.state == OVERRIDDEN else {}),
	}


def _submitted(quotation: Document) -> dict:
	"""What stands behind a submitted quotation: its review, or who let it pass and why."""
	if quotation.sf_proposal_review:
		return {"state": APPROVED, "holds": True, "review": quotation.sf_proposal_review}
	passed = _passed(quotation.name, quotation.sf_fingerprint) if quotation.sf_fingerprint else {}
	if not passed:
		return {"state": quotation_standing.NOT_ASKED}
	return {"state": OVERRIDDEN, "holds": True, **passed}


def _passed(quotation: str, fingerprint: str) -> dict:
	"""Who let these figures pass, and why: ``{"given_by": full name, "reason"}``; empty where nobody did."""
	row = frappe.db.get_value(
		"Quotation Override",
		{"quotation": quotation, "fingerprint": fingerprint, "kind": "Override"},
		["given_by", "reason"],
		as_dict=True,
		order_by="given_on",
	)
	return {"given_by": frappe.utils.get_fullname(row.given_by), "reason": row.reason} if row else {}
