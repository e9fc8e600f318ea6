"""Lead: capture and late entry (L2), validity and duplicates (L3), the first touch and its clock (L7, L9)."""

import frappe
import pytest
from frappe.utils import get_datetime, now_datetime

from salesflow_std.jobs import grade_clock
from tests.site import records


def messages() -> str:
	return " ".join(str(message) for message in frappe.local.message_log)


# L2 ------------------------------------------------------------------------------------------------------


def test_l2_capture_is_now_unless_said(frozen_time):
	with frozen_time("2026-11-20 10:00"):
		lead = records.lead()
	assert lead.sf_captured_on == get_datetime("2026-11-20 10:00")
	assert not lead.sf_late_entry


@pytest.mark.parametrize(("captured", "late"), [("2026-11-19 10:00:00", 0), ("2026-11-19 09:59:59", 1)])
def test_l2_late_entry_is_flagged_never_refused(frozen_time, captured, late):
	with frozen_time("2026-11-20 10:00"):
		lead = records.lead(sf_captured_on=captured)
	assert records.state(lead, "sf_late_entry") == late


def test_l2_flag_follows_a_corrected_capture(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		clock.set("2026-11-24 10:00")
		lead.reload()
		lead.sf_captured_on = "2026-11-18 10:00:00"
		lead.save()
		assert lead.sf_late_entry == 1
		lead.reload()
		lead.sf_captured_on = "2026-11-20 08:00:00"
		lead.save()
	assert records.state(lead, "sf_late_entry") == 0


def test_l2_no_capture_in_the_future(frozen_time):
	with frozen_time("2026-11-20 10:00"), pytest.raises(frappe.ValidationError, match="still to come"):
		records.lead(sf_captured_on="2026-11-20 10:06")


# L3 ------------------------------------------------------------------------------------------------------


def test_l3_invalid_leaves_every_queue_and_comes_back(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		lead.reload()
		lead.sf_invalid_reason = "Test Data"
		lead.save()
		assert records.state(
			lead, "sf_first_touch_due", "sf_next_touch_on", "sf_review_due", "sf_first_touch_status"
		) == (None, None, None, "")
		clock.set("2026-12-20 10:00")
		grade_clock.tick()
		assert records.state(lead, "sf_grade_stale", "sf_first_touch_status") == (0, "")
		clock.set("2026-11-20 11:00")
		lead.reload()
		lead.sf_invalid_reason = ""
		lead.save()
	assert records.state(lead, "sf_first_touch_due") == get_datetime("2026-11-22 10:00")


@pytest.mark.parametrize(
	("first", "second", "same"),
	[
		({"phone": "+86 138 1234 5678"}, {"mobile_no": "013812345678"}, "Phone"),
		({"company_name": "Blue Sky Robotics Co., Ltd."}, {"company_name": "BLUE SKY ROBOTICS"}, "Company"),
		({"company_name": "示例蓝天科技有限公司"}, {"company_name": "示例蓝天科技(上海)有限公司"}, "Company"),
	],
)
def test_l3_duplicates_are_pointed_out_with_a_link(first, second, same):
	known = records.lead(**first)
	frappe.local.message_log = []
	again = records.lead(**second)
	assert known.name in messages() and same in messages()
	assert f"/app/lead/{known.name}" in messages()
	assert again.name  # a warning, no refusal


def test_l3_email_duplicates_where_erpnext_allows_them():
	frappe.db.set_single_value("CRM Settings", "allow_lead_duplication_based_on_emails", 1)
	known = records.lead(email_id="buyer@sample-one.example")
	frappe.local.message_log = []
	records.lead(email_id="buyer@sample-one.example")
	assert known.name in messages() and "E-mail" in messages()


def test_l3_silence_without_a_change():
	records.lead(phone="+86 138 1234 9999")
	again = records.lead(phone="+86 138 1234 9999")
	again.reload()
	frappe.local.message_log = []
	again.city = "Wuhan"
	again.save()
	assert messages() == ""


def test_l3_invalid_leads_are_no_duplicates():
	known = records.lead(phone="+86 138 1234 7777")
	known.reload()
	known.sf_invalid_reason = "Test Data"
	known.save()
	frappe.local.message_log = []
	records.lead(phone="+86 138 1234 7777")
	assert messages() == ""


def test_l3_a_foreign_duplicate_shows_no_content(make_user, as_user):
	from frappe.permissions import add_user_permission

	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test South", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	known = records.lead(company_name="Secret Prospect Works", phone="+86 138 1234 6666", territory="China")
	with as_user(rep):
		frappe.local.message_log = []
		records.lead(company_name="Other", phone="+86 138 1234 6666", territory=territory.name)
	assert known.name in messages()
	assert "Secret Prospect" not in messages()


def test_l3_titles_are_escaped():
	records.lead(company_name="<img src=x onerror=alert(1)> Works", phone="+86 138 1234 5555")
	frappe.local.message_log = []
	records.lead(phone="+86 138 1234 5555")
	assert "<img" not in messages()


def test_l3_a_lead_is_not_its_own_duplicate():
	lead = records.lead()
	lead.sf_invalid_reason = "Duplicate"
	lead.sf_duplicate_of = lead.name
	with pytest.raises(frappe.ValidationError, match="duplicate of itself"):
		lead.save()


# L7, L9: the clock -----------------------------------------------------------------------------------------


def test_l7_overdue_is_set_by_the_clock_not_by_a_save(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		modified = records.state(lead, "modified")
		clock.set("2026-11-22 10:00")
		grade_clock.tick()
		assert records.state(lead, "sf_first_touch_status") == "Not Yet"
		clock.shift(seconds=1)
		grade_clock.tick()
		assert records.state(lead, "sf_first_touch_status") == "Overdue"
		assert records.state(lead, "modified") == modified
		assert grade_clock.mark_overdue() == 0


def test_l7_the_clock_runs_at_every_tick():
	jobs = frappe.get_all(
		"Scheduled Job Type", filters={"method": "salesflow_std.jobs.grade_clock.tick"}, pluck="frequency"
	)
	assert jobs == ["All"]


@pytest.mark.parametrize("status", ["Converted", "Do Not Contact", "Lost Quotation"])
def test_l7_ended_leads_are_not_overdue(frozen_time, status):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		frappe.db.set_value("Lead", lead.name, "status", status)
		clock.set("2026-12-20 10:00")
		grade_clock.tick()
	assert records.state(lead, "sf_first_touch_status", "sf_grade_stale") == ("", 0)


def test_l7_a_new_grade_moves_the_deadline(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		clock.set("2026-11-23 10:00")
		grade_clock.tick()
		records.score(lead, "3333")
	assert records.state(lead, "sf_first_touch_due", "sf_first_touch_status") == (
		get_datetime("2026-11-27 10:00"),
		"Not Yet",
	)


@pytest.mark.parametrize(("at", "status"), [("2026-11-22 10:00", "Met"), ("2026-11-22 10:01", "Missed")])
def test_l7_touch_is_met_or_missed_and_stays_so(frozen_time, call, at, status):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		clock.set(at)
		call("salesflow_std.api.lead.touched", name=lead.name)
		assert records.state(lead, "sf_first_touch_status") == status
		clock.set("2026-12-20 10:00")
		records.score(lead, "3333")
		grade_clock.tick()
	assert records.state(lead, "sf_first_touch_status") == status


def test_l7_a_sent_mail_is_the_first_touch(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		clock.set("2026-11-21 09:00")
		for values in (
			{"sent_or_received": "Received"},
			{"communication_type": "Automated Message"},
			{"communication_type": "Comment"},
		):
			communication(lead, **values)
			assert records.state(lead, "sf_first_touched_on") is None
		communication(lead)
		communication(lead)
	assert records.state(lead, "sf_first_touched_on", "sf_first_touch_status") == (
		get_datetime("2026-11-21 09:00"),
		"Met",
	)


def communication(lead, **values):
	frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Sent",
			"subject": "About your inquiry",
			"content": "Hello",
			"reference_doctype": "Lead",
			"reference_name": lead.name,
			"communication_date": now_datetime(),
			**values,
		}
	).insert()


@pytest.mark.parametrize(
	("on", "word"), [("2026-11-19 10:00", "captured on"), ("2026-11-30 10:00", "in the future")]
)
def test_l7_a_touch_lies_between_capture_and_now(frozen_time, call, on, word):
	with frozen_time("2026-11-20 10:00"):
		lead = records.lead()
		records.score(lead, "5555")
		with pytest.raises(frappe.ValidationError, match=word):
			call("salesflow_std.api.lead.touched", name=lead.name, on=on)


def test_l9_grades_get_stale_without_a_save(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		lead = records.lead()
		records.score(lead, "3333")
		customer = records.customer()
		from salesflow_std.api.scoring import score

		score("Customer", customer.name, dict.fromkeys(("SIZE", "FIT", "URGENCY", "BUDGET", "CHAIN"), 4))
		clock.set("2026-11-27 10:00")
		grade_clock.tick()
		assert records.state(lead, "sf_grade_stale") == 0
		clock.set("2026-11-27 10:01")
		grade_clock.tick()
		assert records.state(lead, "sf_grade_stale") == 1
		assert records.state(customer, "sf_grade_stale") == 0
		clock.set("2026-12-20 10:01")
		grade_clock.tick()
		assert records.state(customer, "sf_grade_stale") == 1
		records.score(lead, "3333")
		assert records.state(lead, "sf_grade_stale") == 0


def test_a_broken_record_does_not_stop_the_clock(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		broken, sound = records.lead(), records.lead()
		for lead in (broken, sound):
			records.score(lead, "1111")
			frappe.call(
				"salesflow_std.api.scoring.override",
				doctype="Lead",
				name=lead.name,
				grade="A",
				reason="Known",
				until="2026-11-21",
			)
		frappe.db.set_value("Lead", broken.name, "sf_scoring_model", "Gone")
		clock.set("2026-11-23 10:00")
		grade_clock.tick()
	assert records.state(sound, "sf_grade") == "C"
	assert frappe.get_all("Error Log", filters={"reference_name": broken.name})


def test_a_save_without_news_asks_nothing_more(count_queries):
	"""Hooks are cheap: guard first, no query that is not needed."""
	from salesflow_std.overrides import lead as override

	lead = records.lead()
	records.score(lead, "3333")
	lead.reload()
	lead.load_doc_before_save()
	with count_queries() as queries:
		override.validate(lead)
	assert queries == []


def test_existing_leads_are_taken_in():
	from salesflow_std.jobs import take_in

	lead = records.lead(phone="+86 138 1234 4444")
	frappe.db.set_value(
		"Lead", lead.name, {"sf_captured_on": None, "sf_phone_key": None, "sf_company_key": None}
	)
	take_in.run()
	take_in.run()
	captured, phone = records.state(lead, "sf_captured_on", "sf_phone_key")
	assert captured == get_datetime(records.state(lead, "creation"))
	assert phone == lead.sf_phone_key
