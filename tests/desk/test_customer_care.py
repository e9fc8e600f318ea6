"""Tier, loss analysis and care calendar of a customer in the desk (P6)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.conftest import account
from tests.desk.language import sources_left, word
from tests.desk.screen import dialog, overflow
from tests.desk.test_delivery import PHONE, shot


@pytest.fixture
def customer(call, desk_site) -> str:
	"""A customer who fell silent, whom the figures propose as strategic."""
	name = records.insert(call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company")
	values = {
		"sf_proposed_tier": "Strategic",
		"sf_tier_why": '{"because": "share", "company": "Standard Test Co", "share": 12.5}',
		"sf_tier_differs": 1,
		"sf_activity": "Silent",
		"sf_last_order_on": records.ago(days=200)[:10],
		"sf_silent_since": records.ago(days=200)[:10],
	}
	desk_site.execute("frappe.db.set_value", {"dt": "Customer", "dn": name, "field": values})
	return name


@pytest.mark.parametrize("language", ("en", "zh"))
def test_a_manager_sets_the_tier(call, login, customer, language):
	page = login("manager", language)
	page.set_viewport_size(PHONE)
	page.goto(f"/app/customer/{customer}")
	strip = page.locator(".sf-care")
	expect(strip).to_contain_text("12.50", timeout=20_000)
	assert overflow(strip) <= 0
	if language == "zh":
		assert sources_left(strip) == []
	strip.get_by_role("button", name=word(language, "Set Tier")).click()
	box = dialog(page)
	box.locator("select").select_option("Core")
	assert overflow(box.locator(".modal-body")) <= 0
	box.locator("textarea").fill("They buy once a year.")
	shot(page, f"tier_{language}")
	box.locator(".btn-primary:visible").click()
	expect(box).to_be_hidden()
	expect(strip).to_contain_text("They buy once a year.")
	strip.get_by_role("button", name=word(language, "Take Over the Proposed Tier")).click()
	expect(strip).not_to_contain_text("They buy once a year.")
	assert call("frappe.client.get", doctype="Customer", name=customer)["sf_tier"] == "Strategic"


def test_a_loss_is_analysed_step_by_step(call, login, customer):
	page = login("manager", "zh")
	page.set_viewport_size(PHONE)
	page.goto(f"/app/customer/{customer}")
	page.locator(".sf-care").get_by_role("button", name=word("zh", "Analyse the Loss")).click()
	strip = page.locator(".page-container:visible .sf-strip")
	expect(strip.get_by_role("button", name=word("zh", "Causes Are Found"))).to_be_visible()
	assert sources_left(strip) == []
	page.evaluate(
		"""() => {
			cur_frm.add_child("causes", { cause: "Price" });
			return cur_frm.set_value("analysis", "新采购更看重价格。");
		}"""
	)
	strip.get_by_role("button", name=word("zh", "Causes Are Found")).click()
	expect(strip.get_by_role("button", name=word("zh", "Offer Was Made"))).to_be_visible()
	shot(page, "loss_analysis_zh")
	(found,) = call("frappe.client.get_list", doctype="Loss Analysis", filters={"customer": customer})
	assert call("frappe.client.get", doctype="Loss Analysis", name=found["name"])["status"] == "Analysed"


def test_the_calendar_strikes_out_what_was_skipped(call, login, customer, desk_site):
	manager = account("manager")[0]
	names = {
		status: records.insert(
			call,
			"Follow Up",
			reference_doctype="Lead",
			reference_name=records.lead(call),
			due_on=records.ago(hours=-2),
			allocated_to=manager,
		)
		for status in ("Missed", "Planned")
	}
	for status, name in names.items():
		values = {
			"status": status,
			"title": f"{status} {customer}",
			"reference_doctype": "Customer",
			"reference_name": customer,
		}
		desk_site.execute("frappe.db.set_value", {"dt": "Follow Up", "dn": name, "field": values})
	page = login("manager")
	page.goto(f"/app/customer/{customer}")
	page.locator(".sf-care").get_by_role("button", name="Care Calendar").click()
	events = page.locator(".fc-event")
	expect(events).to_have_count(2)
	expect(page.locator(".fc-event.sf-skipped")).to_have_count(1)
	line = "el => getComputedStyle(el).textDecorationLine"
	assert page.locator(".fc-event.sf-skipped .fc-title").evaluate(line) == "line-through"
	expect(page.locator(".fc-event.fc-draggable")).to_have_count(0)
	shot(page, "care_calendar")
