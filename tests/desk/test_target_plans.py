"""A manager plans a year, applies it, and sees the scores (M4, M5)."""

from __future__ import annotations

import datetime

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import overflow
from tests.desk.test_delivery import PHONE, shot
from tests.desk.test_workspace import CHART_DRAWN_TWICE

PLAN = "Sales Target Plan"
API = "salesflow_std.api.target_plan"


@pytest.fixture
def make(call):
	"""`make(year)`: a draft of a year, with two people in the tree; everything goes afterwards."""
	[root] = call(
		"frappe.client.get_list",
		doctype="Sales Person",
		filters={"is_group": 1},
		order_by="lft",
		limit_page_length=1,
	)
	made, people = [], []

	def make_plan(years_ahead: int) -> str:
		people.extend(
			records.insert(
				call,
				"Sales Person",
				sales_person_name=records.unique("Seller"),
				parent_sales_person=root["name"],
				is_group=0,
				enabled=1,
			)
			for _ in range(2)
		)
		made.append(
			records.insert(
				call,
				PLAN,
				title=records.unique("Year"),
				company=records.COMPANY,
				fiscal_year=str(datetime.datetime.now(records.ZONE).year + years_ahead),
				total_amount=1_200_000,
				new_customers=24,
			)
		)
		return made[-1]

	yield make_plan
	for name in made:
		if call("frappe.client.get", doctype=PLAN, name=name)["status"] == "Applied":
			call(f"{API}.withdraw", name=name)
	records.delete(call, PLAN, *made)
	records.delete(call, "Sales Person", *people)


@pytest.fixture
def plan(make):
	return make(1)


@pytest.mark.parametrize("language", ("en", "zh"))
def test_a_year_is_planned_and_applied(call, login, plan, language):
	page = login("manager", language)
	page.goto(f"/app/sales-target-plan/{plan}")

	def press(label):
		page.wait_for_function("label => window.cur_frm?.custom_buttons[label]", arg=label)
		page.evaluate("label => void cur_frm.custom_buttons[label].click()", label)

	press(word(language, "Propose Shares"))
	page.wait_for_function("() => cur_frm.doc.shares?.length && !cur_frm.is_dirty()")
	press(word(language, "Distribute"))
	page.wait_for_function("() => cur_frm.doc.lines?.length")
	table = page.locator(".sf-target-table")
	expect(table).to_be_visible()
	expect(table.locator("tr").last.locator("th").last).to_have_text("1,200,000")
	shot(page, f"target_plan_{language}")
	press(word(language, "Apply", context=PLAN))
	page.locator(".modal.show .btn-primary:visible").click()
	page.wait_for_function("() => cur_frm.doc.status === 'Applied'")
	if language == "zh":
		assert sources_left(page.locator(".form-page")) == []
	page.set_viewport_size(PHONE)
	assert overflow(page.locator(".form-page")) <= 0
	shot(page, f"target_plan_phone_{language}")


@pytest.mark.parametrize("language", ("en", "zh"))
def test_the_scores_are_read(call, login, make, language, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	name = make(0)
	for method in ("propose", "distribute", "apply"):
		call(f"{API}.{method}", name=name)
	page = login("manager", language)
	for report in ("KPI Scores", "Target Attainment"):
		page.goto(f"/app/query-report/{report}")
		expect(page.locator(".title-text:visible")).to_have_text(word(language, report))
		expect(page.locator(".dt-scrollable .dt-row:visible").first).to_be_visible()
		if language == "zh":
			assert sources_left(page.locator(".layout-main-section:visible")) == []
		shot(page, f"{report.replace(' ', '_').lower()}_{language}")
