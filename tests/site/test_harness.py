"""The fixtures keep what tests/site/conftest.py promises; every other test on the site leans on them."""

import socket

import frappe
import pytest

LEFTOVERS: list[str] = []


def note(content: str) -> str:
	return (
		frappe.get_doc({"doctype": "Note", "title": frappe.generate_hash(), "content": content}).insert().name
	)


def test_commit_runs_what_waits_for_it():
	done = []
	frappe.db.after_commit.add(lambda: done.append("after"))
	LEFTOVERS.append(note("committed"))
	frappe.db.commit()
	assert done == ["after"]


def test_nothing_outlives_a_test():
	assert LEFTOVERS, "the test before this one has to run first"
	assert not frappe.db.exists("Note", LEFTOVERS[0])
	assert frappe.session.user == "Administrator"


def test_rollback_goes_back_to_the_last_commit():
	kept = note("kept")
	frappe.db.commit()
	lost = note("lost")
	frappe.db.rollback()
	assert frappe.db.exists("Note", kept)
	assert not frappe.db.exists("Note", lost)
	frappe.db.rollback()
	assert frappe.db.exists("Note", kept)


def test_schema_changes_are_refused():
	with pytest.raises(Exception, match="spare_site"):
		frappe.db.sql_ddl("alter table `tabNote` add column harness int")
	frappe.db.sql_ddl("create temporary table harness_temporary (n int)")
	frappe.db.sql_ddl("drop temporary table harness_temporary")


def make_note(content):
	return note(content)


def test_jobs_wait_for_commit_and_are_not_doubled(jobs):
	for _ in range(2):
		frappe.enqueue(make_note, content="by a job", job_id="harness", deduplicate=True)
	frappe.enqueue("frappe.utils.now", enqueue_after_commit=True)
	assert [job.job_id for job in jobs.all] == ["harness"]
	frappe.db.commit()
	assert len(jobs.all) == 2
	[name] = jobs.run("make_note")
	assert frappe.db.get_value("Note", name, "content") == "by a job"
	assert not jobs.named("make_note")


def test_users_act_with_their_own_rights(make_user, as_user):
	rep = make_user(["Sales User"], language="zh")
	with as_user(rep):
		assert frappe.session.user == rep
		assert frappe.local.lang == "zh"
		assert frappe.has_permission("Lead", "create")
		assert not frappe.has_permission("System Settings", "write")
	assert frappe.session.user == "Administrator"


def test_the_clock_stands_where_it_is_put(frozen_time):
	with frozen_time("2026-03-02 09:00") as clock:
		assert str(frappe.utils.now_datetime()) == "2026-03-02 09:00:00"
		clock.shift(hours=2)
		assert frappe.utils.now().startswith("2026-03-02 11:00:00")
		assert str(frappe.db.get_value("Note", note("timed"), "creation")).startswith("2026-03-02 11:00:00")


def test_calls_are_checked_as_over_http(call, make_user, as_user):
	assert call("frappe.ping") == "pong"
	with pytest.raises(frappe.PermissionError):
		call("frappe.utils.now")
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		call("frappe.client.get_count", doctype="Lead")


def test_nothing_leaves_the_machine():
	with pytest.raises(OSError, match="harness"):
		socket.create_connection(("example.com", 443), timeout=1)


def test_site_is_set_up_for_selling(company):
	assert frappe.db.get_value("Company", company, ["default_currency", "country"]) == ("CNY", "China")
	assert frappe.db.get_value("Company", company, "default_holiday_list")
	for doctype in ("Lead Source", "Sales Stage", "Territory", "Customer Group", "Item Group", "Price List"):
		assert frappe.db.count(doctype), doctype
	lead = frappe.get_doc({"doctype": "Lead", "first_name": "Harness", "email_id": "h@example.com"}).insert()
	assert lead.name


def test_queries_can_be_counted(count_queries):
	with count_queries() as queries:
		frappe.db.get_value("User", "Administrator", "language")
	assert len(queries) == 1


def test_a_cleared_cache_keeps_the_doctypes():
	def kept(key):
		return frappe.cache.execute_command("EXISTS", frappe.cache.make_key(key))

	frappe.get_meta("Note")
	frappe.cache.set_value("harness", 1)
	frappe.clear_cache()
	assert (kept("doctype_meta"), kept("harness")) == (1, 0)


def test_a_changed_doctype_is_changed_for_one_test_only():
	frappe.make_property_setter(
		{"doctype": "Note", "fieldname": "content", "property": "label", "value": "Harness"}
	)
	frappe.clear_cache(doctype="Note")
	assert frappe.get_meta("Note").get_field("content").label == "Harness"
	frappe.clear_cache()
	assert not frappe.cache.hget("doctype_meta", "Lead"), "the property of one may show in another"
	assert frappe.get_meta("Note").get_field("content").label == "Harness"


def test_and_not_for_the_next():
	assert frappe.get_meta("Note").get_field("content").label == "Content"
