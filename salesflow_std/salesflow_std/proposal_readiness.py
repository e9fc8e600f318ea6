"""What stands between a proposal and its review (S1, S3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, strip_html

from salesflow_std.engine import coverage as rules
from salesflow_std.salesflow_std import (
	needs,
	proposal_needs,
	proposal_prices,
	proposal_quotations,
	proposals,
)


def missing(proposal: Document, trial: bool = True) -> list[dict]:
	"""What blocks a proposal's review, in the order of the form, empty when a review may begin (S1, S3).

	``[{"what", "why", "fieldname", "table", "row"}]`` in the user's language, plain text. `fieldname` is the field to go
	to; with `table` it is one of that table's rows, `row` from 1 on, else both are None. With `trial`, ERPNext is
	asked whether it would save the quotation.
	"""
	found = [*_texts(proposal), *_needs(proposal), *_answers(proposal), *_corrections(proposal), *_items(proposal), *_terms(proposal)]  # fmt: skip
	if not found and trial:
		found += _objection(proposal)
	return found


def _gap(what: str, why: str, fieldname: str, table: str | None = None, row: int | None = None) -> dict:
	return {"what": what, "why": why, "fieldname": fieldname, "table": table, "row": row}


def _texts(proposal: Document) -> list[dict]:
	words = {
		"situation": (
			_("The situation is not described"),
			_("A proposal goes from the customer's situation to the solution and its value."),
		),
		"solution": (_("The solution is not described"), _("It says how the needs are met.")),
		"value": (
			_("The value is not described"),
			_("It says what changes for the customer, in numbers."),
		),
	}
	return [_gap(*said, field) for field, said in words.items() if not cstr(proposal.get(field)).strip()]


def _needs(proposal: Document) -> list[dict]:
	holds = proposal_needs.current_record(proposal)
	if not proposal.needs_record:
		why = _("A proposal answers what the customer has confirmed.")
		if holds:
			return [_gap(_("The confirmed needs have not been taken over"), why, "needs_record")]
		return [_gap(_("No confirmed needs"), why, "needs_record")]
	if holds and holds != proposal.needs_record:
		return [
			_gap(
				_("The needs have changed since"),
				_("The customer has confirmed {0} in the meantime. Take over the needs.").format(holds),
				"needs_record",
			)
		]
	status = frappe.db.get_value(needs.DOCTYPE, proposal.needs_record, "status")
	if status != needs.CONFIRMED:
		return [
			_gap(
				_("The needs are not confirmed any more"),
				_("{0} holds no longer, and nothing newer is confirmed.").format(proposal.needs_record),
				"needs_record",
			)
		]
	return []


def _answers(proposal: Document) -> list[dict]:
	words = proposal_needs.words()
	told = proposal_needs.answers(proposal)
	return [
		_gap(
			_("Must-need {0} is open: {1}").format(
				row.idx, ", ".join(words[code] for code in rules.lacks(answer))
			),
			_(
				"Every must-need is answered by a feature, its value in numbers and a case, or a manager leaves it open."
			),
			_FIELD_OF[rules.lacks(answer)[0]],
			"answers",
			row.idx,
		)
		for row, answer in zip(proposal.answers, told, strict=True)
		if rules.blocks(answer)
	]


_FIELD_OF = {
	rules.FEATURE: "feature",
	rules.VALUE: "value",
	rules.NUMBER: "value",
	rules.CASE: "case_content",
}


def _corrections(proposal: Document) -> list[dict]:
	return [
		_gap(
			_("Correction {0} is open").format(row.idx),
			_("What the customer and the reviewers asked for is taken over or left with a note."),
			"state",
			"corrections",
			row.idx,
		)
		for row in proposal.corrections
		if row.state == proposals.OPEN
	]


def _items(proposal: Document) -> list[dict]:
	why = _("The figures that are reviewed are those the customer gets.")
	if not [row for row in proposal.items if not row.is_alternative]:
		return [_gap(_("No item"), why, "items")]
	found = []
	for row in proposal.items:
		if not flt(row.qty):
			found.append(_gap(_("Item {0} has no quantity").format(row.idx), why, "qty", "items", row.idx))
		if not flt(row.rate) and not row.is_alternative and not proposal_prices.off_in_full(row):
			found.append(
				_gap(
					_("Item {0} has no price").format(row.idx),
					_("What is given away on purpose has a discount of 100 %."),
					"rate",
					"items",
					row.idx,
				)
			)
	return found


def _terms(proposal: Document) -> list[dict]:
	why = _("Delivery, price and service are given before anybody reviews them.")
	words = {
		"delivery_period": _("No delivery period"),
		"service_terms": _("No service terms"),
		"payment_terms_template": _("No payment terms"),
	}
	return [_gap(what, why, field) for field, what in words.items() if not cstr(proposal.get(field)).strip()]


def _objection(proposal: Document) -> list[dict]:
	try:
		said = proposal_quotations.objection_of_erpnext(proposal_quotations.build(proposal))
	except frappe.ValidationError as problem:
		said = strip_html(cstr(problem))
	return [_gap(_("ERPNext would not save this quotation"), said, "items")] if said else []
