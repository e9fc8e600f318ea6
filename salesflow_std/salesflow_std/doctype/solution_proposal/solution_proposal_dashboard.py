"""Connections of a proposal: what it answers, who reviewed it, what was said of it."""

from __future__ import annotations

from frappe import _


def get_data() -> dict:
	return {
		"fieldname": "proposal",
		"internal_links": {"Needs Record": "needs_record"},
		"transactions": [
			{"label": _("Sales Standard"), "items": ["Needs Record", "Proposal Review"]},
			{"label": _("Customer"), "items": ["Meeting Minutes", "Objection"]},
		],
	}
