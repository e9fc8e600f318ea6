"""The page on which a customer confirms, corrects or refuses their needs, without a login (N4).

`/confirm-needs?token=…`; what holds for all pages for guests stands in `public_pages`.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import now_datetime

from salesflow_std.engine import public_text
from salesflow_std.salesflow_std import confirmations, needs_mail
from salesflow_std.salesflow_std.confirmations import CONFIRMED, CORRECTED, REFUSED, Answer
from salesflow_std.salesflow_std.messages import say
from salesflow_std.salesflow_std.public_pages import DONE, NAME_LENGTH, TEXT_LENGTH, PublicPage, Shown

ACTIONS = {"confirm": CONFIRMED, "correct": CORRECTED, "refuse": REFUSED}
_CORRECTION = "correction-"


class ConfirmationPage(PublicPage):
	"""Shows the needs as the customer is to confirm them, and takes the answer."""

	PATH = needs_mail.PAGE
	TEMPLATE = "templates/confirmation/page.html"

	def asked(self, said: frappe._dict, posted: bool) -> tuple[Document | None, frappe._dict | None]:
		return confirmations.asked(said.get("token"))

	def take(self, said: frappe._dict, shown: Shown) -> None:
		if not isinstance(said.get("action"), str) or said["action"] not in ACTIONS:
			return  # opened, or shown in the other language
		given = _answer(said, shown.record, shown)
		if given:
			confirmations.answer_by_link(shown.link, given)
			shown.state, shown.outcome, shown.record, shown.said = DONE, given.verdict, None, {}

	def facts(self, shown: Shown) -> dict[str, Any]:
		facts = needs_mail.shown(shown.record)
		for need in facts["needs"]:
			written = shown.said.get(_CORRECTION + need["key"])
			need["written"] = written if isinstance(written, str) else ""
		return facts


@frappe.whitelist(allow_guest=True, methods=["POST"])
def answer(**said: Any) -> dict:
	"""The customer's answer for programs: the fields of the page's form.

	`token`, `action` (confirm, correct, refuse), `answered_by`, `comment`, `reason` for a refusal and
	``correction-<key of the need>``. Returns ``{"done", "message"}``; whatever is wrong is said in `message`, in the
	same words for every link that is not valid.
	"""
	return ConfirmationPage().reply(said)


def _answer(said: frappe._dict, record: Document, shown: Shown) -> Answer | None:
	"""What the customer says, cleaned; None where something is missing, which `shown.problem` names."""
	verdict = ACTIONS[said["action"]]
	keys = {row.need_key for row in record.needs}
	given = {key[len(_CORRECTION) :]: text for key, text in said.items() if key.startswith(_CORRECTION)}
	try:
		if not set(given) <= keys:
			raise public_text.TextError("needs", "That is not a text.")
		by = public_text.clean("answered_by", said.get("answered_by"), NAME_LENGTH, lines=False)
		comment = public_text.clean("comment", said.get("comment"), TEXT_LENGTH)
		reason = public_text.clean("reason", said.get("reason"), TEXT_LENGTH)
		corrections = {
			key: text
			for key, value in given.items()
			if (text := public_text.clean("correction", value, TEXT_LENGTH))
		}
	except public_text.TextError as problem:
		shown.problem = say(problem)
		return None
	if not by:
		shown.problem = _("Please write your name.")
	elif verdict == CONFIRMED and corrections:
		shown.problem = _("You have written a correction. Please send it as one, or empty the field.")
	elif verdict == CORRECTED and not corrections:
		shown.problem = _("Please correct at least one of the needs.")
	elif verdict == REFUSED and not reason:
		shown.problem = _("Please tell us the reason.")
	if shown.problem:
		return None
	if verdict == REFUSED:
		comment = reason
	return Answer(verdict, by, now_datetime(), comment=comment, corrections=corrections)
