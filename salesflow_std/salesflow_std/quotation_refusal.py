"""What a refused quotation's reader is told: what is missing, why, and where to go from here (S2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, get_link_to_form

from salesflow_std.salesflow_std import figure_words, quotation_standing
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings
from salesflow_std.salesflow_std.quotation_standing import CHANGED, IN_REVIEW, Standing

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
	proposal = get_link_to_form("Solution Proposal", standing.proposal)
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
	return [figure_words.since_approval(change) for change in standing.differences]


def may_override() -> bool:
	"""Whether the user has the role that lets quotations pass without a review."""
	role = settings().override_role
	return bool(role) and role in frappe.get_roles()


def html(quotation: Document, standing: Standing, way: str) -> str:
	"""The whole message."""
	name = escape_html(quotation.name or "")
	parts = [heads()[way].format(f"<b>{name}</b>"), sentence(standing)]
	text = f"<p>{' '.join(parts)}</p>"
	if told := differences(standing):
		text += f"<ul>{''.join(f'<li>{escape_html(line)}</li>' for line in told)}</ul>"
	text += f'<p class="text-muted">{why()}</p>'
	steps = _steps(quotation, standing)
	return text + (f"<p>{'<br>'.join(steps)}</p>" if steps else "")


def _steps(quotation: Document, standing: Standing) -> list[str]:
	stored = not quotation.is_new() and quotation.docstatus == 0
	steps = []
	if standing.proposal and may_see(standing) and standing.state != IN_REVIEW:
		steps.append(
			get_link_to_form(
				"Solution Proposal", standing.proposal, _("Open proposal {0}").format(standing.proposal)
			)
		)
	if standing.review and may_see(standing):
		steps.append(
			get_link_to_form("Proposal Review", standing.review, _("Open review {0}").format(standing.review))
		)
	if stored and standing.state != IN_REVIEW and frappe.has_permission("Solution Proposal", "create"):
		# The form makes it at a click (`quotation.js`); from anywhere else the link leads to the form.
		url = frappe.utils.get_url_to_form("Quotation", quotation.name)
		label = _("Make a proposal of these figures")
		steps.append(f'<a class="sf-make-proposal" href="{escape_html(url)}">{label}</a>')
	if may_override():
		if stored:
			steps.append(_("Your role may let it pass on its form, with a reason."))
	elif settings().override_role:
		steps.append(
			_("{0} may let it pass, with a reason.").format(f"<b>{escape_html(_(settings().override_role))}</b>")
		)
	return steps


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
			*map(figure_words.since_approval, standing.differences),
		]
	)
