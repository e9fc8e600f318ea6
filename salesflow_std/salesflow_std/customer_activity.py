"""How lively the business with a customer is, from their orders, touches and tickets (P6).

All of it is read for many customers at once, a few grouped queries each on an index. Touches are what `touches` takes as
such, and what the customer wrote; those with the open opportunities of a customer and with the lead they were count too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce, Date, Max
from frappe.utils import get_datetime, getdate
from pypika import Table
from pypika.queries import QueryBuilder
from pypika.terms import Term

from salesflow_std.engine import care
from salesflow_std.salesflow_std import follow_ups, touches
from salesflow_std.salesflow_std.bulk import Among

# As in the database: what the app alone writes of an activity.
COLUMNS = {
	"sf_last_order_on": "date",
	"sf_last_touch_on": "datetime(6)",
	"sf_activity": "text(140)",
	"sf_silent_since": "date",
}
# What a customer has ordered, and on which day.
ORDERS = {"Sales Order": "transaction_date", "Sales Invoice": "posting_date", "Delivery Note": "posting_date"}
_WITH_RETURNS = ("Sales Invoice", "Delivery Note")

# Media of Communications by which people talk; "Event" is written when a meeting is arranged, not when it is held.
_MEDIA = ("", "Email", "Phone", "SMS", "Chat", "Visit", "Meeting")
_NOT_DELIVERED = ("Bounced", "Rejected")

Member = tuple[str, str]  # doctype, name


@dataclass
class Facts:
	"""The last order (a day), touch (a moment) and ticket (a day) of a customer; what lies ahead counts as now."""

	order: date | None = None
	touch: datetime | None = None
	ticket: date | None = None

	def contact(self) -> date | None:
		"""The day of the last touch or ticket."""
		return max((day for day in (self.touch and self.touch.date(), self.ticket) if day), default=None)


def values(
	customer: Mapping[str, object], facts: Facts, today: date, limits: care.ActivityLimits
) -> dict[str, object]:
	"""The values of COLUMNS for a customer: ``{"creation"}`` (P6)."""
	known_since = getdate(customer["creation"])
	found = care.activity(today, known_since, facts.order, facts.contact(), limits)
	since = care.silent_since(known_since, facts.order, facts.contact())
	return {
		"sf_last_order_on": facts.order,
		"sf_last_touch_on": facts.touch,
		"sf_activity": found,
		"sf_silent_since": since if found == care.SILENT else None,
	}


# Reading ---------------------------------------------------------------------------------------------------


def facts_of(customers: Mapping[str, str | None], now: datetime) -> dict[str, Facts]:
	"""Customer -> Facts, for customers with the leads they were."""
	found = {name: Facts() for name in customers}
	# The database compares names without their case, so it may know more of them than were asked for.
	for name, day in _orders(customers):
		facts = found.get(name) or Facts()
		facts.order = _later(facts.order, min(getdate(day), now.date()))
	for name, day in _tickets(customers):
		facts = found.get(name) or Facts()
		facts.ticket = _later(facts.ticket, min(getdate(day), now.date()))
	members = _members(customers)
	for member, moment in _touches(members):
		for name in members.get(member, ()):
			found[name].touch = _later(found[name].touch, min(get_datetime(moment), now))
	return found


def _later(one: date | None, other: date) -> date:
	return other if one is None or other > one else one


def _orders(names: Iterable[str]) -> Iterable[tuple[str, date]]:
	for doctype, day in ORDERS.items():
		table = DocType(doctype)
		query = _latest(table, table.customer, table[day], names).where(table.docstatus == 1)
		# What comes back is no order.
		yield from (query.where(table.is_return == 0) if doctype in _WITH_RETURNS else query).run()


def _tickets(names: Iterable[str]) -> Iterable[tuple[str, date]]:
	issue = DocType("Issue")
	return _latest(issue, issue.customer, Coalesce(issue.opening_date, Date(issue.creation)), names).run()


def _latest(table: Table, key: Term, moment: Term, names: Iterable[str]) -> QueryBuilder:
	"""The last moment of each key, for those with one."""
	return (
		frappe.qb.from_(table)
		.select(key, Max(moment))
		.where(Among(key, names) & moment.isnotnull())
		.groupby(key)
		.orderby(key)
	)


def _members(customers: Mapping[str, str | None]) -> dict[Member, list[str]]:
	"""What a touch may be of, with the customers that it is then a touch with."""
	found: dict[Member, list[str]] = {("Customer", name): [name] for name in customers}
	for name, lead in customers.items():
		if lead:
			found.setdefault(("Lead", lead), []).append(name)
	deal = DocType("Opportunity")
	for doctype, names in _by_doctype(found).items():
		rows = (
			frappe.qb.from_(deal)
			.select(deal.name, deal.party_name)
			.where((deal.opportunity_from == doctype) & Among(deal.party_name, names))
			.where(deal.status.isin(follow_ups.SUBJECTS["Opportunity"].open_statuses))
			.orderby(deal.name)
			.run()
		)
		for name, party in rows:
			found["Opportunity", name] = found.get((doctype, party), [])
	return found


def _by_doctype(members: Iterable[Member]) -> dict[str, list[str]]:
	found: dict[str, list[str]] = {}
	for doctype, name in members:
		found.setdefault(doctype, []).append(name)
	return found


def _touches(members: Mapping[Member, list[str]]) -> Iterable[tuple[Member, datetime]]:
	for doctype, names in _by_doctype(members).items():
		for source in (_done, _written_of, _written_with, _met, _called):
			for name, moment in source(doctype, names).run():
				yield (doctype, name), moment


def _done(doctype: str, names: list[str]) -> QueryBuilder:
	touch = DocType("Follow Up")
	return _latest(touch, touch.reference_name, touch.done_on, names).where(
		(touch.reference_doctype == doctype)
		& (touch.status == follow_ups.DONE)
		& touch.outcome.isin(touches.REACHED)
	)


def _written_of(doctype: str, names: list[str]) -> QueryBuilder:
	mail = DocType("Communication")
	return _spoken(mail, _latest(mail, mail.reference_name, _written_on(mail), names)).where(
		mail.reference_doctype == doctype
	)


def _written_with(doctype: str, names: list[str]) -> QueryBuilder:
	link, mail = DocType("Communication Link"), DocType("Communication")
	query = _latest(link, link.link_name, _written_on(mail), names).join(mail).on(mail.name == link.parent)
	return _spoken(mail, query).where((link.link_doctype == doctype) & (link.parenttype == "Communication"))


def _written_on(mail: Table) -> Term:
	return Coalesce(mail.communication_date, mail.creation)


def _spoken(mail: Table, query: QueryBuilder) -> QueryBuilder:
	return query.where(
		(mail.communication_type == "Communication")
		& Coalesce(mail.communication_medium, "").isin(_MEDIA)
		& Coalesce(mail.delivery_status, "").notin(_NOT_DELIVERED)
	)


def _met(doctype: str, names: list[str]) -> QueryBuilder:
	guest, event = DocType("Event Participants"), DocType("Event")
	return (
		_latest(guest, guest.reference_docname, Coalesce(event.ends_on, event.starts_on), names)
		.join(event)
		.on(event.name == guest.parent)
		.where((guest.reference_doctype == doctype) & (event.status == "Completed"))
	)


def _called(doctype: str, names: list[str]) -> QueryBuilder:
	link, call = DocType("Dynamic Link"), DocType("Call Log")
	when = Coalesce(call.end_time, call.start_time, call.creation)
	return (
		_latest(link, link.link_name, when, names)
		.join(call)
		.on(call.name == link.parent)
		.where((link.link_doctype == doctype) & (link.parenttype == "Call Log"))
		.where(call.status == "Completed")
	)
