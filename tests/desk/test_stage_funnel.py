"""The funnel in the desk: numbers open their deals and lead back, by stage and by group (M3)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import printed
from tests.desk.test_delivery import shot
from tests.desk.test_workspace import CHART_DRAWN_TWICE


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_number_of_the_funnel_opens_its_deals_and_leads_back(login, call, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	owner = records.user(call)
	for source in ("Exhibition", "Exhibition", None):
		records.lead(call, lead_owner=owner, source=source)
	page = login("manager", lang=lang, path=f"/app/query-report/Stage Funnel?rep={owner}")
	rows = page.locator(".dt-scrollable .dt-row")
	first = rows.filter(has_text=word(lang, "Lead Acquired")).first
	expect(first.locator("a[data-records^='reached:']")).to_have_text("3")
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible")) == []
	shot(page, f"funnel_{lang}")
	first.locator("a[data-records^='reached:']").click()
	expect(page.locator(".dt-scrollable a[href*='/app/lead/']")).to_have_count(3)
	page.get_by_role("button", name=word(lang, "Back to the Funnel")).click()
	expect(first.locator("a[data-records^='reached:']")).to_have_text("3")

	page.evaluate("frappe.query_report.set_filter_value('group_by', 'Source')")
	none = rows.filter(has_text=re.compile(f"{word(lang, 'None', context='Salesflow')}")).first
	expect(none.locator("a[data-records='entered:']")).to_have_text("1")
	shot(page, f"funnel_groups_{lang}")
	sheet = printed(page)
	assert re.search(r"Exhibition.{,400}>2<", sheet, re.S)
	assert word(lang, "Total", context="Stage Funnel") in sheet
	assert re.search(rf"{word(lang, 'Deals of the Period')}.{{,30}}<b>3</b>", sheet, re.S)
	none.locator("a[data-records='entered:']").click()
	expect(page.locator(".dt-scrollable a[href*='/app/lead/']")).to_have_count(1)
	page.set_viewport_size({"width": 390, "height": 844})
	shot(page, f"funnel_narrow_{lang}")
	with page.expect_download() as waited:
		page.evaluate("download_event_log(frappe.query_report)")
	lines = waited.value.path().read_text(encoding="utf-8").splitlines()
	assert lines[0].startswith("case_id,activity,timestamp,resource")
	assert len(lines) == 4
