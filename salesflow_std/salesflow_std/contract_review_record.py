"""The clause record 合同条款评审记录: what the print format shows of legal's review of a contract (C2)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import Document
from frappe.utils import get_fullname

from salesflow_std.salesflow_std import contract_sheet, needs_mail

_TIMES = ("asked_on", "due_on", "decided_on")


def before_print(doc: Document, method: str | None = None, *args: Any) -> None:
	"""Gathers what the record shows beside the review's own fields, in the language it is printed in."""
	doc.record = facts(doc)


def facts(doc: Document) -> dict[str, Any]:
	"""``{"our_company", "asked_by", "asked_on", "due_on", "decided_on", "reviewer", "decided_by", "clauses", "is_current"}``;
	`clauses` as `contract_sheet.review` tells them, plain text. What a clause says is left out of a record whose
	contract says something else by now."""
	sheet = contract_sheet.review(doc)
	return {
		"our_company": frappe.db.get_value("Company", doc.company, "company_name") or doc.company or "",
		"clauses": sheet["clauses"],
		"is_current": sheet["is_current"],
		**{
			field: get_fullname(doc.get(field)) if doc.get(field) else ""
			for field in ("asked_by", "reviewer", "decided_by")
		},
		**{field: needs_mail.minute(doc.get(field)) for field in _TIMES},
	}
