"""Target customer profiles in the desk (L4): the fit of a lead with its reasons, proposed points, what a profile finds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import assert_inside, dialog, overflow

OUTCOMES = {"en": ["Met", "Not Met", "Not Known"], "zh": ["符合", "不符合", "未知"]}
REASONS = {"en": "{} is a target industry.", "zh": "{}属于目标行业。"}


@pytest.fixture
def industry(call) -> str:
	return records.insert(call, "Industry Type", industry=records.unique("行业"))


@pytest.fixture
def target(call, industry) -> Iterator[str]:
	"""A target of an industry that nobody else has; gone afterwards, so that others' forms stay as they are."""
	name = records.insert(
		call,
		"Target Customer Profile",
		profile_name=records.unique("画像"),
		industries=[{"industry": industry}],
		employees_from="51-200",
		budget_from=1000,
		industry_weight=4,
	)
	yield name
	records.delete(call, "Target Customer Profile", name)


def show_fit(page: Page):
	page.locator(".sf-strip .sf-fit").click()
	sheet = dialog(page)
	sheet.locator(".sf-fit-best").wait_for()
	return sheet


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_lead_shows_its_fit_dimension_by_dimension(login, call, target, industry, lang):
	"""What is unknown is said to be unknown, with a link to where it is entered."""
	lead = records.lead(call, company_name=records.unique("样品"), industry=industry, no_of_employees="1-10")
	company = records.state(call, "Lead", lead, "company_name")
	page = login("rep", lang=lang, path=f"/app/lead/{lead}")
	expect(page.locator(".sf-strip .sf-fit")).to_have_text(word(lang, "Fit {0}", "66.7%"))
	sheet = show_fit(page)
	lines = sheet.locator(".sf-fit-best .sf-fit-line")
	assert lines.locator(".indicator-pill").all_inner_texts() == OUTCOMES[lang]
	expect(sheet.locator(".sf-fit-best")).to_contain_text(
		word(lang, "up to {0} once what is not known is met", "83.3%")
	)
	expect(lines.first).to_contain_text(REASONS[lang].format(industry))
	if lang == "zh":
		assert latin_left(sheet, company, industry, target) == []
	assert sheet.locator(".sf-enter").count() == 1
	sheet.locator(".sf-enter").click()
	page.wait_for_function(
		"() => cur_frm?.doctype === 'Customer Profile' && cur_frm.fields_dict.budget_from.$wrapper.is(':visible')"
	)
	profile = records.state(call, "Lead", lead, "sf_profile")
	assert page.evaluate("cur_frm.docname") == profile
	call(
		"frappe.client.set_value",
		doctype="Customer Profile",
		name=profile,
		fieldname={"budget_from": 1000, "budget_to": 2000},
	)
	assert records.state(call, "Lead", lead, "sf_target_profile", "sf_fit") == [target, 83.3]


@pytest.mark.parametrize("by", ["key", "click"])
def test_a_person_accepts_proposed_points(login, call, target, industry, by):
	"""L4, L10: nothing is taken by itself; what is accepted fills in the points and names the profile."""
	customer = records.insert(
		call,
		"Customer",
		customer_name=records.unique(),
		customer_type="Company",
		industry=industry,
		sf_no_of_employees="1-10",
	)
	page = login("manager", path=f"/app/customer/{customer}")
	page.locator(".sf-strip .sf-score").click()
	sheet = page.locator(".modal.show .sf-score-sheet")
	first = sheet.locator(".sf-line").first
	expect(first.locator(".sf-radio:focus")).to_have_count(1)
	expect(sheet.locator(".sf-proposal")).to_have_count(2)
	expect(sheet.locator(".sf-radio:checked")).to_have_count(0)
	fit = sheet.locator(".sf-line[data-code=FIT]")
	if by == "key":
		page.keyboard.press("p")
		expect(first.locator(".sf-radio:checked")).to_have_value("1")
		page.keyboard.press("p")
	else:
		fit.locator(".sf-proposal").click()
	expect(fit.locator(".sf-radio:checked")).to_have_value("5")
	expect(fit.locator(".sf-evidence")).to_have_value(
		f"Target customer profile {target}: {industry} is a target industry."
	)
	expect(sheet.locator(".sf-line[data-code=URGENCY] .sf-radio:focus")).to_have_count(1)
	if by == "click":
		return
	for _ in range(3):
		page.keyboard.press("3")
	page.keyboard.press("Enter")
	expect(page.locator(".sf-strip .sf-grade")).to_have_text("B")
	[scoring] = records.history(call, customer, "Customer")
	evidence = {row["dimension"]: (row["points"], row.get("evidence") or "") for row in scoring["lines"]}
	assert evidence["FIT"][0] == 5 and target in evidence["FIT"][1]
	assert evidence["URGENCY"] == (3, "")


def test_a_target_finds_its_leads_on_a_phone(login, call, target, industry):
	# Leads of other tests have a budget.
	call(
		"frappe.client.set_value",
		doctype="Target Customer Profile",
		name=target,
		fieldname="budget_weight",
		value=0,
	)
	lead = records.lead(call, industry=industry)
	records.lead(call)
	page = login("manager", path=f"/app/target-customer-profile/{target}", width=390, height=844)
	expect(page.locator(".sf-matches")).to_contain_text("1 lead, 0 prospects, 0 customers")
	assert_inside(page.locator(".sf-matches"), page)
	page.goto(f"/app/lead/{lead}")
	sheet = show_fit(page)
	assert overflow(sheet.locator(".sf-fit-sheet")) == 0
	assert_inside(sheet.locator(".sf-fit-line").first, page)
	page.goto(f"/app/target-customer-profile/{target}")
	page.locator(".sf-matches").wait_for()
	page.evaluate("cur_frm.custom_buttons['Matching Leads'].click()")
	page.wait_for_function("() => window.cur_list?.doctype === 'Lead' && cur_list.data?.length")
	assert page.evaluate("cur_list.data.map((row) => row.name)") == [lead]
	assert page.evaluate("cur_list.get_filters_for_args().map((f) => f[1])") == ["sf_target_profile"]
