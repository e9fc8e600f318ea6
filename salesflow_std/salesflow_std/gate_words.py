"""What a gate says to people: what is missing, why the standard asks for it, and where to go (M1)."""

from __future__ import annotations

from frappe.model.document import Document

from salesflow_std.engine.gates import Finding


def say(finding: Finding, doc: Document) -> dict:
	"""A finding in the user's language, plain text.

	``{"key", "gate", "met", "what", "why", "route", "mode", "rule", "kind", "stage", "moment"}``: `what` is how it
	stands (what is missing, or what a met gate should still be told about; may be empty), `route` a path of the desk that leads to
	the fix, "" where there is none (an unsaved document).
	"""
	raise NotImplementedError
