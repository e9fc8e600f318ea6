"""Each path that ERPNext and Frappe know to change a Lead or an Opportunity, as one function each.

A path does what its button or request does, with what the browser or the other program would send. Whatever it raises
is the caller's; what it leaves behind when it fails is undone as at the end of a request.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from csv import writer
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import frappe
from frappe.model.mapper import make_mapped_doc
from frappe.utils import add_days, nowdate
from frappe.utils.password import set_encrypted_password
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from tests.site import records, stages
from tests.site.stages import CAUGHT, EXPLORED, FINER, FIT, SHOWN, WON


@dataclass(frozen=True)
class Way:
	"""A path from one stage to another: `prepare` makes what it starts from, `go` takes the document and that.

	`by_admin`: only a System Manager has this path.
	"""

	name: str
	go: Callable[[Any, Any], Any]
	subject: str = "Opportunity"
	prepare: Callable[[Any], Any] = lambda doc: None
	leaves: str = EXPLORED
	enters: str = SHOWN
	by_admin: bool = False


@dataclass
class Outcome:
	"""What came of a path: all that was said on the way, as text."""

	text: str
	error: Exception | None = None


def take(way: Way, doc: Any, ready: Any) -> Outcome:
	"""Takes a path as one request of the current user, which is rolled back if it fails."""
	frappe.db.commit()
	frappe.clear_messages()
	frappe.local.response = frappe._dict({"docs": []})
	error, answer = None, ""
	try:
		answer = way.go(frappe.get_doc(doc.doctype, doc.name), ready)
		frappe.db.commit()
	except frappe.ValidationError as problem:
		error = problem
		frappe.db.rollback()
	said = " ".join(str(message) for message in frappe.message_log)
	frappe.clear_messages()
	return Outcome(f"{said} {error or ''} {answer or ''}", error)


ITEM = "Standard Service"  # as `tools/prepare_site.py` makes it


# Form, list, board, import


def _form(doc: Any, **values: Any) -> None:
	from frappe.desk.form.save import savedocs

	doc.update(values)
	savedocs(doc.as_json(), "Save")


def _submit(doc: Any) -> None:
	from frappe.desk.form.save import savedocs

	savedocs(frappe.get_doc(doc.doctype, doc.name).as_json(), "Submit")


def _bulk(doc: Any, **values: Any) -> str:
	from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

	failed = submit_cancel_or_update_docs(doc.doctype, json.dumps([doc.name]), "update", json.dumps(values))
	return f"failed: {failed}" if failed else ""


def board(doctype: str, field: str, *columns: str) -> str:
	name = f"Board {doctype} {field}"
	frappe.get_doc(
		{
			"doctype": "Kanban Board",
			"kanban_board_name": name,
			"reference_doctype": doctype,
			"field_name": field,
			"columns": [{"column_name": column, "order": "[]"} for column in columns],
		}
	).insert()
	return name


def _drag(doc: Any, board: str, column: str, new_column: str) -> None:
	from frappe.desk.doctype.kanban_board.kanban_board import update_order_for_single_card

	found = frappe.get_doc("Kanban Board", board)
	for row in found.columns:
		row.order = json.dumps([doc.name] if row.column_name == column else [])
	found.save(ignore_permissions=True)
	update_order_for_single_card(board, doc.name, column, new_column, "0", "0")


def data_import(doctype: str, header: list[str], row: list[str], kind: str) -> Any:
	"""Imports a file of one row; returns the log's line."""
	from frappe.core.doctype.data_import.importer import Importer

	text = io.StringIO()
	writer(text).writerows([header, row])
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"import-{frappe.generate_hash(length=8)}.csv",
			"content": text.getvalue(),
			"is_private": 1,
		}
	).insert()
	asked = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": doctype,
			"import_type": kind,
			"import_file": file.file_url,
			"mute_emails": 1,
		}
	).insert()
	before = frappe.flags.in_import
	try:
		Importer(doctype, data_import=asked).import_data()
	finally:
		frappe.flags.in_import = before
	return frappe.get_all(
		"Data Import Log",
		filters={"data_import": asked.name},
		fields=["success", "messages", "docname", "exception"],
		order_by="log_index",
	)[0]


def _import_update(doc: Any, field: str, value: str) -> str:
	row = data_import(doc.doctype, ["ID", field], [doc.name, value], "Update Existing Records")
	return "" if row.success else row.messages


# Other programs


def token(user: str) -> str:
	"""An API key and its secret, as the header bears them."""
	key, secret = frappe.generate_hash(length=15), frappe.generate_hash(length=15)
	frappe.db.set_value("User", user, "api_key", key)
	set_encrypted_password("User", user, secret, "api_secret")
	return f"token {key}:{secret}"


def rest(method: str, path: str, data: dict, authorization: str) -> tuple[int, dict]:
	"""A request of another program, by its token: through Frappe's own authentication, routes and error answers."""
	from frappe import app, auth
	from frappe.utils import CallbackManager

	headers = {"Authorization": authorization, "Accept": "application/json"}
	request = Request(EnvironBuilder(path, method=method, json=data, headers=headers).get_environ())
	request.after_response = CallbackManager()
	before = frappe.session.user
	frappe.set_user("Guest")
	frappe.local.request, frappe.local.is_ajax = request, False
	frappe.local.message_log, frappe.local.error_log = [], []
	frappe.local.login_manager = SimpleNamespace(user="Guest")  # no session comes along
	frappe.local.response = frappe._dict({"docs": []})
	try:
		app.make_form_dict(request)
		auth.validate_auth()
		response = frappe.api.handle(request)
		frappe.db.commit()
	except Exception as problem:
		response = app.handle_exception(problem)
		frappe.db.rollback()
	finally:
		frappe.set_user(before)
		frappe.local.request = None
	return response.status_code, json.loads(response.get_data(as_text=True))


def _rest_put(doc: Any, authorization: str, **values: Any) -> str:
	status, answer = rest("PUT", f"/api/resource/{doc.doctype}/{doc.name}", values, authorization)
	return "" if status == 200 else f"{status} {answer}"


def _rpc(method: str, **args: Any) -> None:
	frappe.call(frappe.get_attr(method), **args)


def _run_doc_method(doc: Any, **values: Any) -> None:
	"""A button of a form that was changed and not saved: the method gets the form as it is, and saves it."""
	from frappe.handler import run_doc_method

	doc.update(values)
	frappe.local.request = SimpleNamespace(
		method="POST", headers={}, host=None, path="/api/method/run_doc_method"
	)
	try:
		run_doc_method("add_note", docs=doc.as_json(), args=json.dumps({"note": "They called."}))
	finally:
		frappe.local.request = None


def _save_all(doc: Any, **values: Any) -> None:
	doc.update(values)
	_rpc("frappe.client.save", doc=doc.as_json())


# What other documents do


def quotation(doc: Any) -> Any:
	"""A draft made with the button of an opportunity or a lead."""
	maker = {
		"Opportunity": "erpnext.crm.doctype.opportunity.opportunity.make_quotation",
		"Lead": "erpnext.crm.doctype.lead.lead.make_quotation",
	}[doc.doctype]
	draft = frappe.get_doc(make_mapped_doc(maker, doc.name))
	draft.append("items", {"item_code": ITEM, "qty": 2, "rate": 100})
	draft.company, draft.currency, draft.conversion_rate = records.COMPANY, "CNY", 1
	return draft.insert()


def order(offer: Any) -> Any:
	"""A draft made with the button of a submitted quotation."""
	draft = frappe.get_doc(
		make_mapped_doc("erpnext.selling.doctype.quotation.quotation.make_sales_order", offer.name)
	)
	draft.delivery_date = add_days(nowdate(), 10)
	for row in draft.items:
		row.delivery_date = draft.delivery_date
	return draft.insert()


def _ungated(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
	"""What comes before the path under test passes all gates."""

	def run(doc: Any) -> Any:
		stages.enforce("Off")
		try:
			return step(doc)
		finally:
			stages.enforce()

	return run


@_ungated
def _order_of(doc: Any) -> Any:
	offer = quotation(doc)
	offer.submit()
	return order(offer)


@_ungated
def _amended(doc: Any) -> Any:
	"""A cancelled quotation's amendment; the opportunity has gone back in the meantime."""
	offer = quotation(doc)
	offer.submit()
	offer.cancel()
	frappe.get_doc(doc.doctype, doc.name).update({"sf_stage": EXPLORED}).save()
	again = frappe.copy_doc(frappe.get_doc("Quotation", offer.name))
	again.amended_from = offer.name
	return again.insert()


def _make_opportunity(doc: Any, ready: Any) -> None:
	made = frappe.get_doc(make_mapped_doc("erpnext.crm.doctype.lead.lead.make_opportunity", doc.name))
	made.update({"company": records.COMPANY, "currency": "CNY", "conversion_rate": 1})
	made.insert()


def _make_customer(doc: Any, ready: Any) -> None:
	made = frappe.get_doc(make_mapped_doc("erpnext.crm.doctype.lead.lead.make_customer", doc.name))
	made.update({"customer_group": "Commercial", "territory": "China"})
	made.insert()


def _order_by_lead(doc: Any, offer: Any) -> None:
	"""An order of a quotation to a lead: ERPNext makes the customer while it builds the draft."""
	make_mapped_doc("erpnext.selling.doctype.quotation.quotation.make_sales_order", offer.name)


@_ungated
def _offer_to_lead(doc: Any) -> Any:
	offer = quotation(doc)
	offer.submit()
	# A quotation alone has taken it there; it goes back, so that the customer is what moves it.
	frappe.get_doc("Lead", doc.name).update({"sf_stage": CAUGHT}).save()
	return offer


def _mine(doc: Any) -> str:
	return token(frappe.session.user)


def _board_of_stages(doc: Any) -> str:
	return board("Opportunity", "sales_stage", "Prospecting", SHOWN)


def _board_of_own_stages(doc: Any) -> str:
	return board(doc.doctype, "sf_stage", CAUGHT, FIT, EXPLORED, SHOWN)


_OPPORTUNITY = (
	Way("form, stage", lambda doc, ready: _form(doc, sf_stage=SHOWN)),
	Way("form, sales stage", lambda doc, ready: _form(doc, sales_stage=SHOWN)),
	Way("form, finer sales stage", lambda doc, ready: _form(doc, sales_stage=FINER)),
	Way("form, status", lambda doc, ready: _form(doc, status="Quotation")),
	Way("bulk edit, stage", lambda doc, ready: _bulk(doc, sf_stage=SHOWN)),
	Way("bulk edit, sales stage", lambda doc, ready: _bulk(doc, sales_stage=SHOWN)),
	Way(
		"kanban, sales stage",
		lambda doc, name: _drag(doc, name, "Prospecting", SHOWN),
		prepare=_board_of_stages,
	),
	Way("kanban, stage", lambda doc, name: _drag(doc, name, EXPLORED, SHOWN), prepare=_board_of_own_stages),
	Way("import, stage", lambda doc, ready: _import_update(doc, "Stage", SHOWN), by_admin=True),
	Way("import, sales stage", lambda doc, ready: _import_update(doc, "Sales Stage", SHOWN), by_admin=True),
	Way("REST, stage", lambda doc, key: _rest_put(doc, key, sf_stage=SHOWN), prepare=_mine),
	Way("REST, sales stage", lambda doc, key: _rest_put(doc, key, sales_stage=SHOWN), prepare=_mine),
	Way("REST, status", lambda doc, key: _rest_put(doc, key, status="Quotation"), prepare=_mine),
	Way(
		"RPC set_value",
		lambda doc, ready: _rpc(
			"frappe.client.set_value", doctype=doc.doctype, name=doc.name, fieldname="sf_stage", value=SHOWN
		),
	),
	Way("RPC save", lambda doc, ready: _save_all(doc, sales_stage=SHOWN)),
	Way("run_doc_method", lambda doc, ready: _run_doc_method(doc, sf_stage=SHOWN)),
	Way(
		"api move",
		lambda doc, ready: _rpc(
			"salesflow_std.api.stages.move", doctype=doc.doctype, name=doc.name, to_stage=SHOWN
		),
	),
	Way("db_set, stage", lambda doc, ready: doc.db_set("sf_stage", SHOWN)),
	Way("db_set, sales stage", lambda doc, ready: doc.db_set("sales_stage", SHOWN)),
	Way("set_status", lambda doc, ready: doc.set_status(update=True, status="Quotation")),
	Way("quotation submitted", lambda doc, offer: _submit(offer), prepare=_ungated(quotation)),
	Way("amended quotation submitted", lambda doc, offer: _submit(offer), prepare=_amended),
	Way("order submitted", lambda doc, draft: _submit(draft), prepare=_order_of, leaves=SHOWN, enters=WON),
)
_LEAD = (
	("form", lambda doc, ready: _form(doc, sf_stage=FIT)),
	("bulk edit", lambda doc, ready: _bulk(doc, sf_stage=FIT)),
	("kanban", lambda doc, name: _drag(doc, name, CAUGHT, FIT), _board_of_own_stages),
	("import", lambda doc, ready: _import_update(doc, "Stage", FIT)),
	("REST", lambda doc, key: _rest_put(doc, key, sf_stage=FIT), _mine),
	("RPC save", lambda doc, ready: _save_all(doc, sf_stage=FIT)),
	("run_doc_method", lambda doc, ready: _run_doc_method(doc, sf_stage=FIT)),
	("quotation submitted", lambda doc, offer: _submit(offer), _ungated(quotation)),
	("opportunity made of it", _make_opportunity),
	("customer made of it", _make_customer),
	("customer made by an order", _order_by_lead, _offer_to_lead),
)
WAYS = (
	*_OPPORTUNITY,
	*(
		Way(
			f"lead, {name}",
			go,
			"Lead",
			more[0] if more else lambda doc: None,
			CAUGHT,
			FIT,
			by_admin=name == "import",
		)
		for name, go, *more in _LEAD
	),
)


# Paths that begin with nothing


def new_opportunity(party: Any, **values: Any) -> dict:
	return {
		"doctype": "Opportunity",
		"opportunity_from": party.doctype,
		"party_name": party.name,
		"company": records.COMPANY,
		"currency": "CNY",
		"conversion_rate": 1,
		**values,
	}


def _insert_by_rest(values: dict) -> str:
	status, answer = rest("POST", "/api/resource/Opportunity", values, token(frappe.session.user))
	return "" if status == 200 else f"{status} {answer}"


def _insert_by_form(values: dict) -> None:
	from frappe.desk.form.save import savedocs

	doc = frappe.new_doc("Opportunity").update(values)
	sent = {**doc.as_dict(), "name": "new-opportunity-abcdefghij", "__islocal": 1, "__unsaved": 1}
	savedocs(json.dumps(sent, default=str), "Save")


def _insert_by_import(values: dict) -> str:
	fields = {key: value for key, value in values.items() if key != "doctype"}
	row = data_import(
		"Opportunity", list(fields), [str(value) for value in fields.values()], "Insert New Records"
	)
	return "" if row.success else row.messages


NEW: dict[str, Callable[[dict], Any]] = {
	"form": _insert_by_form,
	"import": _insert_by_import,
	"REST": _insert_by_rest,
	"RPC insert": lambda values: _rpc("frappe.client.insert", doc=json.dumps(values)),
	"RPC insert_many": lambda values: _rpc("frappe.client.insert_many", docs=json.dumps([values])),
}
