"""What went to a customer by e-mail, kept on the timeline of what it was about (F4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import frappe
from frappe.utils import get_formatted_email


def keep(
	mail: Mapping[str, str],
	recipients: Iterable[str],
	reference: tuple[str, str],
	links: Iterable[tuple[str, str]] = (),
	user: str | None = None,
) -> str:
	"""The Communication of a mail that goes out, ``{"subject", "html"}``; returns its name. It makes the mail a touch
	of `reference`, and shows it on the timelines of `links` as well. It comes from `user`, else from who is at work. The
	caller has checked the rights."""
	communication = frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Sent",
			"subject": mail["subject"],
			"content": mail["html"],
			"sender": get_formatted_email(user or frappe.session.user),
			"recipients": ", ".join(recipients),
			"reference_doctype": reference[0],
			"reference_name": reference[1],
			"timeline_links": [{"link_doctype": doctype, "link_name": name} for doctype, name in links],
			"status": "Linked",
		}
	)
	communication.flags.skip_add_signature = True
	return communication.insert(ignore_permissions=True).name
