"""What people are told about a complaint, each in their language: opened, handed on, taken up again, settled (A4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.share import add_docshare
from frappe.utils import get_fullname, getdate, strip_html

from salesflow_std.salesflow_std import announcing, complaint_words, reps

_DOCTYPE = "Issue"
_LINE_ENDS = re.compile(r"<br\b[^>]*>|</(?:p|li|div|h[1-6])>")
_SURVEY = "Satisfaction Survey"


def opened(issue: Document) -> None:
	"""Tells whoever is responsible, and their manager, that a customer complains; the customer's timeline shows it."""
	_let(issue, issue.sf_responsible, write=True)

	def say(_user: str) -> dict:
		return {
			"subject": _("Complaint: {0}").format(issue.subject),
			"lines": _lines(issue.description or ""),
			"facts": _facts(issue),
			"documents": _documents(issue),
			"action": _("Open the complaint"),
		}

	_tell([*_acting(issue), *reps.escalate_to(issue.sf_responsible)], issue, say)
	_note(issue, lambda: _("Complaint {0} opened: {1}").format(issue.name, issue.subject))


def given(issue: Document) -> None:
	"""Tells whoever has become responsible."""
	_let(issue, issue.sf_responsible, write=True)

	def say(_user: str) -> dict:
		return {
			"subject": _("You are responsible for a complaint now: {0}").format(issue.subject),
			"facts": _facts(issue),
			"documents": _documents(issue),
			"action": _("Open the complaint"),
		}

	_tell(_acting(issue), issue, say)


def taken_up(issue: Document) -> None:
	"""Tells whoever is responsible that a complaint is open again, and until when."""

	def say(_user: str) -> dict:
		return {
			"subject": _("A complaint is open again: {0}").format(issue.subject),
			"lines": [complaint_words.why()],
			"facts": _facts(issue),
			"action": _("Open the complaint"),
		}

	_tell(_acting(issue), issue, say)


def settled(issue: Document) -> None:
	"""Tells whoever is responsible, and their manager, what the customer says; the customer's timeline shows it."""

	def say(_user: str) -> dict:
		return {
			"subject": _("Complaint settled: {0}").format(issue.subject),
			"lines": announcing.lines(issue.sf_customers_word),
			"facts": [
				(_("Said By", context="Issue"), issue.sf_word_by),
				(
					_("Said On", context="Issue"),
					frappe.format(getdate(issue.sf_word_on), {"fieldtype": "Date"}),
				),
			],
			"action": _("Open the complaint"),
		}

	_tell([*_acting(issue), *reps.escalate_to(issue.sf_responsible)], issue, say)
	_note(
		issue,
		lambda: _("Complaint {0} settled, says {1}: {2}").format(
			issue.name, issue.sf_word_by, issue.sf_customers_word
		),
	)


# ------------------------------------------------------------------------------------------------------------------


def _lines(description: str) -> list[str]:
	"""What a complaint says, as lines of text."""
	return announcing.lines(unescape(strip_html(_LINE_ENDS.sub("\n", description))))


def _acting(issue: Document) -> list[str]:
	"""Who is responsible, and who stands in for them today."""
	return list(dict.fromkeys((issue.sf_responsible, reps.on_duty(issue.sf_responsible, getdate()))))


def _tell(users: Iterable[str], issue: Document, say: Callable[[str], dict]) -> None:
	for user in dict.fromkeys(users):
		_let(issue, user, write=False)
	announcing.tell(
		announcing.readers(users, issue), say, _DOCTYPE, issue.name, announcing.path(_DOCTYPE, issue.name)
	)


def _let(issue: Document, user: str, write: bool) -> None:
	"""Lets somebody read a complaint, or work on it, unless they may already."""
	needed = "write" if write else "read"
	if reps.is_enabled(user) and not frappe.has_permission(_DOCTYPE, needed, doc=issue.name, user=user):
		add_docshare(
			_DOCTYPE, issue.name, user, read=1, write=int(write), flags={"ignore_share_permission": True}
		)


def _facts(issue: Document) -> list[tuple[str, str]]:
	found = [
		(_("Customer"), issue.customer_name or issue.customer),
		(_("To Be Settled By", context="Issue"), announcing.when(issue.sf_close_by)),
		(_("Responsible", context="Issue"), get_fullname(issue.sf_responsible)),
	]
	return [(label, text) for label, text in found if text]


def _documents(issue: Document) -> list[tuple[str, str]]:
	if not issue.sf_survey:
		return []
	return [(f"{_('Satisfaction Survey')} {issue.sf_survey}", announcing.path(_SURVEY, issue.sf_survey))]


def _note(issue: Document, say: Callable[[], str]) -> None:
	"""A line in the customer's timeline."""
	if issue.customer and frappe.db.exists("Customer", issue.customer):
		text = f'<a href="{announcing.path(_DOCTYPE, issue.name)}">{frappe.utils.escape_html(say())}</a>'
		frappe.get_doc("Customer", issue.customer).add_comment("Info", text)
