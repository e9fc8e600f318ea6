"""The acceptance report 项目验收报告: what the print format shows of an acceptance (A2)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cstr, flt, formatdate, get_fullname

from salesflow_std.engine import acceptance as rules
from salesflow_std.salesflow_std import acceptance_mail, acceptance_scope


def of(report: Document) -> dict[str, Any]:
	"""``{"our_company", "result", "account_manager", "items": [{"row", "qty", "delivered", "result", "agreed_in"}],
	"left_out": [text], "points": [{"row", "side", "owner", "due", "settled"}], "signatures": [{"side", "who", "on",
	"drawing"}], "scanned"}`` in the current language; of what is left out a draft alone knows."""
	company = frappe.db.get_value("Company", report.company, "company_name") or cstr(report.company)
	return {
		"our_company": company,
		"result": acceptance_mail.result_of(report),
		"account_manager": get_fullname(report.allocated_to) if report.allocated_to else "",
		"accepted_on": formatdate(report.accepted_on),
		"items": [_item(row) for row in report.items],
		"points": [_point(row) for row in report.points],
		"signatures": [
			_signature(
				company,
				get_fullname(report.our_signatory) if report.our_signatory else "",
				report.our_signed_on,
				report.our_signature,
			),
			_signature(
				report.title,
				cstr(report.customer_signatory),
				report.customer_signed_on,
				report.customer_signature,
			),
		],
		"scanned": bool(report.scan),
	}


def _item(row: Document) -> dict[str, Any]:
	return {
		"row": row,
		"qty": _amount(row.qty, row.uom),
		"delivered": _amount(row.delivered_qty, row.uom) if flt(row.qty) or flt(row.delivered_qty) else "",
		"result": _(row.result, context="Acceptance Item") if row.result else "",
		"agreed_in": acceptance_scope.place_label(row.agreed_in) or _("Not agreed in writing"),
	}


def _amount(qty: float, uom: str | None) -> str:
	if not flt(qty) and not uom:
		return ""
	number = frappe.format(flt(qty), {"fieldtype": "Float", "precision": "" if flt(qty) % 1 else "0"})
	return f"{number} {_(uom)}" if uom else number


def _point(row: Document) -> dict[str, Any]:
	ours = row.side == rules.OURS
	return {
		"row": row,
		"side": _(row.side, context="Acceptance Point"),
		"owner": (get_fullname(row.user) if row.user else "") if ours else cstr(row.person),
		"due": formatdate(row.due_on) if row.due_on else "",
		"settled": formatdate(row.settled_on) if row.settled_on else "",
	}


def _signature(side: str, who: str, on: object, drawing: str | None) -> dict[str, str]:
	return {
		"side": side,
		"who": who,
		"on": formatdate(on) if on else "",
		# Nothing but a drawing goes onto the page.
		"drawing": drawing if drawing and rules.is_drawing(drawing) else "",
	}
