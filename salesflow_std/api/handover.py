"""The hand-over of a lead in the desk and over REST (L12)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import get_fullname, now_datetime

from salesflow_std.salesflow_std import handover, reps
from salesflow_std.salesflow_std.doctype.lead_handover.lead_handover import locked
from salesflow_std.salesflow_std.handover import OFFERED


@frappe.whitelist(methods=["POST", "PUT"])
def offer(lead: str, to_user: str, conversation: str, notes: str | None = None) -> dict:
	"""Offers a lead with clear interest to an account manager.

	`conversation` is the record of the first conversation, as HTML. Returns ``{"name", "status",
	"answer_due"}``. Raises PermissionError unless the user is the lead's rep or a manager who may change it,
	ValidationError where the lead is not ready, the receiver cannot take it or it is offered already.
	"""
	doc = frappe.get_doc(
		{
			"doctype": "Lead Handover",
			"lead": lead,
			"to_user": to_user,
			"conversation": conversation,
			"notes": notes,
		}
	).insert()
	return {"name": doc.name, "status": doc.status, "answer_due": doc.answer_due}


@frappe.whitelist(methods=["POST", "PUT"])
def accept(name: str) -> dict:
	"""Takes an offered lead over: it changes its owner and no deadline. For the receiver or a manager.

	Returns ``{"name", "status", "lead", "next_touch_on"}``.
	"""
	doc = _readable(name)
	next_touch_on = doc.accept()
	return {"name": doc.name, "status": doc.status, "lead": doc.lead, "next_touch_on": next_touch_on}


@frappe.whitelist(methods=["POST", "PUT"])
def give_back(name: str, reason: str) -> dict:
	"""Returns an offered lead, which stays with its rep. For the receiver or a manager."""
	doc = _readable(name)
	doc.give_back(reason)
	return {"name": doc.name, "status": doc.status, "lead": doc.lead}


@frappe.whitelist(methods=["POST", "PUT"])
def withdraw(name: str) -> dict:
	"""Takes an offer back. For the sender or a manager."""
	doc = _readable(name)
	doc.withdraw()
	return {"name": doc.name, "status": doc.status, "lead": doc.lead}


def _readable(name: str) -> frappe.model.document.Document:
	doc = locked(name)
	doc.check_permission("read")
	return doc


@frappe.whitelist(methods=["GET", "POST"])
def state(lead: str) -> dict:
	"""What a lead's form shows: ``{"may_offer", "open"}``.

	`open` is the open offer, or None: ``{"name", "to_user", "to_name", "from_user", "from_name", "offered_on",
	"answer_due", "overdue", "may_answer", "may_withdraw"}``.
	"""
	doc = frappe.get_doc("Lead", lead)
	doc.check_permission("read")
	found = frappe.get_all(
		"Lead Handover",
		filters={"open_key": lead, "status": OFFERED},
		fields=["name", "to_user", "from_user", "offered_on", "answer_due"],
		order_by="offered_on",
		limit=1,
	)
	if not found:
		ended = any(place == "lead" for place, _sentence in handover.missing(doc))
		return {"may_offer": not ended and handover.may_offer(doc), "open": None}
	row, user = found[0], frappe.session.user
	manages = reps.is_manager() and bool(frappe.has_permission("Lead", "write", doc=doc))
	row.update(
		{
			"to_name": get_fullname(row.to_user),
			"from_name": get_fullname(row.from_user),
			"overdue": bool(row.answer_due and row.answer_due < now_datetime()),
			"may_answer": manages or user == row.to_user,
			"may_withdraw": manages or user == row.from_user,
		}
	)
	return {"may_offer": False, "open": row}


@frappe.whitelist(methods=["GET", "POST"])
def draft(lead: str) -> dict:
	"""What the dialog of an offer begins with: ``{"missing": [{"place", "text"}], "rule", "conversation"}``.

	Where something is missing, there is nothing to offer yet; `place` is "score", "first_touch" or "lead".
	`conversation` is the newest note of a touch or message, to be made the record of the first conversation.
	"""
	doc = frappe.get_doc("Lead", lead)
	doc.check_permission("write")
	return {
		"missing": [{"place": place, "text": text} for place, text in handover.missing(doc)],
		"rule": handover.rule(),
		"conversation": handover.draft(lead),
	}


@frappe.whitelist()
@frappe.validate_and_sanitize_search_inputs
def account_managers(
	doctype: str, txt: str, searchfield: str, start: int, page_len: int, filters: dict | str | None = None
) -> list:
	"""Users a lead can be handed over to, for a link field: enabled, with a sales role, not the lead's rep."""
	if not frappe.has_permission("Lead", "write"):
		frappe.throw(_("You may not hand leads over."), frappe.PermissionError, title=_("Not Permitted"))
	filters = frappe.parse_json(filters) or {}
	lead = frappe.db.get_value("Lead", filters.get("lead"), ["lead_owner", "owner"], as_dict=True)
	user, role = frappe.qb.DocType("User"), frappe.qb.DocType("Has Role")
	query = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name, user.full_name)
		.distinct()
		.where((user.enabled == 1) & role.role.isin(reps.SALES_ROLES))
		.where(user.name.notin(frappe.STANDARD_USERS))
		.where(user.name.like(f"%{txt}%") | user.full_name.like(f"%{txt}%"))
		.orderby(user.full_name, user.name)
		.offset(start)
		.limit(page_len)
	)
	if lead:
		query = query.where(user.name != handover.rep_of(lead))
	return query.run()
