from __future__ import annotations

from frappe import _


def get_data() -> dict:
	"""The leads that a research has become."""
	return {
		"fieldname": "market_research",
		"internal_links": {"Lead": ["candidates", "lead"]},
		"transactions": [{"label": _("Leads", context="Market Research"), "items": ["Lead"]}],
	}
