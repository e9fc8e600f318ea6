"""The tier of a customer: proposed by the figures, set by a person (P6)."""

from __future__ import annotations

import json

import frappe
import pytest
from frappe.client import set_value
from frappe.utils import add_months

from salesflow_std.jobs import customer_standing
from salesflow_std.salesflow_std import bulk, customer_tiers
from tests.site import cared, records
from tests.site.cared import customer, follow, invoice, order, standing

TODAY = "2027-06-15"
PANEL = "salesflow_std.api.customer_care.panel"
SET = "salesflow_std.api.customer_care.set_tier"
TAKE = "salesflow_std.api.customer_care.take_over"


@pytest.fixture(autouse=True)
def today(frozen_time):
	with frozen_time(f"{TODAY} 10:00") as clock:
		yield clock


def proposed(doc):
	return standing(doc).sf_proposed_tier


def why(doc):
	return json.loads(standing(doc).sf_tier_why)


def of_a_thousand(*nets):
	"""Customers with these net sales, and one with the rest of 1,000,000."""
	found = [customer() for _net in nets]
	for doc, net in zip(found, nets, strict=True):
		invoice(doc, "2027-03-01", net)
	invoice(customer(), "2027-03-01", 1_000_000 - sum(nets))
	return found


# Proposing -------------------------------------------------------------------------------------------------


def test_the_share_of_net_sales_proposes_a_tier():
	strategic, core, ordinary = of_a_thousand(50_000, 10_000, 9_999)
	none = customer()
	follow()
	assert [proposed(doc) for doc in (strategic, core, ordinary, none)] == [
		"Strategic",
		"Core",
		"Ordinary",
		"Ordinary",
	]
	assert why(strategic) == {"because": "share", "company": records.COMPANY, "share": 5.0}
	assert why(none) == {"because": "share", "share": 0}


def test_limits_are_tuned():
	(doc,) = of_a_thousand(50_000)
	records.settings(tier_strategic_share=10, tier_core_share=5)
	follow()
	assert proposed(doc) == "Core"


@pytest.mark.parametrize(
	"on, counts",
	[(add_months(TODAY, -12), False), ("2026-06-16", True), (TODAY, True), ("2027-06-16", False)],
)
def test_twelve_months_count(on, counts):
	doc = customer()
	invoice(doc, on, 50_000)
	invoice(customer(), "2027-03-01", 900_000)
	follow()
	assert (proposed(doc) == "Strategic") == counts


def test_what_comes_back_is_taken_off_and_drafts_are_no_sales():
	(doc,) = of_a_thousand(50_000)
	invoice(doc, "2027-04-01", -45_000, is_return=1)
	invoice(doc, "2027-04-01", 900_000, docstatus=0)
	invoice(doc, "2027-04-01", 900_000, docstatus=2)
	follow()
	assert proposed(doc) == "Ordinary"


def test_orders_count_where_a_company_invoices_nothing():
	doc, other = customer(), customer()
	order(doc, "2027-03-01", 60_000)
	order(other, "2027-03-01", 940_000)
	follow()
	assert proposed(doc) == "Strategic"
	invoice(other, "2027-03-02", 940_000)
	follow()
	assert proposed(doc) == "Ordinary"


def test_the_best_tier_among_companies_counts():
	doc = customer()
	for company, net, rest in ((records.COMPANY, 1, 999_999), ("Another Co", 2_000, 98_000)):
		invoice(doc, "2027-03-01", net, company=company)
		invoice(customer(), "2027-03-01", rest, company=company)
	follow()
	assert proposed(doc) == "Core" and why(doc)["company"] == "Another Co"


def line(invoice_name, net, incoming=None, qty=10, **values):
	return cared.row(
		"Sales Invoice Item",
		parent=invoice_name,
		parenttype="Sales Invoice",
		parentfield="items",
		base_net_amount=net,
		stock_qty=qty,
		incoming_rate=incoming or 0,
		**values,
	)


def test_a_low_margin_costs_a_tier_and_an_unknown_one_none():
	records.settings(tier_margin=20)
	low, good, unknown, delivered, half_known = [customer() for _ in range(5)]
	for doc, rate in ((low, 4500), (good, 4000), (unknown, None)):
		line(invoice(doc, "2027-03-01", 50_000), 50_000, rate)
	note = cared.row("Delivery Note Item", parent="DN-1", parenttype="Delivery Note", incoming_rate=4500)
	line(invoice(delivered, "2027-03-01", 50_000), 50_000, dn_detail=note)
	mostly_unknown = invoice(half_known, "2027-03-01", 50_000)
	line(mostly_unknown, 20_000, 2000)
	line(mostly_unknown, 30_000)
	invoice(customer(), "2027-03-01", 750_000)
	follow()
	assert [proposed(doc) for doc in (low, good, unknown, delivered, half_known)] == [
		"Core",
		"Strategic",
		"Strategic",
		"Core",
		"Strategic",
	]
	assert why(low)["because"] == "margin" and why(low)["margin"] == 10.0
	assert "margin" not in why(unknown)


def test_a_disabled_customer_and_one_of_the_house_have_no_tier():
	disabled, internal = of_a_thousand(50_000, 400_000)
	frappe.db.set_value("Customer", internal.name, "is_internal_customer", 1)
	follow()
	assert proposed(disabled) == "Strategic" and proposed(internal) is None
	assert why(disabled)["share"] == 8.33  # of 600,000: what the house sells itself is no sale
	frappe.db.set_value("Customer", disabled.name, "disabled", 1)
	follow()
	found = standing(disabled)
	assert (found.sf_proposed_tier, found.sf_activity, found.sf_tier_why) == (None, None, None)


# The job ---------------------------------------------------------------------------------------------------


def test_a_second_run_writes_nothing(count_queries):
	of_a_thousand(50_000, 10_000)
	assert follow() >= 3
	with count_queries() as queries:
		assert follow() == 0
	assert not [query for query in queries if query.lstrip().lower().startswith("update")]


def test_it_writes_past_modified():
	(doc,) = of_a_thousand(50_000)
	before = standing(doc).modified
	follow()
	assert proposed(doc) == "Strategic" and standing(doc).modified == before


def test_a_killed_run_goes_on(monkeypatch):
	docs = of_a_thousand(50_000, 60_000, 70_000)
	monkeypatch.setattr(customer_standing, "CHUNK", 1)
	write, written = bulk.update_rows, []

	def killed(doctype, columns, rows):
		if len(written) == 2:
			raise frappe.QueryDeadlockError
		written.extend(rows)
		write(doctype, columns, rows)

	with monkeypatch.context() as patch:
		patch.setattr(bulk, "update_rows", killed)
		with pytest.raises(frappe.QueryDeadlockError):
			follow()
	assert len(written) == 2
	frappe.db.rollback()
	left = follow()
	assert left >= 2 and follow() == 0
	assert [proposed(doc) for doc in docs] == ["Strategic"] * 3


def test_a_broken_record_is_logged_and_stops_no_other(monkeypatch):
	broken, whole = of_a_thousand(50_000, 60_000)
	of = customer_tiers.Proposals.of

	def breaks(self, row):
		if row["name"] == broken.name:
			raise ValueError("broken")
		return of(self, row)

	monkeypatch.setattr(customer_tiers.Proposals, "of", breaks)
	follow()
	assert proposed(broken) is None and proposed(whole) == "Strategic"
	assert frappe.db.exists("Error Log", {"reference_name": broken.name})


def test_limits_that_contradict_each_other_are_refused():
	doc = frappe.get_doc("Salesflow Settings")
	doc.tier_core_share = 10
	with pytest.raises(frappe.ValidationError, match="share of core customers"):
		doc.save()
	doc.reload()
	doc.active_medium_days = 30
	with pytest.raises(frappe.ValidationError, match="days of activity grow"):
		doc.save()


# Setting ---------------------------------------------------------------------------------------------------


@pytest.fixture
def strategic():
	(doc,) = of_a_thousand(50_000)
	follow()
	doc.reload()
	return doc


def comments(doc):
	return frappe.get_all(
		"Comment",
		filters={"reference_name": doc.name, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)


def test_what_differs_is_for_a_manager_to_decide(strategic):
	ordinary = customer()
	follow()
	assert standing(strategic).sf_tier_differs == 1 and not standing(ordinary).sf_tier_differs


def test_a_manager_takes_over_the_proposed_tier(strategic, manager, as_user, call):
	with as_user(manager):
		assert call(TAKE, customers=[strategic.name])["changed"] == [strategic.name]
		assert call(TAKE, customers=json.dumps([strategic.name]))["changed"] == []
	found = standing(strategic)
	assert (found.sf_tier, found.sf_tier_differs) == ("Strategic", 0)
	assert comments(strategic) == ["set the tier from none to Strategic"]


def test_another_tier_needs_a_reason(strategic, manager, as_user, call):
	with as_user(manager):
		with pytest.raises(frappe.ValidationError, match="Say why"):
			call(SET, customer=strategic.name, tier="Core")
		call(SET, customer=strategic.name, tier="Core", reason="A <b>single</b> order")
		call(SET, customer=strategic.name, tier="Core", reason="twice is once")
		shown = call(PANEL, customer=strategic.name)
	assert (shown["tier"], shown["reason"], shown["differs"]) == ("Core", "A <b>single</b> order", 1)
	(said,) = comments(strategic)
	assert "to Core" in said and "<b>" not in said
	follow()  # the job takes nothing back
	assert standing(strategic).sf_tier == "Core" and standing(strategic).sf_tier_differs == 1


def test_a_tier_that_there_is_not_is_refused(strategic, call):
	with pytest.raises(frappe.ValidationError, match="no tier"):
		call(SET, customer=strategic.name, tier="Golden")


def test_a_rep_sets_no_tier_on_any_path(strategic, rep, as_user, call):
	with as_user(rep):
		for way in (
			lambda: call(SET, customer=strategic.name, tier="Strategic"),
			lambda: call(TAKE, customers=[strategic.name]),
			lambda: set_value("Customer", strategic.name, "sf_tier", "Strategic"),
			lambda: records.customer(sf_tier="Core"),
		):
			with pytest.raises(frappe.PermissionError):
				way()
			frappe.db.rollback()
	assert not standing(strategic).sf_tier


def test_the_form_asks_for_a_reason_as_well(strategic, make_user, as_user):
	both = make_user(["Sales Manager", "Sales User"])
	with as_user(both):
		doc = frappe.get_doc("Customer", strategic.name)
		doc.sf_tier = "Core"
		with pytest.raises(frappe.ValidationError, match="Say why"):
			doc.save()
		doc.reload()
		doc.update({"sf_tier": "Core", "sf_tier_reason": "They buy once"})
		doc.save()
		doc.reload()
		doc.sf_tier = "Ordinary"  # the old reason is none for this
		with pytest.raises(frappe.ValidationError, match="Say why"):
			doc.save()
		doc.reload()
		doc.sf_tier = "Strategic"
		doc.save()
	found = frappe.db.get_value("Customer", strategic.name, ["sf_tier_reason", "sf_tier_differs"])
	assert found == (None, 0)


def test_the_apps_own_fields_stay_whatever_is_sent(strategic):
	doc = frappe.get_doc("Customer", strategic.name)
	doc.update({"sf_proposed_tier": "Ordinary", "sf_tier_why": "{}", "sf_activity": "Low"})
	doc.save()
	found = standing(strategic)
	assert (found.sf_proposed_tier, found.sf_activity) == (strategic.sf_proposed_tier, strategic.sf_activity)
	assert found.sf_tier_why == strategic.sf_tier_why


def test_a_manager_sets_none_of_customers_they_may_not_read(strategic, make_user, as_user, call):
	limited = make_user("Sales Manager")
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": limited,
			"allow": "Customer",
			"for_value": records.customer().name,
		}
	).insert(ignore_permissions=True)
	with as_user(limited):
		assert call(TAKE, customers=[strategic.name, "nobody"])["refused"] == [strategic.name, "nobody"]
		for method, values in ((SET, {"tier": "Core", "reason": "x"}), (PANEL, {})):
			with pytest.raises(frappe.PermissionError):
				call(method, customer=strategic.name, **values)
	assert not standing(strategic).sf_tier


def test_an_import_asks_as_the_form_does(strategic):
	frappe.flags.in_import = True
	try:
		doc = frappe.get_doc("Customer", strategic.name)
		doc.sf_tier = "Core"
		with pytest.raises(frappe.ValidationError, match="Say why"):
			doc.save()
	finally:
		frappe.flags.in_import = False


def test_nobody_takes_over_the_whole_house_at_once(call):
	with pytest.raises(frappe.ValidationError, match="at most 500"):
		call(TAKE, customers=[str(n) for n in range(501)])
	for customers in ("{}", "no json"):
		with pytest.raises(frappe.ValidationError, match="customers is"):
			call(TAKE, customers=customers)
