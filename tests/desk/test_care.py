"""Care of customers in the desk: a touch of the plan finished from My Day, and what the customer then shows (P6, F3)."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import overflow

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def rep(call) -> str:
	return records.user(call)


@pytest.fixture
def customer(call, desk_site, rep) -> str:
	"""A strategic customer of that rep, whose visit is due today."""
	name = records.insert(
		call,
		"Customer",
		customer_name=records.unique("样品工厂"),
		customer_type="Company",
		account_manager=rep,
		sf_tier="Strategic",
	)
	visit = touch(call, name, "Strategic: quarterly visit", "Planned")["name"]
	today = f"{records.ago()[:10]} 23:59:00"
	desk_site.execute(
		"frappe.db.set_value", {"dt": "Follow Up", "dn": visit, "field": "due_on", "val": today}
	)
	return name


def touch(call, customer: str, policy: str, status: str) -> dict:
	(found,) = call(
		"frappe.client.get_list",
		doctype="Follow Up",
		filters={"reference_name": customer, "policy": policy, "status": status},
		fields=["name", "due_on", "outcome", "allocated_to"],
	)
	return found


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_clicks_finish_a_care_touch_and_the_next_is_planned(login, call, rep, customer, lang):
	policy = "Strategic: quarterly visit"
	before = touch(call, customer, policy, "Planned")
	title = call("frappe.client.get", doctype="Customer", name=customer)["customer_name"]
	page = login("manager", lang=lang, path=f"/app/my-day/{rep}")
	row = page.locator(".sf-touch", has_text=title)
	expect(row).to_have_count(1)
	expect(row).to_contain_text(word(lang, "Review what was delivered and what is planned"))
	row.locator("[data-action=finish]").click()
	# Whether a customer is lost is not said by one touch.
	expect(row.locator("[data-outcome='Meeting Held']")).to_be_visible()
	expect(row.locator("[data-outcome='Not Interested']")).to_have_count(0)
	if lang == "zh":
		assert latin_left(row, title) == []
	row.locator("[data-outcome='Meeting Held']").click()
	done = page.locator(".sf-finished")
	expect(done).to_contain_text(title)
	expect(done).to_contain_text(word(lang, "Meeting Held", context="Follow Up"))

	finished = touch(call, customer, policy, "Done")
	assert (finished["name"], finished["outcome"]) == (before["name"], "Meeting Held")
	following = touch(call, customer, policy, "Planned")
	assert (following["allocated_to"], following["due_on"] > before["due_on"]) == (rep, True)
	page.set_viewport_size(PHONE)
	page.goto(f"/app/customer/{customer}")
	strip = page.locator(".sf-care")
	link = strip.locator(f"a[href$='/{following['name']}']")
	expect(link).to_contain_text(word(lang, "Review what was delivered and what is planned"))
	assert overflow(strip) <= 0
	if lang == "zh":
		assert sources_left(strip) == []
