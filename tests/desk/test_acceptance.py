"""The customer accepts a delivery on the rep's phone (A2): what is missing, both sign with a finger, it is submitted."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.desk import records
from tests.desk.language import word
from tests.desk.screen import assert_inside, dialog, overflow

PHONE = {"width": 390, "height": 800}


def shot(page: Page, name: str) -> None:
	if folder := os.environ.get("SALESFLOW_SHOTS"):
		page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def project(call) -> str:
	"""A project of a customer whose contract says a scope of two lines."""
	customer = records.insert(
		call, "Customer", customer_name=records.unique("样品工厂"), customer_type="Company"
	)
	contract = records.insert(
		call,
		"Contract",
		party_type="Customer",
		party_name=customer,
		contract_terms="As agreed.",
		sf_scope="设备安装\n操作培训",
		is_signed=1,
		signee="采购经理",
		signed_on=records.ago(hours=1),
	)
	call("frappe.client.submit", doc=call("frappe.client.get", doctype="Contract", name=contract))
	handover = call("salesflow_std.api.delivery_handover.make", contract=contract)["name"]
	project = records.insert(call, "Project", project_name=records.unique("项目"), customer=customer)
	call(
		"frappe.client.set_value",
		doctype="Delivery Handover",
		name=handover,
		fieldname="project",
		value=project,
	)
	return project


def draw(page: Page) -> None:
	"""A stroke on the pad of the open dialog."""
	pad = dialog(page).locator("canvas.jSignature")
	pad.scroll_into_view_if_needed()
	assert_inside(pad, page)
	box = pad.bounding_box()
	page.mouse.move(box["x"] + 30, box["y"] + 60)
	page.mouse.down()
	for step in range(1, 8):
		page.mouse.move(box["x"] + 30 + 25 * step, box["y"] + 60 + (20 if step % 2 else -20))
	page.mouse.up()


@pytest.mark.parametrize("language", ("en", "zh"))
def test_both_sides_sign_on_the_phone(call, login, project, language):
	def said(text, *values, **context):
		return word(language, text, *values, **context)

	page = login("Administrator", "en")
	page.goto(f"/app/project/{project}")
	page.locator(".page-title").first.wait_for()
	page.wait_for_load_state("networkidle")
	page.locator(".inner-group-button:visible", has_text="Create").click()
	page.locator(".dropdown-item:visible", has_text="Acceptance Report").click()
	expect(page.locator("[data-fieldname=items] .grid-row[data-idx='2']")).to_be_visible()
	assert page.evaluate("cur_frm.doc.items.map((row) => row.deliverable)") == ["设备安装", "操作培训"]
	page.evaluate("cur_frm.save()")
	page.wait_for_url("**/acceptance-report/ACCEPT-**")
	report = page.evaluate("cur_frm.docname")
	shot(page, "acceptance_draft")

	user = "manager" if language == "zh" else "Administrator"
	phone = login(user, language)
	phone.set_viewport_size(PHONE)
	phone.goto(f"/app/acceptance-report/{report}")
	strip = phone.locator(".sf-strip")
	expect(strip).to_contain_text(said("Still missing: {0}", 5))
	assert overflow(strip) <= 0
	shot(phone, f"acceptance_phone_{language}")
	strip.get_by_role("button", name=said("Accept the Rest")).click()
	phone.evaluate("cur_frm.save()")
	expect(strip).to_contain_text(said("Still missing: {0}", 2))
	for button in ("Customer Signs", "Sign for Us"):
		strip.get_by_role("button", name=said(button)).click()
		box = dialog(phone)
		expect(box.locator("canvas.jSignature")).to_be_visible()
		if button == "Customer Signs":
			box.locator("[data-fieldname=who] input").fill("设备部经理")
		draw(phone)
		shot(phone, f"acceptance_sign_{language}")
		box.get_by_role("button", name=said("Sign", context="Salesflow"), exact=True).click()
		expect(box).to_have_count(0)
	expect(strip).to_contain_text(said("Nothing is missing: the report can be submitted"))
	shot(phone, f"acceptance_signed_{language}")
	phone.evaluate("() => { cur_frm.savesubmit(); }")
	dialog(phone).locator(".btn-primary:visible").click()
	expect(strip.locator("a[href*='satisfaction-survey']")).to_be_visible()
	stored = call("frappe.client.get", doctype="Acceptance Report", name=report)
	assert stored["docstatus"] == 1 and stored["customer_signatory"] == "设备部经理"
	assert stored["our_signature"].startswith("data:image/png;base64,")
