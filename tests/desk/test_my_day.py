"""My Day in the desk: two clicks finish a touch and show the next; by keyboard, on a phone, per rep (F1-F5, L9)."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.desk import records
from tests.desk.language import latin_left, sources_left, word
from tests.desk.screen import close, dialog, overflow


@pytest.fixture
def rep(call) -> str:
	return records.user(call)


def lead_of(call, rep: str, points: str | None = None, **values) -> tuple[str, str]:
	"""A rep's lead and its company."""
	company = records.unique("客户")
	name = records.lead(call, lead_owner=rep, first_name="联系人", company_name=company, **values)
	if points:
		records.score(call, name, points)
	return name, company


def open_day(login, user: str, lang: str = "en", path: str = "", **options) -> Page:
	page = login(user, lang=lang, path=f"/app/my-day{path}", **options)
	page.locator(".sf-touch, .sf-empty, .sf-team").first.wait_for()
	return page


def row_of(page: Page, company: str) -> Locator:
	return page.locator(".sf-touch", has_text=company)


def planned(call, lead: str) -> list[dict]:
	return call(
		"frappe.client.get_list",
		doctype="Follow Up",
		filters={"reference_name": lead, "status": "Planned"},
		fields=["name", "due_on", "channel", "kind"],
		order_by="due_on",
	)


def closed(call, lead: str) -> list[dict]:
	return call(
		"frappe.client.get_list",
		doctype="Follow Up",
		filters={"reference_name": lead, "status": "Done"},
		fields=[
			"name",
			"outcome",
			"note",
			"channel",
			"next_on",
			"value_content",
			"touch_doctype",
		],
		order_by="done_on",
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_two_clicks_finish_a_touch_and_show_the_next(login, call, rep, lang):
	late, company = lead_of(call, rep, "5542", sf_captured_on=records.ago(days=3))
	_other, waiting = lead_of(call, rep, "5542")
	page = open_day(login, "manager", lang, path=f"/{rep}")
	rows = page.locator(".sf-touch")
	# What is late stands above what still has time.
	expect(rows.first).to_contain_text(company)
	expect(rows.first).to_have_attribute("data-tone", "red")
	expect(rows.first.locator(".sf-reason-pill")).to_contain_text(
		word(lang, "First touch overdue by {0}", 24)
	)
	expect(rows.nth(1)).to_contain_text(waiting)
	expect(page.locator("[data-only=first_touches] b")).to_have_text("2")
	if lang == "zh":
		assert latin_left(page.locator(".sf-my-day"), company, waiting, rep, *names_of(page)) == []

	rows.first.locator("[data-action=finish]").click()
	if lang == "zh":
		assert latin_left(rows.first, company) == []
	rows.first.locator("[data-outcome=Reached]").click()
	done = page.locator(".sf-finished")
	expect(done).to_contain_text(company)
	expect(done).to_contain_text(word(lang, "Reached", context="Follow Up"))
	following = planned(call, late)
	assert [touch["kind"] for touch in following] == ["Rhythm"]
	expect(done).to_contain_text(word(lang, following[0]["channel"], context="Follow Up"))
	if lang == "zh":
		assert latin_left(done, company) == []
	assert [touch["outcome"] for touch in closed(call, late)] == ["Reached"]
	# The row below has the focus, and what was done goes by itself.
	expect(page.locator(".sf-touch:focus")).to_contain_text(waiting)
	expect(page.locator("[data-only=first_touches] b")).to_have_text("1")
	expect(page.locator("[role=status].sr-only")).to_contain_text(company)
	expect(done).to_have_count(0, timeout=15_000)
	expect(row_of(page, company)).to_have_count(0)


def names_of(page: Page) -> list[str]:
	"""How users are called is the same in every language."""
	return page.locator(".sf-rep option").all_inner_texts() + page.locator(".title-text").all_inner_texts()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_keyboard_is_enough(login, call, rep, lang):
	first, one = lead_of(call, rep, "5542", sf_captured_on=records.ago(days=4))
	_second, two = lead_of(call, rep, "5542", sf_captured_on=records.ago(days=3))
	page = open_day(login, "manager", lang, path=f"/{rep}")
	focused = page.locator(".sf-touch:focus")
	page.keyboard.press("j")
	expect(focused).to_contain_text(one)
	page.keyboard.press("ArrowDown")
	expect(focused).to_contain_text(two)
	page.keyboard.press("k")
	expect(focused).to_contain_text(one)

	# Esc closes and gives the focus back; what is typed into a field is no shortcut.
	page.keyboard.press("d")
	row = row_of(page, one)
	expect(row.locator("[data-outcome]:focus")).to_have_count(1)
	page.keyboard.press("Escape")
	expect(row.locator(".sf-panel")).to_be_hidden()
	expect(focused).to_contain_text(one)
	page.keyboard.press("d")
	row.locator("[name=note]").focus()
	page.keyboard.type("djk1 好")
	expect(row.locator("[name=note]")).to_have_value("djk1 好")
	expect(row.locator(".sf-panel")).to_be_visible()
	row.locator("[data-outcome=Reached]").focus()
	# Call later asks when: the first answer is one key away.
	page.keyboard.press("4")
	expect(row.locator("[data-next]:focus")).to_have_count(1)
	if lang == "zh":
		assert latin_left(row, one, "djk1") == []
	page.keyboard.press("Enter")
	expect(page.locator(".sf-finished")).to_contain_text(one)
	touch = closed(call, first)[0]
	assert (touch["outcome"], touch["note"]) == ("Call Later", "djk1 好")
	promise = planned(call, first)
	assert [p["kind"] for p in promise] == ["Promise"]
	assert promise[0]["due_on"][:16] == touch["next_on"][:16]
	expect(focused).to_contain_text(two)

	page.keyboard.press("Shift+Slash")
	help_of_frappe = dialog(page)
	expect(help_of_frappe).to_contain_text(word(lang, "Finish the touch; then a digit for what came of it"))
	if lang == "zh":
		assert sources_left(help_of_frappe) == []
	close(help_of_frappe)
	page.keyboard.press("j")
	expect(focused).to_contain_text(two)
	page.keyboard.press("Enter")
	page.wait_for_url(re.compile(r"/app/lead/"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_shows_everything_without_scrolling_sideways(login, call, rep, lang):
	_lead, company = lead_of(
		call, rep, "5542", sf_captured_on=records.ago(days=3), mobile_no=f"+86 138{records.digits(8)}"
	)
	lead_of(call, rep, "3333")
	page = open_day(login, "manager", lang, path=f"/{rep}", width=390, height=844)
	whole = page.locator("html")
	assert overflow(whole) <= 0
	row = row_of(page, company)
	row.locator("[data-action=finish]").click()
	row.locator("[data-outcome='Not Interested']").click()
	row.locator("[data-what=Lost]").click()
	row.locator(".sf-lost input").wait_for()
	assert overflow(whole) <= 0
	assert overflow(row) <= 0
	for button in row.locator("button:visible:not(.sf-reassign)").all():
		box = button.bounding_box()
		assert box and box["height"] >= 36, button.inner_text()
		assert box["x"] >= 0 and box["x"] + box["width"] <= 390, button.inner_text()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_manager_sees_the_team_and_opens_a_day(login, call, rep, lang):
	_lead, company = lead_of(call, rep, "5542", sf_captured_on=records.ago(days=3))
	page = open_day(login, "manager", lang)
	team = page.locator(".sf-team")
	row = team.locator("tbody tr", has=page.locator(f"[data-user='{rep}']"))
	expect(row.locator("td").nth(0)).to_have_text("1")
	expect(row.locator("td").nth(2)).to_have_text("1")
	if lang == "zh":
		names = team.locator("tbody a").all_inner_texts()
		assert latin_left(team.locator("thead")) == []
		assert sources_left(page.locator(".sf-day-head"), *names) == []
	row.locator("a").click()
	expect(row_of(page, company)).to_be_visible()
	expect(page.locator(".sf-rep")).to_have_value(rep)
	page.locator(".sf-rep").select_option("")
	expect(team).to_be_visible()
	page.go_back()
	expect(row_of(page, company)).to_be_visible()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_rep_sees_the_own_day_only(login, call, lang):
	user = "rep" if lang == "en" else "rep-zh"
	address = call("frappe.auth.get_logged_user", user=user)
	lead, company = lead_of(call, address, "5555", sf_captured_on=records.ago(days=30))
	page = open_day(login, "rep", lang)
	expect(page.locator(".sf-rep")).to_have_count(0)
	expect(page.locator(".sf-team")).to_have_count(0)
	expect(row_of(page, company)).to_be_visible()
	# One click opens the document.
	row_of(page, company).locator(".sf-open").click()
	page.wait_for_url(re.compile(f"/app/lead/{lead}"))


def test_a_stale_grade_is_confirmed_with_a_click(login, call, desk_site, rep):
	lead, company = lead_of(call, rep, "5542")
	desk_site.execute("frappe.db.set_value", {"dt": "Lead", "dn": lead, "field": "sf_grade_stale", "val": 1})
	page = open_day(login, "manager", path=f"/{rep}")
	page.locator("[data-only=stale]").click()
	expect(page.locator("[data-only=stale]")).to_have_attribute("aria-pressed", "true")
	rows = page.locator(".sf-touch:visible")
	expect(rows).to_have_count(1)
	expect(rows.first).to_contain_text(company)
	rows.first.locator("[data-action=review]").click()
	expect(page.locator(".sf-finished")).to_contain_text("the grade holds")
	assert records.state(call, "Lead", lead, "sf_grade_stale") == 0
	assert [row["source"] for row in records.history(call, lead)] == ["Reviewed", "Scored"]


def value_item(call) -> str:
	return records.insert(
		call,
		"Value Content",
		title=records.unique("案例"),
		kind="Case",
		subject="案例：{{ company_name }}",
		body="<p>{{ first_name }}，您好！</p>",
	)


def mail_task(call, rep: str, doctype: str, name: str, **values) -> str:
	return records.insert(
		call,
		"Follow Up",
		reference_doctype=doctype,
		reference_name=name,
		allocated_to=rep,
		**{
			"due_on": records.ago(minutes=-5),
			"channel": "E-mail",
			"value_kind": "Case",
			"goal": "案例",
			**values,
		},
	)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_writing_starts_from_a_value_item(login, call, rep, lang):
	"""The window is filled in; the item counts as given only when the mail goes out."""
	item = value_item(call)
	lead, company = lead_of(call, rep, email_id=f"{records.digits(9)}@example.com")
	touch = mail_task(call, rep, "Lead", lead)
	page = open_day(login, "manager", lang, path=f"/{rep}")
	window = write(page, company, item)
	expect(window.locator("[data-fieldname=subject] input")).to_have_value(f"案例：{company}")
	expect(window.locator(".ql-editor").first).to_contain_text("联系人，您好！")
	expect(window.locator("[data-fieldname=recipients] input")).to_have_value(re.compile("@example.com"))
	if lang == "zh":
		assert sources_left(window.locator(".sf-offer-pick"), item) == []
	window.locator(".sf-offer-pick select").select_option("")
	expect(window.locator(".ql-editor").first).not_to_contain_text("您好")
	window.locator(".btn-modal-close").first.click()
	assert not records.state(call, "Follow Up", touch, "value_content")


def write(page: Page, company: str, item: str) -> Locator:
	"""The window for an e-mail that brings the item."""
	row_of(page, company).locator("[data-action=write]").click()
	window = dialog(page)
	window.locator(".sf-offer-pick select").select_option(item)
	expect(window.locator(".ql-editor").first).to_contain_text("您好")
	return window


@pytest.mark.parametrize("closed_meanwhile", [False, True])
def test_the_item_is_noted_where_the_mail_was_counted(login, call, rep, closed_meanwhile):
	item = value_item(call)
	lead, company = lead_of(call, rep, email_id=f"{records.digits(9)}@example.com")
	touch = mail_task(call, rep, "Lead", lead)
	page = open_day(login, "manager", path=f"/{rep}")
	# The site has no mail server: what is sent is written down, and goes nowhere.
	page.route(
		"**/api/method/frappe.core.doctype.communication.email.make",
		lambda route: route.continue_(
			post_data=(route.request.post_data or "").replace("send_email=1", "send_email=0")
		),
	)
	window = write(page, company, item)
	if closed_meanwhile:
		call("salesflow_std.api.follow_up.complete", name=touch, outcome="Reached", channel="Phone")
	window.locator(".btn-modal-primary").click()
	expect(page.locator(".sf-finished")).to_contain_text(company)
	touches = {row["name"]: row for row in closed(call, lead)}
	with_item = [name for name, row in touches.items() if row["value_content"] == item]
	assert len(with_item) == 1
	assert touches[with_item[0]]["touch_doctype"] == "Communication"
	assert (with_item[0] == touch) is not closed_meanwhile


@pytest.mark.parametrize("of_lead", [True, False])
def test_only_a_leads_opportunity_goes_to_the_nurture_pool(login, call, rep, of_lead):
	title = records.unique("Buyer")
	party = records.lead(call, company_name=title) if of_lead else None
	values = {"opportunity_from": "Lead", "party_name": party}
	if not of_lead:
		customer = records.insert(call, "Customer", customer_name=title)
		values = {"opportunity_from": "Customer", "party_name": customer}
	name = records.opportunity(call, opportunity_owner=rep, **values)
	mail_task(call, rep, "Opportunity", name)
	page = open_day(login, "manager", path=f"/{rep}")
	row = row_of(page, records.state(call, "Opportunity", name, "title"))
	with page.expect_response(lambda answer: "opportunity_from" in (answer.request.post_data or answer.url)):
		row.locator("[data-action=finish]").click()
	row.locator("[data-outcome='Not Interested']").click()
	expect(row.locator("[data-what]")).to_have_text(["Nurture Pool", "Lost"] if of_lead else ["Lost"])


def test_nothing_to_do_is_said_kindly(login, call, rep):
	page = open_day(login, "manager", path=f"/{rep}")
	expect(page.locator(".sf-empty")).to_contain_text("All done")
