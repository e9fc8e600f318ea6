"""Short ways to needs talks, and to the page on which a customer answers."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.utils import add_to_date, get_datetime, now_datetime
from frappe.website.serve import get_response
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from salesflow_std.salesflow_std import confirmations
from tests.site import records

NEEDS = ("Orders by scan, 200 an hour", "Reports on the phone by 8 o'clock", "A spare part within two days")
BUYER = "buyer@sample-works.example"


def talk(doc: Any = None, **values: Any) -> Any:
	"""A needs record of a talk an hour ago, complete and ready to be sent."""
	doc = doc or records.lead(email_id=BUYER)
	now = now_datetime().replace(microsecond=0)
	record = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"allocated_to": frappe.session.user,
			"contact_name": "Purchasing Manager",
			"contact_role": "Purchasing",
			"email_id": BUYER,
			"agreed_on": add_to_date(now, days=-7).date(),
			"planned_on": add_to_date(now, hours=-2),
			"talked_on": add_to_date(now, hours=-1),
			"summary": "We spoke about the new warehouse.",
			"needs": [
				{
					"need": need,
					"priority": priority,
					"nature": nature,
					"match_score": 4,
					"evidence": "Secret evidence",
					"said_by": "Warehouse Manager",
					"said_on": add_to_date(now, hours=-1).date(),
				}
				for need, priority, nature in zip(
					NEEDS, ("Must", "Expected", "Deferrable"), ("Rigid", "Rigid", "Value-adding"), strict=True
				)
			],
			**values,
		}
	).insert()
	due = get_datetime(record.talked_on) + frappe.utils.datetime.timedelta(hours=24)
	frappe.db.set_value("Needs Record", record.name, {"status": "Talked", "summary_due_on": due})
	record.reload()
	return record


def send(record: Any) -> str:
	"""Sends the summary; returns the token, which only the mail in the queue knows."""
	before = set(frappe.get_all("Email Queue", pluck="name", order_by="creation"))
	confirmations.send(record.name)
	record.reload()
	# As at the end of a request: a page that fails undoes its own work only.
	frappe.db.commit()
	mail = next(m for m in mails() if m.name not in before and m.to == [record.email_id])
	return re.search(r"token=([\w-]{43})", mail.text)[1]


def mails() -> list[Any]:
	"""Mails in the queue, the newest first: ``{"name", "to", "subject", "text"}``, decoded."""
	import email
	import email.policy

	found = []
	for name in frappe.get_all("Email Queue", pluck="name", order_by="creation desc, name"):
		doc = frappe.get_doc("Email Queue", name)
		message = email.message_from_string(doc.message, policy=email.policy.default)
		text = "\n".join(
			part.get_content()
			for part in message.walk()
			if part.get_content_type() in ("text/plain", "text/html")
		)
		found.append(
			frappe._dict(
				name=name,
				to=[row.recipient for row in doc.recipients],
				subject=message["subject"],
				text=text,
				reply_to=message["reply-to"],
				communication=doc.communication,
			)
		)
	return found


@contextmanager
def guest(request: Request, ip: str):
	"""Inside it is the request of somebody who is not logged in."""
	before = frappe.session.user
	frappe.set_user("Guest")
	frappe.local.request, frappe.local.request_ip, frappe.local.lang = request, ip, "en"
	try:
		yield
	finally:
		frappe.set_user(before)
		frappe.local.request = None
		frappe.local.request_ip = None
		frappe.local.lang = "en"


def page(
	token: Any = None,
	form: dict | None = None,
	ip: str = "203.0.113.1",
	json: Any = None,
	at: str = "confirm-needs",
	**query: Any,
) -> Response:
	"""A page for guests as a guest gets it: opened, or with a form sent."""
	from frappe.app import make_form_dict

	if token is not None:
		query["token"] = token
	sent = {"json": json} if json is not None else {"data": form} if form is not None else {}
	method = "POST" if sent else "GET"
	builder = EnvironBuilder(f"/{at}", method=method, query_string=query, **sent)
	request = Request(builder.get_environ())
	with guest(request, ip):
		make_form_dict(request)
		return get_response()


def text_of(response: Response) -> str:
	return response.get_data(as_text=True)


def answer(ip: str = "203.0.113.1", door: str = "confirmation", **said: Any) -> dict:
	"""What the method for programs answers a guest."""
	from frappe.app import make_form_dict
	from frappe.handler import execute_cmd

	method = f"salesflow_std.api.{door}.answer"
	builder = EnvironBuilder(f"/api/method/{method}", method="POST", json=said)
	request = Request(builder.get_environ())
	with guest(request, ip):
		make_form_dict(request)
		return execute_cmd(method)


def printed(record: Any, language: str = "en", **options: Any) -> Any:
	"""A record as it is printed: HTML, or with `as_pdf` a PDF."""
	before = frappe.local.lang
	frappe.local.request = Request(EnvironBuilder("/printview").get_environ())
	frappe.local.lang = language
	try:
		return frappe.get_print(record.doctype, record.name, **options)
	finally:
		frappe.local.request, frappe.local.lang = None, before
