"""A scoring model in the desk: checked by the engine, simulated before it is saved, re-graded after."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils.caching import request_cache

from salesflow_std.engine import scoring
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import request_regrade
from salesflow_std.salesflow_std.messages import refuse
from salesflow_std.setup import shipped_defaults

# Facts that are no field of the document but counted from its fields.
COUNTED_FACTS = ("days_to_close", "amount")


class ScoringModel(Document):
	def validate(self) -> None:
		for row in self.dimensions:
			row.code = (row.code or "").strip()
			if not row.code or any(c in row.code for c in " ="):
				frappe.throw(
					_("Row {0}: the code of a dimension has no spaces and no equals sign.").format(row.idx),
					title=_("Dimension Code"),
				)
		for row in self.rules:
			row.dimension = (row.dimension or "").strip()
		try:
			model = scoring.model_from_dict(self.as_dict())
		except EngineError as problem:
			refuse(problem, _("Scoring Model Contradicts Itself"))
		if self.automatic:
			self._check_facts(model)

	def _check_facts(self, model: scoring.Model) -> None:
		if self.applies_to != "Opportunity":
			frappe.throw(
				_("Only opportunities can be graded by themselves; {0} are scored by people.").format(
					_(self.applies_to)
				),
				title=_("Grade by Itself"),
			)
		meta = frappe.get_meta(self.applies_to)
		for i, dimension in enumerate(model.dimensions, start=1):
			if dimension.fact not in COUNTED_FACTS and not meta.has_field(dimension.fact):
				frappe.throw(
					_("Row {0}: {1} has no field {2} to take the points of {3} from.").format(
						i, _(self.applies_to), dimension.fact or "?", dimension.code
					),
					title=_("Field Not Found"),
				)
			if not dimension.rules:
				frappe.throw(
					_("Row {0}: {1} has no rule that gives points.").format(i, dimension.code),
					title=_("Rule Missing"),
				)

	def on_update(self) -> None:
		forget()
		before = self.get_doc_before_save()
		if before and rules_text(before) != rules_text(self):
			self.db_set("regrade_pending", 1, update_modified=False)
			request_regrade(self.name)

	def on_trash(self) -> None:
		forget()

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		forget()
		shipped_defaults.renamed(self.doctype, old, new)


def rules_text(doc: Document) -> str:
	"""Everything of a model that can change a grade or a deadline, as a text that changes when it does."""
	model = scoring.model_from_dict(doc.as_dict())
	return repr([(d.code, d.weight, d.fact, d.rules) for d in model.dimensions]) + repr(
		[(b.grade, b.low, b.high, band_clocks(b)) for b in model.bands]
	)


def band_clocks(band: scoring.Band) -> str:
	"""The periods of a grade as a text: where it changes, deadlines move although the grade does not."""
	return repr((band.first_touch, band.review_after, band.light_touch, band.nurture))


@request_cache
def engine_model(name: str) -> scoring.Model:
	"""The engine's model of a Scoring Model, built once a request. Raises DoesNotExistError."""
	return scoring.model_from_dict(frappe.get_cached_doc("Scoring Model", name).as_dict())


def is_automatic(name: str) -> bool:
	"""Whether a model takes its points from the document's fields."""
	return bool(frappe.get_cached_value("Scoring Model", name, "automatic"))


def forget() -> None:
	"""Drops what this request and the boot information remember of scoring models."""
	getattr(frappe.local, "request_cache", {}).pop(engine_model.__wrapped__, None)
	frappe.cache.delete_value("salesflow_std.grade_colours")
