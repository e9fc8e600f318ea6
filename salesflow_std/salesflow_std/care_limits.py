"""The limits of tiers and activities, as the settings say them (P6)."""

from __future__ import annotations

from frappe.model.document import Document
from frappe.utils import cint, flt

from salesflow_std.engine.care import ActivityLimits, TierLimits


def tiers(settings: Document) -> TierLimits:
	"""Percentages of the settings as shares; what was never saved is as the engine has it."""
	fields = {
		"strategic_share": "tier_strategic_share",
		"core_share": "tier_core_share",
		"margin": "tier_margin",
	}
	return TierLimits(
		**{
			name: flt(settings.get(field)) / 100
			for name, field in fields.items()
			if settings.get(field) is not None
		}
	)


def activity(settings: Document) -> ActivityLimits:
	"""The days of the settings; what was never saved is as the engine has it."""
	fields = {"high": "active_high_days", "medium": "active_medium_days", "silent": "silent_days"}
	return ActivityLimits(
		**{
			name: cint(settings.get(field))
			for name, field in fields.items()
			if settings.get(field) is not None
		}
	)
