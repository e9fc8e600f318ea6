"""The facts that gates ask about, read with few queries and only for the kinds that are asked (M1)."""

from __future__ import annotations

from collections.abc import Iterable

from frappe.model.document import Document

from salesflow_std.engine import gates as rules


def gates_of(process: Document) -> tuple[rules.Gate, ...]:
	"""The gates of a Sales Process, in their order, as the engine asks them; those that are off included."""
	raise NotImplementedError


def gather(doc: Document, gates: Iterable[rules.Gate]) -> rules.Facts:
	"""What some gates ask about a document, which may be unsaved; one or two queries for each kind."""
	raise NotImplementedError
