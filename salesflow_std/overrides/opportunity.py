"""Opportunity: S/A/B from its own fields at each save (F2)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate, now_datetime

from salesflow_std.engine import scoring
from salesflow_std.overrides import graded, own_fields
from salesflow_std.salesflow_std import grading
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import default_model
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model, is_automatic


def before_validate(doc: Document, method: str | None = None) -> None:
	"""Keeps our fields out of what ERPNext copies from the party, and gives a new one a type that is there."""
	own_fields.cover(doc)
	if doc.is_new() and not doc.opportunity_type:
		doc.opportunity_type = _usual_type()


def _usual_type() -> str | None:
	"""ERPNext takes the user's word for "Sales", but the record bears the word of whoever set the site up.

	A type that is not there could be stored, and no later save of the opportunity would pass.
	"""
	names = dict.fromkeys((_("Sales"), "Sales"))
	return next((name for name in names if frappe.db.exists("Opportunity Type", name, cache=True)), None)


def validate(doc: Document, method: str | None = None) -> None:
	"""Grades an open opportunity; without a closing date or another fact it has no grade (F2)."""
	own_fields.uncover(doc)
	graded.validate(doc)
	if doc.status not in grading.OPEN_OPPORTUNITY_STATUSES:
		return
	name = default_model("Opportunity", doc.company)
	if not name or not is_automatic(name):
		return
	result, points = grading.grade_from_facts(engine_model(name), doc, getdate())
	doc.sf_scoring_model = name
	doc.sf_points = scoring.pack_points({k: v for k, v in points.items() if v is not None})
	doc.sf_score = result.score if result else 0
	if grading.is_frozen(doc):
		return
	grade = result.grade if result else None
	if grade != doc.sf_grade:
		doc.flags.sf_previous_grade = doc.sf_grade or ""
		doc.sf_grade = grade
		doc.sf_graded_on = now_datetime() if grade else None


def on_update(doc: Document, method: str | None = None) -> None:
	"""Keeps a change of the grade in the history (L9)."""
	previous = doc.flags.pop("sf_previous_grade", None)
	if previous is None:
		return
	grading.record_change(
		"Opportunity",
		doc.name,
		model=doc.sf_scoring_model,
		source="By Itself",
		points=doc.sf_points,
		total=doc.sf_score,
		grade=doc.sf_grade,
		previous_grade=previous or None,
	)
