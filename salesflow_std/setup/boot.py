"""What the desk needs to know at its start: the colours of grades, the kinds of objections, the workspace's cards and charts."""

from __future__ import annotations

import frappe

from salesflow_std.engine.objections import KINDS

WORKSPACE = "Sales Standard"


def extend_bootinfo(bootinfo: frappe._dict) -> None:
	"""Adds ``salesflow.colours``, doctype -> grade -> indicator colour, the models that grade by themselves, and
	the kinds of objections; to the desk's documents the cards and charts of the workspace."""
	if frappe.session.user != "Guest":
		bootinfo.setdefault("docs", []).extend(_cards_and_charts())
	bootinfo.salesflow = {
		"automatic": frappe.get_all("Scoring Model", filters={"automatic": 1}, pluck="name", order_by="name"),
		"colours": frappe.cache.get_value("salesflow_std.grade_colours", generator=grade_colours),
		"objection_kinds": KINDS,
	}


def _cards_and_charts() -> list[dict]:
	"""The definitions of what the workspace shows, for who may open it.

	The desk would ask for each by itself, thirty requests before the first number is asked for.
	"""
	if not frappe.db.exists("Workspace", WORKSPACE):
		return []
	workspace = frappe.get_cached_doc("Workspace", WORKSPACE)
	named = [("Number Card", row.number_card_name) for row in workspace.number_cards]
	named += [("Dashboard Chart", row.chart_name) for row in workspace.charts]
	found = []
	for doctype, name in named:
		try:
			doc = frappe.get_cached_doc(doctype, name)
		except frappe.DoesNotExistError:
			frappe.clear_last_message()
			continue
		if doc.has_permission("read"):
			found.append(doc.as_dict(convert_dates_to_str=True))
	return found


def forget(*_args: object) -> None:
	"""After a card, a chart or a workspace has changed, desks start with what it is now."""
	frappe.cache.delete_key("bootinfo")


def grade_colours() -> dict[str, dict[str, str]]:
	"""The colour of every grade by doctype; where models differ, the first by name decides."""
	model, band = frappe.qb.DocType("Scoring Model"), frappe.qb.DocType("Scoring Band")
	rows = (
		frappe.qb.from_(model)
		.join(band)
		.on(band.parent == model.name)
		.select(model.applies_to, band.grade, band.colour)
		.where(model.enabled == 1)
		.orderby(model.name)
		.run(as_dict=True)
	)
	colours: dict[str, dict[str, str]] = {}
	for row in rows:
		colours.setdefault(row.applies_to, {}).setdefault(row.grade, (row.colour or "Gray").lower())
	return colours
