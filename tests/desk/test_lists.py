"""Lists, forms, workspace and report: who needs attention is seen at a glance (L2, L3, L7, L9, F2)."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import sources_left, word


def open_list(login, company: str, user: str = "rep", **options) -> Page:
	"""The lead list with only the leads whose company begins with `company`."""
	wanted = quote(json.dumps(["like", f"{company}%"]))
	page = login(user, path=f"/app/lead/view/list?company_name={wanted}", **options)
	page.locator(".list-row-container .list-row", has_text=company).first.wait_for()
	return page


def row_of(page: Page, company: str) -> Locator:
	return page.locator(".list-row-container", has_text=company)


def titles(page: Page) -> list[str]:
	return [
		text.strip()
		for text in page.locator(".list-row-container .list-subject .ellipsis[data-name]").all_inner_texts()
	]


@pytest.fixture(scope="module")
def graded(call):
	"""Leads of each kind under one name: `company prefix, {kind: company}`."""
	prefix = records.unique("List")
	names = {kind: f"{prefix} {kind}" for kind in ("high", "middle", "low", "overdue", "invalid", "stale")}
	leads = {
		kind: records.lead(
			call,
			company_name=company,
			sf_captured_on=records.ago(days=6) if kind == "overdue" else None,
		)
		for kind, company in names.items()
	}
	for kind, points in (
		("high", "5555"),
		("middle", "3333"),
		("low", "1111"),
		("overdue", "5542"),
		("stale", "4433"),
	):
		records.score(call, leads[kind], points)
	call(
		"frappe.client.set_value",
		doctype="Lead",
		name=leads["invalid"],
		fieldname="sf_invalid_reason",
		value="Test Data",
	)
	return prefix, names, leads


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_lead_list_says_who_needs_attention(login, desk_site, graded, lang):
	prefix, names, leads = graded
	desk_site.execute(
		"frappe.db.set_value", {"dt": "Lead", "dn": leads["stale"], "field": "sf_grade_stale", "val": 1}
	)
	page = open_list(login, prefix, lang=lang)
	expect(page.locator(".list-row-container .list-row")).to_have_count(len(names))
	for kind, grade, colour in (("high", "A", "green"), ("middle", "B", "orange"), ("low", "C", "gray")):
		pill = row_of(page, names[kind]).locator(".sf-grade")
		expect(pill).to_have_text(grade)
		expect(pill).to_have_class(re.compile(rf"\b{colour}\b"))
	stale = row_of(page, names["stale"]).locator(".sf-grade")
	expect(stale).to_have_text("B ?")
	expect(stale).to_have_attribute("title", word(lang, "Review due"))
	overdue = row_of(page, names["overdue"]).locator(".indicator-pill.red")
	expect(overdue.first).to_have_text(word(lang, "First Touch Overdue"))
	invalid = row_of(page, names["invalid"])
	expect(invalid.locator(".indicator-pill.gray").first).to_have_text("Invalid" if lang == "en" else "无效")
	expect(invalid.locator(".sf-grade")).to_have_count(0)
	expect(row_of(page, names["high"]).locator(".indicator-pill.red")).to_have_count(0)
	if lang == "zh":
		assert sources_left(page.locator(".layout-main")) == []


def test_lead_list_filters_and_sorts_by_grade(login, graded):
	prefix, names, _leads = graded
	page = open_list(login, prefix)
	field = page.locator(".standard-filter-section [data-fieldname=sf_grade] input")
	field.fill("A")
	field.press("Enter")
	expect(page.locator(".list-row-container .list-row")).to_have_count(2)
	assert sorted(titles(page)) == [names["high"], names["overdue"]]
	field.fill("")
	field.press("Enter")
	expect(page.locator(".list-row-container .list-row")).to_have_count(len(names))

	page.locator(".sort-selector .sort-selector-button").click()
	page.locator(".sort-selector .dropdown-item", has_text=re.compile(r"^\s*Grade\s*$")).click()
	if page.locator(".sort-selector .btn-order").get_attribute("data-value") != "asc":
		with page.expect_response(re.compile("reportview.get")):
			page.locator(".sort-selector .btn-order").click()
	pills = page.locator(".list-row-container .sf-grade")
	expect(pills).to_have_text(["A", "A", re.compile("B"), re.compile("B"), "C"])
	with page.expect_response(re.compile("reportview.get")):
		page.locator(".sort-selector .btn-order").click()
	expect(pills).to_have_text(["C", re.compile("B"), re.compile("B"), "A", "A"])
