"""Makes the leads of a long market research in the background (L11)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html

from salesflow_std.overrides import market_research
from salesflow_std.salesflow_std import notices

CHUNK = 20


def run(research: str, choices: dict | None = None) -> None:
	"""Makes leads for the user who asked and tells them what came of it. Killed and started again, the rest is made."""
	doc = frappe.get_doc("Market Research", research)
	doc.check_permission("write")

	def after_part(done: int, of: int) -> None:
		# A part is whole in itself: its candidates are linked to their leads.
		frappe.db.commit()  # nosemgrep
		frappe.publish_progress(
			done * 100 / of, title=_("Creating Leads"), doctype=doc.doctype, docname=doc.name
		)

	outcome = market_research.in_parts(doc, choices, CHUNK, after_part)
	_tell(doc, outcome)


def _tell(doc: frappe.model.document.Document, outcome: market_research.Outcome) -> None:
	user = frappe.session.user
	with notices.in_language(notices.language_of(user)):
		notices.notify(
			user,
			_("{0}: {1} leads created, {2} were there, {3} could not be made.").format(
				f"<b>{escape_html(doc.title)}</b>",
				len(outcome.created),
				len(outcome.used),
				len(outcome.failed),
			),
			doc.doctype,
			doc.name,
			"<br>".join(
				f"{escape_html(row['company_name'])}: {escape_html(row['reason'])}"
				for row in outcome.failed[:100]
			),
		)
	doc.notify_update()
