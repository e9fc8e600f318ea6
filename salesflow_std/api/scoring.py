"""Scoring from the desk and over REST (L5-L10)."""

from __future__ import annotations

import datetime
import json
from collections import Counter

import frappe
from frappe import _
from frappe.query_builder.functions import Count, Sum
from frappe.utils import cint, flt, getdate, now_datetime
from pypika import Case

from salesflow_std.engine import scoring
from salesflow_std.engine.errors import EngineError
from salesflow_std.salesflow_std import fit, follow_ups, grading, profiles
from salesflow_std.salesflow_std.doctype.bnau_score.bnau_score import (
	check_permission,
	check_subject_type,
	model_for,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	default_model,
	progress_key,
)
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import (
	check_facts,
	engine_model,
	is_automatic,
)
from salesflow_std.salesflow_std.messages import refuse, say

_LARGEST = 10


@frappe.whitelist(methods=["POST", "PUT"])
def score(
	doctype: str,
	name: str,
	points: dict | str,
	evidence: dict | str | None = None,
	scoring_model: str | None = None,
	reason: str | None = None,
) -> dict:
	"""Records a BNAU Score and grades the document (L5-L7).

	`points` maps dimension codes to 1-5, e.g. ``{"B": 5, "N": 3, "A": 5, "U": 1}``; `evidence` maps them to
	notes. Returns ``{"score", "grade", "lines", "first_touch_due", "next_touch_on"}`` and the record's name.
	Raises PermissionError without the right to change the document, ValidationError for points that do not
	fit the model.
	"""
	points, evidence = _mapping(points, "points"), _mapping(evidence, "evidence")
	check_subject_type(doctype)
	check_permission(doctype, name, "write")
	unknown = [code for code in evidence if code not in points]
	if unknown:
		frappe.throw(
			_("There is evidence for {0}, but no points.").format(", ".join(map(str, unknown))),
			title=_("Points Do Not Fit"),
		)
	record = frappe.get_doc(
		{
			"doctype": "BNAU Score",
			"reference_doctype": doctype,
			"reference_name": name,
			"scoring_model": scoring_model,
			"reason": reason,
			"lines": [
				{"dimension": code, "points": _points(code, value), "evidence": evidence.get(code)}
				for code, value in points.items()
			],
		}
	)
	record.insert()
	return _outcome(record)


def _outcome(record: frappe.model.document.Document) -> dict:
	subject = record.subject
	return {
		"name": record.name,
		"score": record.total,
		"grade": subject.sf_grade,
		"computed_grade": record.grade,
		"previous_grade": record.previous_grade,
		"lines": [
			{
				"dimension": row.dimension,
				"label": _(row.label),
				"points": row.points,
				"weight": row.weight,
				"contribution": row.contribution,
			}
			for row in record.lines
		],
		"first_touch_due": subject.get("sf_first_touch_due"),
		"next_touch_on": subject.get("sf_next_touch_on"),
		"frozen_until": subject.get("sf_grade_frozen_until") if grading.is_frozen(subject) else None,
	}


def _mapping(value: dict | str | None, what: str) -> dict:
	if isinstance(value, str):
		try:
			value = json.loads(value) if value.strip() else {}
		except ValueError:
			value = value or None
	if value is None:
		value = {}
	if not isinstance(value, dict):
		frappe.throw(
			_("{0} is given by dimension, for example {1}.").format(what, '{"B": 5, "N": 3}'),
			title=_("Points Do Not Fit"),
		)
	return value


def _points(code: str, value: object) -> float:
	"""A number as it came; a text is refused rather than turned into 0."""
	if isinstance(value, bool) or not isinstance(value, int | float):
		refuse(
			scoring.PointsError(
				f"points.{code}", "{code} has {points} points: 1 to 5 are possible.", code=code, points=value
			),
			_("Points Do Not Fit"),
		)
	return value


def _subject(doctype: str, name: str, ptype: str, lock: bool = False) -> frappe._dict:
	check_subject_type(doctype)
	check_permission(doctype, name, ptype)
	fields = grading.subject_fields(doctype)
	return frappe.db.get_value(doctype, name, fields, as_dict=True, for_update=lock)


@frappe.whitelist(methods=["GET", "POST"])
def form(doctype: str, name: str, scoring_model: str | None = None) -> dict:
	"""What the score dialog shows: the model's dimensions with their rubric, the points given last, and the points
	that the best target customer profile proposes."""
	subject = _subject(doctype, name, "write")
	model_name = model_for(doctype, subject.get("company"), scoring_model)
	model = engine_model(model_name)
	last = scoring.known_points(model, subject.sf_points)
	proposed = _proposals(doctype, name, model_name)
	return {
		"model": model_name,
		"automatic": is_automatic(model_name),
		"dimensions": [
			{
				"code": d.code,
				"label": _(d.label),
				"weight": d.weight,
				"levels": {p: _(text) for p, text in d.levels.items()},
				"points": last.get(d.code),
				"proposal": proposed.get(d.code),
			}
			for d in model.dimensions
		],
		"frozen_until": subject.sf_grade_frozen_until if grading.is_frozen(subject) else None,
		"may_fix": may_fix_grade(),
		"grades": [b.grade for b in model.bands],
	}


def _proposals(doctype: str, name: str, model_name: str) -> dict[str, dict]:
	"""What the best target customer profile proposes (L4), to those who may read what it is taken from."""
	party = profiles.party_of(doctype, name)
	if not party or not frappe.has_permission("Target Customer Profile", "read"):
		return {}
	if not frappe.has_permission(party[0], "read", doc=party[1]):
		return {}
	return fit.proposals(*party, model_name)


@frappe.whitelist(methods=["GET", "POST"])
def preview(doctype: str, name: str, points: dict | str, scoring_model: str | None = None) -> dict:
	"""The total, grade and dates that points would give, without writing; `missing` while some are open."""
	subject = _subject(doctype, name, "write")
	model = engine_model(model_for(doctype, subject.get("company"), scoring_model))
	points = {code: value for code, value in _mapping(points, "points").items() if value is not None}
	missing = [_(d.label) for d in model.dimensions if d.code not in points]
	if missing:
		return {"missing": missing}
	try:
		result = scoring.grade(model, points)
	except EngineError as problem:
		refuse(problem, _("Points Do Not Fit"))
	now = now_datetime()
	frozen = grading.is_frozen(subject)
	band = model.band(subject.sf_grade) or result.band if frozen else result.band
	dates = grading.clocks(doctype, band, now, subject, now)
	return {
		"missing": [],
		"total": result.score,
		"most": scoring.total_range(model)[1],
		"grade": result.grade,
		"colour": result.band.colour,
		"previous_grade": subject.sf_grade,
		"next": _next_grade(model, result),
		"frozen_grade": subject.sf_grade if frozen else None,
		**_dates(doctype, band, dates, subject),
	}


def _dates(doctype: str, band: scoring.Band, dates: dict, subject: dict) -> dict:
	return {
		"first_touch_due": dates.get("sf_first_touch_due"),
		"first_touch_status": dates.get("sf_first_touch_status"),
		"first_touched_on": subject.get("sf_first_touched_on"),
		"next_touch_on": follow_ups.preview(doctype, subject["name"], band.grade, dates),
		"nurture": cint(dates.get("sf_in_nurture")),
		"review_due": dates.get("sf_review_due"),
	}


def _next_grade(model: scoring.Model, result: scoring.Result) -> dict | None:
	nearest = result.next_grade
	if not nearest:
		return None

	def described(raises: dict) -> list[dict]:
		rows = []
		for code, points in raises.items():
			dimension = model.dimension(code)
			text = dimension.levels.get(int(points), "")
			rows.append({"label": _(dimension.label), "points": points, "text": _(text) if text else ""})
		return rows

	return {
		"grade": nearest.grade,
		"missing": nearest.missing,
		"alone": described(nearest.alone),
		"steps": described(nearest.steps),
	}


@frappe.whitelist(methods=["GET", "POST"])
def explain(doctype: str, name: str) -> dict:
	"""Why a document has its grade: contributions, what the next grade would take, and the history (L9)."""
	subject = _subject(doctype, name, "read")
	history = frappe.get_all(
		"BNAU Score",
		filters={"reference_doctype": doctype, "reference_name": name},
		fields=[
			"name",
			"scored_on",
			"scored_by",
			"source",
			"total",
			"grade",
			"previous_grade",
			"reason",
			"points",
			"frozen_until",
		],
		order_by="scored_on desc, creation desc",
		limit=50,
	)
	for row in history:
		row.scored_by_name = frappe.utils.get_fullname(row.scored_by)
	answer = {
		"grade": subject.sf_grade,
		"model": subject.sf_scoring_model,
		"frozen_until": subject.sf_grade_frozen_until if grading.is_frozen(subject) else None,
		"may_fix": may_fix_grade(),
		"history": history,
		"lines": [],
		"next": None,
		"problem": None,
	}
	model_name = subject.sf_scoring_model or default_model(doctype, subject.get("company"))
	if not model_name:
		return answer
	model = engine_model(model_name)
	answer["grades"] = [b.grade for b in model.bands]
	try:
		result = scoring.grade(model, scoring.known_points(model, subject.sf_points))
	except EngineError as problem:
		answer["problem"] = _missing_facts(model, subject) if is_automatic(model_name) else say(problem)
		return answer
	texts = _evidence(history)
	answer["total"], answer["most"] = result.score, scoring.total_range(model)[1]
	answer["computed_grade"], answer["colour"] = result.grade, result.band.colour
	answer["lines"] = [
		{
			"label": _(line.label),
			"points": line.points,
			"contribution": line.contribution,
			"possible": line.possible,
			"text": _(model.dimension(line.dimension).levels.get(int(line.points), "")),
			"evidence": texts.get(line.dimension),
		}
		for line in sorted(result.lines, key=lambda line: -line.contribution)
	]
	answer["next"] = _next_grade(model, result)
	return answer


def _missing_facts(model: scoring.Model, subject: dict) -> str:
	known = scoring.unpack_points(subject.sf_points)
	missing = ", ".join(_(d.label) for d in model.dimensions if d.code not in known)
	return _("Not graded: the document says nothing about {0}.").format(missing)


def _evidence(history: list) -> dict[str, str]:
	"""The notes of the newest scoring by a person."""
	newest = next((row.name for row in history if row.source in ("Scored", "Reviewed")), None)
	if not newest:
		return {}
	rows = frappe.get_all(
		"BNAU Score Line",
		filters={"parent": newest},
		fields=["dimension", "evidence"],
		order_by="idx",
		parent_doctype="BNAU Score",
	)
	return {row.dimension: row.evidence for row in rows if row.evidence}


@frappe.whitelist(methods=["POST", "PUT"])
def review(doctype: str, name: str, reason: str | None = None) -> dict:
	"""Says that the facts behind a grade still hold: the same points, as of now (L9)."""
	subject = _subject(doctype, name, "write")
	model_name = subject.sf_scoring_model
	if not model_name or not frappe.db.get_value("Scoring Model", model_name, "enabled"):
		model_name = model_for(doctype, subject.get("company"))
	points = scoring.known_points(engine_model(model_name), subject.sf_points)
	if not points:
		frappe.throw(
			_("{0} {1} has no points yet. Score it first.").format(_(doctype), name),
			title=_("Nothing to Review"),
		)
	evidence = _evidence(
		frappe.get_all(
			"BNAU Score",
			filters={
				"reference_doctype": doctype,
				"reference_name": name,
				"source": ("in", ["Scored", "Reviewed"]),
			},
			fields=["name", "source"],
			order_by="scored_on desc, creation desc",
			limit=1,
		)
	)
	record = frappe.get_doc(
		{
			"doctype": "BNAU Score",
			"reference_doctype": doctype,
			"reference_name": name,
			"scoring_model": model_name,
			"reason": reason,
			"lines": [
				{"dimension": code, "points": value, "evidence": evidence.get(code)}
				for code, value in points.items()
			],
		}
	)
	record.flags.source = "Reviewed"
	record.insert()
	return _outcome(record)


def may_fix_grade() -> bool:
	"""Whether the user may set a grade against the points: sales managers and those above."""
	return bool({"Sales Manager", "Sales Master Manager", "System Manager"} & set(frappe.get_roles()))


@frappe.whitelist(methods=["POST", "PUT"])
def override(doctype: str, name: str, grade: str, reason: str, until: str) -> dict:
	"""A manager sets a grade against the points, with a reason and an end date; until then it stays (L9).

	Scorings meanwhile are kept and count when the time has run out or `release` is called.
	"""
	subject = _subject(doctype, name, "write", lock=True)
	_check_manager()
	if not (reason or "").strip():
		frappe.throw(_("Say why the grade is set against the points."), title=_("Reason Missing"))
	end = _date(until)
	if not end or end < getdate():
		frappe.throw(_("The grade needs an end date, today or later."), title=_("End Date"))
	model_name = model_for(doctype, subject.get("company"), subject.sf_scoring_model)
	band = engine_model(model_name).band(grade)
	if not band:
		frappe.throw(
			_("{0} has no grade {1}. It has: {2}.").format(
				_(model_name), grade, ", ".join(b.grade for b in engine_model(model_name).bands)
			),
			title=_("Unknown Grade"),
		)
	now = now_datetime()
	# The facts are as old as they were; a manager's word makes them no newer.
	graded_on = subject.sf_graded_on or now
	values = {
		"sf_grade": grade,
		"sf_grade_frozen_until": end,
		"sf_graded_on": graded_on,
		"sf_scoring_model": model_name,
		**grading.clocks(doctype, band, graded_on, subject, now),
	}
	frappe.db.set_value(doctype, name, values, update_modified=False)
	grading.record_change(
		doctype,
		name,
		model=model_name,
		source="Set by Manager",
		points=subject.sf_points,
		total=subject.sf_score,
		grade=grade,
		previous_grade=subject.sf_grade,
		reason=reason.strip(),
		frozen_until=end,
	)
	follow_ups.graded(doctype, name)
	return {"grade": grade, "frozen_until": end}


@frappe.whitelist(methods=["POST", "PUT"])
def release(doctype: str, name: str, reason: str | None = None) -> dict:
	"""Ends a manager's grade before its time: the points count again."""
	subject = _subject(doctype, name, "write")
	_check_manager()
	if not subject.sf_grade_frozen_until:
		frappe.throw(
			_("The grade of {0} {1} is not set by a manager.").format(_(doctype), name),
			title=_("Nothing to Release"),
		)
	grade = grading.release(doctype, name, reason)
	follow_ups.graded(doctype, name)
	return {"grade": grade}


def _check_manager() -> None:
	if not may_fix_grade():
		frappe.throw(
			_("Only a sales manager may set a grade against the points."),
			frappe.PermissionError,
			title=_("Not Permitted"),
		)


def _date(value: str | None) -> datetime.date | None:
	try:
		return getdate(value) if value else None
	except Exception:
		# Frappe answers an unreadable date with a message of its own; ours names the field.
		frappe.clear_last_message()
		return None


# What a changed model would do ---------------------------------------------------------------------------


@frappe.whitelist(methods=["GET", "POST"])
def simulate(scoring_model: str, changes: dict | str | None = None) -> dict:
	"""What a changed model would do to current grades, without writing.

	`changes` holds a Scoring Model's fields: ``{"weights": {"B": 2}}`` for weights alone, or the tables
	`dimensions`, `rules`, `bands`; a row of dimensions or bands that gives only some fields is completed
	by the current row of the same code or grade. Returns ``{"graded", "moves": [{"from", "to", "count"}],
	"before", "after", "ungradable", "frozen", "clocks_change", "largest"}``, `largest` being the ten
	documents with the largest amounts that would move. Needs the right to change the model.
	"""
	doc = frappe.get_doc("Scoring Model", scoring_model)
	doc.check_permission("write")
	changes = _mapping(changes, "changes")
	try:
		model = scoring.model_from_dict(_changed(doc, changes))
	except EngineError as problem:
		refuse(problem, _("Scoring Model Contradicts Itself"))
	if doc.automatic:
		check_facts(doc.applies_to, model)
		moved = _simulate_facts(doc, model)
	else:
		moved = _simulate_points(doc, model)
	current = engine_model(scoring_model)
	return {
		**moved,
		"clocks_change": [
			b.grade
			for b in model.bands
			if (old := current.band(b.grade)) is None
			or (b.first_touch, b.review_after, b.nurture) != (old.first_touch, old.review_after, old.nurture)
		],
	}


def _changed(doc: frappe.model.document.Document, changes: dict) -> dict:
	data = doc.as_dict()
	weights = changes.get("weights") or {}
	codes = {row.code for row in doc.dimensions}
	for code in weights:
		if code not in codes:
			refuse(
				scoring.ModelError(
					f"weights.{code}", "{model} has no dimension {code}. It has: {codes}.",
					model=doc.name, code=code, codes=", ".join(sorted(codes)),
				),
				_("Scoring Model Contradicts Itself"),
			)  # fmt: skip
	for row in data["dimensions"]:
		row["weight"] = weights.get(row["code"], row["weight"])
	for table, key in (("dimensions", "code"), ("bands", "grade"), ("rules", None)):
		rows = changes.get(table)
		if rows is None:
			continue
		current = {row[key]: row for row in data[table]} if key else {}
		data[table] = [{**current.get(row.get(key), {}), **row} for row in rows]
	return data


def _simulate_points(doc: frappe.model.document.Document, model: scoring.Model) -> dict:
	"""Every distinct set of points is graded once, however many documents share it."""
	subject = frappe.qb.DocType(doc.applies_to)
	rows = (
		frappe.qb.from_(subject)
		.select(
			subject.sf_points, subject.sf_grade, _frozen(subject).as_("frozen"), Count("*").as_("documents")
		)
		.where(subject.sf_scoring_model == doc.name)
		.groupby(subject.sf_points, subject.sf_grade, _frozen(subject))
		.run(as_dict=True)
	)
	graded = scoring.regrade(model, {row.sf_points or "" for row in rows})
	tally = _Tally()
	moving = set()
	for row in rows:
		outcome = graded[row.sf_points or ""]
		tally.add(row.sf_grade, outcome.grade, row.documents, bool(row.frozen), bool(outcome.problem))
		if not row.frozen and outcome.grade and outcome.grade != row.sf_grade:
			moving.add((row.sf_points or "", row.sf_grade))
	return {**tally.result(), "largest": _largest(doc, moving, graded)}


def _frozen(subject: frappe.qb.DocType) -> Case:
	return Case().when(subject.sf_grade_frozen_until >= getdate(), 1).else_(0)


def _company_amount(opportunity: frappe.qb.DocType) -> Case:
	"""`grading.company_amount` of a row; the amount itself where it was never converted."""
	converted = opportunity.base_opportunity_amount
	return Case().when(converted > 0, converted).else_(opportunity.opportunity_amount)


def _largest(doc: frappe.model.document.Document, moving: set, graded: dict) -> list[dict]:
	"""The ten documents with the largest amounts among those that would move."""
	if not moving:
		return []
	subject = frappe.qb.DocType(doc.applies_to)
	opportunity = frappe.qb.DocType("Opportunity")
	amounts = (
		frappe.qb.from_(opportunity)
		.select(opportunity.party_name, Sum(_company_amount(opportunity)).as_("amount"))
		.where(opportunity.opportunity_from == doc.applies_to)
		.groupby(opportunity.party_name)
	)
	revenue = subject.annual_revenue if doc.applies_to == "Lead" else amounts.amount
	rows = (
		frappe.qb.from_(subject)
		.left_join(amounts)
		.on(amounts.party_name == subject.name)
		.select(
			subject.name,
			(subject.title if doc.applies_to == "Lead" else subject.customer_name).as_("title"),
			subject.sf_points,
			subject.sf_grade,
			amounts.amount,
		)
		.where(subject.sf_scoring_model == doc.name)
		.where(subject.sf_points.isin(sorted({points for points, _grade in moving})))
		.where((subject.sf_grade_frozen_until < getdate()) | subject.sf_grade_frozen_until.isnull())
		.orderby(amounts.amount, revenue, order=frappe.qb.desc)
		.orderby(subject.name)
		.limit(_LARGEST * 20)
		.run(as_dict=True)
	)
	found = [row for row in rows if (row.sf_points or "", row.sf_grade) in moving][:_LARGEST]
	return [
		{
			"doctype": doc.applies_to,
			"name": row.name,
			"title": row.title,
			"amount": flt(row.amount),
			"from": row.sf_grade,
			"to": graded[row.sf_points or ""].grade,
		}
		for row in found
	]


def _simulate_facts(doc: frappe.model.document.Document, model: scoring.Model) -> dict:
	"""Automatic models: every open document is graded by its fields."""
	tally = _Tally()
	moving = []
	today = getdate()
	for row in frappe.get_all(
		doc.applies_to,
		filters={"sf_scoring_model": doc.name, "status": ("in", grading.OPEN_OPPORTUNITY_STATUSES)},
		fields=grading.fact_fields(model),
		order_by="name",
	):
		result, _points_of = grading.grade_from_facts(model, row, today)
		grade = result.grade if result else None
		frozen = grading.is_frozen(row)
		tally.add(row.sf_grade, grade, 1, frozen, problem=False)
		if not frozen and grade != row.sf_grade:
			moving.append((grading.company_amount(row), row, grade))
	moving.sort(key=lambda entry: (-entry[0], entry[1].name))
	largest = [
		{
			"doctype": doc.applies_to,
			"name": row.name,
			"title": row.title,
			"amount": amount,
			"from": row.sf_grade,
			"to": grade,
		}
		for amount, row, grade in moving[:_LARGEST]
	]
	return {**tally.result(), "largest": largest}


class _Tally:
	"""Counts who moves from which grade to which."""

	def __init__(self) -> None:
		self.moves: Counter = Counter()
		self.before: Counter = Counter()
		self.after: Counter = Counter()
		self.graded = self.frozen = self.ungradable = 0

	def add(self, old: str | None, new: str | None, count: int, frozen: bool, problem: bool) -> None:
		self.graded += count
		self.frozen += count if frozen else 0
		self.ungradable += count if problem else 0
		new = old if frozen or problem else new
		self.before[old or ""] += count
		self.after[new or ""] += count
		if new != old:
			self.moves[(old or "", new or "")] += count

	def result(self) -> dict:
		return {
			"graded": self.graded,
			"frozen": self.frozen,
			"ungradable": self.ungradable,
			"before": dict(self.before),
			"after": dict(self.after),
			"moved": sum(self.moves.values()),
			"moves": [
				{"from": old, "to": new, "count": count}
				for (old, new), count in sorted(self.moves.items(), key=lambda move: -move[1])
			],
		}


@frappe.whitelist(methods=["GET", "POST"])
def regrade_progress(scoring_model: str) -> dict:
	"""How far the re-grading of a model is: ``{"pending", "done", "total"}``."""
	frappe.get_doc("Scoring Model", scoring_model).check_permission("read")
	pending = frappe.db.get_value("Scoring Model", scoring_model, "regrade_pending")
	return {"pending": cint(pending), **(frappe.cache.get_value(progress_key(scoring_model)) or {})}
