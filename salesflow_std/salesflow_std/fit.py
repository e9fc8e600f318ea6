"""Target customer profiles and the documents they are compared with (L4).

Lead, Prospect and Customer keep their best match: `sf_target_profile` and `sf_fit`. It follows a save of the
document (`overrides.fitted`), a change of what its documents share (`refresh_profile`), and, in the background,
a change of the targets themselves (`jobs.fit_targets`). All three compare by `engine.fit`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder.functions import Count
from frappe.utils import flt, fmt_money, nowdate
from frappe.utils.caching import request_cache
from pypika.functions import IfNull
from pypika.terms import LiteralValue

from salesflow_std.engine import fit as rules
from salesflow_std.salesflow_std import access, memory, profiles
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings

STATE = ("sf_target_profile", "sf_fit")
_TARGETS = "salesflow_std.targets"

# Where a document says what; `sf_profile` leads to the rest.
FIELDS = {
	"Lead": {
		"industry": "industry",
		"employees": "no_of_employees",
		"revenue": "annual_revenue",
		"territory": "territory",
	},
	"Customer": {
		"industry": "industry",
		"employees": "sf_no_of_employees",
		"revenue": "sf_annual_revenue",
		"territory": "territory",
	},
}
FIELDS["Prospect"] = FIELDS["Lead"]

_FACT_OF = {
	rules.INDUSTRY: "industry",
	rules.SIZE: "employees",
	rules.REVENUE: "revenue",
	rules.TERRITORY: "territory",
}
# Where the customer profile says the rest.
_PROFILE_FIELD = {
	rules.PAIN_POINTS: "tags",
	rules.BUDGET: "budget_from",
	rules.CHAIN: "decision_chain",
}
_WEIGHTS = {
	rules.INDUSTRY: "industry_weight",
	rules.SIZE: "employees_weight",
	rules.REVENUE: "revenue_weight",
	rules.TERRITORY: "territory_weight",
	rules.PAIN_POINTS: "pain_points_weight",
	rules.BUDGET: "budget_weight",
	rules.CHAIN: "chain_weight",
}


# Targets


def targets() -> tuple[rules.Target, ...]:
	"""The enabled target customer profiles, by name; from the cache."""
	return frappe.cache.get_value(_TARGETS, generator=_read)


def forget() -> None:
	"""Drops what is remembered of targets, after one of them or the tree of territories has changed."""
	memory.forget(_TARGETS)


def _read() -> tuple[rules.Target, ...]:
	names = frappe.get_all("Target Customer Profile", filters={"enabled": 1}, pluck="name", order_by="name")
	return tuple(target_of(frappe.get_doc("Target Customer Profile", name)) for name in names)


def target_of(doc: Document) -> rules.Target:
	"""A Target Customer Profile as the engine reads it."""
	territories = tuple(sorted({row.territory for row in doc.territories}))
	within, around = _surroundings(territories)
	revenue = rules.Span(flt(doc.revenue_from) or None, flt(doc.revenue_to) or None, _currency(doc))
	return rules.Target(
		name=doc.name,
		industries=frozenset(row.industry for row in doc.industries),
		territories=territories,
		within=within,
		around=around,
		employees_from=doc.employees_from or "",
		employees_to=doc.employees_to or "",
		revenue=revenue if revenue.low or revenue.high else None,
		budget_from=flt(doc.budget_from) or None,
		currency=_currency(doc),
		pain_points=frozenset(row.tag for row in doc.pain_points),
		roles=tuple((row.role, row.needed == "Reached") for row in doc.roles),
		weights={dimension: flt(doc.get(field)) for dimension, field in _WEIGHTS.items()},
	)


def _currency(doc: Mapping[str, Any]) -> str:
	return doc.get("currency") or default_currency()


def default_currency() -> str:
	"""What money is in whose field names no currency: forms show it so."""
	return frappe.db.get_default("currency") or ""


def _surroundings(territories: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
	"""The territories with all below them, and those above them."""
	within: set[str] = set()
	around: set[str] = set()
	table = frappe.qb.DocType("Territory")
	for name in territories:
		ends = frappe.db.get_value("Territory", name, ["lft", "rgt"])
		if not ends:
			continue
		query = frappe.qb.from_(table).select(table.name).orderby(table.lft)
		within |= set(query.where((table.lft >= ends[0]) & (table.rgt <= ends[1])).run(pluck=True))
		around |= set(query.where((table.lft < ends[0]) & (table.rgt > ends[1])).run(pluck=True))
	return frozenset(within), frozenset(around - within)


@request_cache
def rate(source: str, target: str) -> float | None:
	"""What one of `source` is in `target` by the newest Currency Exchange, either way round; None without one.

	ERPNext's own function would ask a server on the network, which no save may wait for.
	"""
	if source == target:
		return 1.0
	for given, wanted, turned in ((source, target, False), (target, source, True)):
		rows = frappe.get_all(
			"Currency Exchange",
			filters={"from_currency": given, "to_currency": wanted, "date": ("<=", nowdate())},
			pluck="exchange_rate",
			order_by="date desc, creation desc",
			limit=1,
		)
		if rows and flt(rows[0]) > 0:
			return 1 / flt(rows[0]) if turned else flt(rows[0])
	return None


# Facts


def facts_of(doctype: str, row: Mapping[str, Any], shared: rules.Facts | None = None) -> rules.Facts:
	"""What a document says of its company, with what its documents share (`shared_facts`)."""
	fields = FIELDS[doctype]
	shared = shared or rules.Facts()
	return rules.Facts(
		industry=row.get(fields["industry"]) or None,
		employees=row.get(fields["employees"]) or None,
		revenue=flt(row.get(fields["revenue"])) or None,
		currency=default_currency(),
		territory=row.get(fields["territory"]) or None,
		pain_points=shared.pain_points,
		budget=shared.budget,
		chain=shared.chain,
	)


def shared_facts(names: Iterable[str]) -> dict[str, rules.Facts]:
	"""What customer profiles say, by profile: pain points, budget, and who is there of the decision chain."""
	names = sorted({name for name in names if name})
	if not names:
		return {}
	pains: dict[str, set[str]] = {}
	for parent, tag in _pain_points(names):
		pains.setdefault(parent, set()).add(tag)
	chains: dict[str, set[rules.Person]] = {}
	for row in frappe.get_all(
		"Decision Chain Member",
		filters={"parenttype": "Customer Profile", "parent": ("in", names), "left_on": ("is", "not set")},
		fields=["parent", "role", "reached"],
		order_by="parent, idx",
	):
		chains.setdefault(row.parent, set()).add(rules.Person(row.role, bool(row.reached)))
	return {
		row.name: rules.Facts(
			pain_points=frozenset(pains.get(row.name, ())),
			budget=_budget(row),
			chain=frozenset(chains.get(row.name, ())),
		)
		for row in frappe.get_all(
			"Customer Profile",
			filters={"name": ("in", names)},
			fields=["name", "budget_from", "budget_to", "currency"],
			order_by="name",
		)
	}


def _pain_points(names: list[str]) -> tuple:
	link, tag, category = (
		frappe.qb.DocType(doctype)
		for doctype in ("Customer Tag Link", "Customer Tag", "Customer Tag Category")
	)
	return (
		frappe.qb.from_(link)
		.join(tag)
		.on(tag.name == link.tag)
		.join(category)
		.on(category.name == tag.category)
		.select(link.parent, link.tag)
		.where((link.parenttype == "Customer Profile") & link.parent.isin(names))
		.where(category.used_for == "Pain Point")
		.run()
	)


def _budget(row: Mapping[str, Any]) -> rules.Span | None:
	low, high = flt(row.get("budget_from")) or None, flt(row.get("budget_to")) or None
	return rules.Span(low, high, _currency(row)) if low or high else None


# State


def state_of(
	facts: rules.Facts, among: tuple[rules.Target, ...], given: str | None = None
) -> dict[str, object]:
	"""The state fields that follow from facts: the best match and how well it fits, else the target that was
	`given`, as long as it is among those that are enabled."""
	best = rules.best(among, facts, rate, at_least())
	if best:
		return {"sf_target_profile": best.target, "sf_fit": best.percent}
	return {"sf_target_profile": given if given in {one.name for one in among} else None, "sf_fit": 0.0}


def given_of(row: Mapping[str, Any]) -> str | None:
	"""The target that somebody gave a document: a market research, for its leads (L11). One found has a fit."""
	return None if flt(row.get("sf_fit")) else row.get("sf_target_profile") or None


def at_least() -> float:
	"""From how many percent on a target counts as a match, by the settings."""
	return flt(settings().minimum_fit)


def differs(row: Mapping[str, Any], state: Mapping[str, object]) -> bool:
	"""Whether a document has another state than it should have."""
	return (row.get("sf_target_profile") or None) != state["sf_target_profile"] or flt(
		row.get("sf_fit"), 1
	) != state["sf_fit"]


def state_now(doc: Document) -> dict[str, object] | None:
	"""The state of a document as it is about to be saved; None while there are no targets."""
	among = targets()
	if not among:
		return None
	shared = shared_facts([doc.sf_profile]).get(doc.sf_profile) if doc.sf_profile else None
	return state_of(facts_of(doc.doctype, doc, shared), among, given_of(doc))


def refresh_profile(profile: str | None) -> None:
	"""Compares the documents of a customer profile anew, after what they share has changed."""
	if profile and targets():
		refresh(profiles.members(profile))


def refresh(documents: Iterable[tuple[str, str]]) -> None:
	"""Compares documents anew and writes where their best match has changed; no timestamp moves."""
	among = targets()
	if not among:
		return
	for doctype, name in documents:
		row = frappe.db.get_value(doctype, name, fields_of(doctype), as_dict=True)
		if not row:
			continue
		shared = shared_facts([row.sf_profile]).get(row.sf_profile)
		state = state_of(facts_of(doctype, row, shared), among, given_of(row))
		if differs(row, state):
			frappe.db.set_value(doctype, name, state, update_modified=False)


def fields_of(doctype: str) -> list[str]:
	"""The columns that a comparison reads."""
	return ["name", "sf_profile", *STATE, *FIELDS[doctype].values()]


def request() -> None:
	"""Has all documents compared anew, in the background, after the targets have changed.

	The request is counted on every target, so that one that comes while the job runs is not lost.
	"""
	forget()
	table = frappe.qb.DocType("Target Customer Profile")
	frappe.qb.update(table).set(table.refit_pending, IfNull(table.refit_pending, 0) + 1).run()
	queue()


def queue() -> None:
	"""Puts the comparison of all documents on the queue, once however often it is asked for."""
	frappe.enqueue(
		"salesflow_std.jobs.fit_targets.run",
		queue="long",
		job_id="salesflow_std.fit_targets",
		deduplicate=True,
		enqueue_after_commit=True,
	)


def unlink(target: str) -> None:
	"""Takes a target that is about to go off its documents; the job finds the next best for them."""
	for doctype in profiles.PARTIES:
		table = frappe.qb.DocType(doctype)
		(
			frappe.qb.update(table)
			.set(table.sf_target_profile, None)
			.set(table.sf_fit, 0)
			.where(table.sf_target_profile == target)
			.run()
		)


def counts(target: str) -> dict[str, int]:
	"""How many leads, prospects and customers have a target as their best match, of those the user may read."""
	found = {}
	for doctype in profiles.PARTIES:
		match = access.readable(doctype, frappe.session.user)
		if match is None:
			continue
		table = frappe.qb.DocType(doctype)
		query = frappe.qb.from_(table).select(Count("*")).where(table.sf_target_profile == target)
		if match:
			query = query.where(LiteralValue(f"({match})"))
		found[doctype] = query.run()[0][0]
	return found


# What people read


def compare(doctype: str, name: str) -> list[rules.Fit]:
	"""How a document's party fits every enabled target, the best first; the caller has checked the rights."""
	party = profiles.party_of(doctype, name)
	if not party or not targets():
		return []
	row = frappe.db.get_value(*party, fields_of(party[0]), as_dict=True)
	if not row:
		return []
	shared = shared_facts([row.sf_profile]).get(row.sf_profile)
	return rules.ranked(targets(), facts_of(party[0], row, shared), rate)


def field_of(dimension: str, doctype: str) -> tuple[str, str]:
	"""Where a dimension is entered: the doctype (the party's or Customer Profile) and its field."""
	if dimension in _FACT_OF:
		return doctype, FIELDS[doctype][_FACT_OF[dimension]]
	return "Customer Profile", _PROFILE_FIELD[dimension]


def say(line: rules.Line) -> str:
	"""Why a dimension came out as it did, in the user's language."""
	return " ".join(
		_(reason.template).format(**{key: _said(key, value) for key, value in reason.params.items()})
		for reason in line.why
	)


def _said(key: str, value: object) -> str:
	if isinstance(value, rules.Span):
		return _money(value)
	if key in ("industry", "territory"):
		return _(value)
	if not isinstance(value, tuple):
		return str(value)
	if key == "roles":
		return ", ".join(_(role, context="Target Role") for role in value)
	return ", ".join(_(name) for name in value)


def _money(span: rules.Span) -> str:
	low, high = (
		fmt_money(end, precision=0 if end == int(end) else None, currency=span.currency) if end else ""
		for end in (span.low, span.high)
	)
	if low == high or (low and high):
		return low if low == high else f"{low} – {high}"
	return f"≥ {low}" if low else f"≤ {high}"


def proposals(doctype: str, name: str, scoring_model: str) -> dict[str, dict]:
	"""Points that the best match proposes for dimensions of a scoring model (L4, L10), by dimension's code:
	``{"points", "text", "evidence"}``. Nothing is proposed for what is unknown."""
	wanted = {
		row.code: row.target_dimension
		for row in frappe.get_cached_doc("Scoring Model", scoring_model).dimensions
		if row.get("target_dimension")
	}
	best = next(iter(compare(doctype, name)), None) if wanted else None
	if not best or best.percent <= 0:
		return {}
	found = {}
	for code, dimension in wanted.items():
		line = best.line(dimension)
		points = rules.points(line) if line else None
		if points is not None:
			text = say(line)
			found[code] = {
				"points": points,
				"target": best.target,
				"text": text,
				"evidence": _("Target customer profile {0}: {1}").format(best.target, text)[:500],
			}
	return found
