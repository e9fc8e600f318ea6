"""The delivery handover 交付交接单 on paper: who takes over, and a place for each to sign (C5)."""

from __future__ import annotations

import frappe

from tests.site import deliveries, submits


def test_each_who_takes_over_has_a_place_to_sign(make_user, rep):
	team = deliveries.team(make_user)
	handover = deliveries.handover(rep)
	with submits.request("/printview"):
		html = frappe.get_print(handover.doctype, handover.name, handover.doctype)
	assert html.count("Signature and date") == len(team) == 3
	assert html.count("<h2>Signatures</h2>") == 1
	for function, user in team.items():
		assert f"{function}: {frappe.utils.get_fullname(user)}" in html
