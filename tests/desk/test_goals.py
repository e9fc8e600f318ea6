"""Goals of the stages and the truth of grades in the desk (M2, L6): a goal says where it ends and opens its deals,
proposed weights lead into the model's own simulation."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import dialog, message, printed
from tests.desk.test_delivery import shot
from tests.desk.test_workspace import CHART_DRAWN_TWICE

STAGE = "Needs Explored"


@pytest.fixture
def goal(call) -> Iterator[str]:
	"""Ninety days of which sixty are over, with three deals."""
	today = date.today()
	process = records.insert(
		call,
		"Sales Process",
		process_name=records.unique("流程"),
		company=records.COMPANY,
		going_back="Allowed",
		skipping="Allowed",
		stages=[
			{"stage": name, "lives_on": "Opportunity"} for name in (STAGE, "Negotiation", "Closed and Served")
		],
	)
	deals = [records.opportunity(call) for _ in range(3)]
	name = records.insert(
		call,
		"Sales Goal",
		sales_process=process,
		stage=STAGE,
		measure="Entered",
		target=40,
		company=records.COMPANY,
		responsible="manager@standard.test",
		period="Other",
		from_date=str(today - timedelta(days=60)),
		to_date=str(today + timedelta(days=30)),
	)
	yield name
	goals = call("frappe.client.get_list", doctype="Sales Goal", filters={"sales_process": process})
	records.delete(call, "Opportunity", *deals)
	records.delete(call, "Sales Goal", *(made["name"] for made in goals))
	records.delete(call, "Sales Process", process)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_goal_says_where_it_ends_and_opens_its_deals(login, call, goal, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	told = call("salesflow_std.api.goal.measure", name=goal)
	assert told["actual"] == "3"
	page = login("manager", lang=lang, path=f"/app/sales-goal/{goal}")
	headline = page.locator(".form-message:visible")
	expect(headline).to_contain_text({"en": "the goal of 40 is out of reach", "zh": "目标 40 难以达成"}[lang])
	expect(page.locator(".progress-message:visible")).to_have_text(
		{"en": "3 of 40", "zh": "实际 3，目标 40"}[lang]
	)
	expect(page.locator(".title-text:visible")).to_contain_text(word(lang, STAGE))
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible"), goal) == []
	shot(page, f"goal_{lang}")
	page.set_viewport_size({"width": 390, "height": 800})
	shot(page, f"goal_phone_{lang}")
	page.set_viewport_size({"width": 1280, "height": 900})

	page.get_by_role("button", name=word(lang, "Make for the Following Periods")).click()
	ask = dialog(page)
	ask.locator("input[data-fieldname=count]").fill("3")
	ask.locator(".btn-modal-primary").click()
	expect(ask).to_have_count(0)
	process = records.state(call, "Sales Goal", goal, "sales_process")
	made = call("frappe.client.get_list", doctype="Sales Goal", filters={"sales_process": process})
	assert len(made) == 4

	page.goto("/app/query-report/Goal Progress")
	row = page.locator(".dt-scrollable .dt-row", has_text=word(lang, STAGE)).first
	expect(row).to_be_visible()
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible"), goal) == []
	shot(page, f"goal_progress_{lang}")
	# On paper are the columns that are on the screen.
	heads = re.findall(r"<th[^>]*>\s*(.*?)\s*</th>", printed(page), re.S)
	assert word(lang, "Where It Ends") in heads and word(lang, "Sales Goal") not in heads
	row.locator("[data-deals]", has_text="3").first.click()
	expect(page.locator(".dt-scrollable .dt-row")).to_have_count(3)


# Calibration --------------------------------------------------------------------------------------------------------


@pytest.fixture
def graded(call, desk_site) -> Iterator[str]:
	"""160 leads of a model with two dimensions, the first of which tells won from lost."""
	bnau = call("frappe.client.get", doctype="Scoring Model", name="BNAU")
	model = records.model(
		call,
		dimensions=[
			{key: row.get(key) for key in ("code", "label", "weight")} for row in bnau["dimensions"][:2]
		],
		bands=[
			{"grade": "A", "from_total": 7},
			{"grade": "B", "from_total": 5, "below_total": 7},
			{"grade": "C", "below_total": 5},
		],
	)
	draw, leads, scores = random.Random(2), [], []
	key = records.unique("LEAD-CAL")
	for number in range(160):
		b, n = draw.randint(1, 5), draw.randint(1, 5)
		won = draw.random() < 1 / (1 + math.exp(4 - b - 0.3 * n))
		name, total = f"{key}-{number:03}", b + n
		status = "Converted" if won else "Do Not Contact"
		grade = "A" if total >= 7 else "B" if total >= 5 else "C"
		packed = f"B={b} N={n}"
		leads.append(
			[
				name,
				f"样品 {number}",
				f"样品 {number}",
				status,
				records.COMPANY,
				"Administrator",
				model,
				packed,
				grade,
			]
		)
		scores.append(
			[
				f"{name}-S",
				"Lead",
				name,
				model,
				grade,
				total,
				packed,
				"Scored",
				f"{date.today() - timedelta(days=90)} 10:00:00",
			]
		)
	fields = ["name", "lead_name", "title", "status", "company", "lead_owner"]
	fields += ["sf_scoring_model", "sf_points", "sf_grade"]
	desk_site.execute("frappe.db.bulk_insert", {"doctype": "Lead", "fields": fields, "values": leads})
	fields = [
		"name",
		"reference_doctype",
		"reference_name",
		"scoring_model",
		"grade",
		"total",
		"points",
		"source",
		"scored_on",
	]
	desk_site.execute("frappe.db.bulk_insert", {"doctype": "BNAU Score", "fields": fields, "values": scores})
	before = records.state(call, "Salesflow Settings", "Salesflow Settings", "calibration_sample")
	set_sample(call, 60)
	yield model
	set_sample(call, before)
	for doctype, field in (("BNAU Score", "reference_name"), ("Lead", "name")):
		desk_site.execute("frappe.db.delete", {"doctype": doctype, "filters": {field: ["like", f"{key}-%"]}})


def set_sample(call, number) -> None:
	call(
		"frappe.client.set_value",
		doctype="Salesflow Settings",
		name="Salesflow Settings",
		fieldname="calibration_sample",
		value=number,
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_weights_from_history_lead_into_the_simulation(login, call, graded, lang, tolerate):
	tolerate(CHART_DRAWN_TWICE)
	page = login("admin", lang=lang, path=f"/app/query-report/Grade Calibration?scoring_model={graded}")
	rows = page.locator(".dt-scrollable .dt-row")
	expect(rows.first).to_contain_text("160")
	shot(page, f"calibration_{lang}")
	if lang == "zh":
		assert sources_left(page.locator(".layout-main-section:visible"), graded) == []
	# What the report says in words is on paper too.
	said = page.evaluate("frappe.query_report.raw_data.message")
	assert said and said in printed(page)
	page.get_by_role("button", name=word(lang, "Propose Weights")).click()
	proposal = dialog(page)
	# The library is loaded here for the first time, which takes a busy machine its while.
	expect(proposal.locator("tbody tr")).to_have_count(2, timeout=60_000)
	shot(page, f"weights_{lang}")
	proposal.locator(".btn-modal-primary").click()
	outcome = dialog(page)
	expect(outcome.locator(".modal-title")).to_have_text(word(lang, "What the Change Would Do"))
	expect(outcome.locator("p").first).to_contain_text("160")
	shot(page, f"simulated_{lang}")
	# Filled in, not saved.
	weights = page.evaluate("cur_frm.doc.dimensions.map(row => row.weight)")
	assert weights[0] > 1 > weights[1] and sum(weights) == pytest.approx(2, abs=0.02)
	kept = call("frappe.client.get", doctype="Scoring Model", name=graded)
	assert [row["weight"] for row in kept["dimensions"]] == [1, 1]
	# A number opens its documents; with too few the refusal says what is missing.
	set_sample(call, 5000)
	page.goto(f"/app/query-report/Grade Calibration?scoring_model={graded}")
	page.get_by_role("button", name=word(lang, "Propose Weights")).click()
	assert "5000" in message(page)
	page.locator("[data-records='grade:A:won']").click()
	expect(page.locator(".dt-scrollable .dt-row a[href*='LEAD-CAL']").first).to_be_visible()
	shot(page, f"calibration_records_{lang}")
