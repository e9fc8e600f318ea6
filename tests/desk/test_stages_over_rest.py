"""A Sales User with a token, over real HTTP: no route of REST or RPC leads past a gate, whichever it is (M1)."""

from __future__ import annotations

import json

import pytest
import requests

from tests.desk import records
from tests.desk.conftest import account
from tests.desk.test_stages import EXPLORED, SHOWN, STAGES, set_enforcement

# Each kind of gate; a new deal with an objection whose reply is overdue meets none of them.
GATES = {
	"Fields Filled": {"fieldnames": "website"},
	"Grade at Least": {"grade": "S"},
	"First Touch Done": {},
	"Decision Maker Identified": {},
	"Decision Maker Reached": {},
	"Needs Confirmed": {},
	"Proposal Approved": {},
	"Objections Answered": {},
	"Contract in State": {"contract_state": "Drafted"},
	"File Attached": {},
	"Linked Document": {"linked_doctype": "ToDo", "linked_filters": '[["status", "=", "Open"]]'},
	"Expression": {"expression": "doc.city == 'Hangzhou'"},
}
# Those that REST alone can meet, one after the other.
MEETABLE = ("Fields Filled", "File Attached", "Expression")


@pytest.fixture(scope="module")
def http(desk_site):
	"""`http("PUT", path, **json)` as the rep, by token and without a session."""
	rep = account("rep")[0]
	with requests.Session() as admin:
		address, password = account("Administrator")
		admin.post(f"{desk_site.url}/api/method/login", data={"usr": address, "pwd": password})
		made = admin.post(
			f"{desk_site.url}/api/method/frappe.core.doctype.user.user.generate_keys", json={"user": rep}
		).json()["message"]
		keys = admin.get(f"{desk_site.url}/api/resource/User/{rep}").json()["data"]
	token = {"Authorization": f"token {keys['api_key']}:{made['api_secret']}"}

	def send(method: str, path: str, **body) -> requests.Response:
		return requests.request(method, f"{desk_site.url}{path}", json=body, headers=token, timeout=60)

	return send


@pytest.fixture(scope="module")
def deal_of(call):
	"""`deal_of(kinds)`: a deal of a process with a gate of each of these kinds, none of them met; gates are on."""

	def make(kinds: tuple[str, ...]) -> str:
		segment = records.insert(call, "Market Segment", market_segment=records.unique("Segment"))
		records.insert(
			call,
			"Sales Process",
			process_name=records.unique("Process"),
			market_segment=segment,
			stages=[{"stage": stage, "lives_on": kind} for stage, kind in STAGES],
			gates=[
				{"stage": EXPLORED, "moment": "Leaving", "gate": f"Gate: {kind}", "kind": kind, **GATES[kind]}
				for kind in kinds
			],
		)
		lead = records.lead(call, market_segment=segment)
		deal = records.opportunity(call, party_name=lead, market_segment=segment)
		if "Objections Answered" in kinds:
			records.insert(
				call,
				"Objection",
				reference_doctype="Opportunity",
				reference_name=deal,
				kind="Price",
				objection="Too dear",
				raised_on=records.ago(days=20),
				reply_due_on=records.ago(days=10),
			)
		return deal

	before = records.state(call, "Salesflow Settings", "Salesflow Settings", "stage_enforcement")
	set_enforcement(call, "Block")
	yield make
	set_enforcement(call, before)


def _saved(http, deal: str) -> requests.Response:
	doc = http("GET", f"/api/resource/Opportunity/{deal}").json()["data"]
	return http("POST", "/api/method/frappe.client.save", doc={**doc, "sf_stage": SHOWN})


def _form(http, deal: str) -> requests.Response:
	doc = http("GET", f"/api/resource/Opportunity/{deal}").json()["data"]
	return http(
		"POST",
		"/api/method/frappe.desk.form.save.savedocs",
		doc=json.dumps({**doc, "sales_stage": SHOWN}),
		action="Save",
	)


ROUTES = {
	"resource": lambda http, deal: http("PUT", f"/api/resource/Opportunity/{deal}", sf_stage=SHOWN),
	"resource, ERPNext's field": lambda http, deal: http(
		"PUT", f"/api/resource/Opportunity/{deal}", sales_stage=SHOWN
	),
	"resource, with the app's own fields": lambda http, deal: http(
		"PUT",
		f"/api/resource/Opportunity/{deal}",
		sf_stage=SHOWN,
		sf_stage_passed=SHOWN,
		flags={"sf_imported": 1},
	),
	"document": lambda http, deal: http("PATCH", f"/api/v2/document/Opportunity/{deal}", sf_stage=SHOWN),
	"set_value": lambda http, deal: http(
		"POST",
		"/api/method/frappe.client.set_value",
		doctype="Opportunity",
		name=deal,
		fieldname="sf_stage",
		value=SHOWN,
	),
	"save": _saved,
	"form": _form,
	"kanban": lambda http, deal: http(
		"POST",
		"/api/method/frappe.desk.doctype.kanban_board.kanban_board.update_order_for_single_card",
		board_name="Opportunity Stages",
		docname=deal,
		from_colname=EXPLORED,
		to_colname=SHOWN,
		old_index=0,
		new_index=0,
	),
	"move": lambda http, deal: http(
		"POST",
		"/api/method/salesflow_std.api.stages.move",
		doctype="Opportunity",
		name=deal,
		to_stage=SHOWN,
	),
	"move, without the role": lambda http, deal: http(
		"POST",
		"/api/method/salesflow_std.api.stages.move",
		doctype="Opportunity",
		name=deal,
		to_stage=SHOWN,
		override_reason="In a hurry",
	),
}


def _log_of(call, deal: str) -> list[str]:
	rows = call(
		"frappe.client.get_list",
		doctype="Stage Transition",
		filters={"reference_doctype": "Opportunity", "reference_name": deal},
		fields=["to_stage"],
		order_by="changed_on, creation",
	)
	return [row["to_stage"] for row in rows]


def test_m1_each_route_is_refused_by_each_gate(http, call, deal_of):
	deal = deal_of(tuple(GATES))
	before = call("frappe.client.get", doctype="Opportunity", name=deal)
	for route, go in ROUTES.items():
		answer = go(http, deal)
		assert answer.status_code in (403, 417), f"{route}: {answer.status_code} {answer.text[:500]}"
		if "role" not in route:
			unnamed = [kind for kind in GATES if f"Gate: {kind}" not in answer.text]
			assert not unnamed, f"{route} does not name {unnamed}"
		after = call("frappe.client.get", doctype="Opportunity", name=deal)
		assert after == before, route
	assert _log_of(call, deal) == [EXPLORED]
	# The list's bulk edit answers with the names that it could not change.
	answer = http(
		"POST",
		"/api/method/frappe.desk.doctype.bulk_update.bulk_update.submit_cancel_or_update_docs",
		doctype="Opportunity",
		docnames=json.dumps([deal]),
		action="update",
		data=json.dumps({"sf_stage": SHOWN}),
	)
	assert answer.json()["message"] == [deal]
	assert records.state(call, "Opportunity", deal, "sf_stage") == EXPLORED


@pytest.mark.parametrize("route", ["resource", "document", "set_value", "save", "form", "kanban", "move"])
def test_m1_each_route_passes_once_the_gates_are_met(http, call, deal_of, route):
	deal = deal_of(MEETABLE)
	assert ROUTES[route](http, deal).status_code == 417
	met = http("PUT", f"/api/resource/Opportunity/{deal}", website="https://a.example", city="Hangzhou")
	assert met.ok, met.text[:500]
	answer = http(
		"POST",
		"/api/method/salesflow_std.api.stages.check",
		doctype="Opportunity",
		name=deal,
		to_stage=SHOWN,
	)
	left = [row for row in answer.json()["message"] if not row["met"]]
	assert [row["gate"] for row in left] == ["Gate: File Attached"]
	assert left[0]["why"] and left[0]["route"].startswith("/app/opportunity/")
	assert ROUTES[route](http, deal).status_code == 417
	records.insert(
		call,
		"File",
		file_name=f"{records.unique('offer')}.txt",
		content=records.unique(),
		attached_to_doctype="Opportunity",
		attached_to_name=deal,
		is_private=1,
	)
	answer = ROUTES[route](http, deal)
	assert answer.ok, answer.text[:500]
	assert records.state(call, "Opportunity", deal, "sf_stage", "sales_stage") == [SHOWN, SHOWN]
	assert _log_of(call, deal) == [EXPLORED, SHOWN]
