"""Weights proposed from a site's own history, by a logistic regression of the library scikit-learn (L6).

Why this library: it has been kept and released for more than fifteen years, fits grouped cases, says when a fit does not
converge, and brings SciPy, which tells exactly whether the points separate won from lost. statsmodels would do as well,
but brings pandas, which asks for a newer dateutil than Frappe allows. It is loaded only when weights are asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import frappe
from frappe import _

from salesflow_std.engine import calibration as rules
from salesflow_std.engine import scoring

PACKAGE = "scikit-learn"
REPEATS = 200
# The same history gives the same ranges.
_SEED = 20260101
# So weak a pull to 0 that it decides nothing, and keeps the solver from dividing by it.
_FREE = 1e8


@dataclass(frozen=True)
class Weight:
	"""The weight proposed for a dimension with its 95 % range, beside the one it has."""

	code: str
	current: float
	proposed: float
	low: float
	high: float


@dataclass(frozen=True)
class Proposal:
	"""Weights with the mean of the model's own, so that its bands keep their meaning; `area` of the totals now, and
	`area_then` with the proposed weights, on the same cases."""

	cases: int
	won: int
	weights: tuple[Weight, ...]
	area: rules.Area
	area_then: rules.Area


def is_installed() -> bool:
	"""Whether the library is there, without loading it."""
	from importlib.util import find_spec

	return find_spec("sklearn") is not None and find_spec("scipy") is not None


def propose(cases: Sequence[rules.Case], model: scoring.Model, sample: int) -> Proposal:
	"""The weights that would have told won from lost best, none below 0.

	Raises engine.calibration.NotEnough where the history cannot carry them: too few cases, points that are the same
	everywhere, points that separate won from lost without exception, a fit that does not converge, or no dimension
	that speaks for winning.
	"""
	codes = [dimension.code for dimension in model.dimensions]
	known = rules.check_history(cases, codes, sample)
	library = _library()
	rows, counts = _grouped(known, codes)
	if _separates(library, rows, counts):
		raise rules.NotEnough(
			"cases",
			"The points separate won from lost without exception: how much each counts cannot be told.",
		)
	current = {dimension.code: dimension.weight for dimension in model.dimensions}
	mean = sum(current.values()) / len(current)
	strengths = _strengths(library, rows, counts)
	if not any(strengths):
		raise rules.NotEnough("cases", "No dimension speaks for winning: there are no weights to propose.")
	weights = rules.scaled(dict(zip(codes, strengths, strict=True)), mean)
	drawn = _drawn(library, rows, counts, codes, mean)
	return Proposal(
		cases=len(known),
		won=sum(case.won for case in known),
		weights=tuple(
			Weight(
				code,
				current[code],
				round(weights[code], 2),
				rules.quantile([one[code] for one in drawn], 0.025),
				rules.quantile([one[code] for one in drawn], 0.975),
			)
			for code in codes
		),
		area=_area(known, current),
		area_then=_area(known, weights),
	)


def _area(cases: Sequence[rules.Case], weights: Mapping[str, float]) -> rules.Area:
	def total(case: rules.Case) -> float:
		return round(sum(weights[code] * case.points[code] for code in weights), 6)

	return rules.area([total(c) for c in cases if c.won], [total(c) for c in cases if not c.won])


def _grouped(cases: Sequence[rules.Case], codes: Sequence[str]) -> tuple[list[list[float]], list[list[int]]]:
	"""Each set of points once, with how many cases of it were not won and won: a few hundred rows for any history."""
	found: dict[tuple[float, ...], list[int]] = {}
	for case in cases:
		found.setdefault(tuple(case.points[code] for code in codes), [0, 0])[case.won] += 1
	rows = sorted(found)
	return [list(row) for row in rows], [found[row] for row in rows]


def _strengths(library: object, rows: list[list[float]], counts: object) -> list[float]:
	"""The coefficients of the fit, none below 0.

	A dimension whose coefficient is negative counts 0 and the others are fitted without it, the most negative first.
	"""
	kept = list(range(len(rows[0])))
	strengths = [0.0] * len(rows[0])
	while kept:
		fitted = _fit(library, [[row[i] for i in kept] for row in rows], counts)
		worst = min(range(len(kept)), key=lambda i: fitted[i])
		if fitted[worst] >= 0:
			for i, value in zip(kept, fitted, strict=True):
				strengths[i] = float(value)
			break
		del kept[worst]
	return strengths


def _fit(library: object, rows: list[list[float]], counts: object) -> Sequence[float]:
	"""The coefficients of a logistic regression of grouped cases. Raises NotEnough where it does not converge."""
	numpy = library.numpy
	table, tally = numpy.array(rows, dtype=float), numpy.array(counts, dtype=float)
	together = numpy.hstack([numpy.ones((len(table), 1)), table])
	if numpy.linalg.matrix_rank(together) < together.shape[1]:
		raise rules.NotEnough(
			"cases", "The regression does not converge: the dimensions say too nearly the same."
		)
	outcomes = numpy.concatenate([numpy.zeros(len(table)), numpy.ones(len(table))])
	often = numpy.concatenate([tally[:, 0], tally[:, 1]])
	present = often > 0
	fit = library.LogisticRegression(C=_FREE, solver="newton-cholesky", tol=1e-8, max_iter=200)
	with warnings.catch_warnings():
		warnings.simplefilter("error", library.ConvergenceWarning)
		try:
			fit.fit(
				numpy.concatenate([table, table])[present], outcomes[present], sample_weight=often[present]
			)
		except (library.ConvergenceWarning, numpy.linalg.LinAlgError):
			raise rules.NotEnough(
				"cases", "The regression does not converge: the dimensions say too nearly the same."
			) from None
	return fit.coef_[0]


def _separates(library: object, rows: list[list[float]], counts: list[list[int]]) -> bool:
	"""Whether some weighing of the points puts all won on one side and all lost on the other, ties allowed.

	Then the coefficients have no end. It is a linear programme: the most that can be won by leaning on one side
	without any case on the wrong one.
	"""
	numpy = library.numpy
	table = numpy.hstack([numpy.ones((len(rows), 1)), numpy.array(rows, dtype=float)])
	tally = numpy.array(counts)
	sides = numpy.vstack([table[tally[:, 1] > 0], -table[tally[:, 0] > 0]])
	found = library.linprog(
		-sides.sum(axis=0), A_ub=-sides, b_ub=numpy.zeros(len(sides)), bounds=[(-1, 1)] * sides.shape[1]
	)
	return found.status == 0 and -found.fun > 1e-7


def _drawn(
	library: object, rows: list[list[float]], counts: list[list[int]], codes: Sequence[str], mean: float
) -> list[dict[str, float]]:
	"""The weights of as many histories drawn from this one with replacement (a bootstrap)."""
	numpy = library.numpy
	draw = numpy.random.default_rng(_SEED)
	flat = numpy.array(counts, dtype=float).ravel()
	total = int(flat.sum())
	found = []
	for again in draw.multinomial(total, flat / total, size=REPEATS):
		tally = again.reshape(-1, 2)
		seen = tally.sum(axis=1) > 0
		try:
			strengths = _strengths(
				library, [row for row, is_seen in zip(rows, seen, strict=True) if is_seen], tally[seen]
			)
		except (rules.NotEnough, ValueError):
			continue  # a draw that cannot be fitted says nothing
		if any(strengths):
			found.append(rules.scaled(dict(zip(codes, strengths, strict=True)), mean))
	if len(found) < REPEATS // 2:
		raise rules.NotEnough(
			"cases", "The regression does not converge: the dimensions say too nearly the same."
		)
	return found


def _library() -> frappe._dict:
	try:
		import numpy
		from scipy.optimize import linprog
		from sklearn.exceptions import ConvergenceWarning
		from sklearn.linear_model import LogisticRegression
	except ImportError:
		frappe.throw(
			_("Proposing weights needs the Python package {0}: run {1} on the server.").format(
				PACKAGE, "bench setup requirements"
			),
			title=_("Package Missing"),
		)
	return frappe._dict(
		numpy=numpy,
		linprog=linprog,
		ConvergenceWarning=ConvergenceWarning,
		LogisticRegression=LogisticRegression,
	)
