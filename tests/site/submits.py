"""The ways in which a document is submitted, each as the desk or another program takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request


@contextmanager
def request(path: str, **values: Any) -> Iterator[None]:
	"""What is called inside is called by a request over HTTP."""
	before = getattr(frappe.local, "request", None)
	frappe.local.request = Request(EnvironBuilder(path=path, **values).get_environ())
	frappe.local.form_dict = frappe._dict(values.get("json") or {})
	try:
		yield
	finally:
		frappe.local.request = before


def put(doctype: str, name: str, **values: Any) -> None:
	"""PUT /api/resource/…"""
	from frappe.api import v1

	with request(f"/api/resource/{doctype}/{name}", method="PUT", json=values):
		v1.update_doc(doctype, name)


def by_form(doc: Any) -> None:
	from frappe.desk.form.save import savedocs

	savedocs(doc.as_json(), "Submit")


def by_method(doc: Any) -> None:
	frappe.get_doc(doc.doctype, doc.name).submit()


def by_client(doc: Any) -> None:
	from frappe import client

	client.submit(frappe.get_doc(doc.doctype, doc.name).as_dict())


def by_rest(doc: Any) -> None:
	put(doc.doctype, doc.name, docstatus=1)


def by_document_method(doc: Any) -> None:
	from frappe.handler import run_doc_method

	with request("/api/method/run_doc_method", method="POST"):
		run_doc_method("submit", dt=doc.doctype, dn=doc.name)


WAYS = (by_form, by_method, by_client, by_rest, by_document_method)
