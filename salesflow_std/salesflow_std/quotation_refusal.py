"""What a refused quotation's reader is told: what is missing, why, and where to go from here (S2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html

from salesflow_std.salesflow_std import quotation_standing, refusals
from salesflow_std.salesflow_std.quotation_standing import CHANGED, IN_REVIEW, Standing
from salesflow_std.salesflow_std.refusals import link

# Of longer texts only that they differ is told.
_LONGEST = 140

SUBMIT, UPDATE, PRINT, EMAIL = "Submit", "Update", "Print", "E-mail"


def heads() -> dict[str, str]:
	"""What is refused, by the way it was tried."""
	return {
		SUBMIT: _("Quotation {0} cannot be submitted."),
		UPDATE: _("The figures of quotation {0} cannot be changed like this."),
		PRINT: _("Quotation {0} cannot be printed."),
		EMAIL: _("Quotation {0} cannot go to the customer by e-mail."),
	}


def why() -> str:
	"""The standard's reason."""
	return _("Nothing goes to the customer before sales, product and legal have approved its figures.")


def sentence(standing: Standing) -> str:
	"""What is missing, as HTML."""
	if not standing.proposal or not may_see(standing):
		return _("No review has approved these figures.")
	proposal = link("Solution Proposal", standing.proposal)
	if standing.state == IN_REVIEW:
		return _("These figures are under review with {0}.").format(proposal)
	if standing.state == CHANGED:
		return _("The figures are not those that were approved with {0}.").format(proposal)
	return _("{0} has these figures, but is not approved: {1}.").format(
		proposal, _(standing.proposal_status, context="Solution Proposal")
	)


def may_see(standing: Standing) -> bool:
	"""Whether the reader may see what a quotation was compared with."""
	return bool(standing.proposal) and bool(
		frappe.has_permission("Solution Proposal", "read", doc=standing.proposal)
	)


def differences(standing: Standing) -> list[str]:
	"""What differs from the approved figures, a sentence each; nothing where the reader may not see those."""
	if not standing.differences or not may_see(standing):
		return []
	return [since_approval(**line) for line in standing.differences]


def since_approval(what: str, before: str, after: str, **_more: str) -> str:
	"""A difference from what was approved, as a sentence of plain text."""
	if max(len(before), len(after)) > _LONGEST:
		return _("{0}: not as approved").format(what)
	if not before:
		return _("{0}: {1} stands here, nothing was approved").format(what, after)
	if not after:
		return _("{0}: {1} was approved, nothing stands here").format(what, before)
	return _("{0}: {1} was approved, {2} stands here").format(what, before, after)


def html(quotation: Document, standing: Standing, way: str) -> str:
	"""The whole message."""
	name = escape_html(quotation.name or "")
	parts = [heads()[way].format(f"<b>{name}</b>"), sentence(standing)]
	# While it is submitted it says so already.
	steps = _steps(quotation, standing, way == SUBMIT or quotation.docstatus == 0)
	return refusals.paragraphs(" ".join(parts), differences(standing), why(), steps)


def _steps(quotation: Document, standing: Standing, is_draft: bool) -> list[str]:
	stored = is_draft and not quotation.is_new()
	steps = []
	if standing.proposal and may_see(standing) and standing.state != IN_REVIEW:
		steps.append(
			link("Solution Proposal", standing.proposal, _("Open proposal {0}").format(standing.proposal))
		)
	if standing.review and may_see(standing):
		steps.append(link("Proposal Review", standing.review, _("Open review {0}").format(standing.review)))
	if stored and standing.state != IN_REVIEW and frappe.has_permission("Solution Proposal", "create"):
		# The form makes it at a click (`quotation.js`); from anywhere else the link leads to the form.
		label = _("Make a proposal of these figures")
		steps.append(
			link("Quotation", quotation.name, label).replace("<a ", '<a class="sf-make-proposal" ', 1)
		)
	here = _("Your role may let it pass on its form, with a reason.")
	return steps + refusals.override_steps(None, stored, here)


def title(way: str) -> str:
	"""The head of the message."""
	return {
		SUBMIT: _("Not Submitted: Review Missing"),
		UPDATE: _("Not Changed: Review Missing"),
		PRINT: _("Not Printed: Review Missing"),
		EMAIL: _("Not Sent: Review Missing"),
	}[way]


def missing_text(standing: Standing) -> str:
	"""What was missing, as plain text for the log."""
	lines = {
		quotation_standing.IN_REVIEW: _("The figures were under review."),
		quotation_standing.CHANGED: _("The figures were not those that were approved."),
	}
	return "\n".join(
		[
			lines.get(standing.state, _("No review had approved the figures.")),
			*(since_approval(**line) for line in standing.differences),
		]
	)
