"""Pages for guests: somebody opens a link of ours, reads, and answers, without a login (N4, A3).

A page shows on GET and writes on POST. It needs no script: each button sends the form to the address the page was
opened with, so the token of that link stands nowhere in the page. Whatever is wrong with a link, the page is the
same, with the same status: it tells neither that there was a link nor whose.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from werkzeug.wrappers import Response

from salesflow_std import __version__
from salesflow_std.salesflow_std import notices, public_links

NAME_LENGTH = 140
TEXT_LENGTH = 2000
LANGUAGES = {"en": "English", "zh": "中文"}

# What a page shows: the question, the thanks, or why there is neither.
ASK, DONE, GONE, SLOW, BROKEN = "ask", "done", "gone", "slow", "broken"

_HOUR = 60 * 60
_ASSETS = "/assets/salesflow_std"
_HEADERS = {
	"Cache-Control": "no-store",
	"Referrer-Policy": "no-referrer",
	"X-Robots-Tag": "noindex, nofollow",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
}
_POLICY = (
	"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
	"frame-ancestors 'none'; base-uri 'none'"
)
# For a page with a script of ours, which may speak to this site only.
_SCRIPT_POLICY = "; script-src 'self'; connect-src 'self'"


@dataclass
class Shown:
	"""What comes of a request; `outcome` is the page's own word for what was answered."""

	state: str
	language: str
	record: Document | None = None
	link: frappe._dict | None = None
	problem: str = ""
	outcome: str = ""
	posted: bool = False
	said: dict[str, Any] = field(default_factory=dict)

	@property
	def done(self) -> bool:
		"""Whether what was asked for has been done."""
		return self.state == DONE


class PublicPage:
	"""A page behind a link. Frappe's website asks each renderer whether a path is its own.

	A page of its own says where it is, what it looks like, whom a link leads to (`asked`), what becomes of an answer
	(`take`) and what its template shows (`facts`).
	"""

	PATH = ""
	TEMPLATE = ""
	SCRIPT = ""
	# The class of a form that is checked here and not by the browser.
	FORM = ""
	# Tries an hour. An address can be made up, a token cannot.
	BY_ADDRESS = 240
	BY_TOKEN = 60
	SHOWN = Shown

	def __init__(self, path: str | None = None, http_status_code: int | None = None):
		self.path = (path or "").strip("/ ")

	def can_render(self) -> bool:
		return self.path == self.PATH

	def render(self) -> Response:
		posted = frappe.local.request.method == "POST"
		shown = self.taken(frappe.form_dict, posted)
		with notices.in_language(shown.language):
			html = frappe.get_template(self.TEMPLATE).render(self._context(shown))
		policy = _POLICY + (_SCRIPT_POLICY if self.SCRIPT else "")
		# Half a character is nothing that UTF-8 could say.
		body = html.encode("utf-8", errors="ignore")
		headers = {**_HEADERS, "Content-Security-Policy": policy}
		return Response(body, status=200, mimetype="text/html", headers=headers)

	# What a page says of itself

	def asked(self, said: frappe._dict, posted: bool) -> tuple[Document | None, frappe._dict | None]:
		"""The document and the link that may be answered now; (None, None) for everything else."""
		raise NotImplementedError

	def take(self, said: frappe._dict, shown: Shown) -> None:
		"""Does what was sent and says in `shown` what came of it, in the language that is set.

		Raises public_links.NotOpen where somebody was faster; whatever fails is undone by the caller.
		"""
		raise NotImplementedError

	def facts(self, shown: Shown) -> dict[str, Any]:
		"""What the template shows of a document, not escaped, beside what every page has."""
		raise NotImplementedError

	# What comes of a request

	def taken(self, said: frappe._dict, posted: bool) -> Shown:
		"""What comes of a request, whatever it holds: nothing is half written, and nobody sees an error page."""
		language = chosen_language(said) or page_language(frappe.local.lang)
		try:
			return self._taken(said, posted, language)
		except public_links.NotOpen:
			frappe.db.rollback()
			return self.SHOWN(GONE, language)
		except Exception:
			frappe.db.rollback()
			# Without the variables: they hold the token, and what the customer wrote.
			frappe.log_error("A customer's answer could not be taken", frappe.get_traceback())
			frappe.clear_messages()
			return self.SHOWN(BROKEN, language)

	def _taken(self, said: frappe._dict, posted: bool, language: str) -> Shown:
		address = str(frappe.local.request_ip)
		if not public_links.within_limit(f"{self.PATH}:address", address, self.BY_ADDRESS, _HOUR):
			return self.SHOWN(SLOW, language)
		record, link = self.asked(said, posted)
		if not record:
			return self.SHOWN(GONE, language)
		language = chosen_language(said) or page_language(link.language)
		if posted and not public_links.within_limit("token", said["token"], self.BY_TOKEN, _HOUR):
			return self.SHOWN(SLOW, language)
		shown = self.SHOWN(ASK, language, record, link, posted=posted, said=dict(said))
		if posted:
			with notices.in_language(language):
				self.take(said, shown)
		return shown

	def reply(self, said: dict[str, Any]) -> dict[str, Any]:
		"""As `taken`, for programs: ``{"done", "message"}``; the same words for every link that is not valid."""
		shown = self.taken(frappe._dict(said), posted=True)
		with notices.in_language(shown.language):
			return {"done": shown.done, "message": self.sentence(shown)}

	def sentence(self, shown: Shown) -> str:
		"""What a page says in one sentence, for people and programs."""
		if shown.state == ASK:
			return shown.problem or _("Nothing has been answered yet.")
		return {
			DONE: _("Thank you. Your answer has arrived."),
			GONE: _(
				"This link is not valid any more, or it has been answered already. If you have a question, please reply to "
				"the e-mail it came with."
			),
			SLOW: _("That was a little too often. Please try again in an hour."),
			BROKEN: _(
				"That did not work just now, and nothing was saved. Please try again in a few minutes."
			),
		}[shown.state]

	def _context(self, shown: Shown) -> dict[str, Any]:
		return {
			"state": shown.state,
			"sentence": self.sentence(shown) if shown.state != ASK else "",
			"problem": shown.problem,
			"outcome": shown.outcome,
			"said": {key: value for key, value in shown.said.items() if isinstance(value, str)},
			"lang": shown.language,
			"languages": LANGUAGES,
			"form": self.FORM,
			"csrf_token": csrf_token(),
			"name_length": NAME_LENGTH,
			"text_length": TEXT_LENGTH,
			"stylesheet": f"{_ASSETS}/css/public_page.css?v={__version__}",
			"script": f"{_ASSETS}/js/{self.SCRIPT}?v={__version__}" if self.SCRIPT else "",
			**(self.facts(shown) if shown.record else {}),
		}


def chosen_language(said: frappe._dict) -> str:
	"""The language that was chosen on the page, if any."""
	for key in ("switch", "lang"):
		if isinstance(said.get(key), str) and said[key] in LANGUAGES:
			return said[key]
	return ""


def page_language(language: str | None) -> str:
	"""The closest language that pages have."""
	return "zh" if (language or "").lower().startswith("zh") else "en"


def csrf_token() -> str:
	"""A user who is logged in may open a page, too: Frappe asks for their token at each POST."""
	if frappe.session.user == "Guest":
		return ""
	return frappe.sessions.get_csrf_token()
