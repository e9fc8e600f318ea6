"""One line for a customer with every reason there is, weighed, and only what the reader may see (A1, A4, A5, P6)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, now_datetime, today

from salesflow_std.engine import risk as rules
from salesflow_std.salesflow_std import complaints
from salesflow_std.salesflow_std.report.customers_at_risk.customers_at_risk import execute
from tests.site import asked, complained, records, signed


@pytest.fixture
def customer(rep):
	return records.customer(account_manager=rep).name


def at_risk(**filters):
	return {row["customer"]: row for row in execute(filters)[1]}


def kinds(customer, **filters):
	row = at_risk(**filters).get(customer)
	return row["kinds"] if row else []


def links(customer):
	return {row["label"]: row["names"] for row in at_risk()[customer]["links"]}


def silent(rep=None):
	name = records.customer(account_manager=rep).name
	frappe.db.set_value("Customer", name, "sf_activity", "Silent")
	return name


def put(doctype, **values):
	"""A record as it stands in the table; how one comes about is tested elsewhere."""
	doc = frappe.new_doc(doctype)
	doc.update({"name": f"RISK-T-{frappe.generate_hash(length=8)}", **values})
	doc.db_insert()
	return doc.name


def test_no_reason_no_line(customer):
	asked.survey("Administrator", str(now_datetime()), (5, 5, 5), 10, customer=customer)
	assert customer not in at_risk()


# What customers say -----------------------------------------------------------------------------------------------


def test_the_last_survey_counts(customer):
	asked.survey("Administrator", "2026-03-01 10:00", (1, 1, 1), 0, customer=customer)
	assert kinds(customer) == [rules.LOW_MARK, rules.DETRACTOR]
	asked.survey("Administrator", "2026-05-01 10:00", (5, 5, 5), 6, customer=customer)
	assert kinds(customer) == [rules.DETRACTOR]
	last = asked.survey("Administrator", "2026-06-01 10:00", (5, 5, 5), 10, customer=customer, has_problem=1)
	assert links(customer) == {"Low Mark": [last.name]}
	# A correction takes the place of what it corrects.
	corrected = asked.survey("Administrator", "2026-07-01 10:00", (5, 5, 5), 10, customer=customer)
	frappe.db.set_value("Satisfaction Survey", last.name, "corrected_by", corrected.name)
	assert not kinds(customer)


def test_complaints_late_and_open(customer, rep):
	late = complained.complaint(rep, customer=customer)
	open_one = complained.complaint(rep, customer=customer)
	settled = complained.complaint(rep, customer=customer)
	late.db_set("sf_close_by", add_days(now_datetime(), -1))
	complaints.settle(settled.name, "Fine again", "Purchasing Manager")
	row = at_risk()[customer]
	assert row["kinds"] == [rules.COMPLAINT_LATE] and row["weight"] == 4
	assert links(customer) == {"Complaint Late": [late.name]}
	late.db_set("sf_close_by", add_days(now_datetime(), 1))
	assert links(customer) == {"Complaint Open": sorted([late.name, open_one.name])}
	assert at_risk()[customer]["reasons"] == "Complaint Open ×2"


# Deliveries -------------------------------------------------------------------------------------------------------


def week(project, customer, days, status="Done", risks=(), **values):
	sync = put(
		"Delivery Sync",
		project=project,
		customer=customer,
		company=records.COMPANY,
		week_of=add_days(today(), days),
		due_on=add_days(now_datetime(), days + 4),
		status=status,
		sync_key=frappe.generate_hash(length=10),
		**values,
	)
	for level, settled in risks:
		put(
			"Delivery Sync Risk",
			parent=sync,
			parenttype="Delivery Sync",
			parentfield="risks",
			risk="No crane",
			level=level,
			settled=settled,
		)
	return sync


@pytest.fixture
def project(customer):
	return put("Project", project_name="Delivery", customer=customer, status="Open", company=records.COMPANY)


def test_how_a_delivery_stands(customer, project):
	week(project, customer, -14, health="Late", risks=[("High", 0)])
	assert kinds(customer) == [rules.DELIVERY_LATE, rules.HIGH_RISK]
	# A week nobody told takes the risks over, and says nothing of the health.
	missed = week(project, customer, -7, "Missed", risks=[("High", 0), ("Low", 0)])
	assert kinds(customer) == [rules.DELIVERY_LATE, rules.HIGH_RISK, rules.SYNC_MISSED]
	assert links(customer)["High Risk in Delivery"] == [missed] == links(customer)["Weekly Sync Missed"]
	week(project, customer, 0, health="On Track", risks=[("High", 1), ("Medium", 0)])
	assert kinds(customer) == [rules.SYNC_MISSED]
	frappe.db.set_value("Project", project, "status", "Completed")
	assert not kinds(customer)


def test_weeks_missed_long_ago_do_not_count(customer, project):
	week(project, customer, -40, "Missed")
	assert not kinds(customer)


# Contracts, care, money -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("days", "values", "reason"),
	[
		(59, {}, rules.CONTRACT_ENDING),
		(60, {}, rules.CONTRACT_ENDING),
		(61, {}, None),
		(0, {}, rules.CONTRACT_ENDING),
		(-1, {}, rules.CONTRACT_ENDED),
		(-91, {}, None),
		(10, {"sf_renewal_asked_on": "2026-01-01"}, None),
		(-10, {"sf_renewal_outcome": "Not Renewed"}, None),
	],
)
def test_contracts_that_nobody_asks_about(customer, days, values, reason):
	records.settings(renewal_days=60)
	contract = signed.contract(customer, end_date=add_days(today(), days))
	frappe.db.set_value("Contract", contract.name, values) if values else None
	assert kinds(customer) == ([reason] if reason else [])


def test_missed_care_and_open_analyses(customer):
	about = {"reference_doctype": "Customer", "reference_name": customer, "title": "Care"}
	for days, status in ((-5, "Missed"), (-100, "Missed"), (-5, "Done"), (-5, "Cancelled")):
		put("Follow Up", due_on=add_days(now_datetime(), days), status=status, **about)
	assert kinds(customer) == [rules.TOUCH_MISSED] and len(links(customer)["Care Missed"]) == 1
	analysis = put("Loss Analysis", customer=customer, status="Open", analysis_key="risk|1")
	assert links(customer)["Loss Analysis Open"] == [analysis]
	frappe.db.set_value("Loss Analysis", analysis, "status", "Won Back")
	assert kinds(customer) == [rules.TOUCH_MISSED]


def test_how_lively_a_customer_is(customer):
	for activity, reason in (("Silent", rules.SILENT), ("Low", rules.FALLING), ("Medium", None), ("", None)):
		frappe.db.set_value("Customer", customer, "sf_activity", activity)
		assert kinds(customer) == ([reason] if reason else [])
	frappe.db.set_value("Customer", customer, {"sf_activity": "Silent", "disabled": 1})
	assert customer not in at_risk()


def test_invoices_are_told_to_those_who_may_read_them(customer, rep, make_user, as_user):
	invoice = put(
		"Sales Invoice",
		customer=customer,
		company=records.COMPANY,
		docstatus=1,
		outstanding_amount=100,
		due_date=add_days(today(), -1),
	)
	put(
		"Sales Invoice",
		customer=customer,
		company=records.COMPANY,
		docstatus=1,
		outstanding_amount=100,
		due_date=today(),
	)
	bookkeeper = make_user(["Sales User", "Accounts User"])
	frappe.db.set_value("Customer", customer, "account_manager", bookkeeper)
	with as_user(bookkeeper):
		assert links(customer) == {"Invoice Overdue": [invoice]}
	frappe.db.set_value("Customer", customer, "account_manager", rep)
	with as_user(rep):
		assert customer not in at_risk()


# The list ---------------------------------------------------------------------------------------------------------


def order(customer, amount, days=-10, **values):
	return put(
		"Sales Order",
		customer=customer,
		company=records.COMPANY,
		base_net_total=amount,
		transaction_date=add_days(today(), days),
		**{"docstatus": 1, **values},
	)


def test_the_heaviest_first_then_the_most_worth(rep):
	light, rich, poor = (silent(rep) for _ in range(3))
	frappe.db.set_value("Customer", light, "sf_activity", "Low")
	complained.complaint(rep, customer=poor)
	complained.complaint(rep, customer=rich)
	order(rich, 500)
	order(rich, 250.5, -364)
	order(rich, 9999, -366)
	order(rich, 9999, docstatus=2)
	found = at_risk(rep=rep)
	assert list(found) == [rich, poor, light]
	assert [row["weight"] for row in found.values()] == [5, 5, 1]
	assert [row["band"] for row in found.values()] == ["Medium", "Medium", "Low"]
	assert found[rich]["orders"] == pytest.approx(750.5)
	summary = execute({"rep": rep})[4]
	assert [card["value"] for card in summary] == [3, 0, pytest.approx(750.5)]
	chart = execute({"rep": rep})[3]["data"]
	assert dict(zip(chart["labels"], chart["datasets"][0]["values"], strict=True)) == {
		"Silent": 2,
		"Complaint Open": 2,
		"Falling Activity": 1,
	}


def test_filters(customer, rep, manager):
	frappe.db.set_value("Customer", customer, {"sf_activity": "Silent", "sf_tier": "Core"})
	node = frappe.db.get_value("Sales Person", {"employee": ("is", "set")}, "name", order_by="creation desc")
	assert kinds(customer, reason=rules.SILENT, band="Medium", tier="Core", rep=rep, team=node)
	for other in ({"reason": rules.LOW_MARK}, {"band": "High"}, {"tier": "Strategic"}, {"rep": manager}):
		assert not kinds(customer, **other)
	assert not kinds(customer, team="Nobody")
	# How lively a customer is concerns those companies that deal with them.
	assert not kinds(customer, company=records.COMPANY)
	order(customer, 100)
	assert kinds(customer, company=records.COMPANY) == [rules.SILENT]
	assert not kinds(customer, item_group="All Item Groups")
	item = asked.item("Risk Crane", "Risk Cranes")
	sold = order(customer, 100)
	put("Sales Order Item", parent=sold, parenttype="Sales Order", item_code=item, item_group="Risk Cranes")
	assert kinds(customer, item_group="All Item Groups") and kinds(customer, item_group="Risk Cranes")


def test_everybody_sees_their_customers(customer, make_user, as_user):
	other = silent()
	frappe.db.set_value("Customer", customer, "sf_activity", "Silent")
	limited = make_user("Sales User")
	asked.only(limited, customer)
	assert {customer, other} <= set(at_risk())
	with as_user(limited):
		assert list(at_risk()) == [customer]


def test_not_a_query_for_each_customer(rep, count_queries):
	def queries():
		with count_queries() as found:
			execute({})
		return len(found)

	execute({})
	before = queries()
	for _ in range(15):
		one = silent(rep)
		complained.complaint(rep, customer=one)
		order(one, 10)
	assert queries() <= before + 3
