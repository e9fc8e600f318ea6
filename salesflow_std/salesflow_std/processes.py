"""The sales processes as the engine knows them, remembered until one is saved, and which of them a document follows."""

from __future__ import annotations

from collections.abc import Sequence

import frappe
from frappe.model.document import Document
from frappe.utils import cint, flt

from salesflow_std.engine import stages as rules
from salesflow_std.salesflow_std import gate_facts, memory

_PROCESSES = "salesflow_std.sales_processes"
# What carries the process it follows.
FOLLOWERS = ("Lead", "Opportunity")


def of(doc: Document) -> rules.Process | None:
	"""The process a document follows: the one it was given when it was made, also if that is disabled by now.

	Where it has none, or its own is gone, the one that fits now; None where none fits. No query once remembered.
	"""
	return get(doc.get("sf_sales_process")) or choose(doc)


def get(name: str | None) -> rules.Process | None:
	"""A process by its name, disabled ones too; None where there is none (any more)."""
	return all_of_them().get(name) if name else None


def choose(doc: Document) -> rules.Process | None:
	"""The enabled process that fits a document: of its company, nearest territory, opportunity type, market segment."""
	found = [process for process in all_of_them().values() if process.enabled]
	if not found:
		return None
	return rules.closest(
		found,
		doc.get("company") or "",
		territories(doc.get("territory")) if any(process.territory for process in found) else (),
		doc.get("opportunity_type") or "",
		doc.get("market_segment") or "",
	)


def territories(territory: str | None) -> Sequence[str]:
	"""A territory and those above it, the nearest first."""
	chain: list[str] = []
	while territory and territory not in chain:
		chain.append(territory)
		territory = frappe.get_cached_value("Territory", territory, "parent_territory")
	return chain


def all_of_them() -> dict[str, rules.Process]:
	"""All processes by their names, in the order of these."""
	return frappe.cache.get_value(_PROCESSES, generator=_read)


def final_stages() -> list[str]:
	"""The stages in which a deal is won, of all processes."""
	return sorted({stage.name for one in all_of_them().values() for stage in one.stages if stage.is_final})


def _read() -> dict[str, rules.Process]:
	names = frappe.get_all("Sales Process", pluck="name", order_by="name")
	return {name: _process(frappe.get_doc("Sales Process", name)) for name in names}


def _process(doc: Document) -> rules.Process:
	return rules.Process(
		name=doc.name,
		stages=tuple(_stage(row) for row in doc.stages),
		gates=gate_facts.gates_of(doc),
		mappings=tuple(
			rules.Mapping(row.document_type, row.stage, row.sales_stage or "", row.status or "")
			for row in doc.mappings
		),
		skipping=doc.skipping or rules.WITH_REASON,
		going_back=doc.going_back or rules.WITH_REASON,
		company=doc.company or "",
		territory=doc.territory or "",
		opportunity_type=doc.opportunity_type or "",
		market_segment=doc.market_segment or "",
		override_role=doc.override_role or "",
		escalate_amount=flt(doc.escalate_amount),
		escalate_unit=doc.escalate_unit or "Working Days",
		enabled=bool(cint(doc.enabled)),
	)


def _stage(row: Document) -> rules.Stage:
	return rules.Stage(
		name=row.stage,
		lives_on=row.lives_on or rules.OPPORTUNITY,
		probability=flt(row.probability),
		owner_role=row.owner_role or "",
		longest_stay=flt(row.longest_stay),
		unit=row.longest_stay_unit or "Working Days",
		is_final=bool(cint(row.is_final)),
		retired=bool(cint(row.retired)),
		touch_resets=bool(cint(row.touch_resets)),
		guidance=row.guidance or "",
		outputs=_lines(row.outputs),
		key_fields=_lines(row.key_fields),
	)


def _lines(text: str | None) -> tuple[str, ...]:
	return tuple(line.strip() for line in (text or "").splitlines() if line.strip())


# When processes and stages change


def forget(doc: Document | None = None, method: str | None = None, *_more: object) -> None:
	"""Drops what is remembered, after a process or one of its parts has changed."""
	memory.forget(_PROCESSES)


def deleted(doc: Document, method: str | None = None) -> None:
	"""Documents of a process that is gone choose another; one that they point at could not be saved again."""
	forget()
	for doctype in FOLLOWERS:
		table = frappe.qb.DocType(doctype)
		(
			frappe.qb.update(table)
			.set(table.sf_sales_process, None)
			.where(table.sf_sales_process == doc.name)
			.run()
		)


def stage_renamed(
	doc: Document, method: str | None = None, old: str = "", new: str = "", merge: bool = False
) -> None:
	"""What the gates let pass last is written as text, so it follows the name of a Sales Stage here."""
	forget()
	for doctype in FOLLOWERS:
		table = frappe.qb.DocType(doctype)
		(frappe.qb.update(table).set(table.sf_stage_passed, new).where(table.sf_stage_passed == old).run())
