"""What a proposal answers: the confirmed needs, how far each is answered, and what keeps it from review (S1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, flt, get_fullname, get_link_to_form, now_datetime

from salesflow_std.engine import coverage as rules
from salesflow_std.salesflow_std import needs, proposals, reps

CASE = "Case"
# What of a row is the record's, and what only the app writes.
_OF_RECORD = ("need", "priority", "need_key", "from_record")
_WAIVER = ("waived_by", "waived_on", "waive_reason")


# The rows of the record ------------------------------------------------------------------------------------


def keep_answers(proposal: Document, before: Document | None) -> None:
	"""The needs are the record's (S1): a form neither rewords nor removes them, and waives none."""
	kept = {row.name: row for row in before.answers} if before else {}
	sent = {row.name for row in proposal.answers}
	for row in proposal.answers:
		old = kept.get(row.name)
		row.update(
			{field: old.get(field) if old else None for field in ("need_key", "from_record", *_WAIVER)}
		)
		if old and old.from_record:
			row.update({"need": old.need, "priority": old.priority})
	for name, old in kept.items():
		if name not in sent and old.from_record:
			row = proposal.append("answers", {field: old.get(field) for field in (*_OF_RECORD, *_WAIVER)})
			row.set("item", old.item)


def take_needs(proposal: Document, record: str | None) -> None:
	"""Takes over the needs of a confirmed record; what was written to a need stays with it (S1).

	Rows of needs that are no longer in the record go, unless something was written there: that becomes a row of
	the proposal's own.
	"""
	wanted = _needs_of(record)
	by_key = {row.need_key: row for row in proposal.answers if row.from_record and row.need_key}
	by_text = {_plain(row.need): row for row in proposal.answers}
	rows, used = [], set()
	for need in wanted:
		row = by_key.get(need.need_key) or by_text.get(_plain(need.text))
		if row is None or id(row) in used:
			row = proposal.append("answers", {})
		used.add(id(row))
		row.update({"from_record": 1, "need_key": need.need_key})
		if row.priority != need.priority or _plain(row.need) != _plain(need.text):
			# Another need: whoever waived the old one has not seen it.
			row.update(dict.fromkeys(_WAIVER))
		row.update({"need": need.text, "priority": need.priority})
		row.item = row.item or need.item
		rows.append(row)
	for row in proposal.answers:
		if id(row) in used:
			continue
		if row.from_record and not any(
			cstr(row.get(field)).strip() for field in ("feature", "value", "case_content")
		):
			continue
		row.update({"from_record": 0, "need_key": None, **dict.fromkeys(_WAIVER)})
		rows.append(row)
	proposal.set("answers", rows)
	for idx, row in enumerate(proposal.answers, 1):
		row.idx = idx


def _plain(text: str | None) -> str:
	return cstr(text).strip().casefold()


def _needs_of(record: str | None) -> list[frappe._dict]:
	if not record:
		return []
	rows = frappe.get_all(
		"Customer Need",
		filters={"parenttype": needs.DOCTYPE, "parent": record},
		fields=["need_key", "need", "concrete", "priority", "item"],
		order_by="idx",
	)
	for row in rows:
		concrete = cstr(row.concrete).strip()
		row.text = f"{cstr(row.need).strip()} ({concrete})" if concrete else cstr(row.need).strip()
	return rows


def current_record(proposal: Document) -> str | None:
	"""The needs record that holds for the proposal's company."""
	return needs.current(proposal.reference_doctype, proposal.reference_name)


def check_record(proposal: Document) -> None:
	"""The needs are this company's, and confirmed ones (S1)."""
	record = proposal.needs_record
	if not record:
		return
	row = frappe.db.get_value(
		needs.DOCTYPE, record, ["customer_profile", "status", "answered_on"], as_dict=True
	)
	if not row or row.customer_profile != proposal.customer_profile:
		frappe.throw(
			_("{0} is a needs record of another company.").format(get_link_to_form(needs.DOCTYPE, record)),
			title=_("Needs Record"),
		)
	if not frappe.has_permission(needs.DOCTYPE, "read", doc=record):
		raise frappe.PermissionError
	if row.status not in (needs.CONFIRMED, needs.SUPERSEDED):
		frappe.throw(
			_("The customer has not confirmed {0}. A proposal answers confirmed needs.").format(
				get_link_to_form(needs.DOCTYPE, record)
			),
			title=_("Needs Record"),
		)


# How far each is answered ----------------------------------------------------------------------------------


def check_cases(proposal: Document) -> None:
	"""A case is a case: of the library, and of that kind."""
	for row in proposal.answers:
		if row.case_content and frappe.db.get_value("Value Content", row.case_content, "kind") != CASE:
			frappe.throw(
				_("Need {0}: {1} is no case. Choose one of the kind Case from the library.").format(
					row.idx, get_link_to_form("Value Content", row.case_content)
				),
				title=_("Case", context="Proposal Answer"),
			)


def answers(proposal: Document) -> list[rules.Answer]:
	"""The answers as the rules see them, in the order of the table."""
	names = [row.case_content for row in proposal.answers if row.case_content]
	shown = set(
		frappe.get_all(
			"Value Content",
			filters={"name": ("in", names), "enabled": 1, "kind": CASE},
			pluck="name",
			order_by="name",
		)
		if names
		else ()
	)
	return [
		rules.Answer(
			row.priority or "",
			cstr(row.feature),
			cstr(row.value),
			flt(row.value_amount),
			row.case_content in shown,
			bool(row.waived_on),
		)
		for row in proposal.answers
	]


def coverage(proposal: Document) -> dict:
	"""How far the needs are answered (S1), for the form.

	``{"rows": [{"name", "row", "need", "priority", "state", "state_label", "lacks": [words], "lack_codes", "blocks",
	"from_record", "waived_by", "waived_on", "waive_reason"}], "counts": {state: number}, "may_waive"}``; `state` is Covered, Partly,
	Open or Waived, `state_label` and `lacks` are in the user's language.
	"""
	told = answers(proposal)
	said = words()
	return {
		"rows": [
			{
				"name": row.name,
				"row": row.idx,
				"need": row.need,
				"priority": row.priority,
				"state": rules.state(answer),
				"state_label": state_label(rules.state(answer)),
				"lacks": [said[code] for code in rules.lacks(answer)],
				"lack_codes": list(rules.lacks(answer)),
				"blocks": rules.blocks(answer),
				"from_record": cint(row.from_record),
				"waived_by": row.waived_by and get_fullname(row.waived_by),
				"waived_on": row.waived_on,
				"waive_reason": row.waive_reason,
			}
			for row, answer in zip(proposal.answers, told, strict=True)
		],
		"counts": rules.counts(told),
		"may_waive": proposal.status in proposals.EDITABLE
		and reps.is_manager()
		and bool(proposal.has_permission("write")),
	}


def state_label(state: str) -> str:
	"""A state of coverage in the user's language."""
	return {
		rules.COVERED: _("Covered", context="Proposal Answer"),
		rules.PARTLY: _("Partly", context="Proposal Answer"),
		rules.OPEN: _("Open", context="Proposal Answer"),
		rules.WAIVED: _("Left Open", context="Proposal Answer"),
	}[state]


def words() -> dict[str, str]:
	"""What an answer may lack, in the user's language."""
	return {
		rules.FEATURE: _("the feature that answers it"),
		rules.VALUE: _("what the customer gains by it"),
		rules.NUMBER: _("a number in the value"),
		rules.CASE: _("a case"),
	}


# Waivers ---------------------------------------------------------------------------------------------------


def waive(name: str, answer: str, reason: str) -> Document:
	"""A manager lets a must-need stay open, with a reason (S1); the caller has checked the rights to the proposal."""
	if not cstr(reason).strip():
		frappe.throw(_("Say why the need may stay open."), title=_("Leave Open"))
	return _write_waiver(
		name,
		answer,
		{
			"waived_by": frappe.session.user,
			"waived_on": now_datetime().replace(microsecond=0),
			"waive_reason": cstr(reason).strip(),
		},
	)


def take_back_waiver(name: str, answer: str) -> Document:
	"""The need has to be answered after all."""
	return _write_waiver(name, answer, dict.fromkeys(_WAIVER))


def _write_waiver(name: str, answer: str, values: dict) -> Document:
	title = _("Leave Open")
	if not reps.is_manager():
		frappe.throw(
			_("Only a sales manager decides that a need may stay open."), frappe.PermissionError, title=title
		)
	proposal = proposals.lock(name)
	if proposal.status not in proposals.EDITABLE:
		frappe.throw(
			_("{0} is no draft any more, so it stays as the reviewers see it.").format(
				get_link_to_form(proposals.DOCTYPE, name)
			),
			title=title,
		)
	row = next((row for row in proposal.answers if row.name == answer), None)
	if row is None:
		frappe.throw(_("This need is not in the proposal any more."), title=title)
	row.db_set(values)
	proposal.add_comment("Info", _waiver_note(row, values))
	# An open form would write its own state over it.
	proposal.db_set("modified", frappe.utils.now())
	proposal.notify_update()
	return proposals.lock(name)


def _waiver_note(row: Document, values: dict) -> str:
	need = frappe.utils.escape_html(row.need or "")
	if values["waived_on"]:
		return _("has left the need “{0}” open: {1}").format(
			need, frappe.utils.escape_html(values["waive_reason"])
		)
	return _("wants the need “{0}” answered after all").format(need)


# What has changed since ------------------------------------------------------------------------------------


def refresh(name: str) -> str | None:
	"""Takes over the needs that were confirmed last; what was written to a need stays with it (S1)."""
	proposal = proposals.lock(name)
	record = current_record(proposal)
	if record and record != proposal.needs_record:
		proposal.needs_record = record
		proposal.save()
	return record
