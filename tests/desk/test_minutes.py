"""Meeting minutes in the desk (S6): begun in one click, written by keys, sent after a look."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.desk import records
from tests.desk.language import latin_left, word
from tests.desk.screen import dialog, overflow


@pytest.fixture(params=["en", "zh"])
def lang(request) -> str:
	return request.param


def written(call, lead: str, **values) -> str:
	return records.insert(
		call,
		"Meeting Minutes",
		reference_doctype="Lead",
		reference_name=lead,
		meeting_type="Other",
		held_on=records.ago(hours=1),
		topics="1",
		participants=[{"side": "Customer", "person": "样", "email_id": f"{records.digits(8)}@alpha.example"}],
		actions=[{"action": "1", "allocated_to": "Administrator", "due_on": records.ago(days=0)[:10]}],
		**values,
	)


def test_minutes_begin_with_who_was_there_and_are_written_by_keys(login, call, lang):
	lead = records.lead(call, email_id=f"{records.digits(8)}@alpha.example")
	page = login("rep", lang=lang, path=f"/app/lead/{lead}")
	page.locator(".sf-strip").wait_for()
	page.wait_for_load_state("networkidle")
	page.locator(".inner-group-button:visible", has_text={"en": "Create", "zh": "创建"}[lang]).click()
	page.locator(".dropdown-item:visible", has_text=word(lang, "Meeting Minutes")).click()
	page.wait_for_function(
		"() => cur_frm?.doctype === 'Meeting Minutes' && (cur_frm.doc.participants || []).length === 3"
	)
	# The customer's contact, who looks after the lead, and who writes.
	assert page.evaluate("cur_frm.doc.participants.map(row => row.side)") == ["Customer", "Ours", "Ours"]
	topics = page.locator('[data-fieldname="topics"] textarea')
	topics.click()
	page.keyboard.type("Pilot")
	page.keyboard.press("Control+s")
	page.wait_for_url("**/meeting-minutes/MINUTES-*")
	strip = page.locator(".sf-strip:visible")
	expect(strip).to_contain_text(word(lang, "Not Sent", context="Meeting Minutes"))


def test_minutes_are_looked_at_before_they_are_sent_once(login, call, lang):
	name = written(call, records.lead(call))
	page = login("manager", lang=lang, path=f"/app/meeting-minutes/{name}", width=390, height=844)
	strip = page.locator(".sf-strip")
	expect(strip).to_contain_text(word(lang, "{0} of {1} actions open", 1, 1))
	assert overflow(strip) <= 0
	page.wait_for_load_state("networkidle")
	page.evaluate("cur_frm.custom_buttons[__('Send to Participants')].click()")
	box = dialog(page)
	expect(box.locator(".sf-recipient:checked")).to_have_count(1)
	expect(box.locator("iframe")).to_have_count(1)
	assert overflow(box.locator(".modal-body")) <= 0
	if lang == "zh":
		assert latin_left(box.locator(".modal-title")) == []
	# Two clicks at once send one mail.
	box.locator(".btn-modal-primary").dblclick()
	expect(box).to_have_count(0)
	expect(strip).not_to_contain_text(word(lang, "Not Sent", context="Meeting Minutes"))
	doc = call("frappe.client.get", doctype="Meeting Minutes", name=name)
	mails = call(
		"frappe.client.get_count",
		doctype="Communication",
		filters={"recipients": doc["participants"][0]["email_id"]},
	)
	assert (doc["sent_to"], mails) == (doc["participants"][0]["email_id"], 1)
