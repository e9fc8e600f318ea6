"""Rows whose rules stand in their document are changed with it only, over REST too (M1, C2, C5)."""

from __future__ import annotations

import frappe
import pytest

from tests.site import deals, deliveries, signed

PROCESS_ROWS = ("Sales Process Stage", "Sales Process Gate", "Sales Process Mapping")
HANDOVER_ROWS = ("Handover Receiver", "Handover Document", "Handover Contact")


@pytest.fixture
def rows(rep, make_user):
	"""A document with rows of each kind: row's doctype -> document."""
	deliveries.team(make_user)
	handover = deliveries.handover(rep)
	process = frappe.get_doc("Sales Process", signed.PROCESS)
	return {**dict.fromkeys(HANDOVER_ROWS, handover), **dict.fromkeys(PROCESS_ROWS, process)}


def refused(doctype: str, parent) -> None:
	row = frappe.get_all(
		doctype, filters={"parent": parent.name, "parenttype": parent.doctype}, pluck="name", order_by="idx"
	)[0]
	for change in (lambda doc: doc.save(), lambda doc: doc.delete()):
		with pytest.raises(frappe.PermissionError, match=parent.name):
			change(frappe.get_doc(doctype, row))
	copy = frappe.copy_doc(frappe.get_doc(doctype, row))
	copy.update({"parent": parent.name, "parenttype": parent.doctype})
	with pytest.raises(frappe.PermissionError):
		copy.insert()
	assert frappe.db.exists(doctype, row)


@pytest.mark.parametrize("doctype", (*HANDOVER_ROWS, *PROCESS_ROWS))
def test_a_row_is_changed_with_its_document_only(doctype, rows):
	refused(doctype, rows[doctype])


def test_legal_writes_no_finding_past_its_review(call, as_user, rep, make_user):
	lawyer = make_user(["Legal Reviewer", "Sales User"])
	deals.only_legal(lawyer)
	contract = deals.contract(deals.opportunity(rep))
	with as_user(rep):
		review = call(f"{deals.API}.ask_for_review", contract=contract.name)
	refused("Contract Review Clause", frappe.get_doc("Contract Review", review))
