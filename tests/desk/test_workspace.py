"""The workspace, the report Lead Discipline and the settings."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import Response, expect

from tests.desk import records
from tests.desk.conftest import account
from tests.desk.language import sources_left, word

CARDS = ["First Touches Overdue", "Grades to Review", "Leads Not Graded", "Leads Entered Late"]
# Frappe's charts may draw themselves anew, for a change of width, while they are being drawn.
CHART_DRAWN_TWICE = r"^uncaught: Failed to execute 'removeChild'"
CHARTS = ["Open Leads by Grade", "Open Opportunities by Grade"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_workspace_shows_cards_and_charts(login, call, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	rep = account("rep", lang)[0]
	overdue = records.lead(call, sf_captured_on=records.ago(days=6), lead_owner=rep)
	records.score(call, overdue, "5555")
	records.opportunity(call, expected_closing=records.ago(days=-10)[:10], opportunity_owner=rep)
	# Somebody else's, which the rep's numbers leave out.
	of_others = records.lead(call, sf_captured_on=records.ago(days=6), lead_owner=records.user(call))
	records.score(call, of_others, "5555")
	page = login("rep", lang=lang, path="/app/sales-standard")
	cards = page.locator(".number-widget-box")
	# The first page of a run is made by a server that has just started.
	expect(cards.first).to_be_visible(timeout=20_000)
	for label in CARDS:
		card = cards.filter(has=page.locator(".widget-title", has_text=word(lang, label)))
		expect(card).to_have_count(1)
		expect(card.locator(".number")).to_have_text(re.compile(r"\d"))
	late = cards.filter(has_text=word(lang, "First Touches Overdue")).locator(".number")
	assert int(late.inner_text()) >= 1
	for label in CHARTS:
		chart = page.locator(".dashboard-widget-box", has_text=word(lang, label))
		expect(chart).to_have_count(1)
		chart.scroll_into_view_if_needed()
		expect(chart.locator("svg .donut-path, svg .bar, svg path.arc, svg rect.bar").first).to_be_attached()
	# What only who manages may open is not there.
	expect(
		cards.filter(has=page.locator(".widget-title", has_text=word(lang, "Coaching to Decide")))
	).to_have_count(0)
	for group in ("Management", "Daily Work", "Grades and Discipline"):
		expect(page.locator(".links-widget-box", has_text=word(lang, group))).to_have_count(1)
	closing = page.locator(".links-widget-box", has_text=word(lang, "Stages and Closing"))
	for report in ("Stage Ageing", "Lost Deals"):
		expect(closing.locator(".link-item", has_text=word(lang, report))).to_have_count(1)
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible")) == []

	# A number opens its documents. Charts that come when the page is left would be drawn without a width.
	if lang == "en":
		page.wait_for_function(
			"""() => [...document.querySelectorAll(".dashboard-widget-box")].every(
				(box) => box.querySelector("svg.frappe-chart") || box.innerText.includes("No Data")
			)"""
		)
		cards.filter(has_text="First Touches Overdue").click()
		page.wait_for_url(re.compile(r"/app/lead"))
		expect(page.locator(".list-row-container", has_text="Overdue").first).to_be_visible()
		expect(page.locator(f".list-row-container [data-name='{overdue}']").first).to_be_attached()
		expect(page.locator(f".list-row-container [data-name='{of_others}']")).to_have_count(0)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_number_of_compliance_opens_its_records(login, call, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	owner = records.user(call)
	late = records.lead(call, lead_owner=owner, sf_captured_on=records.ago(days=3))
	records.lead(call, lead_owner=owner)
	page = login("manager", lang=lang, path=f"/app/query-report/Standard Compliance?rep={owner}")
	row = page.locator(".dt-row", has_text=records.state(call, "User", owner, "first_name"))
	share = row.locator("a[data-records^='late_entry:bad:']")
	expect(share).to_have_text("50 %")
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible")) == []
	share.click()
	expect(page.locator(".dt-row a", has_text=late)).to_have_count(1)
	page.get_by_role("button", name=word(lang, "Back to the Report")).click()
	expect(share).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_count_of_the_report_opens_its_leads(login, call, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	owner = records.user(call)
	late = records.lead(call, lead_owner=owner, sf_captured_on=records.ago(days=3))
	invalid = records.lead(call, lead_owner=owner, sf_invalid_reason="Test Data")
	records.lead(call, lead_owner=owner, source=None)
	page = login("manager", lang=lang, path="/app/query-report/Lead Discipline")
	row = page.locator(".dt-row", has_text=records.state(call, "User", owner, "first_name"))
	counts = {}
	expect(row.locator("a[data-open]").first).to_be_visible()
	for link in row.locator("a[data-open]").all():
		counts[link.get_attribute("data-open")] = int(link.inner_text())
	assert counts == {"leads": 3, "no_source": 1, "late": 1, "invalid": 1, "not_graded": 2}
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible")) == []
	for kind, lead in (("late", late), ("invalid", invalid)):
		row.locator(f"a[data-open={kind}]").click()
		rows = page.locator(".frappe-list:visible .list-row-container")
		expect(rows).to_have_count(1)
		expect(rows.locator(f"[data-name='{lead}']").first).to_be_attached()
		if kind == "late":
			page.go_back()


def test_settings_offer_only_models_that_fit(login, call):
	off = records.model(call, enabled=0)
	page = login("admin", path="/app/salesflow-settings")
	fitting = {
		"lead_scoring_model": "Funnel guide",
		"opportunity_scoring_model": "Opportunity S/A/B",
		"customer_scoring_model": "Account five factors",
	}
	for field, fits in fitting.items():
		control = page.locator(f".frappe-control[data-fieldname={field}]")
		for model in (*fitting.values(), off):
			with page.expect_response(
				lambda r, model=model: "search_link" in r.url and model in body(r)
			) as answer:
				control.locator("input").fill(model)
			found = model in [row["value"] for row in answer.value.json()["message"]]
			assert found == (model == fits), (field, model)
			if found:
				expect(control.locator(f"[role=option] p[title='{model}']")).to_be_visible()
		control.locator("input").fill("")
		page.keyboard.press("Escape")


def body(response: Response) -> str:
	"""What a request has sent, readable."""
	return unquote_plus(f"{response.request.url} {response.request.post_data or ''}")
