"""A scoring model in the desk: checked by the engine, simulated before it is saved, re-graded after."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model import no_value_fields, table_fields
from frappe.model.document import Document
from frappe.utils import now_datetime
from frappe.utils.caching import request_cache

from salesflow_std.engine import scoring, worktime
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	MODEL_FIELDS,
	request_regrade,
	working_calendar,
)
from salesflow_std.salesflow_std.messages import refuse
from salesflow_std.setup import shipped_defaults

# Facts that are no field of the document but counted from its fields.
COUNTED_FACTS = ("days_to_close", "amount")

NO_VALUE_FIELDS = (*no_value_fields, *table_fields)
_PACKED_LENGTH = 140  # of the field that keeps the points on the document


class ScoringModel(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		for field in ("regrade_pending", "regraded_as"):  # the job's own notes; a form sends back old ones
			self.set(field, before.get(field) if before else None)
		if before and before.enabled and not self.enabled:
			self._check_not_in_use()
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
		check_limits(model)
		if self.automatic:
			check_facts(self.applies_to, model)

	def _check_not_in_use(self) -> None:
		settings = frappe.get_single("Salesflow Settings")
		chosen = {settings.get(field) for field in MODEL_FIELDS.values()}
		chosen |= {row.scoring_model for row in settings.company_scoring_models}
		if self.name in chosen:
			frappe.throw(
				_("{0} is in use. Choose another model in {1} first.").format(
					_(self.name), frappe.utils.get_link_to_form("Salesflow Settings", "Salesflow Settings")
				),
				title=_("Scoring Model in Use"),
			)

	def on_update(self) -> None:
		forget()
		before = self.get_doc_before_save()
		if before and rules_text(before) != rules_text(self):
			request_regrade(self.name)

	def on_trash(self) -> None:
		# BNAU Score is left out of Frappe's link check, because scorings go with their subject.
		if not frappe.flags.in_uninstall and frappe.db.exists("BNAU Score", {"scoring_model": self.name}):
			frappe.throw(
				_("{0} stands in the history of grades. Disable it instead.").format(_(self.name)),
				frappe.LinkExistsError,
				title=_("Scoring Model in Use"),
			)
		forget()

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		forget()
		shipped_defaults.renamed(self.doctype, old, new)
		if merge:
			request_regrade(new, dates=True)


def check_limits(model: scoring.Model) -> None:
	"""Refuses what would fail later: points that do not fit their field, periods beyond the calendar."""
	packed = scoring.pack_points({d.code: 4.333333 for d in model.dimensions})
	if len(packed) > _PACKED_LENGTH:
		frappe.throw(
			_("The dimensions' codes are too long together. Shorten some of them."), title=_("Dimension Code")
		)
	for band in model.bands:
		for period in (band.first_touch, band.review_after):
			if period:
				try:
					worktime.add(now_datetime(), period.amount, period.unit, working_calendar())
				except EngineError as problem:
					refuse(problem, _("Scoring Model Contradicts Itself"), prefix=f"{band.grade}: ")


def check_facts(doctype: str, model: scoring.Model) -> None:
	"""Refuses an automatic model that would read fields which are not there."""
	if doctype != "Opportunity":
		frappe.throw(
			_("Only opportunities can be graded by themselves; {0} are scored by people.").format(_(doctype)),
			title=_("Grade by Itself"),
		)
	meta = frappe.get_meta(doctype)
	for i, dimension in enumerate(model.dimensions, start=1):
		field = meta.get_field(dimension.fact)
		if dimension.fact not in COUNTED_FACTS and (not field or field.fieldtype in NO_VALUE_FIELDS):
			frappe.throw(
				_("Row {0}: {1} has no field {2} to take the points of {3} from.").format(
					i, _(doctype), dimension.fact or "?", dimension.code
				),
				title=_("Field Not Found"),
			)
		if not dimension.rules:
			frappe.throw(
				_("Row {0}: {1} has no rule that gives points.").format(i, dimension.code),
				title=_("Rule Missing"),
			)


def rules_text(doc: Document) -> str:
	"""Everything of a model that can change a grade or a deadline, as a text that changes when it does."""
	model = scoring.model_from_dict(doc.as_dict())
	return repr([doc.automatic] + [(d.code, d.weight, d.fact, d.rules) for d in model.dimensions]) + repr(
		[(b.grade, b.low, b.high, band_clocks(b)) for b in model.bands]
	)


def band_clocks(band: scoring.Band) -> str:
	"""The periods of a grade as a text: where it changes, deadlines move although the grade does not."""
	return repr((band.first_touch, band.review_after, band.nurture))


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
