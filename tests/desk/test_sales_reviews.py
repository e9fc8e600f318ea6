"""A weekly meeting in the desk (M6): the sheet is made, talked through, held up by what is missing, kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import sources_left, word
from tests.desk.screen import message, overflow
from tools.bench import TEST_PASSWORD

API = "salesflow_std.api.sales_review"
PHONE = {"width": 390, "height": 800}


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def person(call, parent: str, name: str, roles: list[str], is_group: int = 0) -> tuple[str, str]:
	"""Somebody in the tree of Sales Persons: user and node."""
	user = records.insert(
		call,
		"User",
		email=f"sales{records.digits(8)}@standard.test",
		first_name=name,
		send_welcome_email=0,
		new_password=TEST_PASSWORD,
		roles=[{"role": role} for role in roles],
	)
	employee = records.insert(
		call,
		"Employee",
		first_name=name,
		gender="Female",
		date_of_birth="1990-01-01",
		date_of_joining="2020-01-01",
		company=records.COMPANY,
		user_id=user,
		create_user_permission=0,
	)
	node = records.insert(
		call,
		"Sales Person",
		sales_person_name=name,
		parent_sales_person=parent,
		is_group=is_group,
		employee=employee,
	)
	return user, node


@pytest.fixture
def team(call) -> dict[str, str]:
	"""A manager with two reps, one of whom has deals to talk about."""
	root = call(
		"frappe.client.get_list",
		doctype="Sales Person",
		filters={"parent_sales_person": ["in", ["", None]]},
		order_by="lft",
	)[0]["name"]
	manager, node = person(call, root, records.unique("华东"), ["Sales Manager", "Sales User"], is_group=1)
	rep, _node = person(call, node, records.unique("销售"), ["Sales User"])
	person(call, node, records.unique("销售"), ["Sales User"])
	for amount, closing in ((480000, records.ago(days=3)), (120000, records.ago(days=-2))):
		records.opportunity(
			call, opportunity_owner=rep, opportunity_amount=amount, expected_closing=closing[:10]
		)
	goal = records.insert(
		call,
		"Sales Goal",
		sales_process="Six Stages",
		stage="Needs Explored",
		measure="Entered",
		target=7_000,
		company=records.COMPANY,
		sales_person=node,
		responsible=manager,
		period="Other",
		from_date=records.ago(days=30)[:10],
		to_date=records.ago(days=-30)[:10],
	)
	assert call("salesflow_std.api.goal.measure", name=goal)["actual"] == "2"
	return {"manager": manager, "node": node, "rep": rep, "goal": goal}


@pytest.mark.parametrize("language", ("en", "zh"))
def test_a_meeting_is_held_on_its_sheet(call, login, team, tolerate, language):
	def said(text, *values, **context):
		return word(language, text, *values, **context)

	# The desk writes down what the server refuses.
	tolerate("console: Traceback")
	manager = team["manager"]
	call("frappe.client.set_value", doctype="User", name=manager, fieldname="language", value=language)
	page = login(manager, language, path=None)
	review = call(f"{API}.new", user=manager, kind="Weekly", sales_person=team["node"])["name"]
	page.goto(f"/app/sales-review/{review}")
	expect(page.locator(".sf-meet-tile")).to_have_count(6)
	aim = page.locator("[data-fieldname=goals] .grid-row", has=page.locator(f"a[href$='{team['goal']}']"))
	expect(aim.locator("a[href*='records=reached']")).to_have_text("2")
	expect(aim).to_contain_text("7,000")
	# What was counted is noted on; only what people bring along is added.
	for table, adds in {"progress": 0, "goals": 0, "reasons": 1, "deals": 1, "actions": 1}.items():
		buttons = page.locator(f"[data-fieldname={table}] .grid-add-row").filter(visible=True)
		expect(buttons).to_have_count(adds)
	if language == "zh":
		assert sources_left(page.locator(".layout-main-section:visible")) == []
	expect(page.locator("[data-fieldname=deals] .grid-row[data-idx='2']")).to_be_visible()
	shot(page, f"review_{language}")
	page.locator(".sf-strip button", has_text=said("Begin Meeting")).click()
	expect(page.locator(".sf-strip")).to_contain_text(said("In Meeting", context="Sales Review"))

	page.evaluate(
		"""async () => {
			cur_frm.add_child("actions", { action: "回访客户并确认预算" });
			cur_frm.refresh_field("actions");
			cur_frm.dirty();
			await cur_frm.save();
		}"""
	)
	page.locator(".sf-strip button", has_text=said("Keep", context="Sales Review")).click()
	assert said("who does it") in message(page)
	page.evaluate(
		"""async (rep) => {
			const row = cur_frm.doc.actions[0];
			await frappe.model.set_value(row.doctype, row.name, {
				responsible: rep, due_on: frappe.datetime.add_days(frappe.datetime.get_today(), 5),
			});
			await cur_frm.save();
		}""",
		team["rep"],
	)
	shot(page, f"review_meeting_{language}")
	page.locator(".sf-strip button", has_text=said("Keep", context="Sales Review")).click()
	expect(page.locator(".sf-strip")).to_contain_text(said("Kept", context="Sales Review"))
	expect(page.locator(".sf-strip button", has_text=said("Open Again"))).to_be_visible()
	shot(page, f"review_kept_{language}")
	[todo] = call(
		"frappe.client.get_list",
		doctype="ToDo",
		filters={"reference_name": review},
		fields=["allocated_to", "status"],
	)
	assert todo == {"allocated_to": team["rep"], "status": "Open"}

	pdf = page.request.get(
		"/api/method/frappe.utils.print_format.download_pdf",
		params={
			"doctype": "Sales Review",
			"name": review,
			"format": "Sales Review Sheet",
			"_lang": language,
		},
	)
	assert pdf.ok and pdf.body().startswith(b"%PDF")
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		Path(folder, f"review_{language}.pdf").write_bytes(pdf.body())
		page.goto(f"/printview?doctype=Sales Review&name={review}&format=Sales Review Sheet&_lang={language}")
		shot(page, f"review_print_{language}")
		page.goto(f"/app/sales-review/{review}")

	page.set_viewport_size(PHONE)
	page.reload()
	expect(page.locator(".sf-meet-tile")).to_have_count(6)
	assert overflow(page.locator(".sf-meet")) <= 0
	assert overflow(page.locator(".sf-strip")) <= 0
	shot(page, f"review_phone_{language}")
