"""Contracts that end: to be asked about, asked, put off, renewed and not renewed. For demo sites only."""

from __future__ import annotations

import frappe
from frappe.utils import add_days, getdate, now_datetime

from tools.demo_solutions import _as

_TERMS = {
	"en": ("Maintenance of the planning suite", "Hotline, updates and two visits a year."),
	"zh": ("排产软件年度维护", "含热线支持、版本升级及每年两次现场巡检。"),
}
# Customer, days until the end, what came of it.
_ENDING = (
	("Valley Medical Works Ltd", 20, "To Ask"),
	("东方示例装备有限公司", 48, "To Ask"),
	("East Machinery Works Ltd", 35, "Asked"),
	("华南示例物流有限公司", 40, "Opportunity"),
	("Lake Packaging Works Ltd", -12, "Renewed"),
	("云岭示例医疗器械有限公司", -5, "Renewed"),
	("River Retail Works Ltd", 30, "Later"),
	("South Logistics Works Ltd", 15, "Not Renewed"),
	("北辰示例电子有限公司", 200, "To Ask"),
)
_NOTES = {
	"Later": "Their budget is made in January.",
	"Not Renewed": "They take maintenance from the group's own IT.",
}


def make() -> None:
	"""Contracts for maintenance with customers of the demo; called once."""
	for customer, days, state in _ENDING:
		_contract(customer, days, state)


def _contract(title: str, days: int, state: str) -> None:
	from salesflow_std.salesflow_std import renewals

	customer = frappe.db.get_value(
		"Customer", {"customer_name": title}, ["name", "account_manager", "language"], as_dict=True
	)
	name = _signed(customer, add_days(getdate(), days))
	with _as(customer.account_manager):
		if state == "Asked":
			renewals.ask(name, add_days(getdate(), -6))
		elif state == "Opportunity":
			renewals.ask(name, add_days(getdate(), -9))
			renewals.make_opportunity(name)
		elif state == "Renewed":
			renewals.ask(name, add_days(getdate(), -50))
		elif state == "Later":
			renewals.put_off(name, add_days(getdate(), 10), _NOTES[state])
		elif state == "Not Renewed":
			renewals.decline(name, _NOTES[state])
	if state == "Renewed":
		_signed(customer, add_days(getdate(), days + 365), renews=name)


def _signed(customer: frappe._dict, end: object, renews: str | None = None) -> str:
	"""A contract of a year that both sides have signed."""
	what, terms = _TERMS["zh" if customer.language == "zh" else "en"]
	contract = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": customer.name,
			"contract_terms": f"<p>{what}</p><p>{terms}</p>",
			"start_date": add_days(end, -365),
			"end_date": end,
			"sf_company": frappe.defaults.get_global_default("company"),
			"sf_allocated_to": customer.account_manager,
			"sf_amount": 26000,
			"sf_currency": "CNY",
			"sf_renews": renews,
			"is_signed": 1,
			"signee": "采购经理" if customer.language == "zh" else "Purchasing Manager",
			"signed_on": now_datetime(),
		}
	).insert(ignore_permissions=True)
	contract.flags.ignore_permissions = True
	contract.submit()
	return contract.name
