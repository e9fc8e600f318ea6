"""The gate of orders (C3): no Sales Order without a signed contract, on every way; and its way round in the open."""

from __future__ import annotations

import json
from contextlib import contextmanager

import frappe
import pytest
from erpnext.controllers.accounts_controller import update_child_qty_rate
from frappe.utils import add_days, today

from tests.site import offers, records, signed
from tests.site.submits import WAYS, by_method, put

API = "salesflow_std.api.order_gate"
WHY = "Nothing is ordered and delivered before the contract is signed"


@pytest.fixture(autouse=True)
def blocking():
	offers.enforce("Off")
	signed.ask("Block")


@contextmanager
def refused(saying: str = ""):
	frappe.clear_messages()
	frappe.db.savepoint("refused_order")
	with pytest.raises(frappe.ValidationError) as problem:
		yield problem
	frappe.db.rollback(save_point="refused_order")
	said = str(problem.value)
	assert WHY in said, said
	assert saying in said, said


def state(order, *fields):
	return records.state(order, *(fields or ("docstatus", "sf_contract_standing", "sf_contract")))


# Submitting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_order_without_a_contract_is_not_submitted(way):
	order = signed.order()
	with refused("no signed contract with this customer"):
		way(order)
	assert state(order) == (0, None, None)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_an_order_with_a_signed_contract_is_submitted(way):
	order = signed.order()
	contract = signed.contract(order.customer)
	way(order)
	assert state(order) == (1, "Signed", contract.name)


def test_the_list_submits_what_has_a_contract_and_says_what_failed():
	from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs

	missing, covered = signed.order(), signed.order()
	signed.contract(covered.customer)
	frappe.db.commit()
	assert submit_cancel_or_update_docs("Sales Order", [missing.name, covered.name]) == [missing.name]
	assert (state(missing)[0], state(covered)[0]) == (0, 1)


def test_an_order_is_not_inserted_as_submitted():
	with refused():
		signed.order(docstatus=1)
	customer = records.customer().name
	contract = signed.contract(customer)
	assert state(signed.order(customer, docstatus=1)) == (1, "Signed", contract.name)


def data_import(customer: str) -> list:
	from frappe.core.doctype.data_import.importer import Importer

	head = "Series,Customer,Date,Delivery Date,Order Type,Company,Currency,Exchange Rate,Price List,Price List Currency,Price List Exchange Rate,Status,Item Code (Items),Quantity (Items),Rate (Items)"
	row = f"SAL-ORD-.YYYY.-,{customer},{today()},{add_days(today(), 9)},Sales,{records.COMPANY},CNY,1,Standard Selling,CNY,1,Draft,{offers.ITEM},10,100"
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "orders.csv",
			"content": f"{head}\n{row}\n".encode(),
			"is_private": 1,
		}
	).insert()
	job = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Sales Order",
			"import_type": "Insert New Records",
			"import_file": file.file_url,
			"submit_after_import": 1,
			"mute_emails": 1,
		}
	).insert()
	frappe.db.commit()
	Importer("Sales Order", data_import=job).import_data()
	return frappe.get_all(
		"Data Import Log",
		filters={"data_import": job.name},
		fields=["success", "exception", "messages"],
		order_by="log_index",
	)


def test_an_import_that_submits_asks_too():
	customer = records.customer().name
	[log] = data_import(customer)
	assert not log.success and WHY in str(log.exception) + str(log.messages)
	assert not frappe.db.exists("Sales Order", {"customer": customer, "docstatus": 1})
	signed.contract(customer)
	[log] = data_import(customer)
	assert log.success, log
	assert frappe.db.get_value("Sales Order", {"customer": customer, "docstatus": 1}, "sf_contract_standing")


def test_an_amended_order_is_asked_anew():
	order = signed.order()
	contract = signed.contract(order.customer)
	by_method(order)
	order.reload()
	order.cancel()
	frappe.db.set_value("Contract", contract.name, "docstatus", 2)
	amended = frappe.copy_doc(order, ignore_no_copy=False)
	amended.amended_from = order.name
	amended.update({"docstatus": 0, "delivery_date": add_days(today(), 30)})
	amended.insert()
	assert state(amended) == (0, None, None)
	with refused():
		by_method(amended)


# Which contract ---------------------------------------------------------------------------------------------------


def test_an_order_of_a_quotation_needs_the_contract_of_that_deal():
	deal = signed.deal()
	quotation = signed.quotation(deal, deal.party_name)
	order = signed.order_of(quotation)
	other = signed.deal(customer=None)
	signed.contract(deal.party_name, sf_opportunity=other.name)
	with refused(f'href="/app/opportunity/{deal.name}"'):
		by_method(order)
	draft = signed.contract_of(deal, signed=False)
	with refused(f"{draft.name}</a> is not signed yet: In Clause Review"):
		by_method(order)
	contract = signed.contract_of(deal)
	by_method(order)
	assert state(order) == (1, "Signed", contract.name)


def test_a_contract_about_the_quotation_counts():
	quotation = signed.quotation()
	order = signed.order_of(quotation)
	contract = signed.contract(quotation.party_name, document_type="Quotation", document_name=quotation.name)
	by_method(order)
	assert state(order) == (1, "Signed", contract.name)


def test_a_typed_order_may_stand_on_a_deals_contract_once():
	deal = signed.deal()
	contract = signed.contract_of(deal)
	first, second = signed.order(deal.party_name), signed.order(deal.party_name)
	by_method(first)
	assert state(first) == (1, "Signed", contract.name)
	with refused():
		by_method(second)


def test_a_contract_that_has_ended_covers_nothing():
	order = signed.order()
	signed.contract(order.customer, end_date=add_days(today(), -1))
	with refused():
		by_method(order)


def test_the_state_is_the_apps_alone():
	order = signed.order()
	put(
		"Sales Order",
		order.name,
		sf_contract_standing="Signed",
		sf_override_reason="Mine",
		sf_override_by="Administrator",
	)
	assert state(order, "sf_contract_standing", "sf_override_reason") == (None, None)
	with refused():
		by_method(order)
	signed.contract(order.customer)
	by_method(order)
	put("Sales Order", order.name, sf_contract_standing="Exempt")
	assert state(order)[1] == "Signed"


# The process ------------------------------------------------------------------------------------------------------


def test_a_small_order_needs_none_until_it_is_raised():
	signed.ask("Block", contract_exempt_below=1500)
	order = signed.order()
	by_method(order)
	assert state(order) == (1, "Exempt", None)
	row = frappe.get_doc("Sales Order", order.name).items[0]

	def raise_to(qty):
		items = [{"docname": row.name, "name": row.name, "item_code": row.item_code, "qty": qty, "rate": 100}]
		items[0]["delivery_date"] = str(row.delivery_date)
		items[0]["conversion_factor"] = 1
		update_child_qty_rate("Sales Order", json.dumps(items), order.name)

	raise_to(14)
	assert state(order)[1] == "Exempt"
	with refused("cannot be raised like this"):
		raise_to(15)
	assert records.state(order, "net_total") == 1400
	contract = signed.contract(order.customer)
	raise_to(15)
	assert state(order) == (1, "Signed", contract.name)


def test_a_part_of_a_large_deal_is_no_small_order():
	signed.ask("Block", contract_exempt_below=600)
	order = signed.order_of(signed.quotation(), save=False)
	order.items[0].qty = 5
	order.insert()
	with refused():
		by_method(order)


def test_a_typed_exchange_rate_exempts_nothing():
	signed.ask("Block", contract_exempt_below=1500)
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": today(),
			"from_currency": "USD",
			"to_currency": "CNY",
			"exchange_rate": 7,
		}
	).insert()
	order = signed.order(currency="USD", conversion_rate=1, plc_conversion_rate=1)
	with refused():
		by_method(order)


@pytest.mark.parametrize("kind", ("Maintenance", "Shopping Cart"))
def test_an_order_type_may_be_exempt(kind):
	signed.ask("Block", contract_exempt_order_type=kind)
	order, other = signed.order(order_type=kind), signed.order()
	by_method(order)
	assert state(order) == (1, "Exempt", None)
	with refused():
		by_method(other)


def test_the_deals_own_process_decides():
	signed.ask("Block")
	deal = signed.deal()
	own = frappe.copy_doc(frappe.get_doc("Sales Process", signed.PROCESS))
	own.update(
		{"process_name": "Own Way", "enabled": 1, "contract_enforcement": "Off", "company": records.COMPANY}
	)
	own.insert()
	frappe.db.set_value("Opportunity", deal.name, "sf_sales_process", signed.PROCESS)
	by_method(signed.order())
	with refused():
		by_method(signed.order_of(signed.quotation(deal, deal.party_name)))


def test_warn_lets_pass_and_keeps_that_it_warned():
	signed.ask("Warn")
	order = signed.order()
	frappe.clear_messages()
	by_method(order)
	assert state(order) == (1, "Warned", None)
	assert any(WHY in str(message) for message in frappe.message_log)


def test_off_asks_nothing(count_queries):
	signed.ask("Off")
	order = frappe.get_doc("Sales Order", signed.order().name)
	from salesflow_std.salesflow_std import order_gate

	with count_queries() as queries:
		order_gate.submit(order)
	assert not queries
	by_method(order)
	assert state(order) == (1, "Not Asked", None)


def test_without_a_process_an_order_is_left_alone():
	for name in frappe.get_all("Sales Process", pluck="name", order_by="name"):
		frappe.get_doc("Sales Process", name).update({"enabled": 0}).save()
	order = signed.order()
	by_method(order)
	assert state(order) == (1, "Not Asked", None)


# Override ---------------------------------------------------------------------------------------------------------


def test_an_override_holds_for_this_order_once_and_is_kept(manager, rep, as_user, call):
	role = frappe.db.get_single_value("Salesflow Settings", "override_role")
	frappe.get_doc("User", manager).add_roles(role)
	order = signed.order()
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.override", order=order.name, reason="Because.")
	with as_user(manager):
		with pytest.raises(frappe.ValidationError):
			call(f"{API}.override", order=order.name, reason=" ")
		sheet = call(f"{API}.override", order=order.name, reason="The customer signs on Monday.")
		assert (sheet["state"], sheet["reason"]) == ("Overridden", "The customer signs on Monday.")
		call(f"{API}.override", order=order.name, reason="Twice.")
	with as_user(rep):
		by_method(order)
	assert state(order, "docstatus", "sf_contract_standing", "sf_override_by", "sf_override_reason") == (
		1,
		"Overridden",
		manager,
		"The customer signs on Monday.",
	)
	assert frappe.db.exists(
		"Comment", {"reference_name": order.name, "content": ("like", "%signs on Monday%")}
	)


@pytest.mark.parametrize("change", ("amount", "customer"))
def test_an_override_is_for_what_it_was_given(change):
	order = signed.order()
	frappe.get_doc("User", "Administrator")
	from salesflow_std.salesflow_std import order_gate

	order_gate.override(order, "Once.")
	order.reload()
	if change == "amount":
		order.items[0].rate = 120
	else:
		order.customer = records.customer().name
		order.customer_name = order.customer
	order.save()
	with refused():
		by_method(order)


def test_the_processs_own_role_may_override(make_user, as_user, call):
	signed.ask("Block", override_role="Accounts Manager")
	order = signed.order()
	seller = make_user(["Sales Manager", "Sales User"])
	lender = make_user(["Accounts Manager", "Sales User"])
	with as_user(seller), pytest.raises(frappe.PermissionError):
		call(f"{API}.override", order=order.name, reason="Because.")
	with as_user(lender):
		call(f"{API}.override", order=order.name, reason="Paid in advance.")
	by_method(order)
	assert state(order)[1] == "Overridden"


def test_a_refusal_names_the_way_out(rep, as_user):
	deal = signed.deal(owner=rep)
	with as_user(rep):
		order = signed.order_of(signed.quotation(deal, deal.party_name))
		with refused("may let it pass, with a reason"):
			by_method(order)


# The customer -----------------------------------------------------------------------------------------------------


def test_the_first_order_makes_the_stage_final_and_its_cancel_takes_it_back(frozen_time):
	signed.ask("Warn")
	first = signed.order()
	customer = frappe.get_doc("Customer", first.customer)
	assert not records.state(customer, "sf_stage")
	by_method(first)
	stage, entered = records.state(customer, "sf_stage", "sf_stage_entered_on")
	assert stage == "Closed and Served" and entered
	second = signed.order(first.customer)
	by_method(second)
	assert records.state(customer, "sf_stage", "sf_stage_entered_on") == (stage, entered)
	frappe.get_doc("Sales Order", first.name).cancel()
	assert records.state(customer, "sf_stage") == stage
	frappe.get_doc("Sales Order", second.name).cancel()
	assert records.state(customer, "sf_stage", "sf_stage_entered_on") == (None, None)


# What an order says of itself ------------------------------------------------------------------------------------


def test_the_contract_of_another_customer_covers_nothing():
	"""ERPNext compares only the company of an order with that of the quotation its rows name."""
	deal = signed.deal()
	signed.contract_of(deal)
	quotation = signed.quotation(deal, deal.party_name)
	order = signed.order(save=False)
	order.items[0].update(
		{"prevdoc_docname": quotation.name, "quotation_item": quotation.items[0].name, "rate": 100}
	)
	order.insert()
	assert order.customer != deal.party_name
	with refused():
		by_method(order)


def test_the_deal_of_another_customer_says_nothing_of_an_order():
	"""Its process may ask for less."""
	signed.ask("Block")
	free = signed.deal()
	frappe.db.set_value("Opportunity", free.name, "sf_sales_process", lenient())
	quotation = signed.quotation(free, free.party_name)
	order = signed.order(save=False)
	order.items[0].update({"prevdoc_docname": quotation.name, "quotation_item": quotation.items[0].name})
	order.insert()
	with refused():
		by_method(order)


def test_the_deal_of_the_lead_that_has_become_the_customer_counts():
	signed.ask("Off")  # its gates are not what is asked here
	lead = records.lead()
	deal = records.opportunity(party_name=lead.name)
	quotation = offers.quotation(lead, opportunity=deal.name)
	quotation.submit()
	customer = records.customer(lead_name=lead.name)
	signed.ask("Block")
	order = signed.order_of(quotation, customer=customer.name)
	with refused():
		by_method(order)
	contract = signed.contract(customer.name, sf_opportunity=deal.name)
	order.reload()
	order.submit()
	assert state(order, "sf_contract_standing", "sf_contract") == ("Signed", contract.name)


def test_of_several_processes_the_strictest_decides():
	signed.ask("Block")
	strict, free = signed.deal(), signed.deal()
	frappe.db.set_value("Opportunity", strict.name, "sf_sales_process", signed.PROCESS)
	customer = strict.party_name
	of_free = {"sf_sales_process": lenient(), "party_name": customer}
	frappe.db.set_value("Opportunity", free.name, of_free)
	first, second = signed.quotation(free, customer), signed.quotation(strict, customer)
	order = signed.order_of(first, save=False)
	more = signed.order_of(second, save=False)
	order.append("items", more.items[0].as_dict(no_default_fields=True))
	order.insert()
	assert {row.prevdoc_docname for row in order.items} == {first.name, second.name}
	with refused():
		by_method(order)


def lenient() -> str:
	"""A sales process that asks orders for nothing, and is chosen for nothing new."""
	process = frappe.copy_doc(frappe.get_doc("Sales Process", signed.PROCESS))
	process.update({"process_name": "Lenient Way", "enabled": 0, "contract_enforcement": "Off"})
	return process.insert().name
