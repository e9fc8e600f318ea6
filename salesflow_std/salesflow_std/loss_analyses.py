"""Loss analyses: why a customer who used to order has fallen silent, and what wins them back (P6).

There is one for each silence (`analysis_key`), made by the night's job or by hand; a customer who has bought nothing since
an earlier analysis gets no second one by itself. An order wins back, whoever enters it.
"""

from __future__ import annotations

from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import DocType
from frappe.utils import add_days, cint, escape_html, flt, getdate, now_datetime

from salesflow_std.engine import care, loss, worktime
from salesflow_std.salesflow_std import (
	complaints,
	customer_activity,
	customer_sales,
	loss_mail,
	refusals,
)
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

DOCTYPE = "Loss Analysis"
_CUSTOMER = "Customer"
_SURVEY = "Satisfaction Survey"
# Who fell silent within that many days is asked about by itself.
NEWS_DAYS = 30
_CHUNK = 200


# Making ----------------------------------------------------------------------------------------------------


def fallen_silent(after: str = "") -> list[frappe._dict]:
	"""Customers who have fallen silent of late, used to order, and whose silence has no analysis: ``[{"name"}]`` by name,
	those behind `after`."""
	customer, analysis = DocType(_CUSTOMER), DocType(DOCTYPE)
	oldest = loss.oldest_news(getdate(now_datetime()), cint(settings().silent_days), NEWS_DAYS)
	return (
		frappe.qb.from_(customer)
		.left_join(analysis)
		.on(
			(analysis.customer == customer.name)
			& (analysis.status.isin(loss.UNDER_WAY) | (analysis.last_order_on >= customer.sf_last_order_on))
		)
		.select(customer.name)
		.where((customer.sf_activity == care.SILENT) & (customer.sf_silent_since >= oldest))
		.where((customer.disabled == 0) & customer.sf_last_order_on.isnotnull() & analysis.name.isnull())
		.where(customer.name > after)
		.orderby(customer.name)
		.limit(_CHUNK)
		.run(as_dict=True)
	)


def make(customer: str) -> str | None:
	"""The analysis of a customer's silence, given to their account manager, who is told; None where it has one already.

	Asks for no rights: the job makes it.
	"""
	# Two who make it at once wait for each other here.
	frappe.db.get_value(_CUSTOMER, customer, "name", for_update=True)
	if known(customer):
		return None
	doc = frappe.new_doc(DOCTYPE)
	doc.customer = customer
	doc.insert(ignore_permissions=True)
	return doc.name


def known(customer: str) -> str | None:
	"""The analysis of a customer that is under way, or of the silence that they are in."""
	under_way = {"customer": customer, "status": ("in", loss.UNDER_WAY)}
	found = frappe.db.get_value(DOCTYPE, under_way, "name", order_by="creation desc")
	return found or frappe.db.get_value(DOCTYPE, {"analysis_key": _key(customer, _silence(customer))})


def _silence(customer: str) -> frappe._dict:
	fields = ("sf_silent_since", "sf_last_order_on", "sf_last_touch_on", "account_manager", "customer_name")
	row = frappe.db.get_value(_CUSTOMER, customer, fields, as_dict=True) or frappe._dict()
	# Somebody may ask before the job says so.
	last = max((getdate(day) for day in (row.sf_last_order_on, row.sf_last_touch_on) if day), default=None)
	row.since = row.sf_silent_since or last or getdate()
	return row


def _key(customer: str, silence: frappe._dict) -> str:
	return f"{customer}|{silence.since}"


def begin(doc: Document) -> None:
	"""Fills a new analysis with what is known. Raises DuplicateEntryError where the silence has one."""
	if not doc.customer:
		return  # Frappe says so itself
	if found := known(doc.customer):
		frappe.throw(
			_("There is an analysis of this customer already: {0}").format(refusals.link(DOCTYPE, found)),
			frappe.DuplicateEntryError,
			title=_("Loss Analysis"),
		)
	silence = _silence(doc.customer)
	now = now_datetime()
	doc.company = doc.company or _company(doc.customer)
	doc.update(
		{
			"title": silence.customer_name or doc.customer,
			"status": loss.OPEN,
			"silent_since": silence.since,
			"last_order_on": silence.sf_last_order_on,
			"last_touch_on": getdate(silence.sf_last_touch_on) if silence.sf_last_touch_on else None,
			"revenue_before": revenue_before(doc.customer, doc.company, silence.since),
			"open_complaints": _open_complaints(doc.customer),
			"last_satisfaction": _last_satisfaction(doc.customer),
			"analysis_key": _key(doc.customer, silence),
			"allocated_to": doc.allocated_to or complaints.working(silence.account_manager),
			"due_on": due(doc.company, now),
		}
	)


def due(company: str | None, since: datetime) -> datetime:
	"""By when a step of an analysis is to be done, by the settings and the working time of a company."""
	current = settings()
	unit = current.loss_analysis_unit or "Working Days"
	since = since.replace(microsecond=0)
	return worktime.add(since, flt(current.loss_analysis_amount), unit, working_calendar(company))


def _company(customer: str) -> str | None:
	"""Where they ordered last."""
	found = []
	for doctype, day in customer_activity.ORDERS.items():
		row = frappe.db.get_value(
			doctype, {"customer": customer, "docstatus": 1}, [day, "company"], order_by=f"{day} desc"
		)
		if row:
			found.append(row)
	default = frappe.db.get_single_value("Global Defaults", "default_company")
	return max(found)[1] if found else default


def revenue_before(customer: str, company: str | None, silent_since: date) -> float:
	"""What a company sold to a customer in the twelve months before they fell silent, in its currency."""
	sales = customer_sales.net_sales(getdate(silent_since), [customer])
	return flt(sales.get((company, customer)))


def _open_complaints(customer: str) -> int:
	return frappe.db.count(
		complaints.DOCTYPE,
		{"customer": customer, "sf_is_complaint": 1, "status": ("not in", complaints.CLOSED)},
	)


def _last_satisfaction(customer: str) -> float:
	answered = {"customer": customer, "status": "Answered", "corrected_by": ("is", "not set")}
	return flt(frappe.db.get_value(_SURVEY, answered, "satisfaction", order_by="answered_on desc"))


# Won back --------------------------------------------------------------------------------------------------


def has_ordered(customer: str, silent_since: object) -> bool:
	"""Whether a customer has ordered since they fell silent."""
	return any(
		frappe.db.exists(doctype, _orders_since(doctype, day, customer, silent_since))
		for doctype, day in customer_activity.ORDERS.items()
	)


def _orders_since(doctype: str, day: str, customer: str, silent_since: object) -> dict:
	filters = {"customer": customer, "docstatus": 1, day: (">", getdate(silent_since))}
	return filters if doctype == "Sales Order" else {**filters, "is_return": 0}


def with_orders(after: str = "") -> list[frappe._dict]:
	"""Analyses under way of customers who have ordered since: ``[{"name"}]`` by name, those behind `after`."""
	customer, analysis = DocType(_CUSTOMER), DocType(DOCTYPE)
	return (
		frappe.qb.from_(analysis)
		.join(customer)
		.on(customer.name == analysis.customer)
		.select(analysis.name)
		.where(analysis.status.isin(loss.UNDER_WAY) & (analysis.name > after))
		.where(customer.sf_last_order_on > analysis.silent_since)
		.orderby(analysis.name)
		.limit(_CHUNK)
		.run(as_dict=True)
	)


def ordered(customer: str) -> None:
	"""After an order of a customer is submitted; where nothing waits for it, that is one query on an index."""
	under_way = {"customer": customer, "status": ("in", loss.UNDER_WAY)}
	for name in frappe.db.get_values(DOCTYPE, under_way, "name", order_by="name", pluck=True):
		win_back(name)


def win_back(name: str) -> bool:
	"""Won Back, where the customer has ordered since; True if it did so. Asks for no rights."""
	doc = _locked(name)
	if doc.status not in loss.UNDER_WAY or not has_ordered(doc.customer, doc.silent_since):
		return False
	_move(doc, loss.WON_BACK)
	doc.add_comment("Info", escape_html(_("The customer has ordered again.")))
	loss_mail.won_back(doc)
	return True


def order_cancelled(customer: str) -> None:
	"""After an order is cancelled: whom it had won back is not won, unless there is another."""
	won = frappe.db.get_values(
		DOCTYPE, {"customer": customer, "status": loss.WON_BACK}, "name", order_by="name", pluck=True
	)
	for name in won:
		doc = _locked(name)
		if doc.status == loss.WON_BACK and not has_ordered(customer, doc.silent_since):
			there = doc.there()
			states = reversed(loss.UNDER_WAY)
			_move(doc, next(state for state in states if not loss.missing(state, there)))
			doc.add_comment(
				"Info", escape_html(_("The order was cancelled, so the customer is not won back."))
			)


def _locked(name: str) -> Document:
	frappe.db.get_value(DOCTYPE, name, "name", for_update=True)
	return frappe.get_doc(DOCTYPE, name)


def _move(doc: Document, status: str) -> None:
	doc.status = status
	doc.flags.by_app = True
	doc.save(ignore_permissions=True)


# What a person does ----------------------------------------------------------------------------------------


def move(name: str, status: str, **values: object) -> Document:
	"""Takes an analysis on to a state, with values written at once; twice is once.

	Raises PermissionError without the right to change it, ValidationError with what is missing.
	"""
	doc = _locked(name)
	doc.check_permission("write")
	if doc.status != status:
		doc.update({field: value for field, value in values.items() if value})
		doc.status = status
		doc.save()
	return doc


def make_opportunity(name: str) -> str:
	"""The opportunity by which a customer is to be won back, made if there is none; its name.

	Raises PermissionError without the right to change the analysis and to make opportunities.
	"""
	doc = _locked(name)
	doc.check_permission("write")
	if doc.opportunity and frappe.db.exists("Opportunity", doc.opportunity):
		return doc.opportunity
	opportunity = frappe.new_doc("Opportunity")
	opportunity.update(
		{
			"opportunity_from": _CUSTOMER,
			"party_name": doc.customer,
			"company": doc.company,
			"opportunity_owner": doc.allocated_to,
			"expected_closing": add_days(getdate(), 30),
		}
	)
	opportunity.insert()
	doc.opportunity = opportunity.name
	doc.save()
	opportunity.add_comment(
		"Info", _("made it to win the customer back: {0}").format(refusals.link(DOCTYPE, name))
	)
	return opportunity.name


def offered(doc: Document) -> str | None:
	"""The latest quotation to the customer since the analysis began, of its opportunity first."""
	filters = {
		"quotation_to": _CUSTOMER,
		"party_name": doc.customer,
		"docstatus": ("<", 2),
		"creation": (">=", doc.creation),
	}
	if doc.opportunity:
		found = frappe.db.get_value("Quotation", {"opportunity": doc.opportunity, "docstatus": ("<", 2)})
		if found:
			return found
	return frappe.db.get_value("Quotation", filters, "name", order_by="creation desc")
