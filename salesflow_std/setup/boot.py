"""What the desk needs to know at its start: the colours of grades, the kinds of objections."""

from __future__ import annotations

import frappe

from salesflow_std.engine.objections import KINDS


def extend_bootinfo(bootinfo: frappe._dict) -> None:
	"""Adds ``salesflow.colours``, doctype -> grade -> indicator colour, the models that grade by themselves, and
	the kinds of objections."""
	bootinfo.salesflow = {
		"automatic": frappe.get_all("Scoring Model", filters={"automatic": 1}, pluck="name", order_by="name"),
		"colours": frappe.cache.get_value("salesflow_std.grade_colours", generator=grade_colours),
		"objection_kinds": KINDS,
	}


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
