"""The page on which a customer confirms, corrects or refuses their needs, without a login (N4).

`/confirm-needs?token=…` shows on GET and writes on POST. It needs no script: each button sends the form to the
address the page was opened with, so the token stands nowhere in the page. Whatever is wrong with a link, the page
is the same, with the same status: it tells neither that there was a link nor whose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import now_datetime
from werkzeug.wrappers import Response

from salesflow_std import __version__
from salesflow_std.engine import public_text
from salesflow_std.salesflow_std import confirmations, needs_mail, notices, public_links
from salesflow_std.salesflow_std.confirmations import CONFIRMED, CORRECTED, REFUSED, Answer
from salesflow_std.salesflow_std.messages import say

NAME_LENGTH = 140
TEXT_LENGTH = 2000
LANGUAGES = {"en": "English", "zh": "中文"}

ACTIONS = {"confirm": CONFIRMED, "correct": CORRECTED, "refuse": REFUSED}
_CORRECTION = "correction-"

# Tries an hour. An address can be made up, a token cannot.
_BY_ADDRESS = 240
_BY_TOKEN = 60
_HOUR = 60 * 60

_HEADERS = {
	"Cache-Control": "no-store",
	"Referrer-Policy": "no-referrer",
	"X-Robots-Tag": "noindex, nofollow",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
	"Content-Security-Policy": (
		"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
		"frame-ancestors 'none'; base-uri 'none'"
	),
}


class ConfirmationPage:
	"""Frappe's website asks each renderer whether a path is its own."""

	def __init__(self, path: str, http_status_code: int | None = None):
		self.path = (path or "").strip("/ ")

	def can_render(self) -> bool:
		return self.path == needs_mail.PAGE

	def render(self) -> Response:
		posted = frappe.local.request.method == "POST"
		shown = _safely(frappe.form_dict, posted)
		with notices.in_language(shown.language):
			html = frappe.get_template("templates/confirmation/page.html").render(_context(shown))
		# Half a character is nothing that UTF-8 could say.
		body = html.encode("utf-8", errors="ignore")
		return Response(body, status=200, mimetype="text/html", headers=_HEADERS)


@frappe.whitelist(allow_guest=True, methods=["POST"])
def answer(**said: Any) -> dict:
	"""The customer's answer for programs: the fields of the page's form.

	`token`, `action` (confirm, correct, refuse), `answered_by`, `comment`, `reason` for a refusal and
	``correction-<key of the need>``. Returns ``{"done", "message"}``; whatever is wrong is said in `message`, in the
	same words for every link that is not valid.
	"""
	shown = _safely(frappe._dict(said), posted=True)
	with notices.in_language(shown.language):
		return {"done": shown.state == DONE, "message": _sentence(shown)}


# What the page shows: the question, the thanks, or why there is neither.
ASK, DONE, GONE, SLOW, BROKEN = "ask", "done", "gone", "slow", "broken"


@dataclass
class Shown:
	"""What comes of a request."""

	state: str
	language: str
	record: Document | None = None
	verdict: str = ""
	problem: str = ""
	said: dict[str, Any] = field(default_factory=dict)


def _safely(said: frappe._dict, posted: bool) -> Shown:
	"""What comes of a request, whatever it holds: nothing is half written, and nobody sees an error page."""
	language = _chosen_language(said) or _page_language(frappe.local.lang)
	try:
		return _shown(said, posted, language)
	except confirmations.NotOpen:
		frappe.db.rollback()
		return Shown(GONE, language)
	except Exception:
		frappe.db.rollback()
		# Without the variables: they hold the token, and what the customer wrote.
		frappe.log_error("A customer's answer could not be taken", frappe.get_traceback())
		frappe.clear_messages()
		return Shown(BROKEN, language)


def _shown(said: frappe._dict, posted: bool, language: str) -> Shown:
	token, action = said.get("token"), said.get("action")
	if not public_links.within_limit("address", str(frappe.local.request_ip), _BY_ADDRESS, _HOUR):
		return Shown(SLOW, language)
	record, link = confirmations.asked(token)
	if not record:
		return Shown(GONE, language)
	language = _chosen_language(said) or _page_language(link.language)
	if posted and not public_links.within_limit("token", token, _BY_TOKEN, _HOUR):
		return Shown(SLOW, language)
	shown = Shown(ASK, language, record, said=dict(said))
	if not posted or not isinstance(action, str) or action not in ACTIONS:
		return shown  # opened, or shown in the other language
	with notices.in_language(language):
		given = _answer(said, record, shown)
		if not given:
			return shown
		confirmations.answer_by_link(link, given)
	return Shown(DONE, language, verdict=given.verdict)


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


def _chosen_language(said: frappe._dict) -> str:
	"""The language that was chosen on the page, if any."""
	for key in ("switch", "lang"):
		if isinstance(said.get(key), str) and said[key] in LANGUAGES:
			return said[key]
	return ""


def _page_language(language: str | None) -> str:
	return "zh" if (language or "").lower().startswith("zh") else "en"


def _sentence(shown: Shown) -> str:
	if shown.state == ASK:
		return shown.problem or _("Nothing has been answered yet.")
	return {
		DONE: _("Thank you. Your answer has arrived."),
		GONE: _(
			"This link is not valid any more, or it has been answered already. If you have a question, please reply to "
			"the e-mail it came with."
		),
		SLOW: _("That was a little too often. Please try again in an hour."),
		BROKEN: _("That did not work just now, and nothing was saved. Please try again in a few minutes."),
	}[shown.state]


def _context(shown: Shown) -> dict[str, Any]:
	said = {key: value for key, value in shown.said.items() if isinstance(value, str)}
	facts = needs_mail.shown(shown.record) if shown.record else {}
	for need in facts.get("needs", ()):
		need["written"] = said.get(_CORRECTION + need["key"], "")
	return {
		**facts,
		"state": shown.state,
		"sentence": _sentence(shown) if shown.state != ASK else "",
		"problem": shown.problem,
		"verdict": shown.verdict,
		"said": said,
		"lang": shown.language,
		"languages": LANGUAGES,
		"csrf_token": _csrf_token(),
		"name_length": NAME_LENGTH,
		"text_length": TEXT_LENGTH,
		"stylesheet": f"/assets/salesflow_std/css/confirmation.css?v={__version__}",
	}


def _csrf_token() -> str:
	"""A user who is logged in may open the page, too: Frappe asks for their token at each POST."""
	if frappe.session.user == "Guest":
		return ""
	return frappe.sessions.get_csrf_token()
