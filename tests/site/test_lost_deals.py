"""A deal is lost for a reason and to somebody, on every path (M1)."""

from __future__ import annotations

import json
from contextlib import contextmanager

import frappe
import pytest
from erpnext.crm.doctype.opportunity.opportunity import set_multiple_status
from frappe.client import set_value
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
from frappe.utils import add_to_date, now_datetime
from frappe.utils.global_search import search, sync_global_search

from salesflow_std.jobs import lost_dates
from salesflow_std.salesflow_std import processes
from salesflow_std.salesflow_std.report.lost_deals.lost_deals import execute
from tests.site import offers, records

PRICE = "Too dear, says the customer"


@pytest.fixture(autouse=True)
def blocking():
	records.settings(stage_enforcement="Block", competitor_when_lost="Required", quotation_enforcement="Off")
	# What a lost deal is asked is no gate of a stage; those are left out here.
	frappe.db.set_value("Sales Process Gate", {"parenttype": "Sales Process"}, "mode", "Off")
	processes.forget()
	for doctype in ("Opportunity Lost Reason", "Quotation Lost Reason"):
		field = "lost_reason" if doctype == "Opportunity Lost Reason" else "order_lost_reason"
		frappe.get_doc({"doctype": doctype, field: PRICE}).insert()
	frappe.get_doc({"doctype": "Competitor", "competitor_name": "Gamma AG"}).insert()


@contextmanager
def refused(*saying):
	frappe.db.savepoint("refused")
	with pytest.raises(frappe.ValidationError) as problem:
		yield
	frappe.db.rollback(save_point="refused")
	for words in saying or ("at least one reason", "the competitor", "helps to win the next one"):
		assert words in str(problem.value)


def saved(deal):
	deal.reload()
	deal.status = "Lost"
	deal.save()


def by_rest(deal):
	set_value("Opportunity", deal.name, "status", "Lost")


def by_list(deal):
	set_multiple_status(json.dumps([deal.name]), "Lost")


def by_db_set(deal):
	frappe.get_doc("Opportunity", deal.name).db_set("status", "Lost")


def by_set_status(deal):
	frappe.get_doc("Opportunity", deal.name).set_status(status="Lost", update=True)


PATHS = (saved, by_rest, by_list, by_db_set, by_set_status)


def give(deal, reason=True, competitor=True, **values):
	"""What was learned, written before the deal is lost."""
	doc = frappe.get_doc("Opportunity", deal.name)
	if reason:
		doc.append("lost_reasons", {"lost_reason": PRICE})
	if competitor:
		doc.append("competitors", {"competitor": "Gamma AG"})
	doc.update(values)
	doc.save()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_asks(path):
	deal = records.opportunity()
	with refused():
		path(deal)
	give(deal, competitor=False)
	with refused("the competitor"):
		path(deal)
	assert records.state(deal, "status") == "Open"
	give(deal, reason=False)
	path(deal)
	status, lost_on = records.state(deal, "status", "sf_lost_on")
	assert status == "Lost"
	assert (now_datetime() - lost_on).total_seconds() < 60


@pytest.mark.parametrize("path", PATHS)
def test_no_competitor_is_an_answer(path):
	deal = records.opportunity()
	give(deal, competitor=False, sf_no_competitor=1)
	path(deal)
	assert records.state(deal, "status") == "Lost"


def test_bulk_edit_tells_and_changes_nothing():
	deal = records.opportunity()
	frappe.db.commit()
	failed = submit_cancel_or_update_docs("Opportunity", [deal.name], "update", {"status": "Lost"})
	assert failed == [deal.name]
	assert records.state(deal, "status") == "Open"


def test_a_new_one_is_asked_too():
	with refused("at least one reason"):
		records.opportunity(status="Lost")
	deal = records.opportunity(status="Lost", lost_reasons=[{"lost_reason": PRICE}], sf_no_competitor=1)
	assert deal.sf_lost_on


def test_declared_lost():
	deal = records.opportunity()
	with refused("the competitor"):
		deal.declare_enquiry_lost([{"lost_reason": PRICE}], [])
	deal.reload()
	# As the dialog sends them along.
	deal.update({"sf_no_competitor": 1, "sf_learned": "Ask for the budget xyzzy first"})
	deal.declare_enquiry_lost([{"lost_reason": PRICE}], [], "Next year perhaps")
	deal.reload()
	assert (deal.status, deal.sf_learned) == ("Lost", "Ask for the budget xyzzy first")
	frappe.db.commit()
	sync_global_search()
	assert deal.name in [found.name for found in search("xyzzy", doctype="Opportunity")]


def test_competitor_and_none_contradict():
	deal = records.opportunity()
	give(deal, sf_no_competitor=1)
	saved(deal)
	assert records.state(deal, "sf_no_competitor") == 0


def test_what_was_asked_for_stays():
	deal = records.opportunity()
	give(deal)
	saved(deal)
	deal.reload()
	deal.lost_reasons = []
	with refused("at least one reason"):
		deal.save()


def test_one_that_was_lost_before_the_app_is_left_alone():
	deal = records.opportunity()
	frappe.db.set_value("Opportunity", deal.name, "status", "Lost")
	deal.reload()
	deal.title = "Another"
	deal.save()
	assert not deal.sf_lost_on


def test_reopening_keeps_what_was_learned():
	deal = records.opportunity()
	give(deal, sf_learned="Delivery time decides")
	saved(deal)
	deal.reload()
	deal.status = "Open"
	deal.save()
	deal.reload()
	assert deal.sf_learned == "Delivery time decides"
	assert [row.competitor for row in deal.competitors] == ["Gamma AG"]
	assert deal.sf_lost_on


def opened(deal):
	deal.reload()
	deal.status = "Open"
	deal.save()


def opened_by_db_set(deal):
	frappe.get_doc("Opportunity", deal.name).db_set("status", "Open")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("reopening", [opened, opened_by_db_set])
def test_lost_again_it_is_asked_anew(reopening, path):
	"""The old reason stands in the timeline, and is none for losing it again."""
	deal = records.opportunity()
	give(deal)
	saved(deal)
	reopening(deal)
	with refused("at least one reason"):
		path(deal)
	comments = frappe.get_all(
		"Comment", {"reference_name": deal.name, "comment_type": "Info"}, pluck="content", order_by="creation"
	)
	assert [text for text in comments if PRICE in text]
	give(deal, competitor=False)
	path(deal)
	assert records.state(deal, "status") == "Lost"


# Dates of old losses


def lost_silently(deal, on):
	frappe.db.set_value("Opportunity", deal.name, {"status": "Lost", "modified": on}, update_modified=False)


def test_an_old_loss_is_dated_by_its_last_change_and_says_so():
	deal, open_one = records.opportunity(), records.opportunity()
	lost_silently(deal, "2026-03-05 10:00:00")
	lost_dates.run()
	lost_dates.run()
	on, estimated = records.state(deal, "sf_lost_on", "sf_lost_on_estimated")
	assert (str(on), estimated) == ("2026-03-05 10:00:00", 1)
	assert records.state(open_one, "sf_lost_on") is None
	_columns, rows, message, *_rest = execute({"from_date": "2026-03-05", "to_date": "2026-03-05"})
	assert rows[0]["deals"] == 1 and "nobody noted" in message


def test_where_changes_are_tracked_the_date_is_known():
	deal = records.opportunity()
	for day, before, after in (("03", "Open", "Lost"), ("04", "Lost", "Open"), ("05", "Open", "Lost")):
		changed = [["status", before, after], ["title", "Lost", "Found"]]
		version = frappe.get_doc(
			{
				"doctype": "Version",
				"ref_doctype": "Opportunity",
				"docname": deal.name,
				"data": json.dumps({"changed": changed}),
			}
		).insert()
		version.db_set("creation", f"2026-02-{day} 09:00:00", update_modified=False)
	lost_silently(deal, "2026-03-05 10:00:00")
	lost_dates.run()
	on, estimated = records.state(deal, "sf_lost_on", "sf_lost_on_estimated")
	assert (str(on), estimated) == ("2026-02-05 09:00:00", 0)


def test_lost_anew_the_date_is_no_estimate():
	deal = records.opportunity()
	lost_silently(deal, "2026-03-05 10:00:00")
	lost_dates.run()
	opened_by_db_set(deal)
	give(deal)
	saved(deal)
	assert records.state(deal, "sf_lost_on_estimated") == 0


def test_closed_is_not_lost():
	deal = records.opportunity()
	deal.status = "Closed"
	deal.save()
	assert not deal.sf_lost_on


@pytest.mark.parametrize(
	("values", "told"),
	[
		({"stage_enforcement": "Off"}, False),
		({"stage_enforcement": "Warn"}, True),
		({"competitor_when_lost": "Asked"}, None),
	],
)
def test_settings_cap(values, told):
	records.settings(**values)
	deal = records.opportunity()
	if told is None:
		with refused("at least one reason"):
			saved(deal)
		give(deal, competitor=False)
	frappe.clear_messages()
	saved(deal)
	assert records.state(deal, "status") == "Lost"
	assert any("the competitor" in str(message) for message in frappe.get_message_log()) is (
		told is not False
	)


def test_competitor_may_be_nobodys_business():
	records.settings(competitor_when_lost="Off")
	deal = records.opportunity()
	give(deal, competitor=False)
	saved(deal)


@pytest.mark.parametrize("answer", [{"competitor": "Gamma AG"}, {"no_competitor": 1}])
def test_a_follow_up_that_ends_a_deal_is_asked(call, answer):
	deal = records.opportunity(sf_grade="A")
	touch = frappe.get_doc(
		{
			"doctype": "Follow Up",
			"reference_doctype": "Opportunity",
			"reference_name": deal.name,
			"due_on": add_to_date(now_datetime(), hours=1),
			"channel": "Phone",
			"allocated_to": "Administrator",
		}
	).insert()
	told = {"name": touch.name, "outcome": "Not Interested", "what_now": "Lost", "lost_reason": PRICE}
	with refused("the competitor"):
		call("salesflow_std.api.follow_up.complete", **told)
	call("salesflow_std.api.follow_up.complete", **told, **answer)
	deal.reload()
	assert (deal.status, deal.sf_no_competitor) == ("Lost", answer.get("no_competitor", 0))
	assert [row.competitor for row in deal.competitors] == (
		[answer["competitor"]] if "competitor" in answer else []
	)


# Quotations


def quoted(deal, by_item=False):
	lead = frappe.get_doc("Lead", deal.party_name)
	offer = offers.quotation(lead, save=False, opportunity=None if by_item else deal.name)
	if by_item:
		offer.items[0].update({"prevdoc_doctype": "Opportunity", "prevdoc_docname": deal.name})
	offer.insert()
	offer.submit()
	return offer


def lose(offer, reasons=(PRICE,), competitors=("Gamma AG",), detail="Too dear", **values):
	offer = frappe.get_doc("Quotation", offer.name)
	offer.update(values)
	offer.declare_enquiry_lost(
		[{"lost_reason": reason} for reason in reasons],
		[{"competitor": competitor} for competitor in competitors],
		detail,
	)


@pytest.mark.parametrize("by_item", [False, True])
def test_a_lost_quotation_tells_its_opportunity(by_item):
	deal = records.opportunity(items=[{"item_code": offers.ITEM, "qty": 1, "rate": 100}] if by_item else [])
	offer = quoted(deal, by_item)
	with refused():
		lose(offer, (), ())
	assert records.state(offer, "status") == "Open"
	lose(offer, sf_learned="Ask earlier")
	deal.reload()
	assert (deal.status, deal.sf_learned, deal.order_lost_reason) == ("Lost", "Ask earlier", "Too dear")
	assert [row.lost_reason for row in deal.lost_reasons] == [PRICE]
	assert [row.competitor for row in deal.competitors] == ["Gamma AG"]
	assert deal.sf_lost_on


def test_without_an_opportunity_the_quotation_itself_is_asked():
	offer = offers.quotation()
	offer.submit()
	with refused():
		lose(offer, (), ())
	lose(offer, competitors=(), sf_no_competitor=1)
	assert records.state(offer, "status") == "Lost"


def test_a_status_that_nobody_saves_is_asked_before_it_is_kept():
	offer = quoted(records.opportunity())
	frappe.db.commit()
	other = frappe.get_doc("Quotation", offer.name)
	other.db_set("status", "Lost")
	with pytest.raises(frappe.ValidationError, match="at least one reason"):
		frappe.db.commit()
	frappe.db.rollback()
	assert records.state(offer, "status") != "Lost"
	lose(offer)
	frappe.db.commit()
	assert records.state(offer, "status") == "Lost"


def test_a_draft_is_asked_too():
	offer = offers.quotation()
	offer.status = "Lost"
	with refused():
		offer.save()


def test_a_reason_the_opportunity_does_not_know_is_made():
	frappe.get_doc({"doctype": "Quotation Lost Reason", "order_lost_reason": "Came too late"}).insert()
	deal = records.opportunity()
	lose(quoted(deal), ("Came too late", PRICE))
	deal.reload()
	assert {row.lost_reason for row in deal.lost_reasons} == {"Came too late", PRICE}


def test_with_another_quotation_out_the_deal_goes_on():
	deal = records.opportunity()
	first, second = quoted(deal), quoted(deal)
	lose(first, sf_learned="First")
	deal.reload()
	assert (deal.status, deal.lost_reasons, deal.sf_lost_on) == ("Quotation", [], None)
	lose(second, sf_learned="Second")
	deal.reload()
	assert deal.status == "Lost"
	# Both said the same; it is there once.
	assert [row.lost_reason for row in deal.lost_reasons] == [PRICE]
	assert [row.competitor for row in deal.competitors] == ["Gamma AG"]
	assert deal.sf_learned == "Second"


def test_lost_when_the_last_other_quotation_is_cancelled():
	deal = records.opportunity()
	first, second = quoted(deal), quoted(deal)
	lose(first)
	second.reload()
	second.cancel()
	deal.reload()
	assert deal.status == "Lost"
	assert [row.lost_reason for row in deal.lost_reasons] == [PRICE]


def test_a_save_that_loses_nothing_costs_nothing(count_queries):
	deal = records.opportunity()
	deal.reload()
	with count_queries() as queries:
		deal.save()
	assert not any("`tabQuotation` " in query or "tabQuotation`" in query for query in queries)
