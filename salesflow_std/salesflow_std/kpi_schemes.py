"""Which KPI Scheme counts for whom (M5)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import frappe
from frappe.utils import flt

from salesflow_std.engine import kpi

DOCTYPE = "KPI Scheme"


@dataclass(frozen=True)
class Scheme:
	"""A scheme: what sales count from, and what each measure weighs."""

	name: str
	role: str | None
	company: str | None
	sales_from: str
	weights: tuple[kpi.Weight, ...]


class Schemes:
	"""The enabled schemes of a company, read at once: for a user by role, the company's own before the general one.

	Of several that fit alike the first by name counts.
	"""

	def __init__(self, company: str, users: Collection[str]) -> None:
		self._schemes = _read(company)
		self._roles = _roles(users, {scheme.role for scheme in self._schemes if scheme.role})

	@property
	def sources(self) -> tuple[str, ...]:
		"""The doctypes that sales are counted from."""
		return tuple(sorted({scheme.sales_from for scheme in self._schemes})) or ("Sales Invoice",)

	def of(self, user: str | None) -> Scheme | None:
		"""The scheme of a user; of nobody, the general one. None where there is none."""
		roles = self._roles.get(user or "", frozenset())
		fitting = (scheme for scheme in self._schemes if not scheme.role or scheme.role in roles)
		return min(
			fitting, key=lambda scheme: (not scheme.role, not scheme.company, scheme.name), default=None
		)


def _read(company: str) -> list[Scheme]:
	weights: dict[str, list[kpi.Weight]] = {}
	for row in frappe.get_all(
		"KPI Weight",
		filters={"parenttype": DOCTYPE},
		fields=["parent", "measure", "weight", "cap"],
		order_by="parent, idx",
	):
		weights.setdefault(row.parent, []).append(kpi.Weight(row.measure, flt(row.weight), flt(row.cap)))
	rows = frappe.get_all(
		DOCTYPE, filters={"enabled": 1}, fields=["name", "role", "company", "sales_from"], order_by="name"
	)
	return [
		Scheme(row.name, row.role, row.company, row.sales_from, tuple(weights.get(row.name, ())))
		for row in rows
		if not row.company or row.company == company
	]


def _roles(users: Collection[str], roles: Collection[str]) -> dict[str, frozenset[str]]:
	"""User -> those of some roles that they have."""
	if not users or not roles:
		return {}
	found: dict[str, set[str]] = {}
	for row in frappe.get_all(
		"Has Role",
		filters={"parenttype": "User", "parent": ("in", list(users)), "role": ("in", list(roles))},
		fields=["parent", "role"],
		order_by="parent",
	):
		found.setdefault(row.parent, set()).add(row.role)
	return {user: frozenset(found_roles) for user, found_roles in found.items()}
