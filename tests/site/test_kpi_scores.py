"""KPI scores (M5): sales, new customers and collection from ERPNext's own documents; a closed month stays."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import frappe
import pytest
from frappe.utils import flt, get_datetime, getdate

from salesflow_std.engine import kpi as rules
from salesflow_std.jobs import kpi_clock
from salesflow_std.salesflow_std import kpi_documents, kpi_numbers, kpi_scores
from salesflow_std.salesflow_std.sales_review_numbers import Numbers
from salesflow_std.salesflow_std.sales_review_teams import Team
from tests.site import records, sold
from tests.site.sold import COMPANY, back, invoice, month, pay, person, plan

# Microseconds, as a clock has them: ERPNext compares them as text.
NOW = "2026-11-16 09:00:00.123456"
API = "salesflow_std.api.kpi"


@pytest.fixture(autouse=True)
def autumn(frozen_time):
	with frozen_time(NOW) as clock:
		yield clock


@pytest.fixture
def north():
	return person()


@pytest.fixture
def south():
	return person()


def read(first, last, *people, sources=("Sales Invoice",)):
	return kpi_documents.read(COMPANY, getdate(first), getdate(last), sources, people or None)


def sales(found, who, text):
	numbers = found.get((who, month(text)))
	return round(numbers.sales.get("Sales Invoice", 0), 2) if numbers else 0


# Sales ------------------------------------------------------------------------------------------------------------


def test_two_sales_persons_share_an_invoice(north, south):
	invoice("2026-09-10", 1000, {north: 60, south: 40})
	found = read("2026-09-01", "2026-09-30", north, south)
	assert sales(found, north, "2026-09") == 600
	assert sales(found, south, "2026-09") == 400


def test_without_a_sales_person_it_is_nobodys(north):
	before = sales(read("2026-09-01", "2026-09-30"), "", "2026-09")
	invoice("2026-09-10", 1000)
	found = read("2026-09-01", "2026-09-30")
	assert sales(found, "", "2026-09") == before + 1000
	assert (north, month("2026-09")) not in found


def test_another_currency_counts_at_the_documents_rate(north):
	invoice("2026-09-10", 100, {north: 100}, **sold.in_dollars(7.1))
	invoice("2026-09-11", 100, {north: 100})
	assert sales(read("2026-09-01", "2026-09-30", north), north, "2026-09") == 810


def test_a_return_counts_in_its_own_month(north, south):
	bill = invoice("2026-09-10", 1000, {north: 60, south: 40})
	back(bill, "2026-10-05", 300)
	found = read("2026-09-01", "2026-10-31", north, south)
	assert (sales(found, north, "2026-09"), sales(found, north, "2026-10")) == (600, -180)
	assert sales(found, south, "2026-10") == -120


def test_drafts_cancelled_and_opening_invoices_do_not_count(north):
	invoice("2026-09-10", 1000, {north: 100}, submit=False)
	invoice("2026-09-10", 1000, {north: 100}).cancel()
	opening = invoice("2026-09-10", 1000, {north: 100})
	frappe.db.set_value("Sales Invoice", opening.name, "is_opening", "Yes")
	assert sales(read("2026-09-01", "2026-09-30", north), north, "2026-09") == 0


def test_orders_are_counted_where_the_scheme_says_so(north):
	sold.order("2026-09-10", 700, {north: 100})
	found = read("2026-09-01", "2026-09-30", north, sources=("Sales Order",))
	assert found[north, month("2026-09")].sales == {"Sales Order": 700}
	scheme = frappe.get_doc("KPI Scheme", "Sales 60 / New Customers 30 / Collection 10")
	scheme.sales_from = "Sales Order"
	scheme.save()
	assert kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [north])[north].sales == 700


# New customers ----------------------------------------------------------------------------------------------------


def test_a_customer_is_new_once_by_its_first_document(north, south):
	customer = records.customer().name
	sold.order("2026-09-10", 10, {north: 100}, customer=customer)
	invoice("2026-10-10", 10, {south: 100}, customer=customer)
	found = read("2026-08-01", "2026-10-31", north, south)
	assert found[north, month("2026-09")].new_customers == 1
	assert found[south, month("2026-10")].new_customers == 0


def test_who_bought_years_ago_is_not_new(north):
	customer = records.customer().name
	invoice("2025-01-10", 10, {north: 100}, customer=customer)
	invoice("2026-09-10", 10, {north: 100}, customer=customer)
	found = read("2026-01-01", "2026-10-31", north)
	assert sum(numbers.new_customers for numbers in found.values()) == 0


def test_a_first_purchase_that_was_cancelled_is_none(north):
	customer = records.customer().name
	invoice("2026-09-10", 10, {north: 100}, customer=customer).cancel()
	invoice("2026-10-10", 10, {north: 70, person(): 30}, customer=customer)
	found = read("2026-09-01", "2026-10-31", north)
	assert [numbers.new_customers for numbers in found.values() if numbers.new_customers] == [0.7]


# Collection -------------------------------------------------------------------------------------------------------


def collection(who, text, until=None):
	first = month(text)
	found = read(first, until or frappe.utils.get_last_day(first), who).get((who, first))
	return (round(found.due, 2), round(found.collected, 2)) if found else (0, 0)


def test_a_partial_payment_that_comes_late_is_not_collected(north):
	bill = invoice("2026-09-01", 1000, {north: 100}, terms=[("2026-09-20", 100)])
	pay(bill, "2026-09-25", 400)
	pay(bill, "2026-10-02", 600)
	assert collection(north, "2026-09") == (1000, 400)
	assert collection(north, "2026-10") == (0, 0)


def test_an_invoice_with_two_due_dates(north):
	bill = invoice("2026-08-01", 1000, {north: 100}, terms=[("2026-08-31", 40), ("2026-09-30", 60)])
	pay(bill, "2026-08-15", 500)
	pay(bill, "2026-09-30", 300)
	assert collection(north, "2026-08") == (400, 400)
	assert collection(north, "2026-09") == (600, 400)


def test_a_return_makes_less_due_in_proportion(north):
	bill = invoice("2026-08-01", 1000, {north: 100}, terms=[("2026-08-31", 50), ("2026-09-30", 50)])
	back(bill, "2026-09-10", 400)
	assert collection(north, "2026-08") == (500, 0)
	assert collection(north, "2026-09") == (300, 0)


def test_a_journal_entry_pays_and_a_write_off_does_not(north):
	from erpnext.accounts.party import get_party_account

	bill = invoice("2026-09-01", 1000, {north: 100}, terms=[("2026-09-20", 100)])
	account = get_party_account("Customer", bill.customer, COMPANY)
	cash = frappe.get_all(
		"Account", {"company": COMPANY, "account_type": "Cash"}, pluck="name", order_by="name"
	)[0]
	for kind, amount in (("Journal Entry", 250), ("Write Off Entry", 100), ("Credit Note", 50)):
		frappe.get_doc(
			{
				"doctype": "Journal Entry",
				"voucher_type": kind,
				"company": COMPANY,
				"posting_date": "2026-09-22",
				"accounts": [
					{
						"account": account,
						"party_type": "Customer",
						"party": bill.customer,
						"credit_in_account_currency": amount,
						"reference_type": "Sales Invoice",
						"reference_name": bill.name,
					},
					{"account": cash, "debit_in_account_currency": amount},
				],
			}
		).insert().submit()
	assert collection(north, "2026-09") == (950, 250)


def test_what_is_refunded_is_no_longer_paid(north):
	bill = invoice("2026-09-01", 1000, {north: 100}, terms=[("2026-09-20", 100)])
	pay(bill, "2026-09-05", 1000)
	credit = back(bill, "2026-09-10", 300, update_outstanding_for_self=1)
	assert collection(north, "2026-09") == (700, 700)
	pay(credit, "2026-09-12", -300)
	assert collection(north, "2026-09") == (700, 700)


def test_what_is_taken_back_at_the_counter_is_neither_due_nor_paid(north):
	from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return

	cash = frappe.get_all(
		"Account",
		{"company": COMPANY, "account_type": "Cash", "is_group": 0},
		pluck="name",
		order_by="name",
	)[0]
	if not frappe.db.exists("Mode of Payment Account", {"parent": "Cash", "company": COMPANY}):
		mode = frappe.get_doc("Mode of Payment", "Cash")
		mode.append("accounts", {"company": COMPANY, "default_account": cash})
		mode.save()
	for to_itself in (0, 1):
		before = collection(north, "2026-09")
		bill = invoice(
			"2026-09-10",
			1000,
			{north: 100},
			is_pos=1,
			payments=[{"mode_of_payment": "Cash", "account": cash, "amount": 1000}],
		)
		assert collection(north, "2026-09") == (before[0] + 1000, before[1] + 1000)
		credit = make_sales_return(bill.name)
		credit.update(
			{
				"set_posting_time": 1,
				"posting_date": "2026-09-20",
				"due_date": "2026-09-20",
				"update_outstanding_for_self": to_itself,
			}
		)
		credit.items[0].rate = 400
		for row in credit.payments:
			row.amount = -400
		credit.insert().submit()
		assert collection(north, "2026-09") == (before[0] + 600, before[1] + 600)


def test_another_currency_is_collected_at_the_documents_rate(north):
	dollars = sold.in_dollars(7)
	bill = invoice("2026-09-01", 100, {north: 100}, terms=[("2026-09-20", 100)], **dollars)
	entry = frappe.get_doc(
		{
			"doctype": "Journal Entry",
			"voucher_type": "Bank Entry",
			"multi_currency": 1,
			"cheque_no": "1",
			"cheque_date": "2026-09-10",
			"company": COMPANY,
			"posting_date": "2026-09-10",
			"accounts": [
				{
					"account": dollars["debit_to"],
					"party_type": "Customer",
					"party": bill.customer,
					"account_currency": "USD",
					"exchange_rate": 7,
					"credit_in_account_currency": 25,
					"reference_type": "Sales Invoice",
					"reference_name": bill.name,
				},
				{
					"account": frappe.get_all(
						"Account", {"company": COMPANY, "account_type": "Cash"}, pluck="name", order_by="name"
					)[0],
					"debit_in_account_currency": 175,
				},
			],
		}
	)
	entry.insert()
	entry.submit()
	assert collection(north, "2026-09") == (700, 175)


def test_what_falls_due_later_this_month_is_not_counted_yet(north, autumn):
	invoice("2026-11-01", 1000, {north: 100}, terms=[("2026-11-10", 30), ("2026-11-25", 70)])
	assert collection(north, "2026-11") == (300, 0)
	autumn.set("2026-11-25 12:00")
	assert collection(north, "2026-11") == (1000, 0)


# Everything together ----------------------------------------------------------------------------------------------


def by_hand(people, first, last):
	"""Sales by person and month once more, document by document."""
	found = defaultdict(float)
	for name in frappe.get_all(
		"Sales Invoice", {"company": COMPANY, "docstatus": 1}, pluck="name", order_by="name"
	):
		doc = frappe.get_doc("Sales Invoice", name)
		if doc.is_opening == "Yes" or not getdate(first) <= getdate(doc.posting_date) <= getdate(last):
			continue
		for row in doc.sales_team:
			if row.sales_person in people:
				key = (row.sales_person, getdate(doc.posting_date).replace(day=1))
				found[key] += doc.base_net_total * row.allocated_percentage / 100
	return {key: round(amount, 2) for key, amount in found.items() if round(amount, 2)}


def test_fourteen_months_are_what_the_documents_say(north, south, count_queries):
	customers = [records.customer().name for _ in range(5)]
	for place in range(14):
		day = frappe.utils.add_months(date(2025, 9, 7), place)
		shares = [{north: 60, south: 40}, {north: 100}, {south: 100}][place % 3]
		bill = invoice(str(day), 1000 + 37 * place, shares, customer=customers[place % 5])
		if place % 4 == 1:
			back(bill, str(frappe.utils.add_months(day, 1)), 111)
	read("2025-09-01", "2026-10-31")
	with count_queries() as few:
		found = read("2025-09-01", "2026-10-31", north, south)
	counted = {key: round(one.sales["Sales Invoice"], 2) for key, one in found.items() if one.sales}
	assert counted == by_hand((north, south), "2025-09-01", "2026-10-31")
	assert len({when for _who, when in counted}) == 14
	assert sum(one.new_customers for one in found.values()) == pytest.approx(5)
	for _ in range(3):
		invoice("2026-09-15", 5, {person(): 100})
	with count_queries() as more:
		read("2025-09-01", "2026-10-31")
	assert len(more) == len(few)


def test_standings_of_a_fixed_number_of_queries(north, south, count_queries):
	plan({north: 60, south: 40}, 120_000, new_customers=40)
	invoice("2026-09-10", 3000, {north: 100})
	kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30))  # Frappe reads its doctypes once
	with count_queries() as few:
		found = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30))
	assert (found[north].target, found[north].sales, found[north].achievement) == (6000, 3000, 0.5)
	assert (found[north].new_customers, found[north].new_customers_target) == (1, 2)
	assert (found[south].target, found[south].sales, found[south].achievement) == (4000, 0, 0)
	assert "" not in found
	for _ in range(3):
		invoice("2026-09-15", 5, {person(): 100})
	with count_queries() as more:
		found = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30))
	assert len(more) == len(few)
	assert list(kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [south])) == [south]


def test_a_week_has_its_part_of_the_months_target(north):
	plan({north: 100}, 120_000)
	found = kpi_numbers.standings(COMPANY, date(2026, 9, 7), date(2026, 9, 13), [north])
	assert found[north].target == pytest.approx(10_000 * 5 / 22)
	half = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 10, 31), [north])
	assert half[north].target == 20_000


def test_a_team_with_a_target_of_its_own_stands_with_its_people(north):
	team = person(is_group=1)
	member = person(parent=team)
	plan({team: 100}, 120_000)
	invoice("2026-09-10", 2500, {member: 100})
	found = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30))
	assert found[team].is_team and (found[team].target, found[team].sales) == (10_000, 2500)
	assert not found[member].is_team and found[member].achievement is None


def test_the_public_pipeline_by_agent_and_month(frozen_time):
	path = Path(
		os.environ.get("SALESFLOW_SHARED_DATA") or Path(__file__).parents[2] / ".." / "shared" / "data"
	)
	path = path / "sales_pipeline.csv"
	if not path.exists():
		pytest.skip("the public CRM set is not beside the checkout")
	with path.open(encoding="utf-8") as file:
		won = [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]
	expected: dict[tuple[str, date], float] = defaultdict(float)
	for row in won:
		expected[row["sales_agent"], date.fromisoformat(row["close_date"]).replace(day=1)] += float(
			row["close_value"]
		)
	stamps = ["2026-11-16", "2026-11-16", "Administrator", "Administrator"]
	frappe.db.bulk_insert(
		"Sales Invoice",
		[
			*("name", "creation", "modified", "owner", "modified_by", "docstatus", "company", "customer"),
			*("posting_date", "due_date", "base_net_total", "base_grand_total", "grand_total", "is_opening"),
		],
		[
			(
				*(f"PUB-{place}", *stamps, 1, COMPANY, row["account"] or "None"),
				*(row["close_date"], row["close_date"]),
				*(float(row["close_value"]),) * 3,
				"No",
			)
			for place, row in enumerate(won)
		],
	)
	frappe.db.bulk_insert(
		"Sales Team",
		[
			*("name", "creation", "modified", "owner", "modified_by", "parent", "parenttype", "parentfield"),
			*("idx", "sales_person", "allocated_percentage"),
		],
		[
			(
				f"PUB-{place}",
				*stamps,
				f"PUB-{place}",
				"Sales Invoice",
				"sales_team",
				1,
				row["sales_agent"],
				100,
			)
			for place, row in enumerate(won)
		],
	)
	agents = {who for who, _when in expected}
	found = read("2016-01-01", "2017-12-31", *agents)
	counted = {key: one.sales["Sales Invoice"] for key, one in found.items() if one.sales}
	assert len(won) > 4000 and len(agents) == 30
	assert {key: round(amount, 2) for key, amount in counted.items()} == {
		key: round(amount, 2) for key, amount in expected.items()
	}
	firsts: dict[str, tuple] = {}
	for place, row in enumerate(won):
		key = (row["close_date"], f"PUB-{place}")
		firsts[row["account"] or "None"] = min(firsts.get(row["account"] or "None", key), key)
	assert sum(one.new_customers for one in found.values()) == len(firsts)


# Closing ----------------------------------------------------------------------------------------------------------


def score_of(who, text):
	name = frappe.db.get_value("KPI Score", {"score_key": kpi_scores.score_key(COMPANY, month(text), who)})
	return frappe.get_doc("KPI Score", name) if name else None


@pytest.fixture
def closed(north, south, call):
	"""September, closed by a manager."""
	plan({north: 60, south: 40}, 120_000, new_customers=40, collection_rate=80)
	bill = invoice("2026-09-10", 3000, {north: 100}, terms=[("2026-09-20", 100)])
	pay(bill, "2026-09-25", 1200)
	call(f"{API}.close_month", company=COMPANY, month="2026-09-15")
	return bill


def test_a_closed_month_is_written_down(closed, north, south):
	doc = score_of(north, "2026-09")
	assert doc.is_scored and doc.status == "Closed" and doc.scheme and doc.plan
	expected = 60 * 0.5 + 30 * 0.5 + 10 * (1200 / 2400)
	assert doc.score == pytest.approx(expected)
	assert [(row.measure, row.target, row.actual) for row in doc.lines] == [
		("Sales", 6000, 3000),
		("New Customers", 2, 1),
		("Collection", 2400, 1200),
	]
	other = score_of(south, "2026-09")
	assert other.is_scored and other.score == 0
	assert {row.measure: row.weight for row in other.lines}["Collection"] == 0
	assert not score_of("", "2026-09").is_scored


def test_it_stays_whatever_happens_to_its_documents(closed, north, call):
	before = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [north])
	back(closed, "2026-09-28", 500)
	pay(invoice("2026-09-12", 9000, {north: 100}), "2026-09-30", 9000)
	frappe.db.set_value("Sales Target Line", {"sales_person": north}, "amount", 1)
	frappe.db.set_value("KPI Weight", {"measure": "Sales"}, "weight", 1)
	assert kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [north]) == before
	assert call(f"{API}.close_month", company=COMPANY, month="2026-09-01")["scores"] == 0
	open_month = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 10, 31), [north])[north]
	assert open_month.sales == before[north].sales


def test_an_invoice_cancelled_later_changes_nothing(closed, north):
	before = score_of(north, "2026-09").as_json()
	for name in frappe.get_all("Payment Entry", {"docstatus": 1}, pluck="name", order_by="name"):
		frappe.get_doc("Payment Entry", name).cancel()
	closed.reload()
	closed.cancel()
	found = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [north])[north]
	assert (found.sales, found.collected) == (3000, 1200)
	assert score_of(north, "2026-09").as_json() == before


def test_a_running_month_is_not_closed(call, north):
	with pytest.raises(frappe.ValidationError, match="not over"):
		call(f"{API}.close_month", company=COMPANY, month="2026-11-01")


def test_only_managers_close_and_only_the_system_manager_opens(closed, call, as_user, manager, rep):
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.close_month", company=COMPANY, month="2026-10-01")
	with as_user(manager):
		assert call(f"{API}.close_month", company=COMPANY, month="2026-10-01")["scores"]
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.reopen_month", company=COMPANY, month="2026-09-01", reason="A mistake")


def test_opened_again_with_a_reason_it_waits_for_a_person(closed, call, north, autumn):
	with pytest.raises(frappe.ValidationError, match="Say why"):
		call(f"{API}.reopen_month", company=COMPANY, month="2026-09-01", reason=" ")
	call(f"{API}.reopen_month", company=COMPANY, month="2026-09-01", reason="A credit note came late")
	assert score_of(north, "2026-09") is None
	marker = score_of("", "2026-09")
	assert marker.status == "Reopened"
	comments = frappe.get_all(
		"Comment", {"reference_name": marker.name}, pluck="content", order_by="creation"
	)
	assert any("A credit note came late" in text for text in comments)
	back(closed, "2026-09-28", 500)
	kpi_clock.run()
	assert not kpi_scores.is_closed(COMPANY, month("2026-09"))
	call(f"{API}.close_month", company=COMPANY, month="2026-09-01")
	assert score_of(north, "2026-09").lines[0].actual == 2500


def test_the_clock_closes_on_the_tenth_working_day(north, autumn):
	plan({north: 100}, 120_000)
	autumn.set("2026-10-13 23:00:00.123456")  # a Tuesday, the ninth
	kpi_clock.run()
	assert kpi_scores.is_closed(COMPANY, month("2026-08"))
	assert not kpi_scores.is_closed(COMPANY, month("2026-09"))
	autumn.set("2026-10-14 01:00:00.123456")
	kpi_clock.run()
	assert kpi_scores.is_closed(COMPANY, month("2026-09"))
	assert not kpi_scores.is_closed(COMPANY, month("2026-10"))
	count = frappe.db.count("KPI Score")
	kpi_clock.run()
	assert frappe.db.count("KPI Score") == count


def test_with_no_day_a_manager_closes(north):
	frappe.db.set_single_value("Salesflow Settings", "kpi_close_day", 0)
	plan({north: 100}, 120_000)
	kpi_clock.run()
	assert not frappe.db.count("KPI Score")


def test_scores_are_made_by_the_app_only(closed, north, call):
	from tests.site import submits

	doc = score_of(north, "2026-09")
	doc.score = 150
	with pytest.raises(frappe.PermissionError):
		doc.save()
	with pytest.raises(frappe.PermissionError):
		submits.put("KPI Score", doc.name, score=150)
	with pytest.raises(frappe.PermissionError):
		doc.reload().delete()
	with pytest.raises(frappe.PermissionError):
		submits.put("KPI Score Line", doc.lines[0].name, points=100)
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc({"doctype": "KPI Score", "company": COMPANY, "month": "2026-01-01"}).insert()
	assert frappe.db.get_value("KPI Score", doc.name, "score") == pytest.approx(flt(doc.reload().score))


# Schemes ----------------------------------------------------------------------------------------------------------


def test_a_scheme_of_the_role_comes_before_the_general_one(rep):
	frappe.get_doc(
		{
			"doctype": "KPI Scheme",
			"scheme_name": "For Sales Users",
			"role": "Sales User",
			"sales_from": "Sales Order",
			"weights": [{"measure": "Sales", "weight": 100, "cap": 100}],
		}
	).insert()
	plan({rep: 100}, 120_000)
	sold.order("2026-09-10", 50_000, {rep: 100})
	found = kpi_numbers.standings(COMPANY, date(2026, 9, 1), date(2026, 9, 30), [rep])[rep]
	assert (found.sales, found.score) == (50_000, 100)


@pytest.mark.parametrize(
	("weights", "said"),
	[
		([("Sales", 60), ("Collection", 30)], "add up to 90"),
		([("Sales", 50), ("Sales", 50)], "twice"),
	],
)
def test_weights_that_do_not_add_up_are_refused(weights, said):
	with pytest.raises(frappe.ValidationError, match=said):
		frappe.get_doc(
			{
				"doctype": "KPI Scheme",
				"scheme_name": "Odd",
				"role": "Sales Manager",
				"weights": [{"measure": measure, "weight": weight} for measure, weight in weights],
			}
		).insert()


def test_a_second_scheme_for_the_same_people_is_refused():
	with pytest.raises(frappe.ValidationError, match="same role"):
		frappe.get_doc(
			{
				"doctype": "KPI Scheme",
				"scheme_name": "Another",
				"weights": [{"measure": "Sales", "weight": 100}],
			}
		).insert()


def test_the_standard_ships():
	doc = frappe.get_doc("KPI Scheme", "Sales 60 / New Customers 30 / Collection 10")
	assert {row.measure: row.weight for row in doc.weights} == {
		rules.SALES: 60,
		rules.NEW_CUSTOMERS: 30,
		rules.COLLECTION: 10,
	}


# The reports ------------------------------------------------------------------------------------------------------


def scores(**filters):
	from salesflow_std.salesflow_std.report.kpi_scores.kpi_scores import execute

	return execute({"company": COMPANY, "from_date": "2026-09-01", "to_date": "2026-09-30", **filters})


def by_rep(rows):
	return {row["sales_person"]: row for row in rows}


def test_the_report_says_target_actual_and_score(closed, north, south):
	_columns, rows, message, chart, summary = scores()
	found = by_rep(rows)
	assert (found[north]["sales"], found[north]["target"], round(found[north]["sales_achieved"])) == (
		3000,
		6000,
		50,
	)
	assert (found[north]["due"], found[north]["collected"]) == (3000, 1200)
	assert found[north]["score"] == pytest.approx(50)
	assert found[north]["state"] == "Closed"
	assert message is None and north in chart["data"]["labels"]
	assert found["*"]["sales"] == sum(row["sales"] for row in rows if not row.get("is_total"))
	assert summary[0]["value"] == found["*"]["sales"]
	running = by_rep(scores(from_date="2026-10-01", to_date="2026-10-31")[1])
	assert running[north]["state"] == "Running" and running[north]["target"] == 6000


def test_quarters_and_years_are_sums_of_months(closed, north):
	invoice("2026-10-10", 600, {north: 100})
	[quarter] = [
		row for row in scores(to_date="2026-12-31", period="Quarter")[1] if row["period"] == "Q4 2026"
	][:1]
	assert (quarter["sales_person"], quarter["sales"], quarter["target"]) == (north, 600, 18_000)
	year = by_rep(scores(from_date="2026-01-01", to_date="2026-12-31", period="Year")[1])
	assert (year[north]["sales"], year[north]["target"]) == (3600, 72_000)
	assert year[north]["state"] == "1 of 12 months closed"


def test_a_team_is_the_sum_of_those_below(north):
	team = person(is_group=1)
	a, b = person(parent=team), person(parent=team)
	plan({a: 50, b: 50}, 120_000)
	invoice("2026-09-10", 6000, {a: 50, b: 50})
	found = by_rep(scores(group_by="Team")[1])
	assert (found[team]["sales"], found[team]["target"]) == (6000, 10_000)
	assert found[team]["score"] is not None


def test_every_number_opens_its_documents(closed, north, south):
	row = by_rep(scores()[1])[north]
	for field, documents in (("sales", 1), ("new_customers", 1), ("due", 1)):
		_columns, rows, message, _chart, _summary = scores(records=row["open"][field])
		assert [one["document"] for one in rows] == [closed.name] * documents
		assert "closed" in message
	[due] = scores(records=row["open"]["due"])[1]
	assert (due["amount"], due["collected"]) == (3000, 1200)
	assert not scores(records=by_rep(scores()[1])[south]["open"]["sales"])[1]
	for odd in ("", "odd", "sales|x|y|z", f"sales|2026-09-01|2026-09-30|{north}x"):
		if odd:
			with pytest.raises(frappe.ValidationError):
				scores(records=odd, sales_person=north)


def test_a_rep_sees_their_own_and_a_manager_their_tree(rep, manager, north, as_user, make_user):
	plan({rep: 50, north: 50}, 120_000)
	invoice("2026-09-10", 1000, {rep: 60, north: 40})
	invoice("2026-09-10", 500)
	with as_user(rep):
		rows = scores()[1]
		assert {row["sales_person"] for row in rows} == {rep, "*"}
		assert by_rep(rows)["*"]["sales"] == 600
		assert not scores(group_by="Team")[1]
		assert not scores(sales_person=north)[1]
		with pytest.raises(frappe.ValidationError):
			scores(records=f"sales|2026-09-01|2026-09-30|{north}")
		assert not scores(records="sales|2026-09-01|2026-09-30|")[1]
	with as_user(manager):
		assert {row["sales_person"] for row in scores()[1]} == {rep, "*"}
		assert {row["sales_person"] for row in scores(group_by="Team")[1]} == {manager}
	kpi_scores.close(COMPANY, month("2026-09"))
	with as_user(rep):
		assert {row.sales_person for row in frappe.get_list("KPI Score", fields=["sales_person"])} == {rep}
	outsider = make_user("Sales User")
	with as_user(outsider):
		assert not [row for row in scores()[1] if row["sales_person"] != "*"]
		assert not frappe.get_list("KPI Score")


def test_a_team_among_the_reps_opens_what_its_row_counts(north):
	selling, whole = person(is_group=1), person(is_group=1)
	below, of_whole = person(parent=selling), person(parent=whole)
	plan({whole: 60, below: 40}, 120_000)
	for seller, amount in ((selling, 500), (below, 900), (of_whole, 3000)):
		invoice("2026-09-10", amount, {seller: 100})
	found = by_rep(scores()[1])
	# Who leads a team sells for themselves; a team with a target as a whole has what its people have sold.
	assert found[selling]["sales"] == 500
	assert (found[whole]["sales"], found[whole]["target"], found[whole]["sales_achieved"]) == (3000, 6000, 50)
	teams = by_rep(scores(group_by="Team")[1])
	assert teams[selling]["sales"] == 1400
	for row in (*(found[one] for one in (selling, whole, below, of_whole, "*")), teams[selling]):
		shown = scores(records=row["open"]["sales"])[1]
		assert sum(one["amount"] for one in shown) == pytest.approx(row["sales"])
	rows = [row for row in scores()[1] if not row.get("is_total") and row["sales_person"] != whole]
	assert found["*"]["sales"] == pytest.approx(sum(row["sales"] for row in rows))


def test_the_total_opens_orders_or_invoices_as_each_ones_scheme_says(rep, north):
	before = by_rep(scores()[1]).get("*", {"sales": 0})["sales"]
	frappe.get_doc(
		{
			"doctype": "KPI Scheme",
			"scheme_name": "For Sales Users",
			"role": "Sales User",
			"sales_from": "Sales Order",
			"weights": [{"measure": "Sales", "weight": 100, "cap": 100}],
		}
	).insert()
	plan({rep: 50, north: 50}, 120_000)
	for seller in (rep, north):
		sold.order("2026-09-10", 700, {seller: 100})
		invoice("2026-09-11", 300, {seller: 100})
	total = by_rep(scores()[1])["*"]
	assert total["sales"] - before == 700 + 300
	assert sum(one["amount"] for one in scores(records=total["open"]["sales"])[1]) == total["sales"]


def test_a_sheet_counts_what_was_sold_until_its_last_day(rep):
	plan({rep: 100}, 120_000)
	invoice("2026-11-05", 1000, {rep: 100})
	# On the day of the meeting, which is the next sheet's.
	invoice("2026-11-16", 5000, {rep: 100})
	team = Team(None, COMPANY, "Administrator", {rep: rep})
	numbers = Numbers(team, date(2026, 11, 9), date(2026, 11, 15), get_datetime(NOW))
	[row] = numbers.progress()
	assert (row.actual, row.target, row.achievement) == (1000, 10_000, 0.1)
	report = kpi_numbers.standings(COMPANY, date(2026, 11, 1), date(2026, 11, 15), [rep])[rep]
	assert row.actual == report.sales
	assert row.expected == pytest.approx(10 / 21)


def test_documents_that_one_may_not_read_are_left_out(rep, as_user):
	plan({rep: 100}, 120_000)
	invoice("2026-09-10", 1000, {rep: 100})
	with as_user(rep):
		row = by_rep(scores()[1])[rep]
		assert row["sales"] == 1000
		_columns, rows, message, _chart, _summary = scores(records=row["open"]["sales"])
		if not frappe.has_permission("Sales Invoice", "read"):
			assert not rows and "left out" in message
		else:
			assert len(rows) == 1


def test_another_companys_numbers_are_refused(rep, as_user):
	from frappe.permissions import add_user_permission

	from tests.site.test_target_plans import second_company

	add_user_permission("Company", second_company(), rep)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		scores()


def test_attainment_month_by_month_with_what_is_expected(north):
	from salesflow_std.salesflow_std.report.target_attainment.target_attainment import execute

	plan({north: 100}, 120_000)
	invoice("2026-01-10", 8000, {north: 100})
	invoice("2026-11-10", 3000, {north: 100})
	filters = {"company": COMPANY, "fiscal_year": "2026", "sales_person": north}
	_columns, rows, message, chart, summary = execute(filters)
	assert message is None and len(rows) == 12
	assert (rows[0]["sales"], rows[0]["running_target"], rows[0]["expected"]) == (8000, 10_000, 10_000)
	november = rows[10]
	assert (november["running_sales"], november["running_target"]) == (11_000, 110_000)
	# Monday the 16th is the 11th of 21 working days.
	assert november["expected"] == pytest.approx(100_000 + 10_000 * 11 / 21)
	assert rows[11]["sales"] is None
	assert len(chart["data"]["labels"]) == 11
	assert summary[1]["value"] == 11_000
	_columns, people, *_rest = execute({**filters, "group_by": "Rep"})
	[one] = [row for row in people if row["label"] == north]
	assert one["ahead"] == pytest.approx(11_000 - november["expected"])
	documents = execute({**filters, "records": rows[0]["open"]["sales"]})[1]
	assert [row["amount"] for row in documents] == [8000]


def test_the_card_says_what_the_report_says_of_the_month(north):
	from salesflow_std.api.cards import target_reached
	from salesflow_std.salesflow_std.report.target_attainment.target_attainment import execute

	frappe.defaults.set_user_default("Company", COMPANY)
	plan({north: 100}, 120_000)
	invoice("2026-11-05", 1000, {north: 100})
	november = execute({"company": COMPANY, "fiscal_year": "2026"})[1][10]
	assert (november["target"], november["achieved"]) == (10_000, 10)
	# Of the whole month's target, not of the half that is over.
	assert ">10 %<" in target_reached()["value"]
