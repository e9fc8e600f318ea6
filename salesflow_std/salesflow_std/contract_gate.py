"""The gate before the signature: clauses that legal has not approved are not submitted (C2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_fullname, get_link_to_form

from salesflow_std.engine.gate_rules import BLOCK, OFF, WARN
from salesflow_std.engine.orders import capped
from salesflow_std.salesflow_std import contract_clauses, contracts, processes
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.quotation_refusal import since_approval


class ClausesNotApproved(frappe.ValidationError):
	"""A deal's contract was to be submitted whose clauses are not approved."""


def enforcement(contract: Document) -> str:
	"""Block, Warn or Off: what the deal's sales process says, never more than the settings do (C2)."""
	process = _process_of(contract)
	if not process:
		return OFF
	own = frappe.get_cached_value("Sales Process", process, "clause_enforcement") or BLOCK
	return capped(own, settings().stage_enforcement or BLOCK)


def _process_of(contract: Document) -> str | None:
	"""The sales process of a contract's opportunity, else the closest one; None where none is enabled."""
	kept = ("sf_sales_process", "company", "territory", "opportunity_type", "market_segment")
	deal = contract.sf_opportunity and frappe.db.get_value(
		"Opportunity", contract.sf_opportunity, kept, as_dict=True
	)
	found = processes.of(deal or frappe._dict(company=contract.sf_company))
	return found.name if found else None


def submit(contract: Document) -> None:
	"""Asked before a contract is submitted, on whatever way; by the process refuses, warns or lets pass (C2)."""
	if not contracts.is_of_deal(contract) or contract.sf_state == contracts.APPROVED:
		return
	how = enforcement(contract)
	if how == BLOCK:
		frappe.throw(refusal(contract), ClausesNotApproved, title=_("Clauses Not Approved"))
	if how == WARN:
		frappe.msgprint(
			f"<p>{missing(contract)}</p><p>{why()}</p>", title=_("Clauses Not Approved"), indicator="orange"
		)
		contract.flags.sf_unreviewed = True


def why() -> str:
	"""The standard's reason."""
	return _(
		"Before the signature legal looks at scope, delivery period, payment, breach, intellectual property and after-sales, and at where they differ from the approved proposal."
	)


def missing(contract: Document) -> str:
	"""What is missing, as HTML."""
	review = contract.sf_contract_review and frappe.db.get_value(
		"Contract Review",
		contract.sf_contract_review,
		["name", "status", "reviewer", "reason"],
		as_dict=True,
	)
	if not review:
		return _("Nobody has been asked to review the clauses of this contract.")
	link = get_link_to_form("Contract Review", review.name)
	if review.status == "Open":
		return _("The clauses are under review with {0}: {1}.").format(
			escape_html(get_fullname(review.reviewer)), link
		)
	if review.status in ("Changes Asked", "Rejected"):
		return _("Legal has answered {0}: {1}. {2}").format(
			link,
			_(review.status, context="Contract Review"),
			escape_html(review.reason or "").replace("\n", "<br>"),
		)
	return _(
		"The clauses have changed since {0}; nobody has been asked to review them as they are now."
	).format(link)


def refusal(contract: Document) -> str:
	"""The whole message: what is missing, why, and where to go."""
	name = f"<b>{escape_html(contract.name or '')}</b>"
	text = f"<p>{_('Contract {0} cannot be submitted.').format(name)} {missing(contract)}</p>"
	if told := [since_approval(**_sides(row)) for row in contract_clauses.differences(contract)]:
		text += f"<ul>{''.join(f'<li>{escape_html(line)}</li>' for line in told)}</ul>"
	text += f'<p class="text-muted">{why()}</p>'
	if contract.sf_state == contracts.DRAFTED and not contract.is_new():
		ask = get_link_to_form("Contract", contract.name, _("Ask for the clause review on the contract"))
		text += f"<p>{ask}</p>"
	return text


def _sides(row: dict) -> dict:
	return {key: row[key] for key in ("what", "before", "after")}
