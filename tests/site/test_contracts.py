"""Final intent, the contract that is made of the proposal, its states, signatures and scan (C1, C3)."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.salesflow_std import contracts
from tests.site import deals, records
from tests.site.deals import API

FRIDAY = "2027-01-15 14:00:00"


@pytest.fixture(autouse=True)
def enforced():
	deals.enforce()


@pytest.fixture
def deal(rep):
	return deals.opportunity(rep)


# Final intent


def record(call, deal, **values):
	values = {"said_by": "Purchasing Manager", "words": "Send us the contract.", **values}
	return call(f"{API}.record_final_intent", opportunity=deal.name, **values)


def test_final_intent_makes_the_contract_due_within_24_hours(call, as_user, rep, deal, frozen_time):
	"""C1: elapsed hours by default, so also over a week-end."""
	with frozen_time("2027-01-15 16:00"), as_user(rep):
		found = record(call, deal, on=FRIDAY)
	assert str(found["contract_due"]) == "2027-01-16 14:00:00"
	kept = records.state(deal, "sf_final_intent_by", "sf_final_intent_from", "sf_final_intent_note")
	assert kept == (rep, "Purchasing Manager", "Send us the contract.")


def test_the_deadline_may_be_working_time(call, as_user, rep, deal, frozen_time):
	records.settings(contract_amount=8, contract_unit="Working Hours")
	with frozen_time(FRIDAY), as_user(rep):
		assert str(record(call, deal)["contract_due"]) == "2027-01-18 14:00:00"


def test_recording_twice_changes_nothing(call, deal):
	first = record(call, deal)
	assert record(call, deal, words="Something else.") == first
	assert records.state(deal, "sf_final_intent_note") == "Send us the contract."


@pytest.mark.parametrize("values", [{"said_by": " "}, {"words": ""}, {"on": "2099-01-01 10:00:00"}])
def test_final_intent_needs_who_said_what_and_when(call, deal, values):
	with pytest.raises(frappe.ValidationError):
		record(call, deal, **values)
	assert not records.state(deal, "sf_final_intent_on")


def test_a_mistake_is_taken_back_with_a_reason_and_stays_in_the_timeline(call, deal):
	record(call, deal)
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.withdraw_final_intent", opportunity=deal.name, reason=" ")
	call(f"{API}.withdraw_final_intent", opportunity=deal.name, reason="They meant another offer.")
	assert records.state(deal, "sf_final_intent_on", "sf_contract_due") == (None, None)
	told = frappe.get_all("Comment", {"reference_name": deal.name}, pluck="content", order_by="creation")
	assert any("They meant another offer." in text and "Send us the contract." in text for text in told)


def test_final_intent_is_written_by_nobody_else(deal):
	"""State fields are the app's on every path."""
	deal.reload()
	deal.update({"sf_final_intent_on": FRIDAY, "sf_contract_due": FRIDAY, "sf_contract": "X"})
	deal.flags.ignore_links = True
	deal.save()
	assert records.state(deal, "sf_final_intent_on", "sf_contract_due", "sf_contract") == (None, None, None)


def test_who_may_not_change_the_opportunity_records_nothing(call, as_user, make_user, deal):
	with as_user(make_user("Product Reviewer")), pytest.raises(frappe.PermissionError):
		record(call, deal)


# Making


def test_the_contract_is_made_of_the_approved_proposal(call, as_user, rep, deal):
	"""C1: party, amount, payment terms, delivery period, scope and after-sales are those that were approved."""
	proposal = deals.approved_proposal(deal)
	with as_user(rep):
		found = call(f"{API}.make", doctype="Opportunity", name=deal.name)
	contract = frappe.get_doc("Contract", found["name"])
	assert found["made"] and contract.sf_state == "Drafted"
	assert (contract.party_type, contract.party_name) == ("Customer", deal.party_name)
	assert (contract.sf_opportunity, contract.sf_proposal) == (deal.name, proposal.name)
	assert (contract.sf_amount, contract.sf_currency) == (proposal.grand_total, "CNY")
	assert contract.sf_payment_terms == proposal.payment_terms_template
	assert contract.sf_delivery_period == "6 weeks after the order"
	assert contract.sf_after_sales == "Hotline on working days, 12 months"
	assert "× 10 Nos" in contract.sf_scope
	assert (contract.sf_allocated_to, contract.owner) == (rep, rep)
	assert records.state(deal, "sf_contract") == contract.name


def test_made_twice_it_is_the_same_one(call, as_user, rep, deal):
	quotation = deals.quotation(deal)
	with as_user(rep):
		first = call(f"{API}.make", doctype="Quotation", name=quotation.name)
		again = call(f"{API}.make", doctype="Opportunity", name=deal.name)
		third = call(f"{API}.make", doctype="Quotation", name=quotation.name)
	assert first["made"] and not again["made"] and not third["made"]
	assert first["name"] == again["name"] == third["name"]
	assert frappe.db.count("Contract", {"sf_opportunity": deal.name}) == 1


def test_of_a_quotation_it_is_about_that_quotation(call, as_user, rep, deal):
	quotation = deals.quotation(deal)
	with as_user(rep):
		name = call(f"{API}.make", doctype="Quotation", name=quotation.name)["name"]
	contract = frappe.get_doc("Contract", name)
	assert (contract.document_type, contract.document_name) == ("Quotation", quotation.name)
	assert (contract.sf_opportunity, contract.sf_amount) == (deal.name, quotation.grand_total)


def test_the_text_is_that_of_the_template_as_erpnext_renders_it(call, as_user, rep, deal):
	template = frappe.get_doc(
		{
			"doctype": "Contract Template",
			"title": "Supply",
			"contract_terms": "<p>Contract with {{ party_name }}</p>",
			"requires_fulfilment": 1,
			"fulfilment_terms": [{"requirement": "Deliver"}],
		}
	).insert()
	with as_user(rep):
		name = call(f"{API}.make", doctype="Opportunity", name=deal.name, template=template.name)["name"]
	contract = frappe.get_doc("Contract", name)
	assert contract.contract_terms == f"<p>Contract with {deal.party_name}</p>"
	assert [row.requirement for row in contract.fulfilment_terms] == ["Deliver"]


def test_a_lead_is_no_customer_yet_and_the_refusal_leads_there(call, as_user, rep):
	deal = deals.opportunity_of_lead(rep)
	with as_user(rep), pytest.raises(frappe.ValidationError, match=f"/app/lead/{deal.party_name}"):
		call(f"{API}.make", doctype="Opportunity", name=deal.name)


def test_a_lead_that_has_become_a_customer_is_that_customer(call, as_user, rep):
	deal = deals.opportunity_of_lead(rep)
	customer = records.customer(lead_name=deal.party_name)
	with as_user(rep):
		name = call(f"{API}.make", doctype="Opportunity", name=deal.name)["name"]
	assert frappe.db.get_value("Contract", name, "party_name") == customer.name


# States


def test_what_anybody_writes_into_the_state_is_put_back(deal):
	"""A form, an import and REST all save the document."""
	forged = {"sf_state": "Signed", "sf_signed_on": FRIDAY, "sf_fingerprint": "x", "sf_scan_on": FRIDAY}
	contract = deals.contract(deal, **forged)
	assert records.state(contract, *forged) == ("Drafted", None, None, None)
	contract.reload()
	contract.update(forged)
	contract.save()
	assert records.state(contract, *forged) == ("Drafted", None, None, None)


@pytest.mark.parametrize("party_type", ["Supplier", "Employee", "Customer"])
def test_other_contracts_are_erpnexts_alone(party_type, count_queries):
	"""Guard first: those with suppliers and employees, and those of no deal, are submitted and signed as ever."""
	party = {
		"Supplier": lambda: frappe.get_doc(
			{"doctype": "Supplier", "supplier_name": "Sample Supply", "supplier_group": "Services"}
		).insert(),
		"Employee": lambda: frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": "Clerk",
				"company": records.COMPANY,
				"gender": "Female",
				"date_of_birth": "1990-01-01",
				"date_of_joining": "2020-01-01",
			}
		).insert(),
		"Customer": records.customer,
	}[party_type]()
	contract = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": party_type,
			"party_name": party.name,
			"contract_terms": "As agreed",
			"sf_state": "Signed",
		}
	).insert()
	contract.submit()
	contract.update({"is_signed": 1, "signee": "Somebody"})
	contract.save()
	assert contract.status == "Active" and contract.signed_on is None
	assert (
		records.state(contract, "sf_state", "sf_signed_by_us_on", "sf_signed_on", "sf_scan_due")
		== (None,) * 4
	)
	contract.cancel()
	assert contract.docstatus == 2


def test_a_draft_is_not_submitted_before_legal_has_approved(deal, lawyer):
	"""C2, Block: the refusal says what is missing and leads there."""
	contract = deals.contract(deal)
	with pytest.raises(frappe.ValidationError) as refused:
		contract.submit()
	assert "Nobody has been asked to review" in str(refused.value)
	assert f"/app/contract/{contract.name}" in str(refused.value)
	assert records.state(contract, "docstatus") == 0


def test_inserted_as_submitted_it_is_refused_too(deal, lawyer):
	"""Data import and REST may insert what is submitted already."""
	contract = deals.contract(deal)
	copy = frappe.copy_doc(contract)
	copy.update({"sf_opportunity": deal.name, "docstatus": 1})
	with pytest.raises(frappe.ValidationError, match="cannot be submitted"):
		copy.insert()


@pytest.mark.parametrize("submit", [0, 1])
def test_data_import_neither_writes_the_state_nor_submits(deal, submit):
	"""The refusal stands in the log of the import."""
	from frappe.core.doctype.data_import.importer import Importer

	head = "Party Type,Party Name,Opportunity,Contract Terms,Contract State"
	row = f"Customer,{deal.party_name},{deal.name},As agreed,Signed"
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "contracts.csv",
			"content": f"{head}\n{row}\n".encode(),
			"is_private": 1,
		}
	).insert()
	job = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Contract",
			"import_type": "Insert New Records",
			"import_file": file.file_url,
			"submit_after_import": submit,
			"mute_emails": 1,
		}
	).insert()
	frappe.db.commit()
	Importer("Contract", data_import=job).import_data()
	(line,) = frappe.get_all(
		"Data Import Log", {"data_import": job.name}, ["success", "messages", "exception"]
	)
	made = frappe.get_all("Contract", {"sf_opportunity": deal.name}, ["docstatus", "sf_state"])
	if submit:
		assert not line.success and not [row for row in made if row.docstatus]
		assert "Nobody has been asked to review" in f"{line.messages} {line.exception}"
	else:
		assert line.success and [(row.docstatus, row.sf_state) for row in made] == [(0, "Drafted")]


@pytest.mark.parametrize(("how", "told"), [("Warn", True), ("Off", False)])
def test_by_the_process_it_warns_or_says_nothing(deal, how, told):
	deals.enforce(how)
	contract = deals.contract(deal)
	frappe.local.message_log = []
	contract.submit()
	assert contract.docstatus == 1 and contract.sf_state == "Drafted"
	assert any("Nobody has been asked" in str(text) for text in frappe.local.message_log) is told


# Signatures and scan


def test_we_sign_first_then_the_customer(call, as_user, rep, manager, lawyer, deal, frozen_time):
	"""C3: signed by both makes it 已签约, and the scan is due within one working day."""
	with frozen_time(FRIDAY) as clock:
		contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
		with as_user(manager):
			contract.submit()
		assert deals.state(contract) == "Clauses Approved" and contract.sf_signed_by_us_on
		clock.shift(hours=1)
		with as_user(rep):
			found = call(f"{API}.sign", contract=contract.name, signee="Managing Director")
			again = call(f"{API}.sign", contract=contract.name, signee="Somebody Else")
	assert found == again and found["state"] == "Signed"
	assert str(found["signed_on"]) == "2027-01-15 15:00:00"
	assert str(found["scan_due"]) == "2027-01-18 15:00:00"
	assert records.state(contract, "signee", "status") == ("Managing Director", "Active")
	assert records.state(deal, "sf_contract") == contract.name


def test_the_customer_signs_first_then_we(call, as_user, rep, manager, lawyer, deal, frozen_time):
	with frozen_time(FRIDAY) as clock:
		contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
		with as_user(rep):
			call(f"{API}.sign", contract=contract.name, signee="Managing Director", on="2027-01-14 10:00:00")
		assert deals.state(contract) == "Clauses Approved", "one signature makes no contract"
		contract.reload()
		clock.shift(hours=1)
		with as_user(manager):
			contract.submit()
	assert deals.state(contract) == "Signed"
	assert str(records.state(contract, "sf_signed_on")) == "2027-01-15 15:00:00"


def test_erpnexts_own_tick_signs_as_well(call, as_user, rep, manager, lawyer, deal):
	contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
	with as_user(manager):
		contract.submit()
		contract.update({"is_signed": 1, "signee": "Managing Director"})
		contract.save()
		assert deals.state(contract) == "Signed" and contract.signed_on
		contract.is_signed = 0
		contract.save()
	assert records.state(contract, "sf_state", "sf_signed_on", "sf_scan_due") == (
		"Clauses Approved",
		None,
		None,
	)


@pytest.fixture
def signed(call, as_user, rep, manager, lawyer, deal):
	contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
	contract.update({"is_signed": 1, "signee": "Managing Director"})
	with as_user(manager):
		contract.submit()
	return contract


def test_the_rep_attaches_the_scan(call, as_user, rep, signed):
	"""C3: ERPNext lets managers alone change what is submitted; the scan is the rep's."""
	other = deals.attach(records.customer())
	with as_user(rep):
		with pytest.raises(frappe.ValidationError):
			call(f"{API}.attach_scan", contract=signed.name, file_url=other)
		url = deals.attach(signed)
		call(f"{API}.attach_scan", contract=signed.name, file_url=url)
		call(f"{API}.attach_scan", contract=signed.name, file_url=url)
	assert records.state(signed, "sf_scan") == url and records.state(signed, "sf_scan_on")
	assert contracts.standing(signed.sf_opportunity).scan


def test_erpnexts_daily_job_moves_no_state(signed):
	from erpnext.crm.doctype.contract.contract import update_status_for_contracts

	frappe.db.set_value("Contract", signed.name, {"start_date": "2020-01-01", "end_date": "2020-12-31"})
	update_status_for_contracts()
	assert records.state(signed, "status", "sf_state") == ("Inactive", "Signed")
	assert contracts.standing(signed.sf_opportunity).state == "Signed"


def test_what_stands_of_a_deal(signed, deal):
	found = contracts.standing(deal)
	assert (found.state, found.contract, found.scan) == ("Signed", signed.name, False)
	assert found.is_at_least("Drafted") and not contracts.standing(deals.opportunity()).is_at_least("Drafted")


def test_signed_for_a_quotation_an_opportunity_a_customer(call, as_user, rep, manager, lawyer, deal):
	quotation = deals.quotation(deal)
	with as_user(rep):
		name = call(f"{API}.make", doctype="Quotation", name=quotation.name)["name"]
	contract = frappe.get_doc("Contract", name)
	assert contracts.signed_for(quotation.name, deal.name, deal.party_name) is None
	deals.approve(call, as_user, contract, rep, lawyer)
	contract.update({"is_signed": 1, "signee": "Managing Director"})
	contract.submit()
	for about in ({"quotation": quotation.name}, {"opportunity": deal.name}, {"customer": deal.party_name}):
		assert contracts.signed_for(**about) == name
	assert contracts.signed_for(opportunity=deals.opportunity().name) is None


def test_signed_before_the_app_came_counts(deal):
	"""ERPNext's own fields say it."""
	deals.enforce("Off")
	contract = deals.contract(deal, is_signed=1)
	contract.submit()
	frappe.db.set_value("Contract", contract.name, {"sf_state": None, "sf_signed_on": None})
	assert contracts.signed_for(opportunity=deal.name) == contract.name
	assert contracts.standing(deal).state == "Signed"


# The end


def test_a_cancelled_contract_signs_nothing_and_its_amendment_keeps_what_was_approved(signed, deal):
	signed.reload()
	signed.cancel()
	assert records.state(signed, "sf_state", "sf_signed_on", "sf_scan_due") == (None, None, None)
	assert records.state(deal, "sf_contract") is None and contracts.standing(deal).state == ""
	same = frappe.copy_doc(signed)
	same.amended_from = signed.name
	same.insert()
	assert records.state(same, "sf_state", "sf_opportunity") == ("Clauses Approved", deal.name)
	same.contract_terms = "<p>Other terms.</p>"
	same.save()
	assert deals.state(same) == "Drafted"
	with pytest.raises(frappe.ValidationError, match="have changed since"):
		same.submit()
	same.reload()
	same.contract_terms = "<p>As agreed.</p>"
	same.save()
	assert deals.state(same) == "Clauses Approved", "what legal has approved it has approved"


def test_a_deleted_draft_leaves_nothing_behind(call, as_user, rep, lawyer, deal):
	contract = deals.contract(deal)
	with as_user(rep):
		call(f"{API}.ask_for_review", contract=contract.name)
	frappe.delete_doc("Contract", contract.name)
	assert not frappe.db.exists("Contract Review", {"contract": contract.name})
	assert records.state(deal, "sf_contract") is None


def test_a_contract_taken_off_its_deal_has_no_state(call, as_user, rep, lawyer, deal):
	contract = deals.approve(call, as_user, deals.contract(deal), rep, lawyer)
	contract.sf_opportunity = None
	contract.save()
	assert records.state(contract, "sf_state", "sf_fingerprint") == (None, None)
	assert records.state(deal, "sf_contract") is None


def test_a_quotation_gives_the_contract_its_opportunity(deal):
	quotation = deals.quotation(deal)
	contract = frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": deal.party_name,
			"document_type": "Quotation",
			"document_name": quotation.name,
			"contract_terms": "As agreed",
		}
	).insert()
	assert records.state(contract, "sf_opportunity", "sf_company", "sf_state") == (
		deal.name,
		deal.company,
		"Drafted",
	)


def test_one_contract_is_not_that_of_two_deals(deal):
	"""A contract about the quotation of one deal says nothing of another."""
	quotation = deals.quotation(deal)
	about = {"document_type": "Quotation", "document_name": quotation.name}
	other = deals.opportunity()
	with pytest.raises(frappe.ValidationError, match=quotation.name):
		deals.contract(other, party_name=deal.party_name, **about)
	contract = deals.contract(deal, **about)
	contract.sf_opportunity = other.name
	with pytest.raises(frappe.ValidationError, match=quotation.name):
		contract.save()


@pytest.mark.parametrize("about", ("Opportunity", "Quotation"))
def test_nobody_ties_a_contract_to_a_deal_they_may_not_read(as_user, make_user, deal, about):
	"""A contract tells where it differs from the proposal and the quotation of its deal."""
	held, stranger = deals.quotation(deal), make_user("Sales User")
	mine = deals.opportunity(stranger)
	own = {"Opportunity": mine.name, "Quotation": deals.quotation(mine).name}[about]
	values = {"allow": about, "for_value": own, "applicable_for": about, "apply_to_all_doctypes": 0}
	frappe.get_doc({"doctype": "User Permission", "user": stranger, **values}).insert()
	foreign = (
		{"sf_opportunity": deal.name}
		if about == "Opportunity"
		else {"document_type": "Quotation", "document_name": held.name, "sf_opportunity": None}
	)
	with as_user(stranger):
		with pytest.raises(frappe.PermissionError):
			deals.contract(mine, party_name=deal.party_name, **foreign)
		kept = deals.contract(mine)
		kept.update(foreign)
		with pytest.raises(frappe.PermissionError):
			kept.save()
		kept.reload()
		kept.sf_breach = "1 % a week"
		kept.save()
