"""Rows whose rules stand in their document are changed with it only, over REST too (A1, M1, C2, C5)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.salesflow_std import delivery_syncs
from tests.site import deals, deliveries, signed

PROCESS_ROWS = ("Sales Process Stage", "Sales Process Gate", "Sales Process Mapping")
SYNC_ROWS = ("Delivery Sync Risk", "Delivery Sync Promise")
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


@pytest.mark.parametrize("doctype", SYNC_ROWS)
def test_a_row_of_a_week_is_changed_with_it_only(doctype, rep, make_user):
	deliveries.team(make_user)
	_made, project = deliveries.started(rep)
	sync = frappe.get_doc("Delivery Sync", delivery_syncs.make(project.name, by_hand=True))
	deliveries.told(sync, risks=[{"risk": "Steel"}], promises=[{"promise": "Manuals"}])
	refused(doctype, sync)


def test_legal_writes_no_finding_past_its_review(call, as_user, rep, make_user):
	lawyer = make_user(["Legal Reviewer", "Sales User"])
	deals.only_legal(lawyer)
	contract = deals.contract(deals.opportunity(rep))
	with as_user(rep):
		review = call(f"{deals.API}.ask_for_review", contract=contract.name)
	refused("Contract Review Clause", frappe.get_doc("Contract Review", review))
