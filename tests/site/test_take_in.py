"""What was there before the app: touches from before the install are not forgotten (L7, F4)."""

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.jobs import follow_up_clock, take_in
from tests.site import plans, records
from tests.site.plans import MONDAY


def as_before_the_install(*docs):
	"""Takes away what the app has written down of documents."""
	for doc in docs:
		fields = {"sf_last_touch_on": None, "sf_next_touch_on": None, "sf_touches": 0}
		if doc.doctype == "Lead":
			fields |= {"sf_captured_on": None, "sf_first_touched_on": None, "sf_first_touch_status": ""}
		frappe.db.set_value(doc.doctype, doc.name, fields)
		frappe.db.delete("Follow Up", {"reference_doctype": doc.doctype, "reference_name": doc.name})


def mail(doc, clock):
	plans.communication(doc)
	clock.shift(hours=3)
	plans.communication(doc)


def meeting(doc, clock):
	plans.event(doc, starts=MONDAY, ends_on=MONDAY, status="Completed")
	plans.event(doc, starts="2027-01-11 12:00", ends_on="2027-01-11 12:00", status="Completed")


def call(doc, clock):
	plans.call_log(doc)
	clock.shift(hours=3)
	plans.call_log(doc)


@pytest.mark.parametrize("touch", [mail, meeting, call])
@pytest.mark.parametrize("kind", ["Lead", "Opportunity"])
def test_past_touches_count_and_twice_is_once(frozen_time, touch, kind):
	with frozen_time(MONDAY) as clock:
		doc = records.lead() if kind == "Lead" else plans.deal(20)
		touch(doc, clock)
		as_before_the_install(doc)
		clock.set("2027-01-20 10:00")
		take_in.run()
		assert records.state(doc, "sf_last_touch_on") == get_datetime("2027-01-11 12:00")
		if kind == "Lead":
			assert records.state(doc, "sf_first_touched_on") == get_datetime(MONDAY)
		before = frappe.db.get_value(kind, doc.name, "*")
		take_in.run()
		assert frappe.db.get_value(kind, doc.name, "*") == before


def test_what_is_no_touch_does_not_count(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = records.lead()
		plans.reply(lead)
		plans.communication(lead, communication_type="Automated Message")
		plans.communication(lead, delivery_status="Bounced")
		plans.communication(lead, communication_date="2027-01-04 10:00:00")  # before the capture
		plans.event(lead, starts="2027-01-11 12:00")
		plans.call_log(lead, status="No Answer")
		as_before_the_install(lead)
		clock.set("2027-01-20 10:00")
		take_in.run()
		assert records.state(lead, "sf_last_touch_on", "sf_first_touched_on") == (None, None)


def test_what_the_app_has_counted_stays(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = records.lead()
		mail(lead, clock)
		first, last = get_datetime("2027-01-11 11:00"), get_datetime("2027-01-11 11:30")
		frappe.db.set_value("Lead", lead.name, {"sf_first_touched_on": first, "sf_last_touch_on": last})
		take_in.run()
		assert records.state(lead, "sf_first_touched_on", "sf_last_touch_on") == (first, last)


def test_a_mail_with_a_quotation_reached_whoever_it_is_for(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead, deal = records.lead(), plans.deal(20)
		for number, of in enumerate(({"party_name": lead.name}, {"opportunity": deal.name})):
			name = f"QTN-TEST-{number}"
			quotation = frappe.get_doc({"doctype": "Quotation", "quotation_to": "Lead", "name": name, **of})
			quotation.db_insert()
			plans.communication(quotation)
		as_before_the_install(lead, deal)
		clock.set("2027-01-20 10:00")
		take_in.run()
		for doc in (lead, deal):
			assert records.state(doc, "sf_last_touch_on") == get_datetime(MONDAY)


def test_a_lead_scored_before_the_job_came_by_is_planned_anew(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = records.lead()
		plans.communication(lead)
		as_before_the_install(lead)
		clock.set("2027-01-12 10:00")
		frappe.db.set_value("Lead", lead.name, "sf_captured_on", MONDAY)
		records.score(lead, "5555")
		assert plans.only(lead).kind == "First Touch"
		take_in.run()
		assert records.state(lead, "sf_first_touch_status") == "Met"
		follow_up_clock.tick()
		assert plans.only(lead).kind == "Rhythm"


def test_a_killed_job_is_finished_by_the_next_one(frozen_time, monkeypatch):
	with frozen_time(MONDAY):
		leads = [records.lead() for _ in range(5)]
		for lead in leads:
			plans.communication(lead)
		as_before_the_install(*leads)
		frappe.db.commit()
		monkeypatch.setattr(take_in, "CHUNK", 2)
		reached, calls = take_in._reached, []

		def killed(*args):
			calls.append(args)
			if len(calls) == 2:
				raise KeyboardInterrupt
			return reached(*args)

		with monkeypatch.context() as patch:
			patch.setattr(take_in, "_reached", killed)
			with pytest.raises(KeyboardInterrupt):
				take_in.run()
		frappe.db.rollback()
		take_in.run()
		for lead in leads:
			assert records.state(lead, "sf_first_touched_on") == get_datetime(MONDAY)
