"""Keeps S/A/B true while time passes: an opportunity comes closer to its closing date without being saved (F2)."""

from __future__ import annotations

import frappe
from frappe.utils import flt, getdate, now_datetime
from rq.timeouts import JobTimeoutException

from salesflow_std.engine import scoring
from salesflow_std.jobs import follow_up_clock
from salesflow_std.salesflow_std import grading
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import default_model
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model, is_automatic

CHUNK = 1000


def run(scoring_model: str | None = None) -> None:
	"""Grades open opportunities whose grade or score is no longer what their fields say.

	With `scoring_model`, those of that model only. Every chunk is a transaction; a second run changes nothing.
	"""
	after = ""
	while True:
		names = frappe.get_all(
			"Opportunity",
			filters={"status": ("in", grading.OPEN_OPPORTUNITY_STATUSES), "name": (">", after)},
			pluck="name",
			order_by="name",
			limit=CHUNK,
		)
		if not names:
			break
		_chunk(names, scoring_model)
		# A chunk is whole in itself, so that a killed run loses nothing and holds no locks for long.
		frappe.db.commit()  # nosemgrep
		after = names[-1]
	# What no rhythm takes back: a grade that is gone, or has none.
	follow_up_clock.end_orphans("Opportunity")


def _chunk(names: list[str], only_model: str | None) -> None:
	today = getdate()
	by_model: dict[str, list[str]] = {}
	for row in frappe.get_all(
		"Opportunity", filters={"name": ("in", names)}, fields=["name", "company"], order_by="name"
	):
		model = default_model("Opportunity", row.company)
		if model and is_automatic(model) and only_model in (None, model):
			by_model.setdefault(model, []).append(row.name)
	for name, members in by_model.items():
		model = engine_model(name)
		for row in frappe.get_all(
			"Opportunity",
			filters={"name": ("in", members)},
			fields=grading.fact_fields(model),
			order_by="name",
		):
			frappe.db.savepoint("opportunity_grading")
			try:
				_grade(name, model, row, today)
			except JobTimeoutException:
				raise
			except Exception:
				# One broken record never stops the rest.
				frappe.db.rollback(save_point="opportunity_grading")
				frappe.log_error(
					title="Opportunity could not be graded",
					reference_doctype="Opportunity",
					reference_name=row.name,
				)


def _grade(name: str, model: scoring.Model, row: frappe._dict, today: object) -> None:
	result, points = grading.grade_from_facts(model, row, today)
	packed = scoring.pack_points({code: value for code, value in points.items() if value is not None})
	total = result.score if result else 0
	grade = result.grade if result else None
	if grading.is_frozen(row):
		grade = row.sf_grade
	if (
		grade == row.sf_grade
		and packed == (row.sf_points or "")
		and flt(row.sf_score) == total
		and row.sf_scoring_model == name
	):
		return
	values = {"sf_score": total, "sf_points": packed, "sf_scoring_model": name, "sf_grade": grade}
	if grade != row.sf_grade:
		values["sf_graded_on"] = now_datetime() if grade else None
		# Without a next touch it is planned at the next tick, by its new grade (F2).
		values["sf_next_touch_on"] = None
	frappe.db.set_value("Opportunity", row.name, values, update_modified=False)
	if grade != row.sf_grade:
		grading.record_change(
			"Opportunity",
			row.name,
			model=name,
			source="By Itself",
			points=packed,
			total=total,
			grade=grade,
			previous_grade=row.sf_grade,
		)
