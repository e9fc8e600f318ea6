"""Complaints: opened by a survey, closed with the customer's word, on every path (A4)."""

from __future__ import annotations

from contextlib import contextmanager

import frappe
import pytest
from erpnext.support.doctype.issue.issue import auto_close_tickets
from frappe.desk.doctype.bulk_update.bulk_update import submit_cancel_or_update_docs
from frappe.utils import add_days, now_datetime, today

from salesflow_std.jobs import complaint_clock
from salesflow_std.salesflow_std import complaints
from tests.site import records, surveyed, talks
from tests.site.complained import (
	WAYS,
	WORD,
	complaint,
	give_word,
	issue,
	saved,
	state,
	survey,
	whitelisted,
)

FRIDAY = "2027-01-08 10:00"
MISSING = "What does the customer say now?"
SETTLE = "salesflow_std.api.complaint.settle"


@contextmanager
def refused(*saying, error=frappe.ValidationError):
	frappe.db.savepoint("refused")
	with pytest.raises(error) as problem:
		yield
	frappe.db.rollback(save_point="refused")
	for words in saying:
		assert words in str(problem.value)


@contextmanager
def tuned(doctype, name, **values):
	before = frappe.db.get_value(doctype, name, list(values), as_dict=True)
	frappe.db.set_value(doctype, name, values)
	frappe.clear_document_cache(doctype, name)
	try:
		yield
	finally:
		frappe.db.set_value(doctype, name, dict(before))
		frappe.clear_document_cache(doctype, name)


def notices_of(user, doc):
	return frappe.get_all(
		"Notification Log",
		filters={"for_user": user, "document_type": "Issue", "document_name": doc.name},
		pluck="subject",
		order_by="creation, name",
	)


def comments_of(doctype, name):
	return " ".join(
		frappe.get_all(
			"Comment",
			filters={"reference_doctype": doctype, "reference_name": name, "comment_type": "Info"},
			pluck="content",
			order_by="creation, name",
		)
	)


# Opened by a survey -------------------------------------------------------------------------------------------------


def test_a_low_mark_opens_one(rep, manager, frozen_time):
	with frozen_time(FRIDAY):
		asked = survey(rep, (2, 5, 5), comments="Three weeks <late>", email_id=talks.BUYER)
		frappe.set_user("Guest")  # who answers
		name = complaints.open(asked)
		frappe.set_user("Administrator")
		doc = frappe.get_doc("Issue", name)
		assert (doc.sf_responsible, doc.sf_survey, doc.status) == (rep, asked.name, "Open")
		assert str(doc.sf_close_by) == "2027-01-12 10:00:00"  # two working days, the weekend between
		assert doc.customer == asked.customer and doc.raised_by == talks.BUYER
		assert "Timeliness" in doc.subject and "Service Quality" not in doc.subject
		assert "2 of 5" in doc.description and "&lt;late&gt;" in doc.description
		assert f"/app/satisfaction-survey/{asked.name}" in doc.description
		assert frappe.db.get_value("Satisfaction Survey", asked.name, "issue") == name
		for user in (rep, manager):
			(told,) = notices_of(user, doc)
			assert "Complaint" in told and asked.title in told
			assert [mail.subject for mail in talks.mails() if mail.to == [user]]
		assert name in comments_of("Customer", asked.customer)


def test_twice_is_once(rep):
	asked = survey(rep, (1, 1, 1))
	name = complaints.open(asked)
	assert complaints.open(asked.name) == complaints.open(asked) == name
	# Also where the survey does not know of it.
	frappe.db.set_value("Satisfaction Survey", asked.name, "issue", None)
	assert complaints.open(asked.name) == name
	assert frappe.db.count("Issue", {"sf_survey": asked.name}) == 1
	assert len(notices_of(rep, frappe.get_doc("Issue", name))) == 1


def test_who_is_content_opens_none(rep):
	assert complaints.open(survey(rep, (3, 4, 5))) is None
	assert complaints.open(survey(rep, (1, 1, 1), status="Sent")) is None


def test_a_ticked_problem_opens_one(rep):
	asked = survey(rep, has_problem=1, problem="A door does not close.")
	doc = frappe.get_doc("Issue", complaints.open(asked))
	assert "a problem" in doc.subject and "A door does not close." in doc.description


def test_a_correction_has_the_complaint_of_what_it_corrects(rep):
	first = survey(rep, (1, 5, 5))
	second = survey(rep, (2, 5, 5), customer=first.customer, correction_of=first.name)
	assert complaints.open(first) == complaints.open(second)


def test_a_holiday_is_no_working_day(rep, frozen_time, company):
	records.holidays_of(company, "2027-01-09", "2027-01-10", "2027-01-11")
	with frozen_time(FRIDAY):
		doc = frappe.get_doc("Issue", complaints.open(survey(rep, (1, 5, 5))))
		assert str(doc.sf_close_by) == "2027-01-13 10:00:00"


def test_the_deadline_is_tuned(rep, frozen_time):
	records.settings(complaint_amount=4, complaint_unit="Working Hours")
	with frozen_time(FRIDAY):
		assert str(complaint(rep).sf_close_by) == "2027-01-08 15:00:00"


def test_who_has_left_is_not_responsible(rep, manager):
	left = frappe.get_doc("User", rep)
	left.enabled = 0
	left.save()
	doc = frappe.get_doc("Issue", complaints.open(survey(rep, (1, 5, 5))))
	assert doc.sf_responsible == manager


def test_the_mail_says_line_by_line_what_the_customer_said(rep):
	doc = survey(rep, (1, 5, 5), has_problem=1, problem="Doors & locks\nA <b>hinge</b>", comments="Call me.")
	issue = complaints.open(doc)
	said = next(mail.text for mail in talks.mails() if issue in mail.text and "Complaint" in mail.subject)
	lines = [line.strip() for line in said.splitlines()]
	for line in ("Timeliness? – 1 of 5", "Problem", "Doors & locks", "Comments", "Call me."):
		assert line in lines, (line, lines)


def test_told_in_the_readers_language(make_user):
	rep = make_user("Sales User", language="zh")
	doc = frappe.get_doc("Issue", complaints.open(survey(rep, (1, 2, 5))))
	assert "不满意：交付及时性 · 服务质量" in doc.subject and "满分 5" in doc.description
	assert "投诉" in notices_of(rep, doc)[0]


def test_what_is_low_is_what_was_low_when_they_were_asked(rep):
	"""A4: whatever becomes of the template since."""
	asked = surveyed.survey(rep)
	token = surveyed.sent(asked)
	with tuned("Survey Template", asked.survey_template, low_mark=1):
		done = surveyed.answer(token, surveyed.BAD)
		assert "Timeliness" in records.state(frappe.get_doc("Issue", done.issue), "subject")


def test_a_complaint_is_opened_though_the_earlier_one_is_gone(rep):
	"""A4."""
	asked = survey(rep, (1, 5, 5), settled=True, earlier_issue="ISS-GONE")
	assert complaints.open(asked)


def test_the_clock_opens_what_could_not_be_opened(rep, monkeypatch):
	broken, fine = survey(rep, (1, 5, 5)), survey(rep, (1, 5, 5))
	make = complaints._make

	def fails(asked):
		if asked.name == broken.name:
			raise ValueError("broken")
		return make(asked)

	with monkeypatch.context() as patch:
		patch.setattr(complaints, "_make", fails)
		assert complaints.open(broken) is None  # who answers is not told of it
		complaint_clock.tick()
	assert frappe.db.exists("Issue", {"sf_survey": fine.name})
	assert not frappe.db.exists("Issue", {"sf_survey": broken.name})
	complaint_clock.tick()
	complaint_clock.tick()
	for asked in (broken, fine):
		assert frappe.db.count("Issue", {"sf_survey": asked.name}) == 1


# By hand ------------------------------------------------------------------------------------------------------------


def test_one_that_somebody_writes_down(rep, manager, as_user):
	customer = records.customer().name
	with as_user(rep):
		doc = complaint(customer=customer)
		assert doc.sf_responsible == rep and doc.sf_close_by and doc.customer_name
		assert not doc.sf_survey
	assert len(notices_of(manager, doc)) == 1


def test_the_customers_account_manager_comes_first(rep, make_user):
	own = make_user("Sales User")
	doc = complaint(customer=records.customer(account_manager=own).name)
	assert doc.sf_responsible == own and len(notices_of(own, doc)) == 1


def test_nobody_forges_a_survey_or_an_end(rep):
	doc = complaint(
		rep, sf_survey=survey(rep).name, sf_settled_on=now_datetime(), sf_escalated_on=now_datetime()
	)
	assert not doc.sf_survey and not doc.sf_settled_on and not doc.sf_escalated_on
	doc.update({"sf_settled_on": now_datetime()})
	doc.save()
	assert not state(doc).sf_settled_on


def test_who_becomes_responsible_is_told(rep, make_user):
	doc, other = complaint(rep), make_user("Projects User")
	doc.sf_responsible = other
	doc.save()
	assert "responsible" in notices_of(other, doc)[0]
	assert frappe.has_permission("Issue", "write", doc=doc.name, user=other)
	customer = make_user("Sales User")
	frappe.db.set_value("User", customer, "user_type", "Website User")
	frappe.clear_document_cache("User", customer)
	doc.sf_responsible = customer
	with refused("do not work in the desk"):
		doc.save()


# The gate -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["Closed", "Resolved"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_asks_for_the_customers_word(way, status, rep):
	doc = complaint(rep)
	with refused(MISSING, "Who at the customer said so?", "says who complained"):
		way(doc, status)
	assert state(doc).status == "Open" and not doc.sf_settled_on
	give_word(doc)
	way(doc, status)
	assert state(doc).status == status
	assert (now_datetime() - doc.sf_settled_on).total_seconds() < 60


def test_bulk_edit_tells_and_changes_nothing(rep):
	doc = complaint(rep)
	frappe.db.commit()
	assert submit_cancel_or_update_docs("Issue", [doc.name], "update", {"status": "Closed"}) == [doc.name]
	assert state(doc).status == "Open"


def test_a_new_one_is_asked_too(rep):
	with refused(MISSING):
		complaint(rep, status="Closed")
	doc = complaint(rep, status="Closed", **{**WORD, "sf_word_on": today()})
	assert doc.sf_settled_on


@pytest.mark.parametrize(
	("lacking", "says"),
	[
		({"sf_customers_word": "  "}, MISSING),
		({"sf_word_by": ""}, "Who at the customer"),
		({"sf_word_on": None}, "On which day"),
		({"sf_word_on": -1}, "before the complaint was opened"),
		({"sf_word_on": 1}, "still to come"),
	],
)
def test_each_part_of_the_word_is_asked_for(lacking, says, rep):
	doc = complaint(rep)
	if days := lacking.get("sf_word_on"):
		lacking = {"sf_word_on": add_days(today(), days)}
	give_word(doc, **lacking)
	doc.status = "Closed"
	with refused(says):
		doc.save()


def test_an_issue_that_becomes_a_complaint_when_it_is_closed_is_asked(rep):
	doc = issue(status="Closed")
	doc.update({"sf_is_complaint": 1, "sf_responsible": rep})
	with refused(MISSING):
		doc.save()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_other_issues_are_erpnexts_alone(way):
	doc = issue()
	way(doc)
	assert state(doc).status == "Closed" and not doc.sf_settled_on and not doc.sf_close_by
	way(doc, "Open")
	assert state(doc).status == "Open"


def test_some_of_a_list_are_refused_then_none_is_set(rep):
	plain, doc = issue(), complaint(rep)
	with refused(MISSING):
		whitelisted(
			"erpnext.support.doctype.issue.issue.set_multiple_status",
			names=frappe.as_json([plain.name, doc.name]),
			status="Closed",
		)
	assert state(plain).status == "Open"


def test_the_lists_methods_ask_for_rights(rep, make_user, as_user):
	doc, stranger = issue(), make_user("Employee")
	for user in (rep, stranger):
		with as_user(user), refused(error=frappe.PermissionError):
			whitelisted("erpnext.support.doctype.issue.issue.set_status", name=doc.name, status="Closed")
	with refused("no status of an issue"):
		whitelisted("erpnext.support.doctype.issue.issue.set_status", name=doc.name, status="Gone")


def test_time_alone_closes_no_complaint(rep):
	doc, told, plain = complaint(rep), complaint(rep), issue()
	give_word(told)
	for one in (doc, told, plain):
		frappe.db.set_value(
			"Issue",
			one.name,
			{"status": "Replied", "modified": add_days(now_datetime(), -30)},
			update_modified=False,
		)
	auto_close_tickets()
	assert state(doc).status == "Replied"
	assert state(told).status == "Closed" and told.sf_settled_on
	assert state(plain).status == "Closed"


def reply(doc, direction="Received"):
	return frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": direction,
			"subject": "Re: crane",
			"content": "It broke again",
			"sender": talks.BUYER,
			"reference_doctype": "Issue",
			"reference_name": doc.name,
		}
	).insert(ignore_permissions=True)


def test_a_reply_opens_it_again_and_the_word_is_asked_anew(rep, frozen_time):
	with frozen_time(FRIDAY) as clock:
		doc = complaint(rep)
		complaints.settle(doc.name, "All fine", "Purchasing Manager")
		clock.set("2027-01-18 10:00")
		reply(doc)
		assert state(doc).status == "Open"
		assert not (doc.sf_settled_on or doc.sf_customers_word or doc.sf_word_by or doc.sf_word_on)
		assert str(doc.sf_close_by) == "2027-01-20 10:00:00"
		assert "All fine" in comments_of("Issue", doc.name)
		assert "open again" in notices_of(rep, doc)[-1]
		with refused(MISSING):
			doc.status = "Closed"
			doc.save()


def test_taken_up_by_hand(rep):
	doc = complaint(rep)
	complaints.settle(doc.name, "All fine", "Purchasing Manager")
	doc.reload()
	doc.status = "Open"
	doc.save()
	assert not state(doc).sf_settled_on and not doc.sf_customers_word
	assert "All fine" in comments_of("Issue", doc.name)


def test_the_word_stays_as_it_was(rep):
	doc = complaint(rep)
	complaints.settle(doc.name, "All fine", "Purchasing Manager")
	doc.reload()
	doc.sf_customers_word = "More than fine"
	with refused("kept as it was"):
		doc.save()
	doc.reload()
	doc.priority = None
	doc.status = "Resolved"
	doc.save()  # it stays settled
	assert state(doc).sf_settled_on and doc.sf_customers_word == "All fine"


def test_closed_past_everything_it_is_open_again(rep):
	silent, told, fine = complaint(rep), complaint(rep), complaint(rep)
	give_word(told)
	complaints.settle(fine.name, "All fine", "Purchasing Manager")
	for doc in (silent, told):
		frappe.db.set_value("Issue", doc.name, "status", "Closed")
	complaint_clock.tick()
	assert state(silent).status == "Open" and "open again" in notices_of(rep, silent)[-1]
	assert state(told).status == "Closed" and told.sf_settled_on
	assert state(fine).status == "Closed"
	count = len(notices_of(rep, silent))
	complaint_clock.tick()
	assert len(notices_of(rep, silent)) == count


def test_it_stays_a_complaint(rep, manager, as_user):
	by_hand = complaint(rep)
	asked = survey(rep, (1, 5, 5))
	said = frappe.get_doc("Issue", complaints.open(asked))
	for user, doc, says in ((rep, by_hand, "a manager says"), (manager, said, asked.name)):
		with as_user(user), refused(says):
			doc.reload()
			doc.sf_is_complaint = 0
			doc.save()
	with as_user(manager):
		by_hand.reload()
		by_hand.sf_is_complaint = 0
		by_hand.save()
	assert not state(by_hand).sf_responsible and not by_hand.sf_close_by
	assert "no complaint" in comments_of("Issue", by_hand.name)


def test_it_is_not_deleted_away(make_user, rep, as_user):
	support, doc = make_user("Support Team"), complaint(rep)
	with as_user(support):
		with refused("is not settled"):
			frappe.delete_doc("Issue", doc.name)
		complaints.settle(doc.name, "All fine", "Purchasing Manager")
		frappe.delete_doc("Issue", doc.name)
	assert not frappe.db.exists("Issue", doc.name)


def test_only_a_manager_puts_the_deadline_off(rep, manager, as_user, frozen_time):
	with frozen_time(FRIDAY):
		doc = complaint(rep)
		frappe.db.set_value("Issue", doc.name, "sf_escalated_on", now_datetime())
		with as_user(rep):
			doc.reload()
			doc.sf_close_by = "2027-02-01 10:00:00"
			with refused("A manager may put that off"):
				doc.save()
			doc.reload()
			doc.sf_close_by = "2027-01-11 10:00:00"  # earlier is no matter
			doc.save()
		with as_user(manager):
			doc.reload()
			doc.sf_close_by = "2027-02-01 10:00:00"
			doc.save()
		assert str(state(doc).sf_close_by) == "2027-02-01 10:00:00" and not doc.sf_escalated_on


def test_nor_does_anybody_begin_with_a_later_one(rep, manager, as_user, frozen_time):
	with frozen_time(FRIDAY):
		with as_user(rep):
			with refused("A manager may put that off"):
				complaint(rep, sf_close_by="2027-02-01 10:00:00")
			complaint(rep, sf_close_by="2027-01-11 10:00:00")
		with as_user(manager):
			complaint(rep, sf_close_by="2027-02-01 10:00:00")


def test_what_is_split_from_it_begins_anew(rep):
	doc = frappe.get_doc("Issue", complaints.open(survey(rep, (1, 5, 5))))
	mail = reply(doc)
	complaints.settle(doc.name, "All fine", "Purchasing Manager")
	other = frappe.get_doc("Issue", state(doc).split_issue("The door", mail.name))
	assert other.status == "Open" and other.sf_is_complaint and other.sf_responsible == rep
	assert not other.sf_survey and not other.sf_customers_word and not other.sf_settled_on


# Settled ------------------------------------------------------------------------------------------------------------


def test_settled_with_a_button(rep, manager, as_user, call):
	doc = complaint(rep)
	with as_user(rep):
		with refused(MISSING):
			call(SETTLE, name=doc.name, word=" ", by="Purchasing Manager", on=today())
		given = call(SETTLE, name=doc.name, word="All fine", by="Purchasing Manager")
		assert given["status"] == "Closed" and given["settled_on"]
		assert call(SETTLE, name=doc.name, word="Other", by="Other") == given
	assert state(doc).sf_customers_word == "All fine" and str(doc.sf_word_on) == today()
	assert "settled" in notices_of(manager, doc)[-1]
	assert not notices_of(rep, doc)[1:]
	assert "All fine" in comments_of("Customer", doc.customer)


def test_settling_asks_for_rights(rep, make_user, as_user, call):
	doc, plain = complaint(rep), issue()
	with as_user(make_user("Employee")), refused(error=frappe.PermissionError):
		call(SETTLE, name=doc.name, word="Fine", by="Me", on=today())
	with refused("is no complaint"):
		call(SETTLE, name=plain.name, word="Fine", by="Me", on=today())
	with refused("as Resolved or Closed"):
		call(SETTLE, name=doc.name, word="Fine", by="Me", on=today(), status="Open")


# The next survey ----------------------------------------------------------------------------------------------------


def test_the_next_survey_asks_about_the_latest_one(rep):
	customer = records.customer().name
	assert complaints.to_ask_about(customer) is None
	first = complaint(rep, customer=customer)
	frappe.db.set_value("Issue", first.name, "creation", add_days(now_datetime(), -5), update_modified=False)
	second = complaint(rep, customer=customer)
	issue(customer=customer)
	assert complaints.to_ask_about(customer) == second.name
	asking = survey(rep, customer=customer, earlier_issue=second.name, settled=True)
	assert complaints.to_ask_about(customer, asking.name) == second.name
	assert complaints.to_ask_about(customer) == first.name


def test_who_says_there_that_it_is_settled_has_given_their_word(rep):
	doc = complaint(rep)
	asked = survey(rep, settled=True, customer=doc.customer, earlier_issue=doc.name)
	frappe.set_user("Guest")
	assert complaints.open(asked) is None
	frappe.set_user("Administrator")
	assert state(doc).status == "Closed" and doc.sf_settled_on
	assert asked.name in doc.sf_customers_word and doc.sf_word_by == "Purchasing Manager"
	assert not complaints.hear(asked)


def test_who_says_there_that_it_is_not_complains_anew(rep):
	doc = complaint(rep)
	complaints.settle(doc.name, "They say so", "Purchasing Manager")
	asked = survey(rep, settled=False, customer=doc.customer, earlier_issue=doc.name)
	other = frappe.get_doc("Issue", complaints.open(asked))
	assert other.name != doc.name and "Earlier Complaint" in other.subject
	assert doc.name in other.description
	assert state(doc).status == "Closed"


# Rights -------------------------------------------------------------------------------------------------------------


def test_sales_sees_complaints_and_no_other_issues(rep, make_user, as_user):
	doc, plain = complaint(rep), issue()
	support = make_user("Support Team")
	for user, seen in ((rep, {doc.name}), (support, {doc.name, plain.name})):
		with as_user(user):
			found = frappe.get_list(
				"Issue", filters={"name": ("in", [doc.name, plain.name])}, pluck="name", order_by="name"
			)
			assert set(found) == seen
			assert frappe.has_permission("Issue", "read", doc=plain.name) == (plain.name in seen)
			assert frappe.has_permission("Issue", "write", doc=doc.name)
	with as_user(rep):
		stolen = frappe.get_doc("Issue", plain.name)
		stolen.sf_is_complaint = 1
		with refused(error=frappe.PermissionError):
			stolen.save()
		with refused(error=frappe.PermissionError):
			issue(customer=doc.customer)


def test_sales_sees_complaints_of_customers_they_may_read_and_their_own(rep, make_user, as_user):
	"""A4: who sees some territories only sees the complaints of their customers."""
	other = make_user("Sales User")
	there, here = complaint(rep), complaint(rep)
	unknown, own = complaint(rep), complaint(other)
	frappe.db.set_value("Issue", unknown.name, "customer", None)
	records.may_read_customer(other, here.customer)
	names = [doc.name for doc in (there, here, unknown, own)]
	for user, seen in ((rep, set(names)), (other, {here.name, unknown.name, own.name})):
		with as_user(user):
			found = frappe.get_list("Issue", filters={"name": ("in", names)}, pluck="name", order_by="name")
			assert set(found) == seen
			for name in names:
				assert frappe.has_permission("Issue", "read", doc=name) == (name in seen)
				assert frappe.has_permission("Issue", "write", doc=name) == (name in seen)
	with as_user(other), refused(error=frappe.PermissionError):
		complaint(other, customer=there.customer)


def test_who_stands_in_works_on_the_complaint(rep, make_user, as_user):
	"""Also where they may not read the customer."""
	doc, other = complaint(rep), make_user("Sales User")
	records.may_read_customer(other, records.customer().name)
	with as_user(other):
		assert not frappe.has_permission("Issue", "write", doc=doc.name)
	days = {"from_date": add_days(today(), -1), "to_date": add_days(today(), 1)}
	frappe.get_doc({"doctype": "Rep Absence", "user": rep, "stand_in": other, **days}).insert()
	with as_user(other):
		assert frappe.get_list("Issue", filters={"name": doc.name}, order_by="name")
		assert frappe.has_permission("Issue", "write", doc=doc.name)


def test_an_ordinary_issue_costs_no_more(count_queries):
	doc = issue()
	doc.subject = "Another"
	with count_queries() as queries:
		doc.save()
	assert not [query for query in queries if "Satisfaction Survey" in query or "Salesflow" in query]


# From the acceptance to the customer's word -------------------------------------------------------------------------


def test_from_the_survey_to_the_customers_word(rep, manager, as_user, frozen_time):
	with frozen_time("2027-01-15 15:00") as clock:
		asked = surveyed.answered(rep, surveyed.BAD, problem="A door does not close.", has_problem=True)
		first = frappe.get_doc("Issue", surveyed.fresh(asked).issue)
		assert first.sf_responsible == rep and notices_of(rep, first) and notices_of(manager, first)
		clock.set("2027-01-20 15:00")
		complaint_clock.tick()
		assert len(notices_of(manager, first)) == 2
		with as_user(rep):
			with refused(MISSING):
				saved(first)
			complaints.settle(first.name, "The door closes.", "Purchasing Manager")
		customer = frappe.get_doc("Customer", asked.customer)
		second = surveyed.survey(rep, of=customer)
		assert second.earlier_issue == first.name


def test_an_answer_stays_where_the_complaint_fails(rep, monkeypatch):
	def fails(asked):
		raise ValueError("broken")

	with monkeypatch.context() as patch:
		patch.setattr(complaints, "_make", fails)
		sent = surveyed.survey(rep)
		records.forget_errors(sent)
		asked = surveyed.answer(surveyed.sent(sent), surveyed.BAD)
		complaint_clock.tick()
		complaint_clock.tick()
	assert surveyed.fresh(asked).status == "Answered" and not surveyed.fresh(asked).issue
	assert len(records.errors_of(asked)) == 1, "said once, not at each tick"
	complaint_clock.tick()
	assert surveyed.fresh(asked).issue


def test_another_error_of_the_same_answer_is_logged(rep, monkeypatch):
	asked = survey(rep, (1, 5, 5))
	records.forget_errors(asked)
	for problem in (ValueError("broken"), ValueError("broken"), KeyError("gone"), KeyError("gone")):

		def fails(asked, problem=problem):
			raise problem

		with monkeypatch.context() as patch:
			patch.setattr(complaints, "_make", fails)
			complaint_clock.tick()
	errors = records.errors_of(asked)
	assert ["broken" in errors[0], "gone" in errors[1]] == [True, True] and len(errors) == 2


def test_the_clock_settles_what_an_answer_could_not(rep, monkeypatch, frozen_time):
	"""A4: once; what somebody takes up again after that stays open."""
	with frozen_time("2027-01-15 10:00") as clock:
		customer = records.customer().name
		first = complaint(rep, customer=customer)
		clock.set("2027-01-15 12:00")
		asked = survey(rep, (5, 5, 5), settled=True, customer=customer, earlier_issue=first.name)

		def fails(name):
			raise ValueError("broken")

		with monkeypatch.context() as patch:
			patch.setattr(complaints, "locked", fails)
			complaints.open(asked)
		assert state(first).status == "Open"
		clock.set("2027-01-15 12:30")
		complaint_clock.tick()
		assert state(first).status == "Closed" and first.sf_customers_word
		clock.set("2027-01-15 13:00")
		saved(first, "Open")
		complaint_clock.tick()
		assert state(first).status == "Open"
