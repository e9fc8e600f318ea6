"""What an acceptance lacks before it can be submitted, and how that is said (A2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, getdate

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import refusals

# Field of the form -> what is said of it, see `engine.acceptance.problems`.
_FIELDS = {
	"no_items": "items",
	"item": "items",
	"rejected": "items",
	"result": "result",
	"why": "results",
	"our_signature": "our_signature",
	"customer_signature": "customer_signature",
}


def missing(report: Document) -> list[tuple[str, str]]:
	"""What is missing, as the field of the form and a sentence in the current language; nothing where it is complete."""
	found = rules.problems(
		report.result or "",
		cstr(report.results),
		[row.result or "" for row in report.items],
		points(report),
		rules.Signature(cstr(report.our_signatory), bool(report.our_signature)),
		rules.Signature(cstr(report.customer_signatory), bool(report.customer_signature)),
		bool(report.scan),
	)
	words = _words()
	return [(_FIELDS.get(one.what, "points"), words[one.what].format(one.row)) for one in found]


def points(report: Document) -> list[rules.Point]:
	"""The open points of a report, as the rules know them."""
	return [
		rules.Point(
			row.side,
			cstr(row.user if row.side == rules.OURS else row.person),
			getdate(row.due_on) if row.due_on else None,
			bool(row.settled_on),
		)
		for row in report.points
	]


def _words() -> dict[str, str]:
	return {
		"no_items": _("Say what was delivered: the scope is empty."),
		"item": _("Scope, row {0}: say whether it is accepted."),
		"rejected": _(
			"Scope, row {0} is not accepted in full, so the result cannot be Accepted without open points."
		),
		"result": _("Choose the result."),
		"why": _("Say under Results why it is not accepted."),
		"no_points": _("Write down the open points, each with owner and date."),
		"open_point": _("Open point {0} is not settled, so the result is Accepted with Open Points."),
		"point_owner": _("Open point {0}: say who settles it."),
		"point_due": _("Open point {0}: say by when it is settled."),
		"our_signature": _("We have not signed, and there is no scan of the signed report."),
		"customer_signature": _("The customer has not signed, and there is no scan of the signed report."),
	}


def check(report: Document) -> None:
	"""Before a report is submitted, on every path. Raises ValidationError with all that is missing."""
	sentences = [sentence for _field, sentence in missing(report)]
	if getdate(report.accepted_on) > getdate():
		sentences.append(_("The acceptance cannot lie in the future."))
	if not sentences:
		return
	frappe.throw(
		refusals.paragraphs(
			_("The acceptance is not complete:"),
			sentences,
			_(
				"Both sides sign what was delivered, and what is left open with who settles it by when. Finance and the survey begin with it."
			),
			[refusals.link(report.doctype, report.name)],
		),
		title=_("Acceptance Not Complete"),
	)
