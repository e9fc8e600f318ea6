"""Signatures and scan, noted by whoever looks after a contract (C3).

ERPNext lets only those who may submit change a submitted contract; that the customer has signed, and the scan, are
noted by the rep.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, get_datetime, get_link_to_form, now_datetime

from salesflow_std.salesflow_std import contracts


def sign(contract: Document, signee: str | None, on: object = None) -> dict:
	"""The customer has signed; see `api.contract.sign`. The caller has checked the rights."""
	_lock(contract)
	if contract.is_signed:
		return told(contract)
	signee = cstr(signee).strip()[:140]
	if not signee:
		frappe.throw(_("Write down who has signed for the customer."), title=_("Signature"))
	now = now_datetime().replace(microsecond=0)
	signed_on = get_datetime(on).replace(microsecond=0) if on else now
	if signed_on > now:
		frappe.throw(_("The signature cannot lie in the future."), title=_("Signature"))
	contract.update({"is_signed": 1, "signee": signee, "signed_on": signed_on})
	return _save(contract)


def attach_scan(contract: Document, file_url: str | None) -> dict:
	"""A file of the contract is the scan; see `api.contract.attach_scan`. The caller has checked the rights."""
	_lock(contract)
	if contract.sf_scan and contract.sf_scan == file_url:
		return told(contract)
	of_contract = {"attached_to_doctype": "Contract", "attached_to_name": contract.name, "file_url": file_url}
	if not file_url or not frappe.db.exists("File", of_contract):
		frappe.throw(
			_("Attach the scan to {0} first.").format(get_link_to_form("Contract", contract.name)),
			title=_("Scan"),
		)
	contract.sf_scan = file_url
	return _save(contract)


def _lock(contract: Document) -> None:
	frappe.db.get_value("Contract", contract.name, "name", for_update=True)
	contract.reload()
	if contract.docstatus == 2:
		frappe.throw(_("{0} is cancelled.").format(get_link_to_form("Contract", contract.name)))
	if not contracts.is_of_deal(contract):
		frappe.throw(
			_("{0} belongs to no opportunity and no quotation.").format(
				get_link_to_form("Contract", contract.name)
			)
		)


def _save(contract: Document) -> dict:
	# The right to submit is asked for every change of a submitted document; here it was the right to change.
	contract.flags.ignore_permissions = True
	contract.save()
	return told(contract)


def told(contract: Document) -> dict:
	"""``{"state", "signed_on", "scan_due"}`` of a contract."""
	return {
		"state": contract.sf_state,
		"signed_on": contract.sf_signed_on,
		"scan_due": contract.sf_scan_due,
	}
