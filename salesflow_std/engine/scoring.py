"""Grades by points: dimensions with weights, bands that touch, and the reasons behind a grade.

Carries out L5 (points 1-5 per dimension), L6 (total = sum of points x weight, bands touch), L10 (the same
method for accounts) and F2 (the same method fed from a document's own fields).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from .errors import EngineError
from .worktime import unit_of

MIN_POINTS = 1
MAX_POINTS = 5

# Totals are rounded so that 5 x 1.1 + ... which is 15 on paper is 15 here too, and gets its A. Two totals
# that differ by less than a millionth are the same total.
_DECIMALS = 6

OPERATORS = ("at most", "at least", "is", "is set", "otherwise")


class ModelError(EngineError):
	"""The scoring model contradicts itself; `field` names where."""


class PointsError(EngineError):
	"""The points do not fit the model; `field` is ``points`` or ``points.<dimension>``."""


@dataclass(frozen=True)
class Rule:
	"""Gives `points` when a fact meets it; a dimension's rules are read in order, the first that fits wins.

	`value` is a number for "at most" and "at least", a text for "is", unused otherwise.
	"""

	when: str
	points: float
	value: object = None


@dataclass(frozen=True)
class Dimension:
	"""One thing that is judged, 1-5 points. `levels` maps points to the rubric's words (L5)."""

	code: str
	label: str = ""
	weight: float = 1.0
	levels: Mapping[int, str] = field(default_factory=dict)
	fact: str = ""
	rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Period:
	"""A span such as 48 "Hours" or 3 "Working Days"; `worktime.UNITS` lists the units."""

	amount: float
	unit: str


@dataclass(frozen=True)
class Band:
	"""A grade and the totals it covers: `low` <= total < `high`; None leaves that side open.

	`first_touch` is the deadline the grade earns (L7), `review_after` how long its facts are believed
	(L9), `nurture` sends the lead to the nurture pool (L8).
	"""

	grade: str
	low: float | None = None
	high: float | None = None
	colour: str = "gray"
	first_touch: Period | None = None
	review_after: Period | None = None
	nurture: bool = False


@dataclass(frozen=True)
class Model:
	"""A scoring model. Build it, then `validate` it once: `grade` trusts what it is given."""

	name: str
	dimensions: tuple[Dimension, ...]
	bands: tuple[Band, ...]

	def dimension(self, code: str) -> Dimension | None:
		"""The dimension with that code, or None."""
		return next((d for d in self.dimensions if d.code == code), None)

	def band(self, grade: str) -> Band | None:
		"""The band with that grade, or None."""
		return next((b for b in self.bands if b.grade == grade), None)


@dataclass(frozen=True)
class Line:
	"""What one dimension added: `contribution` = points x weight, `possible` = the most it could add."""

	dimension: str
	label: str
	points: float
	weight: float
	contribution: float
	possible: float


@dataclass(frozen=True)
class NextGrade:
	"""What the next better grade would take.

	`missing` is the total still lacking. `alone` maps each dimension that could close the gap by itself
	to the points it needs. `steps` is a set of raises (dimension -> points) that does it and of which none
	can be left out; from whole points no other set raises fewer. Empty when no points can reach the grade.
	"""

	grade: str
	missing: float
	alone: Mapping[str, int]
	steps: Mapping[str, int]


@dataclass(frozen=True)
class Result:
	"""A graded set of points; `lines` in the model's order."""

	score: float
	grade: str
	band: Band
	lines: tuple[Line, ...]
	next_grade: NextGrade | None

	def largest(self, count: int = 2) -> tuple[Line, ...]:
		"""The `count` lines that carry the grade, largest contribution first."""
		return tuple(sorted(self.lines, key=lambda line: -line.contribution)[:count])


def _is_number(value: object) -> bool:
	return isinstance(value, int | float) and not isinstance(value, bool) and _number(value) is not None


def _limit(value: float | None) -> float | None:
	"""A band's limit, as exact as the totals that are compared with it."""
	return None if value is None else round(value, _DECIMALS)


def _total(weights: Mapping[str, float], points: Mapping[str, float]) -> float:
	return round(math.fsum(points[code] * weight for code, weight in weights.items()), _DECIMALS)


def validate(model: Model) -> Model:
	"""Returns the model when it can grade every total it can produce; raises ModelError naming the field.

	Refused: no dimension, no code or a code twice, a weight that is negative or no number, weights that are
	all zero or too large for a sum, points out of 1-5 in a rule; no band, a grade twice, bands that overlap
	or leave a gap (L6: bands touch), or that do not cover the lowest and highest total; a period that is not
	above zero, has no known unit, or is a fraction of days.
	"""
	_validate_dimensions(model.dimensions)
	_validate_bands(model)
	return model


def _validate_dimensions(dimensions: tuple[Dimension, ...]) -> None:
	if not dimensions:
		raise ModelError("dimensions", "A scoring model needs at least one dimension.")
	seen: set[str] = set()
	for i, dimension in enumerate(dimensions):
		at = f"dimensions[{i}]"
		if not dimension.code:
			raise ModelError(f"{at}.code", "Dimension {row} has no code.", row=i + 1)
		if dimension.code in seen:
			raise ModelError(f"{at}.code", "The dimension code {code} is used twice.", code=dimension.code)
		seen.add(dimension.code)
		if not _is_number(dimension.weight):
			raise ModelError(f"{at}.weight", "The weight of {code} is not a number.", code=dimension.code)
		if dimension.weight < 0:
			raise ModelError(f"{at}.weight", "The weight of {code} is negative.", code=dimension.code)
		for points in dimension.levels:
			if points not in range(MIN_POINTS, MAX_POINTS + 1):
				raise ModelError(
					f"{at}.levels", "{code} has a rubric for {points} points: 1 to 5 are possible.",
					code=dimension.code, points=points,
				)  # fmt: skip
		for j, rule in enumerate(dimension.rules):
			_validate_rule(f"{at}.rules[{j}]", dimension, rule)
	if not any(d.weight for d in dimensions):
		raise ModelError("dimensions", "All weights are zero: every total would be the same.")
	if not _is_number(MAX_POINTS * sum(d.weight for d in dimensions)):
		raise ModelError("dimensions", "The weights are too large to be added up.")


def _validate_rule(at: str, dimension: Dimension, rule: Rule) -> None:
	if rule.when not in OPERATORS:
		raise ModelError(
			f"{at}.when", "A rule of {code} compares by {when}, which does not exist.",
			code=dimension.code, when=rule.when,
		)  # fmt: skip
	if rule.when in ("at most", "at least") and _number(rule.value) is None:
		raise ModelError(
			f"{at}.value", "A rule of {code} compares with {value}, which is not a number.",
			code=dimension.code, value=rule.value,
		)  # fmt: skip
	if not _is_number(rule.points) or not MIN_POINTS <= rule.points <= MAX_POINTS:
		raise ModelError(
			f"{at}.points", "A rule of {code} gives {points} points: 1 to 5 are possible.",
			code=dimension.code, points=rule.points,
		)  # fmt: skip


def _validate_bands(model: Model) -> None:
	bands = model.bands
	if not bands:
		raise ModelError("bands", "A scoring model needs at least one grade.")
	seen: set[str] = set()
	for i, band in enumerate(bands):
		at = f"bands[{i}]"
		if not band.grade:
			raise ModelError(f"{at}.grade", "Band {row} has no grade.", row=i + 1)
		if band.grade.casefold() in seen:  # a database takes "hot" and "Hot" for the same
			raise ModelError(f"{at}.grade", "The grade {grade} is used twice.", grade=band.grade)
		seen.add(band.grade.casefold())
		for name in ("low", "high"):
			value = getattr(band, name)
			if value is not None and not _is_number(value):
				raise ModelError(
					f"{at}.{name}", "A limit of grade {grade} is not a number.", grade=band.grade
				)
		if band.low is not None and band.high is not None and _limit(band.low) >= _limit(band.high):
			raise ModelError(
				f"{at}.high", "Grade {grade} begins at {low} and ends below {high}: no total fits.",
				grade=band.grade, low=band.low, high=band.high,
			)  # fmt: skip
		for name in ("first_touch", "review_after"):
			period = getattr(band, name)
			if period is not None:
				_validate_period(f"{at}.{name}", band.grade, period)
	order = sorted(range(len(bands)), key=lambda i: -math.inf if bands[i].low is None else bands[i].low)
	for below, above in itertools.pairwise(order):
		lower, upper = bands[below], bands[above]
		if upper.low is None or lower.high is None or _limit(lower.high) > _limit(upper.low):
			raise ModelError(
				f"bands[{above}].low", "The grades {lower} and {upper} overlap.",
				lower=lower.grade, upper=upper.grade,
			)  # fmt: skip
		if _limit(lower.high) < _limit(upper.low):
			raise ModelError(
				f"bands[{above}].low",
				"Totals from {high} to {low} have no grade: {lower} ends before {upper} begins.",
				high=lower.high, low=upper.low, lower=lower.grade, upper=upper.grade,
			)  # fmt: skip
	least, most = total_range(model)
	first, last = bands[order[0]], bands[order[-1]]
	if first.low is not None and _limit(first.low) > least:
		raise ModelError(
			f"bands[{order[0]}].low", "Totals from {least} to {low} have no grade: {grade} begins above them.",
			least=least, low=first.low, grade=first.grade,
		)  # fmt: skip
	if last.high is not None and _limit(last.high) <= most:
		raise ModelError(
			f"bands[{order[-1]}].high", "Totals from {high} to {most} have no grade: {grade} ends below them.",
			high=last.high, most=most, grade=last.grade,
		)  # fmt: skip


def _validate_period(at: str, grade: str, period: Period) -> None:
	if not _is_number(period.amount) or period.amount <= 0:
		raise ModelError(at, "A period of grade {grade} must be a number above zero.", grade=grade)
	try:
		unit = unit_of(period.unit)
	except EngineError as problem:
		raise ModelError(at, problem.template, **problem.params) from None
	if "Hours" not in unit and period.amount != int(period.amount):
		raise ModelError(
			at, "A period of grade {grade} has {amount} {unit}: only whole ones are possible.",
			grade=grade, amount=period.amount, unit=unit,
		)  # fmt: skip


def total_range(model: Model) -> tuple[float, float]:
	"""The lowest and highest total the model can produce."""
	weights = {d.code: d.weight for d in model.dimensions}
	least, most = (_total(weights, dict.fromkeys(weights, points)) for points in (MIN_POINTS, MAX_POINTS))
	return least, most


def check_points(model: Model, points: Mapping[str, object]) -> dict[str, float]:
	"""The points as floats, in the model's order.

	Raises PointsError for an unknown dimension, a missing one (nothing is invented: no points, no grade)
	and anything that is not a number from 1 to 5.
	"""
	if not isinstance(points, Mapping):
		raise PointsError("points", "Points are given by dimension, for example B: 5.")
	codes = [d.code for d in model.dimensions]
	for code in points:
		if code not in codes:
			raise PointsError(
				f"points.{code}", "{model} has no dimension {code}. It has: {codes}.",
				model=model.name, code=code, codes=", ".join(codes),
			)  # fmt: skip
	missing = [code for code in codes if points.get(code) is None]
	if missing:
		raise PointsError("points", "No points for {codes}: not graded.", codes=", ".join(missing))
	for code in codes:
		if not _is_number(points[code]) or not MIN_POINTS <= points[code] <= MAX_POINTS:
			raise PointsError(
				f"points.{code}", "{code} has {points} points: 1 to 5 are possible.",
				code=code, points=points[code],
			)  # fmt: skip
	return {code: float(points[code]) for code in codes}


def band_for(model: Model, total: float) -> Band:
	"""The band a total falls into (L6: lower limit included, upper limit excluded)."""
	total = round(total, _DECIMALS)
	for band in model.bands:
		low, high = _limit(band.low), _limit(band.high)
		if (low is None or total >= low) and (high is None or total < high):
			return band
	raise ModelError("bands", "The total {total} has no grade.", total=total)


def grade(model: Model, points: Mapping[str, object]) -> Result:
	"""Grades points (dimension code -> 1-5) by a validated model (L5, L6, L10). Raises PointsError."""
	clean = check_points(model, points)
	lines = tuple(
		Line(
			dimension=d.code,
			label=d.label or d.code,
			points=clean[d.code],
			weight=d.weight,
			contribution=round(clean[d.code] * d.weight, _DECIMALS),
			possible=round(MAX_POINTS * d.weight, _DECIMALS),
		)
		for d in model.dimensions
	)
	total = _total({d.code: d.weight for d in model.dimensions}, clean)
	band = band_for(model, total)
	return Result(total, band.grade, band, lines, _next_grade(model, clean, total, band))


def _next_grade(model: Model, points: Mapping[str, float], total: float, band: Band) -> NextGrade | None:
	goal = _limit(band.high)
	better = next((b for b in model.bands if goal is not None and _limit(b.low) == goal), None)
	if better is None:
		return None  # also below a limit that ends the highest grade: nothing begins there
	weights = {d.code: d.weight for d in model.dimensions}
	alone: dict[str, int] = {}
	for code in weights:
		raises = _raises(points[code])
		needed = next((p for p in raises if _total(weights, {**points, code: p}) >= goal), None)
		if needed is not None:
			alone[code] = needed
	return NextGrade(
		better.grade, round(goal - total, _DECIMALS), alone, _fewest_raises(weights, points, goal)
	)


def _raises(points: float) -> range:
	"""The whole points above `points`."""
	return range(math.floor(points) + 1, MAX_POINTS + 1)


def _fewest_raises(weights: Mapping[str, float], points: Mapping[str, float], goal: float) -> dict[str, int]:
	"""Raises the heaviest dimensions first: each point there is worth most, so fewest points are raised."""
	steps: dict[str, int] = {}
	for code in sorted(weights, key=lambda c: -weights[c]):
		for raised in _raises(points[code]):
			steps[code] = raised
			if _total(weights, {**points, **steps}) >= goal:
				return _without_spare(weights, points, goal, steps)
	return {}


def _without_spare(
	weights: Mapping[str, float], points: Mapping[str, float], goal: float, steps: dict[str, int]
) -> dict[str, int]:
	"""A half point is worth less than its dimension's weight promised, so a raise may turn out unneeded."""
	for code in list(steps):
		fewer = {c: p for c, p in steps.items() if c != code}
		if _total(weights, {**points, **fewer}) >= goal:
			steps = fewer
	return steps


# Facts: grading that no one has to click (F2) -----------------------------------------------------------


def _number(value: object) -> float | None:
	if isinstance(value, bool) or value is None:
		return None
	try:
		number = float(value)  # type: ignore[arg-type]
	except (TypeError, ValueError, OverflowError):
		return None
	return number if math.isfinite(number) else None


def _meets(rule: Rule, fact: object) -> bool:
	if rule.when == "otherwise":
		return True
	if rule.when == "is set":
		return bool(fact)
	if rule.when == "is":
		return str(fact).strip().casefold() == str(rule.value).strip().casefold()
	number, limit = _number(fact), _number(rule.value)
	if number is None or limit is None:
		return False
	return number <= limit if rule.when == "at most" else number >= limit


def points_from_facts(model: Model, facts: Mapping[str, object]) -> dict[str, float | None]:
	"""Points per dimension from a document's fields (F2); None where the fact is missing or no rule fits.

	A fact that is None or an empty text is unknown and stays without points, whatever the rules say.
	"""
	points: dict[str, float | None] = {}
	for dimension in model.dimensions:
		fact = facts.get(dimension.fact)
		known = fact is not None and fact != ""
		rule = next((r for r in dimension.rules if _meets(r, fact)), None) if known else None
		points[dimension.code] = rule.points if rule else None
	return points


def days_until(day: date | datetime | None, today: date) -> int | None:
	"""Whole days from `today` to `day`, negative when it is past; None without a day."""
	if day is None:
		return None
	day, today = (d.date() if isinstance(d, datetime) else d for d in (day, today))
	return (day - today).days


# Points as one short text, so that documents with equal points can be found and graded together ----------


def pack_points(points: Mapping[str, float]) -> str:
	"""``{"N": 3, "B": 5.0}`` -> ``"B=5 N=3"``: one text per set of points, whatever the order.

	A space in a code is written ``%20``, a percent sign ``%25``.
	"""
	return " ".join(
		f"{code.replace('%', '%25').replace(' ', '%20')}={_shortest(points[code])}" for code in sorted(points)
	)


def _shortest(points: float) -> str:
	"""The shortest text that is read back as the very same number."""
	short = f"{points:g}"
	return short if float(short) == points else repr(float(points))


def unpack_points(packed: str | None) -> dict[str, float]:
	"""The reverse of `pack_points`; an empty text gives no points. Raises PointsError for any other text."""
	points: dict[str, float] = {}
	for part in (packed or "").split(" "):
		code, _, value = part.rpartition("=")
		if code and _number(value) is not None:
			points[code.replace("%20", " ").replace("%25", "%")] = float(value)
		elif part:
			raise PointsError("points", "{text} is no point: they are written like B=5 N=3.", text=part)
	return points


def known_points(model: Model, packed: str | None) -> dict[str, float]:
	"""The packed points of a document for the dimensions its model has now; what was taken out is left out."""
	codes = {d.code for d in model.dimensions}
	return {code: value for code, value in unpack_points(packed).items() if code in codes}


@dataclass(frozen=True)
class Regrade:
	"""What one packed set of points is worth under a model; `problem` is set when it cannot be graded."""

	score: float | None = None
	grade: str | None = None
	problem: EngineError | None = None


def regrade(model: Model, packed: Iterable[str]) -> dict[str, Regrade]:
	"""Grades every distinct packed set of points once.

	Points for a dimension the model no longer has are left out; a dimension that is new and has no points
	is a problem, never an invented number, and so is a text that holds no points.
	"""
	graded: dict[str, Regrade] = {}
	for text in packed:
		try:
			result = grade(model, known_points(model, text))
		except PointsError as problem:
			graded[text] = Regrade(problem=problem)
		else:
			graded[text] = Regrade(result.score, result.grade)
	return graded


# A model as data ----------------------------------------------------------------------------------------


def model_from_dict(data: Mapping[str, object]) -> Model:
	"""A validated Model from a Scoring Model's fields, as the desk stores and `fixtures/` ships them.

	Tables: `dimensions` (code, label, weight, level_1 … level_5, fact), `rules` (dimension, operator,
	value, points) and `bands` (grade, from_total, below_total, colour, and amount and unit of first_touch,
	review, nurture). A `below_total` of 0 or none means no upper limit. Raises ModelError
	naming the field.
	"""
	rules: dict[str, list[Rule]] = {}
	codes = {row.get("code") for row in data.get("dimensions") or ()}
	for i, row in enumerate(data.get("rules") or ()):
		code = row.get("dimension")
		if code not in codes:
			raise ModelError(
				f"rules[{i}].dimension",
				"A rule is for the dimension {code}, which does not exist.",
				code=code,
			)
		rules.setdefault(code, []).append(Rule(row.get("operator"), row.get("points"), row.get("value")))
	dimensions = tuple(
		Dimension(
			code=row.get("code") or "",
			label=row.get("label") or row.get("code") or "",
			weight=1.0 if row.get("weight") is None else row["weight"],
			levels={p: row[f"level_{p}"] for p in range(MIN_POINTS, MAX_POINTS + 1) if row.get(f"level_{p}")},
			fact=row.get("fact") or "",
			rules=tuple(rules.get(row.get("code"), ())),
		)
		for row in data.get("dimensions") or ()
	)
	bands = tuple(
		Band(
			grade=row.get("grade") or "",
			low=row.get("from_total"),
			high=row.get("below_total") or None,
			colour=(row.get("colour") or "Gray").lower(),
			first_touch=_period(row, "first_touch"),
			review_after=_period(row, "review"),
			nurture=bool(row.get("nurture")),
		)
		for row in data.get("bands") or ()
	)
	return validate(Model(str(data.get("name") or data.get("model_name") or ""), dimensions, bands))


def _period(row: Mapping[str, object], name: str) -> Period | None:
	amount = row.get(f"{name}_amount")
	return Period(amount, row.get(f"{name}_unit") or "Hours") if amount else None
