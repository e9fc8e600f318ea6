"""Scoring Model: a change is simulated before it is saved and carried out after; a new default is offered (L6)."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import close, dialog, message, overflow


def open_model(login, name: str, lang: str = "en", **options) -> Page:
	page = login("admin", lang=lang, path=f"/app/scoring-model/{name}", **options)
	page.locator(".frappe-control[data-fieldname=bands] .grid-row[data-idx='1']").wait_for()
	return page


def fill_cell(page: Page, table: str, row: int, field: str, value: str) -> None:
	cell = page.locator(
		f".frappe-control[data-fieldname={table}] .grid-body .grid-row[data-idx='{row}'] [data-fieldname={field}]"
	).first
	cell.click()
	cell.locator("input").fill(value)
	cell.locator("input").press("Tab")


def save(page: Page) -> None:
	page.locator(".page-actions .primary-action:visible").click()


def weight(call, model: str) -> float:
	return records.state(call, "Scoring Model", model, "dimensions")[0]["weight"]


@pytest.fixture
def tuned(call):
	"""A model of its own with three leads: A, B just below A with a large deal, and B."""
	model = records.model(call)
	leads = [records.lead(call, first_name="联系人", company_name=records.unique("样品")) for _ in range(3)]
	for lead, given in zip(leads, ("5551", "4333", "2222"), strict=True):
		records.score(call, lead, given, scoring_model=model)
	records.opportunity(
		call, party_name=leads[1], opportunity_amount=450_000, base_opportunity_amount=450_000
	)
	return model, leads


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_change_is_simulated_then_carried_out(login, call, tuned, lang):
	model, leads = tuned
	companies = [records.state(call, "Lead", lead, "company_name") for lead in leads]
	page = open_model(login, model, lang)
	fill_cell(page, "dimensions", 1, "weight", "3")
	save(page)
	sheet = dialog(page)
	expect(sheet.locator(".modal-title")).to_have_text(word(lang, "What the Change Would Do"))
	expect(sheet).to_contain_text(word(lang, "{0} of {1} graded documents would change their grade.", 1, 3))
	expect(sheet).to_contain_text(re.compile(r"B → A\s*[:：]\s*1"))
	grades = [row.split() for row in sheet.locator("table").first.locator("tbody tr").all_inner_texts()]
	assert grades == [["A", "1", "2"], ["B", "2", "1"], ["C", "0", "0"]]
	largest = sheet.locator("table").nth(1).locator("tr")
	expect(largest).to_have_count(1)
	expect(largest).to_contain_text(companies[1])
	expect(largest).to_contain_text("450,000")
	assert overflow(sheet.locator(".modal-content")) == 0
	if lang == "zh":
		assert latin_left(sheet, *companies, "CNY") == []

	# Back: nothing is saved, and the change is still in the form.
	sheet.get_by_role("button", name=word(lang, "Back to the Model")).click()
	expect(dialog(page)).to_have_count(0)
	assert weight(call, model) == 1
	assert page.evaluate("[cur_frm.is_dirty() ? 1 : 0, cur_frm.doc.dimensions[0].weight]") == [1, 3]

	save(page)
	sheet.get_by_role("button", name=word(lang, "Save and Re-grade")).click()
	expect(
		page.locator(".desk-alert", has_text=word(lang, "All grades agree with the model."))
	).to_be_visible(timeout=30_000)
	assert weight(call, model) == 3
	assert not page.evaluate("Boolean(cur_frm.is_dirty())")
	assert [records.state(call, "Lead", lead, "sf_grade", "sf_score") for lead in leads] == [
		["A", 26],
		["A", 21],
		["B", 12],
	]
	if lang == "zh":
		# A dimension's name is what the administrator has typed; where people score it is translated.
		typed = ("Budget", "Need", "Authority", "Urgency")
		assert sources_left(page.locator(".layout-main-section:visible"), *typed) == []


def test_progress_is_shown_while_the_grades_move(login, call, tuned, desk_site):
	"""A re-grading under way is followed by whoever opens the model."""
	model, _leads = tuned
	desk_site.execute(
		"frappe.db.set_value", {"dt": "Scoring Model", "dn": model, "field": "regrade_pending", "val": 1}
	)
	page = open_model(login, model)
	expect(page.locator(".form-dashboard .progress-chart")).to_contain_text(
		"Re-grading waits for a background worker."
	)
	desk_site.execute(
		"frappe.db.set_value", {"dt": "Scoring Model", "dn": model, "field": "regrade_pending", "val": 0}
	)
	expect(page.locator(".desk-alert", has_text="All grades agree with the model.")).to_be_visible()
	expect(page.locator(".form-dashboard .progress-chart:visible")).to_have_count(0)


def test_a_gap_between_the_grades_is_refused(login, call, tuned, tolerate):
	tolerate(r"ValidationError")
	model, leads = tuned
	page = open_model(login, model)
	fill_cell(page, "bands", 1, "from_total", "16")
	save(page)
	text = message(page)
	assert text.startswith("Scoring Model Contradicts Itself")
	assert "15" in text and "16" in text
	assert records.state(call, "Scoring Model", model, "bands")[0]["from_total"] == 15
	assert page.evaluate("Boolean(cur_frm.is_dirty())")
	assert records.state(call, "Lead", leads[0], "sf_grade") == "A"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_simulate_button_writes_nothing(login, call, tuned, lang):
	model, _leads = tuned
	page = open_model(login, model, lang)
	simulate = page.locator(".page-actions button:visible", has_text=word(lang, "Simulate"))
	simulate.click()
	sheet = dialog(page)
	expect(sheet).to_contain_text(word(lang, "No grade would change among {0} graded documents.", 3))
	expect(sheet.locator(".modal-footer button:visible")).to_have_count(0)
	close(sheet)
	fill_cell(page, "dimensions", 1, "weight", "3")
	simulate.click()
	expect(sheet).to_contain_text(word(lang, "{0} of {1} graded documents would change their grade.", 1, 3))
	close(sheet)
	assert weight(call, model) == 1


@pytest.fixture
def offered(call):
	"""`offered()`: Team template is tuned and a newer default waits; `(yours, shipped)`, put back afterwards."""
	entry, model = "scoring_model/team_template", "Team template"
	before = call("frappe.client.get", doctype="Shipped Default", name=entry)
	description = records.state(call, "Scoring Model", model, "description")

	def write(doctype: str, name: str, **values) -> None:
		call("frappe.client.set_value", doctype=doctype, name=name, fieldname=values)

	def offer() -> tuple[str, str]:
		yours, shipped = records.unique("自定"), records.unique("新版")
		write("Scoring Model", model, description=yours)
		content = {**json.loads(before["content"]), "description": shipped}
		write(
			"Shipped Default",
			entry,
			status="New Default Available",
			offered_content=json.dumps(content),
			offered_fingerprint=shipped,
		)
		return yours, shipped

	yield offer
	write("Scoring Model", model, description=description)
	kept = ("status", "content", "fingerprint", "offered_content", "offered_fingerprint")
	write("Shipped Default", entry, **{field: before.get(field) for field in kept})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_new_default_is_offered_and_taken_or_not(login, call, offered, lang):
	entry = "scoring_model/team_template"
	yours, shipped = offered()
	page = open_model(login, "Team template", lang)
	headline = page.locator(".form-message:visible")
	expect(headline).to_contain_text(word(lang, "A new default is available. Yours stays until you take it."))
	headline.locator("a", has_text=word(lang, "Compare")).click()
	sheet = dialog(page)
	expect(sheet.locator(".modal-title")).to_have_text(word(lang, "Yours and the New Default"))
	rows = sheet.locator("tbody tr")
	expect(rows).to_have_count(1)
	assert rows.locator("td").all_inner_texts()[1:] == [yours, shipped]
	if lang == "zh":
		assert latin_left(sheet, yours, shipped) == []
	sheet.get_by_role("button", name=word(lang, "Keep Mine")).click()
	expect(headline.locator("a")).to_have_count(0)
	assert wait_for(lambda: records.state(call, "Shipped Default", entry, "status"), "Tuned")
	assert records.state(call, "Scoring Model", "Team template", "description") == yours

	_yours, shipped = offered()
	page.evaluate("cur_frm.reload_doc()")
	headline.locator("a", has_text=word(lang, "Compare")).click()
	sheet.get_by_role("button", name=word(lang, "Take the New Default")).click()
	expect(page.locator("textarea[data-fieldname=description]")).to_have_value(shipped)
	expect(headline.locator("a")).to_have_count(0)
	assert records.state(call, "Scoring Model", "Team template", "description") == shipped
	assert records.state(call, "Shipped Default", entry, "status") == "Untouched"


def wait_for(look, wanted, seconds: float = 10) -> bool:
	"""Whether a look gives what is wanted, now or soon."""
	deadline = time.monotonic() + seconds
	while (found := look()) != wanted:
		if time.monotonic() > deadline:
			raise AssertionError(f"{found!r} is not {wanted!r}")
		time.sleep(0.2)
	return True
