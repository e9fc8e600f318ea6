"""The library of answers: how often each worked, and which one is offered while somebody types (S5)."""

from __future__ import annotations

import time
import uuid

import frappe
import pytest

from salesflow_std.salesflow_std import objection_scripts, objections
from tests.site import records
from tests.site.raised import objection, script

API = "salesflow_std.api.objection."


def counts(doc):
	return frappe.db.get_value("Objection Script", doc.name, ["used", "settled", "success_rate"])


def closed(with_script, settled=True, doc=None):
	one = objection(doc, answer="An answer", verdict="Genuine", script=with_script.name)
	objections.close(one.name, settled, outcome="So it went")
	return one


@pytest.fixture
def only_own():
	"""The library holds what the test puts there."""
	frappe.db.set_value("Objection Script", {"enabled": 1}, "enabled", 0)


# How often it worked -----------------------------------------------------------------------------------------


def test_what_is_closed_is_counted_at_once():
	one, other = script(), script()
	first = closed(one)
	for settled in (True, True, False):
		closed(one, settled)
	objection(script=one.name, answer="Not closed yet")
	assert counts(one) == (4, 3, 75) and counts(other) == (0, 0, 0)
	objections.reopen(first.name)
	assert counts(one) == (3, 2, pytest.approx(66.667, abs=0.001))
	# Closed again with another script.
	first.reload()
	first.update({"script": other.name})
	first.save()
	objections.close(first.name, True)
	assert (counts(one)[:2], counts(other)[:2]) == ((3, 2), (1, 1))
	frappe.delete_doc("Objection", first.name)
	assert counts(other) == (0, 0, 0)


def test_the_counts_follow_a_deleted_customer():
	one, customer = script(), records.customer()
	closed(one, doc=customer)
	assert counts(one)[0] == 1
	frappe.delete_doc("Customer", customer.name)
	assert counts(one) == (0, 0, 0)


def test_nobody_writes_the_counts():
	one = script(used=50, settled=50, success_rate=100)
	assert counts(one) == (0, 0, 0)
	closed(one, False)
	one.reload()
	one.update({"settled": 9, "success_rate": 99, "title": "Another title"})
	one.save()
	assert counts(one) == (1, 0, 0)


def test_what_was_used_is_disabled_and_not_deleted():
	one = script()
	objection(script=one.name)
	with pytest.raises(frappe.LinkExistsError, match="Disable it instead"):
		frappe.delete_doc("Objection Script", one.name)
	frappe.delete_doc("Objection Script", script().name)


# Which one is offered ----------------------------------------------------------------------------------------


def offered(call, query=None, **about):
	return [row["name"] for row in call(API + "scripts", query=query, http_method="GET", **about)]


def test_the_one_that_works_is_offered_first(call, only_own):
	fails, works, untried = script(), script(), script()
	closed(fails, False)
	closed(works)
	script(enabled=0)
	assert offered(call, kind="Price") == [works.name, untried.name, fails.name]
	row = call(API + "scripts", kind="Price")[0]
	assert (row["used"], row["settled"], row["success_rate"]) == (1, 1, 100) and row["answer"]


def test_typing_finds_title_words_and_answer_in_any_script(call, only_own):
	title = script(title="Budget of next year", objection="x", answer="x")
	words = script(title="x", objection="我们今年没有预算了", answer="x", language="zh")
	answer = script(title="x", objection="x", answer="A bank guarantee for the advance")
	assert offered(call, "budg") == [title.name]
	assert offered(call, "没有预算") == [words.name]
	assert offered(call, "预") == [words.name]
	assert offered(call, "Bank GUARANTEE") == [answer.name]
	assert offered(call, "nothing of this") == []
	assert offered(call, "100% _") == []
	# What nobody can search for leaves the order as it is.
	assert len(offered(call, "?!")) == 3


def test_language_and_industry_are_those_of_the_document(call, only_own, make_user, as_user):
	industry = frappe.get_doc({"doctype": "Industry Type", "industry": uuid.uuid4().hex[:8]}).insert().name
	general, chinese, special = script(), script(language="zh"), script(industry=industry)
	lead = records.lead(language="zh", industry=industry)
	opportunity = records.opportunity(party_name=lead.name, language="zh")
	with as_user(make_user("Sales User")):
		about = {"doctype": "Opportunity", "name": opportunity.name}
		assert offered(call, kind="Price", **about) == [chinese.name, special.name, general.name]
		assert offered(call, kind="Price") == [general.name, special.name, chinese.name]
		assert offered(call, kind="Price", language="en", **about)[0] == special.name
	with as_user(make_user("Sales User", language="zh")):
		# Frappe gives every document the site's language where nobody says otherwise.
		assert offered(call, kind="Price", doctype="Lead", name=records.lead().name)[0] == chinese.name


def test_a_competitors_own_answer_comes_first(call, only_own):
	competitor = frappe.get_doc({"doctype": "Competitor", "competitor_name": "Beta Ltd"}).insert().name
	general, own = script(kind="Competitor"), script(kind="Competitor", competitor=competitor)
	assert offered(call, kind="Competitor", competitor=competitor) == [own.name, general.name]
	assert offered(call, kind="Competitor") == [general.name, own.name]


def test_who_may_not_read_scripts_or_the_document_is_offered_none(call, make_user, as_user):
	lead = records.lead()
	with as_user(make_user("Accounts User")), pytest.raises(frappe.PermissionError):
		call(API + "scripts")
	rep = make_user("Sales User")
	frappe.get_doc(
		{"doctype": "User Permission", "user": rep, "allow": "Lead", "for_value": records.lead().name}
	).insert()
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(API + "scripts", doctype="Lead", name=lead.name)


def test_five_thousand_scripts_are_searched_while_one_types(call, only_own, count_queries):
	frappe.db.bulk_insert(
		"Objection Script",
		["name", "title", "kind", "language", "enabled", "objection", "answer", "used", "settled"],
		[
			(
				f"TEST-{number:05}",
				f"Answer {number} 价格",
				("Price", "Trust", "Timing")[number % 3],
				"en",
				1,
				f"Objection number {number} 太贵了 " + "word " * 20,
				"Sentence of the answer. " * 20,
				number % 7,
				number % 5 % (number % 7 + 1),
			)
			for number in range(5000)
		],
	)
	lead = records.lead()
	about = {"kind": "Price", "doctype": "Lead", "name": lead.name}
	offered(call, "answer", **about)  # what Frappe remembers of doctypes and roles
	for typed in ("answer 17", "价格太贵", "sentence", None):
		with count_queries() as queries:
			began = time.perf_counter()
			found = offered(call, typed, **about)
			took = time.perf_counter() - began
		assert len(found) == 20 and took < 1
		assert len([query for query in queries if "tabObjection Script" in query]) == 1


# What is shipped ---------------------------------------------------------------------------------------------


def test_the_shipped_library_answers_every_kind_in_both_languages():
	kinds = set(frappe.get_meta("Objection Script").get_field("kind").options.split("\n"))
	rows = frappe.get_all(
		"Objection Script",
		filters={"name": ("like", "SCRIPT-%-%-%")},
		fields=["name", "kind", "language", "how_to_tell"],
		order_by="name",
	)
	for language in ("en", "zh"):
		own = [row for row in rows if row.language == language]
		assert {row.kind for row in own} == kinds and len(own) >= 24 and all(row.how_to_tell for row in own)
	assert frappe.db.get_value("Shipped Default", {"record": "SCRIPT-EN-PRICE-1"}, "status") == "Untouched"


def test_counting_is_no_tuning():
	from salesflow_std.setup import shipped_defaults

	one = frappe.get_doc("Objection Script", "SCRIPT-EN-PRICE-1")
	closed(one)
	shipped_defaults.load()
	assert frappe.db.get_value("Shipped Default", {"record": one.name}, "status") == "Untouched"
	assert counts(one)[0] == 1


def test_recounting_nothing_asks_nothing(count_queries):
	with count_queries() as queries:
		objection_scripts.recount([None])
		objection_scripts.lock([None])
	assert not queries
