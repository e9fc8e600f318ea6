"""The Quotation that an approved proposal becomes, and the proposal that a Quotation becomes (S1, S2)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, getdate

from salesflow_std.engine import figures as rules
from salesflow_std.salesflow_std import figures, proposal_quotations, proposals
from tests.site import records, solutions

API = "salesflow_std.api.proposal."


def tax_template(*rows, **values):
	"""A template of Sales Taxes: each row is (charge type, rate or amount, further values)."""
	account = frappe.db.get_value(
		"Account", {"company": records.COMPANY, "account_type": "Tax", "is_group": 0}
	)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Taxes and Charges Template",
			"title": frappe.generate_hash(length=8),
			"company": records.COMPANY,
			"taxes": [
				{
					"charge_type": kind,
					"account_head": account,
					"description": kind,
					"tax_amount" if kind == "Actual" else "rate": amount,
					**more,
				}
				for kind, amount, more in rows
			],
			**values,
		}
	).insert()
	return doc.name


def exchange(rate=7.0):
	frappe.get_doc(
		{
			"doctype": "Currency Exchange",
			"date": "2020-01-01",
			"from_currency": "USD",
			"to_currency": "CNY",
			"exchange_rate": rate,
		}
	).insert()


def quotation_of(doc):
	"""The Quotation that is made of a proposal, saved."""
	return frappe.get_doc("Quotation", proposal_quotations.make_quotation(solutions.approve(doc).name))


def assert_same(doc, quotation):
	assert rules.differences(proposals.figures_of(doc), figures.of(quotation)) == []
	assert figures.fingerprint(quotation) == doc.fingerprint
	for field in ("net_total", "grand_total", "total_taxes_and_charges", "base_net_total", "discount_amount"):
		assert quotation.get(field) == pytest.approx(doc.get(field)), field


# Making one (S2) -------------------------------------------------------------------------------------------


def everything(**values):
	"""A proposal with all that figures can hold."""
	box = solutions.item(100, uoms=[{"uom": "Box", "conversion_factor": 12}])
	free = solutions.item(80)
	taxes = tax_template(("On Net Total", 13, {}), ("Actual", 200, {}))
	frappe.get_doc({"doctype": "Incoterm", "code": "DAP", "title": "Delivered at Place"}).insert(
		ignore_if_duplicate=True
	)
	return solutions.proposal(
		items=[
			{"item_code": solutions.item(1000), "qty": 10, "discount_percentage": 10},
			{"item_code": box, "qty": 2, "uom": "Box", "rate": 1111.11},
			{"item_code": free, "qty": 1, "discount_percentage": 100},
			{"item_code": solutions.item(rate=None), "qty": 3, "rate": 33.33},
			{"item_code": solutions.item(50), "qty": 1, "rate": 60},
			{"item_code": solutions.item(700), "qty": 2, "is_alternative": 1},
		],
		additional_discount_percentage=5,
		taxes_and_charges=taxes,
		incoterm="DAP",
		named_place="Shanghai",
		terms="<p>Ownership passes with the last payment.</p>",
		**values,
	)


@pytest.mark.parametrize("on", ["Grand Total", "Net Total"])
def test_the_quotation_bears_the_approved_figures(on):
	"""S2: items, quantities, rates, discounts, taxes, payment and terms are those that were approved."""
	doc = everything(apply_discount_on=on)
	assert doc.items[1].price_list_rate == 1200, "a box of twelve"
	quotation = quotation_of(doc)
	assert_same(doc, quotation)
	assert [row.rate for row in quotation.items] == [900, 1111.11, 0, 33.33, 60, 700]
	assert [row.conversion_factor for row in quotation.items] == [1, 12, 1, 1, 1, 1]
	assert [row.payment_term for row in quotation.payment_schedule] == ["Down payment", "Rest"]
	assert (quotation.incoterm, quotation.named_place) == ("DAP", "Shanghai")
	assert quotation.docstatus == 0 and quotation.ignore_pricing_rule


def test_the_quotation_points_to_its_document_and_back():
	document = solutions.opportunity_with_confirmed_needs(contact_email="buyer@sample-works.example")
	doc = solutions.proposal(document, valid_days=45)
	review = solutions.reviewed(doc, "Approved")
	quotation = frappe.get_doc("Quotation", proposal_quotations.make_quotation(doc.name))
	assert (quotation.opportunity, quotation.quotation_to, quotation.party_name) == (
		document.name,
		"Lead",
		document.party_name,
	)
	assert getdate(quotation.valid_till) == add_days(getdate(), 45)
	assert quotation.sf_proposal_review == review.name
	assert quotation.contact_email == "buyer@sample-works.example"
	assert proposal_quotations.make_quotation(doc.name) == quotation.name, (
		"a second click makes no second one"
	)
	doc.onload()
	assert [row.name for row in doc.get_onload("quotations")] == [quotation.name]
	quotation.items[0].rate = 899.99
	quotation.save()
	other = proposal_quotations.make_quotation(doc.name)
	assert other != quotation.name, "a draft that bears other figures is not that of the approval"


def test_delivery_and_service_are_part_of_the_terms_in_the_customers_language():
	doc = solutions.proposal(language="zh", delivery_period="6 周", service_terms="热线\n<b>12 个月</b>")
	text = quotation_of(doc).terms
	assert "交付周期" in text and "6 周" in text and "服务条款" in text
	assert "&lt;b&gt;12 个月" in text, "what people write is no markup"
	assert proposal_quotations.read_terms(text, "zh") == {
		"terms": "",
		"delivery_period": "6 周",
		"service_terms": "热线\n<b>12 个月</b>",
	}


def test_a_foreign_currency():
	exchange(7)
	customer = records.customer(default_currency="USD")
	doc = solutions.proposal(
		customer,
		items=[{"item_code": solutions.item(700), "qty": 3, "rate": 99.99}],
		taxes_and_charges=tax_template(("On Net Total", 13, {})),
	)
	assert (doc.currency, doc.items[0].price_list_rate, doc.discount_percent) == ("USD", 100, 0.01)
	assert doc.base_net_total == pytest.approx(299.97 * 7)
	quotation = quotation_of(doc)
	assert (quotation.currency, quotation.conversion_rate) == ("USD", 7)
	assert_same(doc, quotation)


def test_saving_asks_no_network_for_a_rate_the_opportunity_knows(monkeypatch):
	def refuse(*args, **kwargs):
		raise AssertionError("asked")

	document = solutions.opportunity_with_confirmed_needs(currency="USD", conversion_rate=6.5)
	exchange(7)  # of the price list
	monkeypatch.setattr("requests.get", refuse)
	doc = solutions.proposal(document, items=[{"item_code": solutions.item(1300), "qty": 1}])
	assert doc.currency == "USD" and doc.base_net_total == pytest.approx(1300)


def test_no_exchange_rate_is_said_with_the_way_out():
	frappe.db.set_single_value("Currency Exchange Settings", "disabled", 1)
	with pytest.raises(frappe.ValidationError, match="/app/currency-exchange"):
		solutions.proposal(records.customer(default_currency="USD"))


def test_taxes_in_the_rates():
	doc = solutions.proposal(
		taxes_and_charges=tax_template(("On Net Total", 13, {"included_in_print_rate": 1})),
		additional_discount_percentage=10,
	)
	assert doc.grand_total == 8100 and doc.net_total == pytest.approx(7168.14)
	assert doc.discount_percent == pytest.approx(19, abs=0.01)
	assert_same(doc, quotation_of(doc))


def test_a_default_template_is_taken_as_erpnext_does():
	name = tax_template(("On Net Total", 13, {}), is_default=1)
	doc = solutions.proposal()
	assert doc.taxes_and_charges == name and doc.grand_total == 10170
	assert_same(doc, quotation_of(doc))


def test_list_prices_and_pricing_rules_of_today_change_no_approved_figure():
	doc = solutions.proposal()
	code = doc.items[0].item_code
	solutions.approve(doc)
	frappe.db.set_value("Item Price", {"item_code": code}, "price_list_rate", 5000)
	frappe.get_doc(
		{
			"doctype": "Pricing Rule",
			"title": "Everything cheaper",
			"apply_on": "Item Code",
			"items": [{"item_code": code}],
			"selling": 1,
			"rate_or_discount": "Discount Percentage",
			"discount_percentage": 50,
			"company": records.COMPANY,
			"currency": "CNY",
		}
	).insert()
	assert_same(doc, frappe.get_doc("Quotation", proposal_quotations.make_quotation(doc.name)))


def test_a_rep_gets_the_approved_prices_too(make_user, as_user, call):
	"""A Sales User may not tick "Ignore Pricing Rule" where a Property Setter says so; the prices hold all the same."""
	frappe.get_doc(
		{
			"doctype": "Property Setter",
			"doctype_or_field": "DocField",
			"doc_type": "Quotation",
			"field_name": "ignore_pricing_rule",
			"property": "permlevel",
			"property_type": "Int",
			"value": "3",
		}
	).insert()
	frappe.clear_cache(doctype="Quotation")
	doc = solutions.approve(solutions.proposal())
	with as_user(make_user("Sales User")):
		quotation = frappe.get_doc("Quotation", call(API + "make_quotation", name=doc.name))
	assert quotation.ignore_pricing_rule and quotation.owner != "Administrator"
	assert_same(doc, quotation)


def test_who_may_not_make_quotations_makes_none(make_user, as_user, call):
	doc = solutions.approve(solutions.proposal())
	role = frappe.get_doc({"doctype": "Role", "role_name": frappe.generate_hash(length=8)}).insert()
	for doctype in ("Opportunity", "Lead", proposals.DOCTYPE):
		frappe.permissions.add_permission(doctype, role.name, 0)
	with as_user(make_user([role.name])):
		assert frappe.has_permission(proposals.DOCTYPE, "read", doc=doc.name)
		with pytest.raises(frappe.PermissionError):
			call(API + "make_quotation", name=doc.name)
	assert not frappe.db.exists("Quotation", {"opportunity": doc.reference_name})


@pytest.mark.parametrize("status", ["Draft", "Review Requested", "In Review", "Changes Asked", "Rejected", "Superseded"])  # fmt: skip
def test_only_an_approved_version_becomes_a_quotation(status):
	doc = solutions.proposal()
	proposals.set_status(doc.name, status)
	with pytest.raises(frappe.ValidationError, match="is not approved") as refused:
		proposal_quotations.make_quotation(doc.name)
	assert f"/app/solution-proposal/{doc.name}" in str(refused.value)


def test_a_template_that_has_changed_since_is_told():
	"""The figures of the approval hold, or there is no quotation."""
	taxes = tax_template(("On Net Total", 13, {}))
	doc = solutions.approve(solutions.proposal(taxes_and_charges=taxes))
	template = frappe.get_doc("Sales Taxes and Charges Template", taxes)
	template.taxes[0].rate = 9
	template.save()
	with pytest.raises(frappe.ValidationError, match=r"tax rate: 13 % → 9 %"):
		proposal_quotations.make_quotation(doc.name)
	assert not frappe.db.exists("Quotation", {"opportunity": doc.reference_name})


# And back (S2) ---------------------------------------------------------------------------------------------


def written(document, **values):
	"""A Quotation that somebody wrote by hand."""
	return frappe.get_doc(
		{
			"doctype": "Quotation",
			"quotation_to": "Lead",
			"party_name": document.party_name,
			"opportunity": document.name,
			"company": records.COMPANY,
			"currency": "CNY",
			"conversion_rate": 1,
			"selling_price_list": "Standard Selling",
			"ignore_pricing_rule": 1,
			"items": [{"item_code": solutions.item(1000), "qty": 4, "price_list_rate": 1000, "rate": 925}],
			"payment_terms_template": solutions.payment_terms(),
			"terms": "<p>Delivery as agreed</p>",
			**values,
		}
	).insert()


def test_a_quotation_becomes_a_new_proposal_with_the_confirmed_needs(call):
	document = solutions.opportunity_with_confirmed_needs()
	quotation = written(document, additional_discount_percentage=3)
	told = call(API + "from_quotation", quotation=quotation.name)
	assert told["left_out"] == []
	doc = frappe.get_doc(proposals.DOCTYPE, told["name"])
	assert doc.fingerprint == figures.fingerprint(quotation)
	assert (doc.reference_doctype, doc.reference_name) == ("Opportunity", document.name)
	assert len(doc.answers) == 3 and doc.items[0].discount_percentage == 7.5
	doc.save()
	assert doc.fingerprint == figures.fingerprint(quotation)


def test_the_draft_of_the_document_takes_the_figures(call):
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document)
	quotation = written(document)
	assert call(API + "from_quotation", quotation=quotation.name)["name"] == doc.name
	before = doc.situation
	doc.reload()
	assert doc.fingerprint == figures.fingerprint(quotation) and doc.situation == before


def test_what_was_reviewed_gets_a_new_version():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.approve(solutions.proposal(document, terms="<p>Ownership</p>"))
	quotation = frappe.get_doc("Quotation", proposal_quotations.make_quotation(doc.name))
	quotation.items[0].rate = 880
	quotation.save()
	from salesflow_std.salesflow_std import quotation_proposals

	told = quotation_proposals.take(quotation)
	after = frappe.get_doc(proposals.DOCTYPE, told["name"])
	assert (after.name, after.status, told["left_out"]) == (f"{doc.name}-2", "Draft", [])
	assert after.fingerprint == figures.fingerprint(quotation)
	assert (after.delivery_period, after.service_terms) == (doc.delivery_period, doc.service_terms)
	assert rules.plain_text(after.terms) == "Ownership"
	assert after.items[0].row_key == doc.items[0].row_key, "the same row, at another price"


def test_what_is_under_review_is_left_alone():
	document = solutions.opportunity_with_confirmed_needs()
	doc = solutions.proposal(document)
	proposals.set_status(doc.name, "In Review")
	from salesflow_std.salesflow_std import quotation_proposals

	with pytest.raises(frappe.ValidationError, match="under review") as refused:
		quotation_proposals.take(written(document))
	assert f"/app/solution-proposal/{doc.name}" in str(refused.value)


def test_what_cannot_be_taken_over_is_told(call):
	document = solutions.opportunity_with_confirmed_needs()
	account = frappe.db.get_value(
		"Account", {"company": records.COMPANY, "account_type": "Tax", "is_group": 0}
	)
	quotation = written(
		document,
		taxes=[
			{"charge_type": "Actual", "account_head": account, "description": "Freight", "tax_amount": 150}
		],
	)
	told = call(API + "from_quotation", quotation=quotation.name)
	assert [(row["part"], row["after"]) for row in told["left_out"]] == [("price", "")]
	assert account in told["left_out"][0]["what"] or account in told["left_out"][0]["before"]


def test_rights_are_asked_for(make_user, as_user, call):
	document = solutions.opportunity_with_confirmed_needs()
	quotation = written(document)
	with as_user(make_user("Product Reviewer")), pytest.raises(frappe.PermissionError):
		call(API + "from_quotation", quotation=quotation.name)
