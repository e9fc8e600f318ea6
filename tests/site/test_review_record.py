"""The review record 方案评审记录 as it is printed (S2)."""

from __future__ import annotations

from typing import Any

import frappe
import pytest
from frappe.utils import now_datetime
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from salesflow_std.salesflow_std import review_record
from tests.site import solutions

SEATS = (
	{"review_function": "Product", "decision": "Approve", "feasibility": 5, "price": 3, "compliance": 4},
	{
		"review_function": "Legal",
		"decision": "Change",
		"feasibility": 4,
		"price": 4,
		"compliance": 1,
		"reason": "Liability is <b>too wide</b>",
	},
	{"review_function": "Sales"},
)


@pytest.fixture
def review() -> Any:
	"""A review that product and legal have answered and sales has not; written as the app keeps it."""
	proposal = solutions.proposal()
	people = ("rep@standard.test", "admin@standard.test", "manager@standard.test")
	doc = frappe.get_doc(
		{
			"doctype": "Proposal Review",
			"proposal": proposal.name,
			"title": proposal.title,
			"company": proposal.company,
			"status": "Changes Asked",
			"round": 1,
			"opened_by": "Administrator",
			"opened_on": now_datetime(),
			"closed_on": now_datetime(),
			"currency": "CNY",
			"grand_total": 9000,
			"discount_percent": 10,
			"note": "They decide on Friday",
			"opinions": [
				{
					"asked": user,
					"reviewer": user,
					"asked_as": "Reviewer",
					"round": 1,
					"decided_on": now_datetime(),
					**seat,
				}
				for user, seat in zip(people, SEATS, strict=True)
			],
			"comments": [
				{
					"about": "Item",
					"row_label": "Planning licence",
					"comment": "Too cheap",
					"commented_by": people[0],
				},
				{
					"about": "Terms",
					"row_label": "Service Terms",
					"comment": "Two days",
					"commented_by": people[1],
				},
			],
		}
	)
	doc.opinions[0].update({"asked_as": "Stand-in", "reviewer": "Administrator"})
	doc.flags.ignore_permissions = doc.flags.by_app = True
	return doc.insert()


def printed(review: Any, language: str = "en") -> str:
	before, frappe.local.lang = frappe.local.lang, language
	frappe.local.request = Request(EnvironBuilder("/printview").get_environ())
	try:
		return frappe.get_print("Proposal Review", review.name)
	finally:
		frappe.local.request, frappe.local.lang = None, before


def test_it_is_the_doctypes_own_format():
	assert frappe.get_meta("Proposal Review").default_print_format == "Proposal Review Record"


def test_it_tells_who_said_what_and_what_came_of_it(review):
	html = printed(review)
	for said in (
		"Proposal Review Record",
		review.title,
		review.proposal,
		"They decide on Friday",
		"Changes Asked",
		"Planning licence",
		"Too cheap",
		"Service Terms",
		"Stand-in",
		"2 of 3 reviewers",
		"4.5",
		"3.5",
		"2.5",
	):
		assert said in html, said


def test_what_people_wrote_is_text(review):
	html = printed(review)
	assert "<b>too wide</b>" not in html and "&lt;b&gt;too wide" in html


def test_averages_count_those_who_have_decided(review):
	assert review_record.averages(review.opinions) == {"feasibility": 4.5, "price": 3.5, "compliance": 2.5}
	assert review_record.averages(review.opinions[2:]) == {
		"feasibility": None,
		"price": None,
		"compliance": None,
	}


def test_who_was_not_heard_does_not_sign_a_closed_review(review):
	functions = [seat["function"] for seat in review_record.facts(review)["signers"]]
	assert functions == ["Product", "Legal"]
	review.status = "Open"
	assert len(review_record.facts(review)["signers"]) == 3


def test_only_the_last_round_counts(review):
	review.round = 2
	review.opinions[1].round = 2
	facts = review_record.facts(review)
	assert [seat["function"] for seat in facts["opinions"]] == ["Legal"] and facts["given"] == 1


def test_it_speaks_chinese(review):
	html = printed(review, "zh")
	assert "方案评审记录" in html and "Average Score" not in html
