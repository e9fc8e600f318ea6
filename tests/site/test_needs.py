"""Needs talks up to their sending: plan, questions, needs, versions, permissions (N1-N3, P3)."""

import frappe
import pytest
from frappe.desk.reportview import get as report_view
from frappe.utils import add_to_date, get_datetime, now_datetime

from salesflow_std.api import needs_talk
from salesflow_std.salesflow_std import needs, profiles, versions
from tests.site import records

NOW = "2026-11-18 10:00"
API = "salesflow_std.api.needs_talk"


@pytest.fixture(autouse=True)
def clock(frozen_time):
	with frozen_time(NOW) as clock:
		yield clock


def talk(about=None, **values):
	"""A needs record of a new lead."""
	about = about or records.lead(email_id=f"{frappe.generate_hash(length=8)}@alpha.example")
	doc = frappe.get_doc(
		{
			"doctype": "Needs Record",
			"reference_doctype": about.doctype,
			"reference_name": about.name,
			**values,
		}
	).insert()
	return doc.reload()


def talked(about=None, **values):
	"""A talk that has taken place, with a need, ready to be sent."""
	return talk(
		about,
		**{
			"talked_on": NOW,
			"summary": "What we have understood",
			"needs": [need()],
			"answers": [
				{"kind": "Problem", "question": "Where does it fail?", "answer": "At the month's end"}
			],
			**values,
		},
	)


def need(**values):
	return {"need": "Reports by plant within five seconds", "match_score": 4, **values}


def set_state(doc, **values):
	"""What `confirmations` does to a record."""
	frappe.db.set_value(doc.doctype, doc.name, values)
	doc.reload()
	return doc


def sent(**values):
	return set_state(talked(**values), status="Sent", sent_on=NOW)


# The record ------------------------------------------------------------------------------------------------


def test_a_record_begins_with_what_the_lead_knows(make_user):
	owner = make_user()
	lead = records.lead(email_id="buyer@alpha.example", language="zh", lead_owner=owner)
	doc = talk(lead)
	assert doc.name.startswith("NEEDS-2026-")
	assert (doc.title, doc.status, doc.version) == (lead.company_name, "Planned", 1)
	assert (doc.email_id, doc.contact_name, doc.language) == (lead.email_id, lead.lead_name, "zh")
	assert doc.allocated_to == owner
	assert doc.customer_profile == profiles.profile_of("Lead", lead.name)


def speaking(user: str, language: str) -> str:
	frappe.db.set_value("User", user, "language", language)
	return user


@pytest.mark.parametrize("filled_in", ("en", None))
def test_a_customer_of_whom_no_language_is_known_is_taken_to_speak_their_reps(make_user, filled_in):
	"""Frappe fills the site's language into every lead, so that it says nothing."""
	owner = speaking(make_user(), "zh")
	lead = records.lead(lead_owner=owner)
	frappe.db.set_value("Lead", lead.name, "language", filled_in)
	assert talk(lead).language == "zh"
	deal = records.opportunity(party_name=lead.name, opportunity_owner=owner)
	assert talk(deal).language == "zh"


def test_the_customers_own_language_goes_before_their_reps(make_user):
	owner = speaking(make_user(), "zh")
	lead = records.lead(lead_owner=owner, language="fr")
	assert talk(lead).language == "fr"
	assert talk(records.lead(lead_owner=make_user(), language=None)).language == "en"
	deal = records.opportunity(party_name=lead.name, opportunity_owner=owner)
	frappe.db.set_value("Opportunity", deal.name, "language", "en")
	assert talk(deal).language == "fr"


def test_without_an_owner_the_record_is_its_makers(make_user, as_user):
	lead = records.lead(lead_owner=None)
	frappe.db.set_value("Lead", lead.name, "lead_owner", None)
	user = make_user()
	with as_user(user):
		assert talk(lead).allocated_to == user


def test_an_opportunity_without_a_contact_has_its_leads():
	lead = records.lead(email_id="buyer@beta.example", language="zh")
	deal = records.opportunity(party_name=lead.name)
	frappe.db.set_value(
		"Opportunity", deal.name, {"contact_email": None, "contact_display": None, "language": None}
	)
	doc = talk(deal)
	assert (doc.email_id, doc.contact_name, doc.language) == (lead.email_id, lead.lead_name, "zh")


def test_a_customer_has_its_primary_contact_and_those_who_left_are_none():
	customer = records.customer()
	for name, more in (
		("Gone", {"is_primary_contact": 1, "sf_left_on": "2026-01-01"}),
		("Here", {}),
		("First", {"is_primary_contact": 1}),
	):
		contact = frappe.get_doc(
			{
				"doctype": "Contact",
				"first_name": name,
				"email_ids": [{"email_id": f"{name}@gamma.example".lower(), "is_primary": 1}],
				"links": [{"link_doctype": "Customer", "link_name": customer.name}],
			}
		).insert()
		frappe.db.set_value("Contact", contact.name, more or {"is_primary_contact": 0})
	doc = talk(customer)
	assert (doc.email_id, doc.contact_name) == ("first@gamma.example", "First")


def test_the_customer_shows_the_needs_of_its_lead():
	"""P3: one company, one profile."""
	lead = records.lead()
	doc = talk(lead)
	customer = records.customer(lead_name=lead.name)
	assert profiles.profile_of("Customer", customer.name) == doc.customer_profile
	assert needs_talk.of("Customer", customer.name)["records"] == 1


def test_state_is_the_apps_alone():
	doc = talked()
	key = doc.needs[0].need_key
	other = talk()
	doc.update(
		{
			"status": "Confirmed",
			"version": 7,
			"title": "Other",
			"sent_on": NOW,
			"answered_by": "Somebody",
			"customer_profile": other.customer_profile,
			"next_version": other.name,
			"decision_chain": [{"person": "Purchasing Manager", "role": "Purchasing"}],
		}
	)
	doc.needs[0].update({"verdict": "Agreed", "correction": "x", "need_key": "forged"})
	doc.save()
	doc.reload()
	assert (doc.status, doc.version, doc.sent_on, doc.answered_by) == ("Talked", 1, None, None)
	assert doc.title != "Other" and doc.customer_profile != other.customer_profile
	assert not doc.next_version and not doc.decision_chain
	row = doc.needs[0]
	assert (row.verdict, row.correction, row.need_key) == (None, None, key)


def test_state_is_the_apps_alone_from_the_first_save():
	doc = talk(status="Confirmed", version=3, sent_on=NOW, needs=[need(verdict="Agreed", need_key="mine")])
	assert (doc.status, doc.version, doc.sent_on) == ("Planned", 1, None)
	assert doc.needs[0].verdict is None and doc.needs[0].need_key not in (None, "mine")


# The plan (N1) ---------------------------------------------------------------------------------------------


def test_a_talk_is_agreed_three_days_ahead():
	"""N1: calendar days; exactly three are enough."""
	assert talk(agreed_on="2026-11-18", planned_on="2026-11-21 09:00").status == "Planned"
	with pytest.raises(frappe.ValidationError, match="at least 3 days ahead"):
		talk(agreed_on="2026-11-18", planned_on="2026-11-20 23:00")
	short = talk(
		agreed_on="2026-11-18", planned_on="2026-11-20 09:00", short_notice_reason="They asked for it"
	)
	short.short_notice_reason = ""
	with pytest.raises(frappe.ValidationError, match="reason"):
		short.save()


def test_the_notice_is_the_administrators():
	frappe.db.set_single_value("Salesflow Settings", "needs_notice_days", 0)
	assert talk(agreed_on="2026-11-18", planned_on="2026-11-18 15:00").name


def test_a_call_on_the_spot_needs_no_reason():
	assert talk(talked_on=NOW, channel="Phone").status == "Talked"


def test_an_older_short_notice_does_not_stop_what_is_written_later():
	doc = talk(agreed_on="2026-11-18", planned_on="2026-11-19 09:00", short_notice_reason="They asked for it")
	frappe.db.set_value(doc.doctype, doc.name, "short_notice_reason", None)
	doc.reload()
	doc.key_facts = "Two plants"
	doc.save()


def test_a_talk_has_a_focus():
	none = dict.fromkeys(("focus_pain", "focus_decision", "focus_budget", "focus_timeline"), 0)
	with pytest.raises(frappe.ValidationError, match="focus"):
		talk(**none)
	assert talk(**none, focus_other="Service").name


# The talk (N2-N4) ------------------------------------------------------------------------------------------


def test_the_summary_is_due_a_day_after_the_talk():
	"""N4: plain hours, and only once for a talk."""
	doc = talk()
	assert doc.summary_due_on is None
	doc.talked_on = "2026-11-18 09:00"
	doc.save()
	doc.reload()
	assert (doc.status, str(doc.summary_due_on)) == ("Talked", "2026-11-19 09:00:00")
	frappe.db.set_single_value("Salesflow Settings", "summary_hours", 48)
	doc.reload()
	doc.summary = "x"
	doc.save()
	doc.reload()
	assert str(doc.summary_due_on) == "2026-11-19 09:00:00"
	doc.talked_on = None
	doc.save()
	assert (doc.status, doc.summary_due_on) == ("Planned", None)


def test_a_talk_is_not_in_the_future():
	with pytest.raises(frappe.ValidationError, match="future"):
		talk(talked_on="2026-11-18 10:06")


def test_the_match_is_one_to_five():
	with pytest.raises(frappe.ValidationError, match="1 to 5"):
		talk(needs=[need(match_score=6)])


def test_what_is_missing_says_what_why_and_where():
	doc = talked(summary="", needs=[need(), need(need="A good system", vague=1)])
	assert [(gap["fieldname"], gap["row"]) for gap in needs.missing(doc)] == [
		("concrete", 2),
		("summary", None),
	]
	assert all(gap["what"] and gap["why"] for gap in needs.missing(doc))
	doc.needs[1].concrete = "An order in three clicks"
	doc.summary = "x"
	assert needs.missing(doc) == []


def test_a_vague_need_is_hinted_at_and_never_marked():
	"""N3: what people have cleared stays cleared."""
	doc = talked(needs=[need(), need(need="A good system for our people")])
	doc.run_method("onload")
	assert doc.get_onload("hints") == {doc.needs[1].name: {"word": "good system"}}
	assert not doc.needs[1].vague


@pytest.mark.parametrize("status", ["Sent", "Confirmed", "Corrected", "Refused", "Superseded"])
def test_what_was_sent_stays_as_it_was_sent(status):
	doc = set_state(talked(), status=status)
	doc.save()  # nothing has changed
	doc.reload()
	doc.allocated_to = "Administrator"
	doc.save()  # who looks after it may change
	for change in (
		lambda: doc.set("summary", "Other"),
		lambda: doc.set("talked_on", None),
		lambda: doc.needs[0].set("match_score", 5),
		lambda: doc.append("needs", need()),
		lambda: doc.set("answers", []),
	):
		doc.reload()
		change()
		with pytest.raises(frappe.ValidationError, match="stays as it was sent"):
			doc.save()


def test_what_the_customer_said_of_a_need_outlives_its_row():
	"""REST may send the rows anew, with the same words and without their names."""
	doc = set_state(talked(), status="Confirmed")
	row = doc.needs[0]
	row.db_set("verdict", "Agreed")
	doc.reload()
	doc.set("needs", [{field: row.get(field) for field in versions.content_fields("Customer Need")}])
	doc.save()
	doc.reload()
	assert [(kept.name, kept.need_key, kept.verdict) for kept in doc.needs] == [
		(row.name, row.need_key, "Agreed")
	]


def test_what_was_sent_is_kept(make_user, as_user):
	doc = sent()
	with as_user(make_user(["Sales Manager", "Sales User"])), pytest.raises(frappe.ValidationError):
		frappe.delete_doc(doc.doctype, doc.name)
	frappe.delete_doc(doc.doctype, doc.name)
	assert not frappe.db.exists(doc.doctype, doc.name)


# Versions (N4) ---------------------------------------------------------------------------------------------


def link(doc):
	return frappe.get_doc(
		{
			"doctype": "Public Link",
			"purpose": "Needs Confirmation",
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"token_hash": frappe.generate_hash(length=64),
			"expires_on": add_to_date(now_datetime(), days=14),
		}
	).insert(ignore_permissions=True)


def test_a_new_version_takes_over_what_was_said(clock):
	doc = sent()
	public = link(doc)
	key = doc.needs[0].need_key
	clock.shift(days=3)
	after = needs.new_version(doc, {key: "Within two seconds", "unknown": "x"}, by="Purchasing Manager")
	assert (after.name, after.version, after.status) == (f"{doc.name}-2", 2, "Talked")
	assert (after.previous_version, doc.next_version, doc.status) == (doc.name, after.name, "Superseded")
	assert str(after.summary_due_on) == "2026-11-22 10:00:00"
	assert after.summary == doc.summary and after.answers[0].answer == doc.answers[0].answer
	assert after.customer_profile == doc.customer_profile and after.sent_on is None
	after.reload()
	row = after.needs[0]
	assert (row.need_key, row.verdict, row.correction) == (key, "Corrected", "Within two seconds")
	assert row.need == doc.needs[0].need
	assert records.state(public, "revoked_on") and records.state(public, "revoked_because")
	assert needs.new_version(set_state(after, status="Sent")).name == f"{doc.name}-3"


def test_there_is_one_open_successor():
	doc = sent()
	first = needs.new_version(doc)
	again = needs.new_version(doc, {doc.needs[0].need_key: "Other"})
	again.reload()
	assert again.name == first.name and again.needs[0].correction == "Other"


def test_what_was_not_sent_is_changed_itself():
	with pytest.raises(frappe.ValidationError, match="can be changed itself"):
		needs.new_version(talked())


def test_a_confirmed_version_holds_until_the_next_is_confirmed():
	doc = set_state(talked(), status="Confirmed", answered_on=NOW)
	after = needs.new_version(doc)
	assert doc.status == "Confirmed"
	subject = (doc.reference_doctype, doc.reference_name)
	assert needs.current(*subject) == doc.name
	set_state(after, status="Confirmed", answered_on="2026-11-18 11:00")
	needs.confirmed(after)
	doc.reload()
	assert doc.status == "Superseded"
	assert needs.current(*subject) == after.name
	assert [row.need_key for row in needs.confirmed_needs(*subject)] == [doc.needs[0].need_key]


def test_without_a_confirmation_nothing_holds():
	doc = sent()
	subject = (doc.reference_doctype, doc.reference_name)
	assert needs.current(*subject) is None and needs.confirmed_needs(*subject) == []
	assert needs.current("Lead", records.lead().name) is None


def test_a_deleted_version_makes_way_for_another():
	doc = sent()
	after = needs.new_version(doc)
	frappe.delete_doc(after.doctype, after.name)
	doc.reload()
	assert doc.next_version is None
	assert needs.new_version(doc).name == f"{doc.name}-2"


def test_a_correction_is_adopted_or_left():
	doc = sent(needs=[need(), need(need="Orders without retyping them")])
	words = {row.need_key: f"Other {row.idx}" for row in doc.needs}
	after = needs.new_version(doc, words)
	needs_talk.adopt(after.name, after.needs[0].name)
	needs_talk.adopt(after.name, after.needs[1].name, take=0)
	after.reload()
	assert [row.need for row in after.needs] == ["Other 1", "Orders without retyping them"]
	assert [(row.verdict, row.correction) for row in after.needs] == [(None, None)] * 2
	assert [row.need_key for row in after.needs] == [row.need_key for row in doc.needs]


# Questions (N2) --------------------------------------------------------------------------------------------


def asked_for(**params):
	return needs_talk.propose(**params)["questions"]


def test_questions_come_in_the_customers_language():
	lead = records.lead(language="zh")
	for language, first in (("zh", "这"), ("en", "How"), ("fr", "How"), (None, "How")):
		found = asked_for(doctype="Lead", name=lead.name, language=language)
		assert found[0]["question"].startswith(first)
		assert {row["kind"] for row in found} == {"Situation", "Problem", "Implication", "Need-payoff"}
		assert len(found) <= 16


def test_a_role_has_questions_of_its_own():
	lead = records.lead()
	plain = asked_for(doctype="Lead", name=lead.name, language="en")
	finance = asked_for(doctype="Lead", name=lead.name, language="en", contact_role="Finance")
	assert not any(row["for"] for row in plain)
	assert finance[0]["for"] == "Finance"


def test_the_industry_counts():
	if not frappe.db.exists("Industry Type", "Needs Steel"):
		frappe.get_doc({"doctype": "Industry Type", "industry": "Needs Steel"}).insert()
	frappe.get_doc(
		{
			"doctype": "SPIN Question",
			"question": "How many furnaces?",
			"kind": "Situation",
			"language": "en",
			"industry": "Needs Steel",
			"position": 99,
		}
	).insert()
	steel = records.lead(industry="Needs Steel")
	assert asked_for(doctype="Lead", name=steel.name, language="en")[0]["question"] == "How many furnaces?"
	other = asked_for(doctype="Lead", name=records.lead().name, language="en")
	assert "How many furnaces?" not in [row["question"] for row in other]


def test_nothing_is_asked_twice_of_a_company():
	lead = records.lead()
	first = asked_for(doctype="Lead", name=lead.name, language="en")[0]
	doc = talk(
		lead,
		answers=[
			{
				"kind": first["kind"],
				"question": first["question"],
				"spin_question": first["name"],
				"answer": "By hand",
			}
		],
	)
	# In its own talk it stays where it is, in the next one it is not asked again.
	assert first["name"] in [row["name"] for row in asked_for(record=doc.name, language="en")]
	later = asked_for(doctype="Lead", name=lead.name, language="en")
	assert first["name"] not in [row["name"] for row in later]


# Writing as one types --------------------------------------------------------------------------------------


def write(doc, modified=None, **told):
	return needs_talk.note(doc.name, modified or str(doc.modified), **told)


def test_what_is_typed_is_written_row_by_row(clock):
	doc = talk()
	answer = {"name": "a234567890", "kind": "Problem", "question": "Where?", "answer": "There"}
	told = write(doc, answers=[answer], needs_rows=[{"name": "b234567890", **need(vague=0)}])
	doc.reload()
	assert told["modified"] == str(doc.modified)
	assert [row.name for row in doc.answers] == ["a234567890"] and doc.answers[0].answered_on
	assert doc.needs[0].need_key
	clock.shift(seconds=5)
	told = write(doc, answers=[{**answer, "answer": "Everywhere"}], removed=["b234567890"], talked_on=NOW)
	doc.reload()
	assert [row.answer for row in doc.answers] == ["Everywhere"] and not doc.needs
	assert (told["status"], told["summary_due_on"]) == ("Talked", "2026-11-19 10:00:00")


def test_a_request_that_comes_twice_writes_once(clock):
	doc = talk()
	answer = {"name": "a234567890", "kind": "Problem", "question": "Where?", "answer": "There"}
	first = write(doc, answers=[answer])
	clock.shift(seconds=5)
	write(doc, modified=first["modified"], answers=[answer])
	doc.reload()
	assert len(doc.answers) == 1


def test_a_record_changed_meanwhile_is_not_overwritten(clock):
	doc = talk()
	read = str(doc.modified)
	clock.shift(seconds=5)
	doc.append("answers", {"kind": "Problem", "question": "Where?", "answer": "Mine"})
	doc.save()
	told = write(
		doc,
		modified=read,
		answers=[{"name": "a234567890", "kind": "Problem", "question": "X", "answer": "y"}],
	)
	doc.reload()
	assert told["conflict"] and told["modified"] == str(doc.modified)
	assert [row["answer"] for row in told["answers"]] == ["Mine"]
	doc.reload()
	assert len(doc.answers) == 1


def test_what_is_typed_may_not_change_what_was_sent():
	doc = sent()
	with pytest.raises(frappe.ValidationError, match="stays as it was sent"):
		write(doc, needs_rows=[{"name": doc.needs[0].name, "need": "Other"}])


def test_typing_keeps_no_version_of_every_pause():
	doc = talk()
	before = frappe.db.count("Version", {"docname": doc.name})
	write(doc, answers=[{"name": "a234567890", "kind": "Problem", "question": "X", "answer": "y"}])
	assert frappe.db.count("Version", {"docname": doc.name}) == before


def test_the_talk_goes_into_the_calendar_and_moves_with_the_plan():
	lead = records.lead()
	doc = talk(lead, agreed_on="2026-11-18", planned_on="2026-11-24 14:00")
	event = frappe.get_doc("Event", needs_talk.book(doc.name)["event"])
	assert (event.event_category, str(event.starts_on)) == ("Meeting", "2026-11-24 14:00:00")
	assert [(row.reference_doctype, row.reference_docname) for row in event.event_participants] == [
		("Lead", lead.name)
	]
	with pytest.raises(frappe.ValidationError, match="already"):
		needs_talk.book(doc.name)
	doc.reload()
	doc.planned_on = "2026-11-25 09:00"
	doc.save()
	assert get_datetime(records.state(event, "starts_on")) == get_datetime("2026-11-25 09:00")


# Permissions -----------------------------------------------------------------------------------------------


@pytest.fixture
def outsider(make_user):
	"""A sales user who may see one lead only, and none of ours."""
	from frappe.permissions import add_user_permission

	user = make_user()
	add_user_permission("Lead", records.lead().name, user, ignore_permissions=True)
	return user


def test_who_does_not_see_the_lead_sees_nothing_of_its_needs(outsider, as_user, call):
	doc = talked()
	with as_user(outsider):
		mine = {"doctype": "Needs Record", "fields": ["name"], "order_by": "name"}
		assert doc.name not in [row.name for row in frappe.get_list(**mine, limit=0)]
		for child in ("Customer Need", "Needs Answer"):
			rows = frappe.get_list(
				child, parent_doctype="Needs Record", fields=["parent"], order_by="name", limit=0
			)
			assert doc.name not in [row.parent for row in rows]
		frappe.local.form_dict.update(
			{"doctype": "Needs Record", "fields": '["`tabNeeds Record`.`name`"]', "page_length": 500}
		)
		assert doc.name not in str(report_view())
		from frappe.desk.search import search_link

		assert doc.name not in str(search_link("Needs Record", doc.name))
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype="Needs Record", name=doc.name)
		for method, params in (
			("propose", {"record": doc.name}),
			("propose", {"doctype": "Lead", "name": doc.reference_name}),
			("start", {"doctype": "Lead", "name": doc.reference_name}),
			("of", {"doctype": "Lead", "name": doc.reference_name}),
			("note", {"record": doc.name, "modified": str(doc.modified)}),
			("adopt", {"record": doc.name, "row": doc.needs[0].name}),
			("new_version", {"record": doc.name}),
			("book", {"record": doc.name}),
		):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", **params)
		with pytest.raises(frappe.PermissionError):
			talk(frappe._dict(doctype="Lead", name=doc.reference_name))


def test_who_may_only_read_the_lead_only_reads(outsider, as_user, call):
	doc = talked()
	frappe.share.add("Lead", doc.reference_name, outsider, read=1)
	with as_user(outsider):
		assert call("frappe.client.get", doctype="Needs Record", name=doc.name)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.note", record=doc.name, modified=str(doc.modified))


def test_no_profile_is_made_for_who_may_not_write(outsider, as_user):
	lead = records.lead()
	with as_user(outsider), pytest.raises(frappe.PermissionError):
		talk(lead)
	assert profiles.profile_of("Lead", lead.name) is None


def test_documents_show_their_talks_as_connections():
	for doctype in profiles.SUBJECTS:
		data = frappe.get_meta(doctype).get_dashboard_data()
		items = [item for group in data.transactions for item in group["items"]]
		assert "Needs Record" in items
