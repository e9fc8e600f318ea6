"""One scoring of one subject (L5, L10). Records are history: they are made, never edited."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.model.document import Document
from frappe.utils import get_datetime, get_link_to_form, now_datetime

from salesflow_std.engine import scoring
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import access, follow_ups, grading
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import default_model
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model
from salesflow_std.salesflow_std.messages import refuse


class BNAUScore(Document):
	def before_insert(self) -> None:
		# Who and when are facts, not input; an import may bring the time of an older scoring.
		imported_on = self.scored_on if frappe.flags.in_import else None
		self.scored_by = frappe.session.user
		self.scored_on = min(get_datetime(imported_on), now_datetime()) if imported_on else now_datetime()
		self.source = self.flags.source or "Scored"
		self.frozen_until = None

	def validate(self) -> None:
		if not self.is_new():
			frappe.throw(
				_("A scoring is a record of what was judged when; it is not edited. Score {0} again.").format(
					get_link_to_form(self.reference_doctype, self.reference_name)
				),
				title=_("Scorings Are Kept"),
			)
		self._check_subject()
		model = self._model()
		self._check_lines()
		try:
			result = scoring.grade(model, {row.dimension: row.points for row in self.lines})
		except EngineError as problem:
			refuse(problem, _("Points Do Not Fit"))
		self._write_result(result)

	def _check_subject(self) -> None:
		check_subject_type(self.reference_doctype)
		check_permission(self.reference_doctype, self.reference_name, "write")
		# Locked until the end, so that two scorings at once follow one another and both know the one before.
		self.subject = frappe.db.get_value(
			self.reference_doctype,
			self.reference_name,
			grading.subject_fields(self.reference_doctype),
			as_dict=True,
			for_update=True,
		)
		self.previous_grade = self.subject.sf_grade

	def _model(self) -> scoring.Model:
		self.scoring_model = model_for(
			self.reference_doctype, self.subject.get("company"), self.scoring_model
		)
		chosen = frappe.db.get_value(
			"Scoring Model", self.scoring_model, ["applies_to", "enabled", "automatic"], as_dict=True
		)
		if chosen.applies_to != self.reference_doctype:
			frappe.throw(
				_("{0} grades {1}, not {2}.").format(
					_(self.scoring_model), _(chosen.applies_to), _(self.reference_doctype)
				),
				title=_("Scoring Model Does Not Fit"),
			)
		if not chosen.enabled:
			frappe.throw(
				_("{0} is disabled. Enable it first or choose another model.").format(_(self.scoring_model)),
				title=_("Scoring Model Disabled"),
			)
		if chosen.automatic:
			frappe.throw(
				_(
					"{0} grades by itself from the document's fields. Correct the fields, or have a manager set the grade."
				).format(_(self.scoring_model)),
				title=_("Graded by Itself"),
			)
		return engine_model(self.scoring_model)

	def _check_lines(self) -> None:
		seen = set()
		for row in self.lines:
			row.dimension = (row.dimension or "").strip()
			if row.dimension in seen:
				frappe.throw(
					_("Row {0}: {1} is scored twice.").format(row.idx, row.dimension),
					title=_("Points Do Not Fit"),
				)
			seen.add(row.dimension)

	def _write_result(self, result: scoring.Result) -> None:
		rows = {row.dimension: row for row in self.lines}
		for line in result.lines:
			rows[line.dimension].update(
				{"label": line.label, "weight": line.weight, "contribution": line.contribution}
			)
		self.total = result.score
		self.grade = result.grade
		self.points = scoring.pack_points({line.dimension: line.points for line in result.lines})
		self.result = result

	def after_insert(self) -> None:
		"""Grades the subject. A grade that a manager has set stays; the score and its facts are kept.

		An imported scoring that is older than the one the subject has is history only.
		"""
		graded_on = self.subject.sf_graded_on
		if graded_on and get_datetime(self.scored_on) < get_datetime(graded_on):
			return
		values: dict[str, object] = {
			"sf_score": self.total,
			"sf_points": self.points,
			"sf_scoring_model": self.scoring_model,
			"sf_graded_on": self.scored_on,
		}
		band = self.result.band
		if grading.is_frozen(self.subject):
			band = engine_model(self.scoring_model).band(self.subject.sf_grade) or band
		else:
			values["sf_grade"] = self.grade
			values["sf_grade_frozen_until"] = None
		if self.subject.get("sf_ended_politely") and self._has_risen(band):
			# L8: a lead that was ended politely comes back when its grade rises.
			values["sf_ended_politely"] = self.subject.sf_ended_politely = 0
		values.update(
			grading.clocks(
				self.reference_doctype, band, get_datetime(self.scored_on), self.subject, now_datetime()
			)
		)
		# `modified` stays: the state is the app's alone, so an open form has nothing to be in conflict about.
		frappe.db.set_value(self.reference_doctype, self.reference_name, values, update_modified=False)
		self.subject.update(values)
		self.subject.sf_next_touch_on = follow_ups.graded(self.reference_doctype, self.reference_name)

	def _has_risen(self, band: scoring.Band) -> bool:
		before = engine_model(self.scoring_model).band(self.previous_grade or "")
		return not band.nurture and (
			before is None
			or before.nurture
			or (band.low or 0) > (before.low if before.low is not None else -1)
		)

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall:
			regrade_from_history(self.reference_doctype, self.reference_name, without=self.name)


def regrade_from_history(doctype: str, name: str, without: str = "") -> None:
	"""The newest scoring by a person counts, by its model as it is now; without one there is no grade."""
	subject = frappe.db.get_value(
		doctype, name, grading.subject_fields(doctype), as_dict=True, for_update=True
	)
	if not subject or grading.is_frozen(subject):
		return
	left = frappe.get_all(
		"BNAU Score",
		filters={
			"reference_doctype": doctype,
			"reference_name": name,
			"name": ("!=", without),
			"source": ("in", ("Scored", "Reviewed")),
		},
		fields=["points", "scoring_model", "scored_on"],
		order_by="scored_on desc, creation desc",
		limit=1,
	)
	newest = left[0] if left else frappe._dict()
	outcome, band = scoring.Regrade(), None
	if newest and frappe.db.exists("Scoring Model", newest.scoring_model):
		model = engine_model(newest.scoring_model)
		outcome = scoring.regrade(model, [newest.points or ""])[newest.points or ""]
		band = model.band(outcome.grade or "")
	graded_on = get_datetime(newest.scored_on) if newest else None
	values = {
		"sf_score": outcome.score or 0,
		"sf_grade": outcome.grade,
		"sf_points": newest.points,
		"sf_scoring_model": newest.scoring_model,
		"sf_graded_on": graded_on,
		**grading.clocks(doctype, band, graded_on, subject, now_datetime()),
	}
	frappe.db.set_value(doctype, name, values, update_modified=False)
	follow_ups.graded(doctype, name)


def check_subject_type(doctype: str | None) -> None:
	"""Refuses documents that have no grade."""
	if doctype not in grading.GRADED_DOCTYPES:
		frappe.throw(
			_("{0} cannot be scored. There are scorings of: {1}.").format(
				_(doctype or ""), ", ".join(_(d) for d in grading.GRADED_DOCTYPES)
			),
			title=_("Graded Document Type"),
		)


def model_for(doctype: str, company: str | None, scoring_model: str | None = None) -> str:
	"""The asked-for model, else the default; raises ValidationError when none is chosen."""
	name = scoring_model or default_model(doctype, company)
	if not name:
		frappe.throw(
			_("No scoring model is chosen for {0}. Choose one in {1}.").format(
				_(doctype), get_link_to_form("Salesflow Settings", "Salesflow Settings")
			),
			title=_("Scoring Model Missing"),
		)
	return name


def check_permission(doctype: str, name: str | None, ptype: str) -> None:
	"""Raises PermissionError unless the user may do that with the subject.

	A subject that does not exist gets the same answer as one the user may not see, unless they may see all.
	"""
	exists = bool(name) and bool(frappe.db.exists(doctype, name))
	if exists and frappe.has_permission(doctype, ptype, doc=name):
		return
	if not exists and frappe.has_permission(doctype, "read") and not build_match_conditions(doctype):
		frappe.throw(
			_("There is no {0} {1}.").format(_(doctype), name or ""),
			frappe.DoesNotExistError,
			title=_("Not Found"),
		)
	frappe.throw(
		_("You may not do this with {0} {1}: it needs the right to change it.").format(_(doctype), name or "")
		if ptype == "write"
		else _("You may not see {0} {1}.").format(_(doctype), name or ""),
		frappe.PermissionError,
		title=_("Not Permitted"),
	)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Scorings are seen by those who see their subject."""
	return access.by_reference("BNAU Score", grading.GRADED_DOCTYPES, user)


def line_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Points and evidence are seen by those who see their scoring."""
	return access.of_rows("BNAU Score Line", {"BNAU Score": permission_query_conditions}, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a scoring needs the right to read its subject; making one, to change it."""
	needed = "write" if ptype == "create" else "read"
	return access.allows_by_reference(doc, needed, user, grading.GRADED_DOCTYPES)
