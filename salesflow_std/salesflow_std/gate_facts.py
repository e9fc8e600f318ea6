"""The facts that gates ask about, read with few queries and only for the kinds that are asked (M1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import frappe
from frappe.model import table_fields
from frappe.model.document import Document
from frappe.utils import cint, cstr, flt, now_datetime, strip_html

from salesflow_std.engine import gates as rules
from salesflow_std.engine import objections as objection_rules
from salesflow_std.engine.profile import Person
from salesflow_std.salesflow_std import (
	company_facts,
	contracts,
	gate_expressions,
	gate_links,
	grading,
	needs,
	objections,
	profiles,
	proposals,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import default_model
from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model

# So many papers and objections of a company are looked at.
_MOST = 50
_MOST_FILES = 200
_NUMBERS = ("Int", "Float", "Currency", "Percent", "Check", "Rating", "Duration")


def gates_of(process: Document) -> tuple[rules.Gate, ...]:
	"""The gates of a Sales Process, saved or not, in their order, as the engine asks them; those that are off too."""
	return tuple(_gate(row, process) for row in process.get("gates") or ())


def _gate(row: Document, process: Document) -> rules.Gate:
	return rules.Gate(
		key=row.name or f"row-{row.idx}",
		title=row.gate or row.kind or "",
		kind=row.kind or "",
		stage=row.stage or "",
		moment=row.moment or rules.LEAVING,
		mode=row.mode or rules.BLOCK,
		rule=cstr(row.rule_id).strip(),
		why=cstr(row.why).strip(),
		params=_PARAMS.get(row.kind, lambda row, process: {})(row, process),
	)


_PARAMS: dict[str, Callable[[Document, Document], dict[str, object]]] = {
	rules.FIELDS_FILLED: lambda row, process: {"fields": rules.read_fields(row.fieldnames)},
	rules.GRADE: lambda row, process: {"grade": cstr(row.grade).strip()},
	rules.CONTRACT: lambda row, process: {
		"contract_state": row.contract_state,
		"exempt_below": flt(process.contract_exempt_below),
	},
	rules.FILE: lambda row, process: {"file_name_like": row.file_name_like},
	rules.LINKED: lambda row, process: {
		"linked_doctype": row.linked_doctype,
		"link_field": cstr(row.link_field).strip(),
		"linked_filters": row.linked_filters,
		"at_least": cint(row.at_least) or 1,
	},
	rules.EXPRESSION: lambda row, process: {"expression": row.expression or ""},
}


def gather(doc: Document, gates: Iterable[rules.Gate]) -> rules.Facts:
	"""What some gates ask about a document, which may be unsaved; one or two queries for each kind.

	Gates that are off cost nothing.
	"""
	asked = [gate for gate in gates if gate.mode != rules.OFF]
	subject = _Subject(doc)
	found: dict[str, Any] = {}
	for kind in dict.fromkeys(gate.kind for gate in asked):
		if kind in _READERS:
			found |= _READERS[kind](subject, [gate for gate in asked if gate.kind == kind])
	return rules.Facts(**found)


class _Subject:
	"""The document that is asked, and what several kinds need of it; each read once."""

	def __init__(self, doc: Document) -> None:
		self.doc = doc

	@cached_property
	def party(self) -> tuple[str, str] | None:
		doc = self.doc
		named = (
			(doc.opportunity_from, doc.party_name)
			if doc.doctype == "Opportunity"
			else (doc.doctype, doc.name)
		)
		return named if named[0] in profiles.PARTIES and named[1] else None

	@cached_property
	def profile(self) -> str:
		"""The customer profile of the party, which its whole family shares; "" while nobody has noted anything."""
		return (self.party and frappe.db.get_value(*self.party, "sf_profile")) or ""

	@cached_property
	def people(self) -> list[Person]:
		"""The decision chain of the company (P2)."""
		if not self.profile:
			return []
		rows = frappe.get_all(
			"Decision Chain Member",
			filters={"parenttype": "Customer Profile", "parent": self.profile},
			fields=["role", "reached", "left_on"],
			order_by="idx",
		)
		return [Person(row.role, bool(row.reached), bool(row.left_on)) for row in rows]

	def papers(self, doctype: str, *fields: str, **conditions: object) -> list[frappe._dict]:
		"""Records about this document or its party's family, and not about another deal of theirs; the latest first.

		One query. One that was written for another customer before the document was given to this one does not count.
		"""
		table = frappe.qb.DocType(doctype)
		names = [name for name in (self.doc.name, self.party and self.party[1]) if name]
		if not names:
			return []
		ours = table.reference_name.isin(names)
		if self.profile:
			ours |= table.customer_profile == self.profile
		query = (
			frappe.qb.from_(table)
			.select(table.name, table.reference_doctype, table.reference_name, table.customer_profile)
			.select(*(table[field] for field in fields))
			.where(ours)
			.orderby(table.creation, table.name, order=frappe.qb.desc)
			.limit(_MOST)
		)
		for field, value in conditions.items():
			query = query.where(table[field].isnull() if value is None else table[field] == value)
		return [row for row in query.run(as_dict=True) if self._is_ours(row)]

	def _is_ours(self, row: frappe._dict) -> bool:
		if row.customer_profile and row.customer_profile != self.profile:
			return False
		about = (row.reference_doctype, row.reference_name)
		if about in ((self.doc.doctype, self.doc.name), self.party):
			return True
		return bool(row.customer_profile) and row.reference_doctype in profiles.PARTIES


_Reader = Callable[[_Subject, list[rules.Gate]], dict[str, Any]]


# What stands on the document -------------------------------------------------------------------------------


def _fields(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	doc = subject.doc
	asked = {name for gate in gates for names in rules.fields_asked(gate) for name in names}
	known = {name for name in asked if doc.meta.has_field(company_facts.column_of(doc.doctype, name))}
	return {
		"known": frozenset(known),
		"empty": frozenset(name for name in known if is_empty(doc, name)),
	}


def is_empty(doc: Document, field: str) -> bool:
	"""Whether a field holds nothing: no text, no row, no number but 0."""
	field = company_facts.column_of(doc.doctype, field)
	df, value = doc.meta.get_field(field), doc.get(field)
	if df.fieldtype in table_fields:
		return not value
	if df.fieldtype in _NUMBERS:
		return not flt(value)
	if df.fieldtype == "Text Editor":
		return not strip_html(cstr(value)).strip() and "<img" not in cstr(value)
	return not cstr(value).strip()


def _grade(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	doc = subject.doc
	model = doc.get("sf_scoring_model") or default_model(doc.doctype, doc.get("company"))
	return {
		"grade": cstr(doc.get("sf_grade")),
		"grades": grades(model) if model else (),
		"grade_stale": bool(cint(doc.get("sf_grade_stale"))),
	}


def grades(model: str) -> tuple[str, ...]:
	"""The grades of a scoring model, the best first."""
	bands = engine_model(model).bands
	return tuple(
		band.grade
		for band in sorted(
			bands, key=lambda band: -float("inf") if band.low is None else band.low, reverse=True
		)
	)


def _touch(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	"""A lead's first touch (L7); an opportunity's own, or that of the lead it came from."""
	doc = subject.doc
	if doc.get("sf_first_touched_on") or doc.get("sf_last_touch_on"):
		return {"touched": True}
	if doc.doctype == "Opportunity" and subject.party and subject.party[0] == "Lead":
		return {"touched": bool(frappe.db.get_value("Lead", subject.party[1], "sf_first_touched_on"))}
	return {"touched": False}


def _files(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	doc = subject.doc
	if doc.is_new() or not doc.name:
		return {}
	file = frappe.qb.DocType("File")
	names = (
		frappe.qb.from_(file)
		.select(file.file_name)
		.where((file.attached_to_doctype == doc.doctype) & (file.attached_to_name == doc.name))
		.where(file.is_folder == 0)
		.orderby(file.creation)
		.limit(_MOST_FILES)
		.run(pluck=True)
	)
	return {"files": names}


def _expressions(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	return {
		"answers": {
			gate.key: gate_expressions.ask(gate.key, cstr(gate.params.get("expression")), subject.doc)
			for gate in gates
		}
	}


# What the customer's records say ---------------------------------------------------------------------------


def _people(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	return {"people": subject.people, "profile": subject.profile}


def _needs(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	"""A needs record holds once it is confirmed, until a later version is (N4)."""
	rows = subject.papers(needs.DOCTYPE, "status")
	return {
		"needs": _counting(
			rules.Paper(row.name, row.status, row.status == needs.CONFIRMED)
			for row in rows
			if row.status != needs.SUPERSEDED
		)
	}


def _counting(papers: Iterable[rules.Paper]) -> rules.Paper:
	"""Of some papers, the latest first, the one that holds, else the latest."""
	papers = list(papers)
	return next((paper for paper in papers if paper.holds), next(iter(papers), rules.Paper()))


def _proposal(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	"""The latest version of a proposal counts, and only with a review of its very figures (S2)."""
	rows = subject.papers(proposals.DOCTYPE, "status", "proposal_review", "fingerprint", next_version=None)
	asked = [row.proposal_review for row in rows if row.status == proposals.APPROVED and row.proposal_review]
	approved = dict(
		frappe.get_all(
			"Proposal Review",
			filters={"name": ("in", asked), "status": proposals.APPROVED},
			fields=["name", "fingerprint"],
			order_by="name",
			as_list=True,
		)
		if asked
		else ()
	)
	return {
		"proposal": _counting(
			rules.Paper(
				row.name,
				row.status,
				row.status == proposals.APPROVED
				and row.proposal_review in approved
				and (approved[row.proposal_review] or "") == (row.fingerprint or ""),
			)
			for row in rows
		)
	}


def _objections(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	"""The objections that have no answer though the promised time is over, the oldest promise first (S4)."""
	rows = subject.papers(objections.DOCTYPE, "reply_due_on", status=objections.OPEN)
	now = now_datetime()
	overdue = [row for row in rows if objection_rules.is_missed(row.reply_due_on, None, now)]
	overdue.sort(key=lambda row: row.reply_due_on)
	return {"overdue_objections": tuple(row.name for row in overdue), "profile": subject.profile}


def _contract(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	"""How far the contract of an opportunity has come (C1-C3); nothing else has one."""
	doc = subject.doc
	if doc.doctype != "Opportunity":
		return {}
	found = contracts.standing(doc) if not doc.is_new() and doc.name else contracts.Standing()
	return {
		"contract": rules.Contract(found.contract or "", found.state, found.scan),
		"amount": grading.company_amount(doc),
	}


def _linked(subject: _Subject, gates: list[rules.Gate]) -> dict[str, Any]:
	found: dict[str, int] = {}
	for gate in gates:
		asked = gate.params
		number = _count(subject.doc, asked)
		if number is not None:
			found[gate.key] = number
	return {"linked": found}


def _count(doc: Document, asked: Any) -> int | None:
	"""None as well where a doctype or a field of the filters has gone since: not met, and said so."""
	doctype = cstr(asked.get("linked_doctype"))
	if not doctype or not frappe.db.exists("DocType", doctype, cache=True):
		return None
	try:
		return gate_links.count(
			doctype,
			doc,
			cstr(asked.get("link_field")),
			asked.get("linked_filters"),
			asked.get("at_least") or 1,
		)
	except ValueError:
		return None


_READERS: dict[str, _Reader] = {
	rules.FIELDS_FILLED: _fields,
	rules.GRADE: _grade,
	rules.FIRST_TOUCH: _touch,
	rules.DECIDER_KNOWN: _people,
	rules.DECIDER_REACHED: _people,
	rules.NEEDS: _needs,
	rules.PROPOSAL: _proposal,
	rules.OBJECTIONS: _objections,
	rules.CONTRACT: _contract,
	rules.FILE: _files,
	rules.LINKED: _linked,
	rules.EXPRESSION: _expressions,
}
