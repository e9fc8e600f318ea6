"""The reports after the sale in the desk: what they show opens what it comes from (A3, A4, P6)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.test_delivery import shot
from tests.desk.test_workspace import CHART_DRAWN_TWICE


@pytest.fixture
def customer(call) -> str:
	return records.insert(call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company")


@pytest.fixture
def complaints(call, customer) -> Iterator[list[str]]:
	names = [
		records.insert(
			call,
			"Issue",
			subject=f"第{number}台设备未交付",
			customer=customer,
			company=records.COMPANY,
			sf_is_complaint=1,
			sf_responsible="rep@standard.test",
		)
		for number in "一二"
	]
	yield names
	# Their clock would tell the manager of them in other tests.
	records.delete(call, "Issue", *names)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_risk_opens_what_it_comes_from(login, customer, complaints, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	page = login("manager", lang=lang, path=f"/app/query-report/Customers at Risk?customer={customer}")
	row = page.locator(".dt-scrollable .dt-row", has_text=customer)
	expect(row).to_have_count(1)
	expect(row.locator(".indicator-pill")).to_have_text({"en": "Low", "zh": "低"}[lang])
	reason = row.get_by_text(f"{word(lang, 'Complaint Open', context='Customers at Risk')} ×2")
	expect(reason).to_be_visible()
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible"), customer) == []
	shot(page, f"risk_{lang}")
	reason.click()
	page.wait_for_url("**/app/issue/view/list**")
	rows = page.locator(".frappe-list:visible .list-row-container")
	expect(rows).to_have_count(2)
	for name in complaints:
		expect(rows.locator(f"[data-name='{name}']").first).to_be_attached()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("report", ["Customer Satisfaction", "Net Promoter Score", "Complaints"])
def test_reports_speak_the_readers_language(login, complaints, lang, report, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	page = login("manager", lang=lang, path=f"/app/query-report/{report}")
	expect(page.locator(".page-form:visible .frappe-control").first).to_be_visible()
	# ERPNext has translated one of them already.
	title = "投诉" if (lang, report) == ("zh", "Complaints") else word(lang, report)
	expect(page.locator(".title-text:visible")).to_have_text(title)
	if report == "Complaints":
		link = page.locator("a[data-names]", has_text=re.compile(r"^\d+$")).first
		count = int(link.inner_text())
		if lang == "zh":
			assert sources_left(page.locator(".layout-main-section:visible")) == []
		link.click()
		page.wait_for_url("**/app/issue/view/list**")
		expect(page.locator(".frappe-list:visible .list-row-container")).to_have_count(min(count, 20))
	elif lang == "zh":
		assert sources_left(page.locator(".page-form:visible")) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workspace_has_the_numbers(login, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	page = login("manager", lang=lang, path="/app/after-the-sale")
	cards = page.locator(".number-widget-box")
	for label in ("Satisfaction This Quarter", "NPS of 12 Months", "Complaints to Settle"):
		card = cards.filter(has=page.locator(".widget-title", has_text=word(lang, label)))
		# Many cards ask at once.
		expect(card.locator(".number")).to_have_text(re.compile(r"\S"), timeout=30_000)
	links = page.locator(".links-widget-box", has_text=word(lang, "After the Sale"))
	for label in ("Customer Satisfaction", "Net Promoter Score", "Customers at Risk", "Complaint Report"):
		expect(links.locator(".link-item", has_text=word(lang, label))).to_have_count(1)
	nps = cards.filter(has_text=word(lang, "NPS of 12 Months"))
	nps.locator(".number").click()
	page.wait_for_url("**/query-report/Net*Promoter*Score**")
