"""The solution proposal 解决方案 as a document for the customer: what it tells, and what stays with us (S1, S2)."""

from __future__ import annotations

import io
import re
import shutil

import frappe
import pytest
from frappe.utils import add_days, fmt_money, formatdate, getdate

from salesflow_std.salesflow_std import proposal_report, proposals
from tests.site import solutions
from tests.site.talks import NEEDS, printed

DRAFT = "Internal draft – not released to the customer"
DRAFT_ZH = "内部草稿——尚未对客户发布"
SECRETS = (
	"Waived because the customer is late",
	"Nobody believes the eight weeks",
	"Correction that is ours",
	"Reviewer says too cheap",
)


def text(html: str) -> str:
	return " ".join(frappe.utils.strip_html(html).split())


@pytest.fixture
def proposal():
	"""Two items, one with a discount, an alternative, taxes-free, an additional discount, terms; and things of ours."""
	case = solutions.case(title="How others halved their stock")
	doc = solutions.proposal(
		items=[
			{"item_code": solutions.item(1000), "qty": 10, "discount_percentage": 10},
			{"item_code": solutions.item(250), "qty": 2},
			{"item_code": solutions.item(700), "qty": 1, "is_alternative": 1},
		],
		situation="Orders are typed twice.\n\nAnd get <b>lost</b> & found.",
		discount_amount=500,
		valid_days=30,
		terms="<p>Title passes with <b>payment</b>.</p>",
	)
	doc.answers[0].update({"case_content": case, "value_amount": 52000})
	for field in ("feature", "value", "case_content"):
		doc.answers[2].set(field, None)
	doc.append(
		"corrections",
		{"correction": SECRETS[2], "said_by": "Plant Manager", "state": "Left", "note": SECRETS[1]},
	)
	doc.save()
	doc.answers[2].db_set(
		{"waived_by": "Administrator", "waived_on": "2026-01-02 03:04:05", "waive_reason": SECRETS[0]}
	)
	frappe.get_doc("Item", doc.items[0].item_code).db_set("last_purchase_rate", 433.21)
	doc.add_comment("Comment", SECRETS[3])
	doc.reload()
	return doc


def test_it_is_the_doctypes_own_format():
	assert frappe.get_meta("Solution Proposal").default_print_format == "Solution Proposal"


def test_it_goes_from_the_situation_to_the_price(proposal):
	told = text(printed(proposal))
	order = (
		"Standard Test Co",
		"Solution Proposal",
		proposal.title,
		proposal.name,
		"Orders are typed twice.",
		"One system for plant and warehouse.",
		"Two hours a day less for each planner.",
		NEEDS[0],
		"Scanner at the dock",
		fmt_money(52000, currency="CNY"),
		"How others halved their stock",
		"Our Offer",
		proposal.items[0].item_name,
		"10%",
		fmt_money(9000, currency="CNY"),
		"Total of the Items",
		fmt_money(9500, currency="CNY"),
		"Grand Total",
		fmt_money(9000, currency="CNY"),
		"Alternatives, not in the total",
		proposal.items[2].item_name,
		"6 weeks after the order",
		"Hotline on working days, 12 months",
		"40%",
		"with the invoice",
		"60%",
		"30 days after the invoice",
		"Title passes with payment.",
	)
	at = 0
	for said in order:
		assert said in told[at:], said
		at = told.index(said, at)


def test_what_is_ours_is_not_in_it(proposal):
	for language in ("en", "zh"):
		html = printed(proposal, language)
		for secret in (*SECRETS, "433.21", fmt_money(10500, currency="CNY"), "Plant Manager"):
			assert secret not in html, secret


def test_a_need_without_an_answer_is_told_without_the_reason(proposal):
	told = text(printed(proposal))
	assert told.index("Not Part of This Proposal") < told.index(NEEDS[2].partition("'")[0])


def test_what_people_wrote_is_text(proposal):
	html = printed(proposal)
	assert "<b>lost</b>" not in html and "&lt;b&gt;lost&lt;/b&gt;" in html


@pytest.mark.parametrize("status", ["Draft", "Review Requested", "In Review", "Changes Asked", "Rejected"])
def test_every_page_says_that_it_is_a_draft(proposal, status):
	proposals.set_status(proposal.name, status)
	assert printed(proposal).count(DRAFT) > 10
	assert DRAFT_ZH in printed(proposal, "zh")


@pytest.mark.skipif(not shutil.which("wkhtmltopdf"), reason="wkhtmltopdf is not here")
def test_each_page_of_the_pdf_bears_the_mark(proposal, monkeypatch):
	from pypdf import PdfReader

	proposal.db_set("service_terms", "\n".join(f"Service number {n}" for n in range(150)))
	pages = PdfReader(io.BytesIO(as_pdf(proposal, monkeypatch))).pages
	assert len(pages) > 2
	for page in pages:
		assert "not released to the customer" in " ".join(page.extract_text().split())


def test_an_approved_version_bears_no_mark_and_counts_from_its_approval(proposal):
	solutions.approve(proposal)
	proposal.db_set("approved_on", "2026-03-05 10:00:00")
	for language, mark in (("en", DRAFT), ("zh", DRAFT_ZH)):
		assert mark not in printed(proposal, language)
	assert formatdate(add_days(getdate("2026-03-05"), 30), "long") in printed(proposal)


def test_a_superseded_version_says_so(proposal):
	solutions.approve(proposal)
	proposals.set_status(proposal.name, proposals.SUPERSEDED)
	html = printed(proposal)
	assert "there is a newer version" in html and DRAFT not in html


def test_it_speaks_chinese(proposal):
	told = text(printed(proposal, "zh"))
	for said in ("解决方案", "我们如何满足您的需求", "报价明细", "开票后 30 天", "有效期"):
		assert said in told, said
	assert "Our Offer" not in told


@pytest.mark.parametrize("discount_on", ["Grand Total", "Net Total"])
def test_the_lines_add_up_to_the_grand_total(proposal, discount_on):
	proposal.apply_discount_on = discount_on
	proposal.taxes_and_charges = frappe.db.get_value(
		"Sales Taxes and Charges Template", {"company": proposal.company}
	)
	proposal.save()
	assert proposal.total_taxes_and_charges > 0
	lines = proposal_report.facts(proposal)["totals"]
	amounts = [
		float(amount.replace(",", "").rpartition(" ")[2].lstrip("¥")) for _label, amount, _strong in lines
	]
	assert len(lines) == 4 and sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=0.011)
	assert amounts[-1] == pytest.approx(proposal.grand_total)


def test_prices_stand_in_the_customers_currency(proposal):
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"from_currency": "USD",
			"to_currency": "CNY",
			"exchange_rate": 7,
			"date": "2020-01-01",
		}
	).insert()
	other = solutions.proposal(
		currency="USD", items=[{"item_code": solutions.item(None), "qty": 1, "rate": 12.5}]
	)
	assert fmt_money(12.5, currency="USD") in printed(other)


def test_an_empty_draft_can_be_printed():
	document = solutions.records.opportunity()
	assert DRAFT in printed(solutions.proposal(document, complete=False))


def as_pdf(doc, monkeypatch) -> bytes:
	"""The PDF, without the style sheets and pictures that a page asks a server for."""
	from frappe.utils import pdf

	monkeypatch.setattr(pdf, "scrub_urls", lambda html: re.sub(r"<(link|img)\b[^>]*>|@font-face", "", html))
	return printed(doc, as_pdf=True)
