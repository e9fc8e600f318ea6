"""The bar of stages on Lead, Opportunity and Quotation, and which stages their field offers (M1)."""

from __future__ import annotations

import frappe
from frappe import _

from salesflow_std.salesflow_std import stage_path

# What a new document's process is chosen by.
_CHOSEN_BY = ("company", "territory", "opportunity_type", "request_type", "market_segment")


@frappe.whitelist(methods=["GET", "POST"])
def path(doctype: str, name: str) -> dict:
	"""Where a deal stands, and what its next stage asks for (M1).

	``{"process", "document": {"doctype", "name", "is_other"}, "stage", "stages": [...], "next", "hands_on",
	"handed_on", "missing", "may_move", "may_override", "closed", "counts_as"}``; of a quotation it is the bar of its
	opportunity, else of its lead (`is_other`). ``stages`` is empty where the document follows no process. Each stage has
	``{"name", "label", "state": done | current | ahead | skipped, "lives_on", "is_won", "owner_role", "guidance", "outputs",
	"key_fields": [{"fieldname", "label", "filled"}], "entered_on", "left_on", "stay_hours" (working hours), "stay_days",
	"limit", "due", "late", "gates": [{"key", "gate", "met", "what", "why", "route", "mode", "rule", "kind",
	"stage", "moment"}], "passed_over": [{"by", "on", "reason", "unmet"}], "direction", "may_move", "asks_reason"}``.
	`met` is None for gates that the next move does not ask. ``missing`` counts the unmet gates that block the next move;
	``hands_on`` is the doctype that the deal goes on in, ``handed_on`` the document where it already does.
	Raises PermissionError without the right to read the document.
	"""
	if doctype not in (*stage_path.SUBJECTS, "Quotation"):
		frappe.throw(_("Only leads, opportunities and quotations have stages."), title=_("No Stages"))
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	return stage_path.path(doc)


@frappe.whitelist(methods=["GET", "POST"])
@frappe.validate_and_sanitize_search_inputs
def stages_to_choose(
	doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict
) -> list[tuple[str]]:
	"""The stages that the field of a Lead or Opportunity offers, in their order; for a link field's search (M1).

	``filters``: ``reference_doctype``, ``name`` of a stored document, and for a new one what its process is chosen by.
	Raises PermissionError without the right to read the document.
	"""
	subject = filters.get("reference_doctype")
	if subject not in stage_path.SUBJECTS:
		return []
	if filters.get("name"):
		doc = frappe.get_doc(subject, filters["name"])
		doc.check_permission("read")
	else:
		frappe.has_permission(subject, "read", throw=True)
		doc = frappe.get_doc({"doctype": subject, **{key: filters.get(key) for key in _CHOSEN_BY}})
	wanted = txt.casefold()
	found = [
		stage
		for stage in stage_path.choosable(subject, doc)
		if wanted in stage.casefold() or wanted in _(stage).casefold()
	]
	return [(stage,) for stage in found[int(start) : int(start) + int(page_len)]]
