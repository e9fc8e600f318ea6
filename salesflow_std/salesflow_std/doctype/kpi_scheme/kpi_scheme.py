"""What the measures of a KPI score weigh, for a role (M5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, flt

from salesflow_std.engine import kpi
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import messages
from salesflow_std.setup import shipped_defaults


class KPIScheme(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the default company, though none means all.
		self.dont_update_if_missing = ["company"]

	def validate(self) -> None:
		title = _("Weights", context="KPI Scheme")
		try:
			kpi.validate([kpi.Weight(row.measure, flt(row.weight), flt(row.cap)) for row in self.weights])
		except EngineError as problem:
			messages.refuse(_with_words(problem), title)
		self._check_only_one()

	def _check_only_one(self) -> None:
		"""Refuses a second scheme for the same people: which of them counts, nobody could tell."""
		if not self.enabled:
			return
		others = frappe.get_all(
			"KPI Scheme",
			filters={"enabled": 1, "name": ("!=", self.name or "")},
			fields=["name", "role", "company"],
			order_by="name",
		)
		for other in others:
			if (other.role or "", other.company or "") == (self.role or "", self.company or ""):
				frappe.throw(
					_("{0} is for the same role and company. Disable it first, or choose a role.").format(
						escape_html(_(other.name))
					),
					title=_("Scheme Twice"),
				)

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		shipped_defaults.renamed("KPI Scheme", old, new)


def _with_words(problem: EngineError) -> EngineError:
	"""Measures as the form calls them."""
	said = dict(problem.params)
	if "measure" in said:
		said["measure"] = _(str(said["measure"]), context="KPI Weight")
	if "measures" in said:
		said["measures"] = ", ".join(_(one, context="KPI Weight") for one in kpi.MEASURES)
	return type(problem)(problem.field, problem.template, **said)
