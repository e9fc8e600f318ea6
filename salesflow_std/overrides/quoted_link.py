"""Communication: mail that quotes a public link is kept without its token (N4)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.overrides.guard import safely
from salesflow_std.salesflow_std import public_links


def validate(doc: Document, method: str | None = None) -> None:
	"""A customer's reply quotes the mail with the link; whoever reads it here must not answer in their name."""
	for field in ("content", "text_content"):
		if "token" in (doc.get(field) or ""):
			safely(_hide, doc, field)


def _hide(doc: Document, field: str) -> None:
	doc.set(field, public_links.hide_tokens(doc.get(field)))
