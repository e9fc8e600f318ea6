"""What a grade means for a document: which of its fields say what (L6-L9).

One place for the fields that the app keeps on Lead, Opportunity and Customer, whoever changes the grade: a
person, the document itself, a manager, or the re-grading of a changed model (which does the same for many
documents at once, in `jobs.regrade`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import frappe
from frappe.utils import flt, get_datetime, getdate, now_datetime

from salesflow_std.engine import leads, scoring, worktime
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model

GRADED_DOCTYPES = ("Lead", "Opportunity", "Customer")

# Leads that somebody still has to work on; the others are an opportunity, a customer or ended.
OPEN_LEAD_STATUSES = ("Lead", "Open", "Replied", "Interested")
OPEN_OPPORTUNITY_STATUSES = ("Open", "Quotation", "Replied")


def clocks(
	doctype: str,
	band: scoring.Band | None,
	graded_on: datetime | None,
	subject: Mapping[str, object],
	now: datetime,
) -> dict[str, object]:
	"""The dates that follow from a grade.

	`subject` carries the document's company and, for a Lead, `sf_captured_on`, `sf_first_touch_due`,
	`sf_first_touched_on`, `sf_ended_politely`, `sf_invalid_reason`. An invalid lead is in no queue and has no
	dates (L3). When the next touch is due follows from the plan (`follow_ups`), not from the grade alone.
	"""
	calendar = working_calendar(subject.get("company"))
	due_of = lambda start, period: (  # noqa: E731
		worktime.add(start, period.amount, period.unit, calendar) if band and period and start else None
	)
	invalid = bool(subject.get("sf_invalid_reason"))
	review_due = due_of(graded_on, band and band.review_after) if not invalid else None
	dates: dict[str, object] = {
		"sf_review_due": review_due,
		"sf_grade_stale": int(bool(review_due and review_due < now)),
	}
	if doctype != "Lead":
		return dates
	touched = subject.get("sf_first_touched_on")
	touched = get_datetime(touched) if touched else None
	captured = subject.get("sf_captured_on")
	due = due_of(get_datetime(captured), band and band.first_touch) if captured and not invalid else None
	if not (touched and subject.get("sf_first_touch_due")):  # what was met or missed stays so
		dates.update(
			sf_first_touch_due=due,
			sf_first_touch_status=leads.first_touch_status(due, touched, now),
		)
	nurture = (band and band.nurture) or subject.get("sf_ended_politely")
	dates["sf_in_nurture"] = int(bool(nurture and not invalid))
	return dates


def facts(model: scoring.Model, doc: Mapping[str, object], today: date) -> dict[str, object]:
	"""The facts an automatic model reads from a document's fields (F2); a missing one is None."""
	values: dict[str, object] = {}
	for dimension in model.dimensions:
		if dimension.fact == "days_to_close":
			closing = doc.get("expected_closing")
			values[dimension.fact] = scoring.days_until(getdate(closing) if closing else None, today)
		elif dimension.fact == "amount":
			values[dimension.fact] = company_amount(doc)
		else:
			values[dimension.fact] = doc.get(dimension.fact)
	return values


def company_amount(doc: Mapping[str, object]) -> float:
	"""An opportunity's amount in the company's currency."""
	return flt(doc.get("base_opportunity_amount")) or flt(doc.get("opportunity_amount")) * (
		flt(doc.get("conversion_rate")) or 1
	)


def grade_from_facts(
	model: scoring.Model, doc: Mapping[str, object], today: date
) -> tuple[scoring.Result | None, dict[str, float | None]]:
	"""The grade a document's own fields give (F2), and the points; no grade while a fact is missing."""
	points = scoring.points_from_facts(model, facts(model, doc, today))
	if any(value is None for value in points.values()):
		return None, points
	return scoring.grade(model, points), points


def is_frozen(subject: Mapping[str, object]) -> bool:
	"""Whether a manager has set the grade and the time has not run out."""
	until = subject.get("sf_grade_frozen_until")
	return bool(until) and getdate(until) >= getdate()


def subject_fields(doctype: str) -> list[str]:
	"""The fields to read of a document before its grade is changed."""
	fields = [
		"name",
		"sf_grade",
		"sf_score",
		"sf_points",
		"sf_graded_on",
		"sf_scoring_model",
		"sf_grade_frozen_until",
	]
	if doctype != "Customer":
		fields.append("company")
	if doctype == "Lead":
		fields += [
			"sf_captured_on",
			"sf_first_touch_due",
			"sf_first_touched_on",
			"sf_invalid_reason",
			"sf_ended_politely",
			"sf_in_nurture",
		]
	return fields


def record_change(
	doctype: str,
	name: str,
	*,
	model: str | None,
	source: str,
	points: str,
	total: float | None,
	grade: str | None,
	previous_grade: str | None,
	reason: str | None = None,
	frozen_until: date | None = None,
	when: datetime | None = None,
) -> None:
	"""Keeps who changed a grade, when, from what, to what and why (L9), where no person gave points."""
	score = frappe.new_doc("BNAU Score")
	score.update(
		{
			"reference_doctype": doctype,
			"reference_name": name,
			"scoring_model": model,
			"source": source,
			"points": points,
			"total": total,
			"grade": grade,
			"previous_grade": previous_grade,
			"scored_by": frappe.session.user,
			"scored_on": when or now_datetime(),
			"reason": reason,
			"frozen_until": frozen_until,
		}
	)
	score.set_new_name()
	score.db_insert()


def fact_fields(model: scoring.Model) -> list[str]:
	"""The fields to read of an opportunity that is graded by its own fields."""
	counted = {"days_to_close", "amount"}
	needed = {
		*subject_fields("Opportunity"),
		"title",
		"status",
		"expected_closing",
		"opportunity_amount",
		"base_opportunity_amount",
		"conversion_rate",
	}
	return sorted(needed | {d.fact for d in model.dimensions if d.fact not in counted})


def release(doctype: str, name: str, reason: str | None = None) -> str | None:
	"""Lets the points count again after a manager had set the grade; returns the grade they give."""
	subject = frappe.db.get_value(doctype, name, subject_fields(doctype), as_dict=True, for_update=True)
	model = engine_model(subject.sf_scoring_model)
	outcome = scoring.regrade(model, [subject.sf_points or ""])[subject.sf_points or ""]
	now = now_datetime()
	values = {
		"sf_grade": outcome.grade,
		"sf_grade_frozen_until": None,
		**clocks(doctype, model.band(outcome.grade or ""), subject.sf_graded_on, subject, now),
	}
	frappe.db.set_value(doctype, name, values, update_modified=False)
	record_change(
		doctype,
		name,
		model=subject.sf_scoring_model,
		source="Released",
		points=subject.sf_points,
		total=subject.sf_score,
		grade=outcome.grade,
		previous_grade=subject.sf_grade,
		reason=reason,
		when=now,
	)
	return outcome.grade
