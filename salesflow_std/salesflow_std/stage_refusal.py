"""What a refused move says: which gates are not met, why they are asked, and where to go from here (M1)."""

from __future__ import annotations

from collections.abc import Sequence

import frappe


class GateNotMet(frappe.ValidationError):
	"""A move that its gates refuse; `gates` holds what `stages.check` says of each one that is not met."""

	gates: Sequence[dict] = ()


class ReasonMissing(frappe.ValidationError):
	"""A stage would be skipped, or a document go back, without a reason."""
