"""What changed its stage past every gate is found, logged as such and shown (M1).

Raw SQL, `frappe.db.set_value` and daily jobs call no event. A document then disagrees with `sf_stage_passed`, which
only the gates write: its own stage, its sales stage or its status says something else. What is found is taken as it is;
nobody is moved back.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce
from operator import or_

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder.functions import IfNull
from frappe.utils import escape_html, now_datetime
from pypika.terms import Criterion

from salesflow_std.engine import stages as rules
from salesflow_std.jobs import stage_backfill, stage_clock, telling, watching
from salesflow_std.jobs.steps import run_each
from salesflow_std.salesflow_std import notices, processes, reps, stage_limits, stages, transitions

CHUNK = 200
SETTINGS = stage_backfill.SETTINGS


def run() -> None:
	"""Once an hour; finds nothing to do the second time."""
	run_each((find_bypasses, stage_clock.forget_ended, stage_clock.resume))


def find_bypasses() -> int:
	"""Logs every document that stands elsewhere than the gates let it pass; returns how many.

	Not before the documents of old are taken in: until then a missing stage says nothing.
	"""
	if not frappe.db.get_single_value(SETTINGS, "stages_taken_in"):
		return 0
	count = 0
	for doctype in processes.FOLLOWERS:
		for condition in _conditions(doctype):
			count += _find(doctype, condition)
	return count


def follow(process: str) -> int:
	"""After a process has come to read ERPNext's fields in another way: its documents stand where they say now.

	That is no bypass: nobody has changed the documents. Returns how many have moved; twice is once.
	"""
	known = processes.get(process)
	count = 0
	for doctype in processes.FOLLOWERS if known else ():
		table = frappe.qb.DocType(doctype)
		said = list(_disagreeing(doctype, table, known))
		if said:
			of_process = (table.sf_sales_process == process) & reduce(or_, said)
			count += _find(doctype, of_process, transitions.BY_ITSELF)
	return count


def _conditions(doctype: str) -> Iterator[Criterion]:
	"""What a document that came past the gates looks like, one condition for each way of finding it."""
	table = frappe.qb.DocType(doctype)
	passed = IfNull(table.sf_stage_passed, "")
	yield IfNull(table.sf_stage, "") != passed
	yield (passed == "") & (IfNull(table.sf_stage, "") == "")
	for process in processes.all_of_them().values():
		said = list(_disagreeing(doctype, table, process))
		if said:
			yield (table.sf_sales_process == process.name) & reduce(or_, said)


def _disagreeing(doctype: str, table: frappe.qb.DocType, process: rules.Process) -> Iterator[Criterion]:
	"""The sales stage counts as another stage, or the status implies a later one."""
	passed = table.sf_stage_passed
	stages_of = [stage.name for stage in process.on(doctype)]
	if doctype == rules.OPPORTUNITY:
		words = {row.sales_stage for row in process.mappings if row.sales_stage} | set(stages_of)
		for word in sorted(words):
			stage = rules.by_sales_stage(process, word)
			if stage:
				yield (table.sales_stage == word) & (passed != stage)
	statuses = {row.status for row in process.mappings if row.document_type == doctype and row.status}
	for status in sorted(statuses):
		implied = rules.by_status(process, doctype, status)
		earlier = [name for name in stages_of if rules.is_ahead(process, name, implied)]
		if earlier and not process.stage(implied).retired:
			yield (table.status == status) & passed.isin(earlier)


def _find(doctype: str, condition: Criterion, source: str = transitions.FOUND_LATER) -> int:
	count = 0
	for rows in watching.chunks(partial(_among, doctype, condition)):
		cases: stage_clock.Cases = {}
		for row in rows:
			with watching.sparing("A stage could not be reconciled", doctype, row.name):
				count += _one(doctype, row.name, source, cases)
		for manager, of_manager in cases.items():
			_tell(manager, of_manager)
	return count


def _among(doctype: str, condition: Criterion, after: str) -> list[frappe._dict]:
	table = frappe.qb.DocType(doctype)
	return (
		frappe.qb.from_(table)
		.select(table.name)
		.where(condition & (table.name > after))
		.orderby(table.name)
		.limit(CHUNK)
		.run(as_dict=True)
	)


def _one(doctype: str, name: str, source: str, cases: stage_clock.Cases) -> bool:
	"""Logs one document, and says which managers are to hear of it."""
	if not frappe.db.get_value(doctype, name, "name", for_update=True):
		return False
	found = _reconcile(frappe.get_doc(doctype, name), source)
	if found and source == transitions.FOUND_LATER:
		for manager in reps.escalate_to(found.rep):
			cases.setdefault(manager, []).append(found)
	return bool(found)


def _reconcile(doc: Document, source: str) -> frappe._dict | None:
	"""Takes a document as it is into the log; None where nothing is to be told."""
	process = processes.of(doc)
	if not process:
		return None
	passed = doc.sf_stage_passed or ""
	stage = _stands_in(doc, process)
	if not stage or stage == passed:
		if (doc.sf_stage or "") != passed:  # no stage of this process: what was passed last holds
			_set(doc, {"sf_stage": passed or None})
		return None
	if _went_back(doc, process, stage):
		return None
	older = not passed and _is_older(doc, process)
	if older:
		source = transitions.TAKEN_IN
	is_bypass = source == transitions.FOUND_LATER
	unmet = _unmet(doc, stage) if is_bypass else ""
	values: dict[str, object] = {"sf_sales_process": process.name}
	if doc.doctype == rules.OPPORTUNITY and rules.by_sales_stage(process, doc.sales_stage) != stage:
		values["sales_stage"] = stage
	doc.update(values)
	transitions.log(
		doc,
		passed or None,
		stage,
		source=source,
		direction=rules.direction(process, passed, stage),
		unmet=unmet or None,
		changed_on=doc.creation if older else None,
		is_bypass=is_bypass,
	)
	_set(doc, {**values, "sf_stage": stage})
	if older:
		return None
	return frappe._dict(
		doctype=doc.doctype,
		name=doc.name,
		title=doc.title or doc.name,
		rep=doc.get(stage_limits.OWNERS[doc.doctype]) or doc.owner,
		before=passed,
		stage=stage,
		unmet=unmet,
	)


def _is_older(doc: Document, process: rules.Process) -> bool:
	"""Whether a document was there before its process; what was written into the table by hand may not say."""
	return bool(doc.creation) and doc.creation < frappe.db.get_value(
		"Sales Process", process.name, "creation"
	)


def _stands_in(doc: Document, process: rules.Process) -> str:
	"""Where a document stands by what was written last: its own stage, else its sales stage and its status."""
	own = process.stage(doc.sf_stage)
	if own and own.lives_on == doc.doctype and own.name != (doc.sf_stage_passed or ""):
		return own.name
	said = rules.by_sales_stage(process, doc.get("sales_stage")) if doc.doctype == rules.OPPORTUNITY else ""
	implied = rules.by_status(process, doc.doctype, doc.status)
	passed = doc.sf_stage_passed or ""
	stage = said or passed
	if rules.is_ahead(process, stage, implied) and not process.stage(implied).retired:
		stage = implied
	first = process.first(doc.doctype)
	return stage or (first.name if first else "")


def _went_back(doc: Document, process: rules.Process, stage: str) -> bool:
	"""Whether a status only says that the document was there before somebody took it back, which is allowed."""
	if doc.doctype == rules.OPPORTUNITY and rules.by_sales_stage(process, doc.sales_stage) == stage:
		return False
	if doc.sf_stage != doc.sf_stage_passed or not doc.sf_stage_passed:
		return False
	last = frappe.get_all(
		transitions.DOCTYPE,
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name},
		pluck="direction",
		order_by="changed_on desc, creation desc",
		limit=1,
	)
	return last == [rules.BACK]


def _unmet(doc: Document, stage: str) -> str:
	"""The gates that would have asked for more, one on each line, as far as it can be told afterwards."""
	findings: list[dict] = []
	with watching.sparing("Gates could not be asked afterwards", doc.doctype, doc.name):
		findings = stages.check(doc, stage)
	return "\n".join(finding["gate"] for finding in findings if not finding["met"])


def _set(doc: Document, values: dict[str, object]) -> None:
	# `modified` stays: the state is the app's alone, so an open form has nothing to be in conflict about.
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)


# What is said -------------------------------------------------------------------------------------------------


def _tell(manager: str, rows: list[frappe._dict]) -> None:
	"""One notice and one mail of all that was found; what cannot be told is logged all the same."""
	with (
		watching.sparing("A notice of stages passed over could not be given"),
		notices.in_language(notices.language_of(manager)),
	):
		notices.notify(
			manager,
			_("{0} documents changed their stage past the gates.").format(len(rows)),
			rows[0].doctype,
			rows[0].name,
			"<br>".join(escape_html(f"{row.title}: {_way(row)}") for row in rows[:50]),
			link="/app/query-report/Gates Passed Over",
		)
	telling.mail(manager, lambda: _mail(rows))


def _mail(rows: list[frappe._dict]) -> tuple[str, dict]:
	return (
		_("{0} documents changed their stage past the gates").format(len(rows)),
		{
			"intro": _(
				"They were changed where no gate could ask, by an import into the database, for example, or by "
				"another program. They stay where they are and stand in the log."
			),
			"about": _("Stage"),
			"until": _("Found On", context="Salesflow"),
			"cases": [
				{
					**telling.case(row.doctype, row, now_datetime(), row.rep),
					"about": _way(row) + (f" ({row.unmet.replace(chr(10), ', ')})" if row.unmet else ""),
				}
				for row in rows
			],
		},
	)


def _way(row: frappe._dict) -> str:
	return f"{_(row.before)} → {_(row.stage)}" if row.before else _(row.stage)
