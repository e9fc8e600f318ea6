"""Festivals and whom they are greeted for: once a customer, festival and year, in the right country (P6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import frappe
from frappe.utils import cint, getdate

from salesflow_std.engine import festivals
from salesflow_std.salesflow_std import bulk
from salesflow_std.salesflow_std.follow_ups import CANCELLED, CUSTOMER
from salesflow_std.salesflow_std.lunar_calendar import SKY

DOCTYPE = "Festival"
# How long before the greeting it stands in the plan.
_AHEAD = timedelta(days=14)
# The same festival of the year before is longer ago; a lunar one moves by a month.
_SAME_YEAR = timedelta(days=180)


@dataclass(frozen=True)
class Greeted:
	"""`touches`: (customer, festival) with a greeting this year; `enabled`: the festivals that are greeted for."""

	touches: frozenset[tuple[str, str]]
	enabled: frozenset[str]


def open_key(customer: str, festival: str) -> str:
	"""What may be open once only: a customer's greeting for a festival."""
	return f"{CUSTOMER}|{customer}|{DOCTYPE}|{festival}"[:255]


def engine_festival(row: frappe._dict) -> festivals.Festival:
	"""A festival record, or a row of it, as the engine knows it."""
	return festivals.Festival(
		row.get("calendar") or "",
		cint(row.get("month")),
		cint(row.get("day")),
		row.get("solar_term") or "",
		cint(row.get("easter_offset")),
	)


def following(row: frappe._dict, since: date, count: int = 1) -> list[date]:
	"""The next days of a festival from `since` on, that day included. Raises FestivalError, naming the field."""
	return festivals.following(engine_festival(row), since, count, SKY)


def roll() -> int:
	"""Writes the next day of all festivals whose day is over or unknown; returns how many."""
	today, count = getdate(), 0
	for row in frappe.get_all(
		DOCTYPE,
		or_filters=[["next_on", "<", today], ["next_on", "is", "not set"]],
		fields=["name", "calendar", "month", "day", "solar_term", "easter_offset"],
		order_by="name",
	):
		try:
			frappe.db.set_value(DOCTYPE, row.name, "next_on", following(row, today)[0], update_modified=False)
			count += 1
		except Exception:
			# One broken festival stops none of the others.
			frappe.log_error(
				title="Festival could not be dated", reference_doctype=DOCTYPE, reference_name=row.name
			)
	return count


def near(today: date) -> list[frappe._dict]:
	"""The festivals to be greeted for now: ``{"name", "country", "on", "target", "value_content"}``, by their day."""
	found = []
	for row in frappe.get_all(
		DOCTYPE,
		filters={"enabled": 1, "next_on": (">=", today)},
		fields=["name", "country", "next_on", "days_before", "value_content"],
		order_by="next_on, name",
	):
		target = getdate(row.next_on) - timedelta(days=cint(row.days_before))
		if target <= today + _AHEAD:
			found.append(
				frappe._dict(
					name=row.name,
					country=row.country,
					on=getdate(row.next_on),
					target=target,
					value_content=row.value_content,
				)
			)
	return found


def greeted(customers: list[str], of: list[frappe._dict]) -> Greeted:
	"""Which of some customers have had, or have in their plan, the greeting for some festivals."""
	enabled = frozenset(frappe.get_all(DOCTYPE, filters={"enabled": 1}, pluck="name", order_by="name"))
	if not customers or not of:
		return Greeted(frozenset(), enabled)
	since = {festival.name: festival.on - _SAME_YEAR for festival in of}
	touch = frappe.qb.DocType("Follow Up")
	rows = (
		frappe.qb.from_(touch)
		.select(touch.reference_name, touch.festival, touch.due_on)
		.where((touch.reference_doctype == CUSTOMER) & bulk.Among(touch.reference_name, customers))
		.where(touch.festival.isin(sorted(since)) & (touch.due_on > min(since.values())))
		# What the plan has taken away, and no person, may come again.
		.where((touch.status != CANCELLED) | touch.done_by.isnotnull())
		.orderby(touch.reference_name)
		.run()
	)
	return Greeted(
		frozenset((name, festival) for name, festival, due in rows if due.date() > since[festival]),
		enabled,
	)


# Where customers are ---------------------------------------------------------------------------------------


def countries(customers: Iterable[frappe._dict], of: list[frappe._dict]) -> dict[str, str]:
	"""Customer -> country: of its primary address, else its territory, else any address of it, else the company's own.

	Asked for only when a festival of a country is near.
	"""
	if not any(festival.country for festival in of):
		return {}
	customers = list(customers)
	places = _countries_of_territories({row.territory for row in customers if row.territory})
	primary = _countries_of_addresses(
		{row.customer_primary_address for row in customers if row.customer_primary_address}
	)
	found = {}
	for row in customers:
		country = primary.get(row.customer_primary_address) or places.get(row.territory)
		if country:
			found[row.name] = country
	unknown = [row.name for row in customers if row.name not in found]
	own = _own_country()
	return {**(dict.fromkeys(unknown, own) if own else {}), **_countries_of_links(unknown), **found}


def _own_country() -> str | None:
	"""Where nobody has said otherwise, customers are at home where the company is."""
	company = frappe.db.get_single_value("Global Defaults", "default_company")
	return company and frappe.get_cached_value("Company", company, "country")


def _countries_of_territories(names: set[str]) -> dict[str, str]:
	"""Territory -> the country that it, or the nearest territory above it, is named after."""
	known = set(frappe.get_all("Country", pluck="name", order_by="name"))
	above = dict(
		frappe.get_all("Territory", fields=["name", "parent_territory"], order_by="name", as_list=True)
	)
	found = {}
	for name in names:
		place: str | None = name
		for _step in range(len(above) + 1):
			if not place or place in known:
				break
			place = above.get(place)
		if place in known:
			found[name] = place
	return found


def _countries_of_addresses(names: set[str]) -> dict[str, str]:
	address = frappe.qb.DocType("Address")
	if not names:
		return {}
	return dict(
		frappe.qb.from_(address)
		.select(address.name, address.country)
		.where(bulk.Among(address.name, sorted(names)))
		.orderby(address.name)
		.run()
	)


def _countries_of_links(customers: list[str]) -> dict[str, str]:
	address, link = frappe.qb.DocType("Address"), frappe.qb.DocType("Dynamic Link")
	if not customers:
		return {}
	rows = (
		frappe.qb.from_(link)
		.join(address)
		.on(address.name == link.parent)
		.select(link.link_name, address.country)
		.where((link.parenttype == "Address") & (link.link_doctype == CUSTOMER))
		.where(bulk.Among(link.link_name, customers) & address.country.isnotnull())
		.orderby(address.creation, address.name)
		.run()
	)
	found: dict[str, str] = {}
	for name, country in rows:
		found.setdefault(name, country)
	return found
