"""The needs analysis report 需求分析报告 as it is printed (N2-N4)."""

from __future__ import annotations

import frappe
import pytest

from tests.site import talks
from tests.site.talks import NEEDS, printed, send, talk


@pytest.fixture
def record():
	record = talk(
		answers=[
			{"kind": "Problem", "question": "What goes wrong today?", "answer": "Orders <b>get lost</b>"},
			{"kind": "Situation", "question": "How do you order?", "answer": "On paper"},
		],
		participants="Warehouse Manager",
		key_facts="Two shifts",
	)
	row = record.needs[0]
	row.db_set({"vague": 1, "concrete": "200 orders an hour, by scan"})
	return record


def test_it_is_the_doctypes_own_format():
	assert frappe.get_meta("Needs Record").default_print_format == "Needs Analysis Report"


def test_it_tells_the_whole_talk(record):
	token = send(record)
	talks.page(token, form={"action": "confirm", "answered_by": "Purchasing Manager", "comment": "Fine"})
	html = printed(record)
	for said in (
		"Needs Analysis Report",
		record.title,
		"Two shifts",
		"200 orders an hour, by scan",
		"How do you order?",
		"Secret evidence",
		"Purchasing Manager",
		"Confirmed",
		"Fine",
		*(need.partition("'")[0] for need in NEEDS),
	):
		assert said in html, said
	assert html.index("How do you order?") < html.index("What goes wrong today?")
	assert html.count('class="full"') == 4 * len(NEEDS)
	assert token not in html


def test_what_people_wrote_is_text(record):
	frappe.db.set_value("Needs Answer", record.answers[0].name, "answer", "<script>alert(1)</script>")
	html = printed(record)
	assert "<script>alert(1)" not in html and "&lt;script&gt;" in html


def test_it_speaks_chinese(record):
	html = printed(record, "zh")
	assert "需求分析报告" in html and "客户沟通记录" in html and "Needs Analysis Report</h1>" not in html


def test_the_chain_is_that_of_the_profile_until_it_is_sent(record):
	profile = frappe.get_doc("Customer Profile", record.customer_profile)
	profile.append("decision_chain", {"person": "Plant Manager", "role": "Decision Maker"})
	profile.save()
	assert "Plant Manager" in printed(record)
	send(record)
	profile.reload()
	profile.decision_chain[0].person = "Somebody Else"
	profile.save()
	html = printed(record)
	assert "Plant Manager" in html and "Somebody Else" not in html


def test_an_empty_record_can_be_printed():
	record = frappe.get_doc(
		{"doctype": "Needs Record", "reference_doctype": "Lead", "reference_name": talks.records.lead().name}
	).insert()
	assert "Planned" in printed(record)
