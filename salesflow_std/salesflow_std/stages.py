"""Moves between stages, on whatever path they are asked for: refused, warned of or let pass (M1)."""

from __future__ import annotations

from frappe.model.document import Document

SUBJECTS = ("Lead", "Opportunity")


def check(doc: Document, to_stage: str) -> list[dict]:
	"""What a document still needs before it may stand in a stage: one dict for each gate on the way, met or not.

	``{"gate", "met", "why", "route", "what", "mode", "rule", …}`` as `gate_words.say`.
	"""
	raise NotImplementedError


def move(
	doctype: str,
	name: str,
	to_stage: str,
	reason: str | None = None,
	override_reason: str | None = None,
) -> Document:
	"""Moves a document into a stage, or raises GateNotMet. Returns it as saved; doing it twice is doing it once."""
	raise NotImplementedError
