"""From a proposal to the Quotation that bears its figures, and back (S1, S2).

What a proposal costs is never worked out here: the ERPNext Quotation that it would become is built in memory, and
ERPNext's own methods calculate it. So the figures that are approved are those of the Quotation that is made.
"""

from __future__ import annotations

import html
import json
import re

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import add_days, cint, cstr, flt, get_link_to_form, getdate, strip_html

from salesflow_std.engine import figures as rules
from salesflow_std.salesflow_std import figures, notices, profiles, proposal_prices, proposals

QUOTATION = "Quotation"
TAXES = "Sales Taxes and Charges Template"
# What stands once on a proposal and on a quotation alike.
_SAME = (
	"company",
	"currency",
	"selling_price_list",
	"apply_discount_on",
	"additional_discount_percentage",
	"discount_amount",
	"payment_terms_template",
	"incoterm",
	"named_place",
	"tc_name",
)
_SAME_ROW = ("item_code", "item_name", "description", "qty", "uom", "is_alternative")


# What ERPNext's own button takes from an opportunity beside them.
_OF_OPPORTUNITY = (
	"contact_person",
	"contact_display",
	"contact_email",
	"contact_mobile",
	"customer_address",
	"address_display",
	"customer_group",
	"territory",
	"campaign",
	"source",
)


# The quotation in memory -----------------------------------------------------------------------------------


def build(proposal: Document, fetch: bool = False) -> Document:
	"""The unsaved Quotation that a proposal would become, calculated by ERPNext; asks for no rights.

	With `fetch`, rows without a list price get the one of today (a draft is being saved); else the prices are those
	of the proposal, whatever the price list says meanwhile. Raises ValidationError where ERPNext cannot calculate:
	a disabled item, no exchange rate.
	"""
	quotation = _header(proposal, fetch)
	for row in proposal.items:
		# Without a rate ERPNext will not note it as a new list price.
		quotation.append(
			"items",
			{
				**{field: row.get(field) or None for field in _SAME_ROW},
				"qty": flt(row.qty),
				"price_list_rate": row.price_list_rate if fetch else flt(row.price_list_rate),
			},
		)
	quotation.set_missing_values()
	before = proposal.get_doc_before_save() if fetch else None
	kept = {row.name: row for row in before.items} if before else {}
	for row, quoted in zip(proposal.items, quotation.items, strict=True):
		if fetch:
			row.update(
				{field: quoted.get(field) for field in ("item_name", "description", "uom", "price_list_rate")}
			)
			proposal_prices.settle(row, kept.get(row.name))
		_price(row, quoted)
	quotation.set_taxes_and_charges()
	quotation.calculate_taxes_and_totals()
	if quotation.items:  # without, ERPNext has no total to divide
		quotation.set_payment_schedule()
	return quotation


def _header(proposal: Document, saving: bool) -> Document:
	quotation = _for_party(proposal)
	quotation.update({field: proposal.get(field) for field in _SAME})
	quotation.update(
		{
			"order_type": "Sales",
			"valid_till": add_days(getdate(), cint(proposal.valid_days))
			if cint(proposal.valid_days)
			else None,
			"conversion_rate": _exchange_rate(proposal, saving),
			"ignore_pricing_rule": 1,
			"taxes_and_charges": proposal.taxes_and_charges,
			"terms": terms(proposal),
			"language": proposal.language,
		}
	)
	return quotation


def _for_party(proposal: Document) -> Document:
	"""A quotation of today to whom the proposal is made, with the contact and address of its opportunity."""
	quotation = frappe.new_doc(QUOTATION)
	party = profiles.party_of(proposal.reference_doctype, proposal.reference_name) or (None, None)
	quotation.update({"company": proposal.company, "quotation_to": party[0], "party_name": party[1]})
	quotation.transaction_date = getdate()
	if proposal.reference_doctype == "Opportunity":
		known = [field for field in _OF_OPPORTUNITY if frappe.get_meta("Opportunity").has_field(field)]
		told = frappe.db.get_value("Opportunity", proposal.reference_name, known, as_dict=True)
		quotation.update({field: value for field, value in (told or {}).items() if value})
		quotation.opportunity = proposal.reference_name
	# The customer's own settings hold, whoever writes the proposal.
	quotation.flags.ignore_permissions = True
	return quotation


def _price(row: Document, quoted: Document) -> None:
	listed, rate = flt(row.price_list_rate), flt(row.rate)
	quoted.update(
		{
			"price_list_rate": listed,
			"rate": rate,
			# ERPNext takes 100 % for "nothing to pay" and adds what a rate is above the list by itself.
			"discount_percentage": flt(row.discount_percentage) if listed > rate else 0,
			"discount_amount": 0,
			"margin_type": None,
			"margin_rate_or_amount": 0,
		}
	)


def _exchange_rate(proposal: Document, saving: bool) -> float:
	"""Today's rate. Saving a draft is content with the opportunity's: ERPNext may have to ask the network for today's."""
	from erpnext.setup.utils import get_exchange_rate

	company_currency = frappe.get_cached_value("Company", proposal.company, "default_currency")
	if not proposal.currency or proposal.currency == company_currency:
		return 1.0
	known = 0.0
	if proposal.reference_doctype == "Opportunity":
		row = frappe.db.get_value("Opportunity", proposal.reference_name, ["currency", "conversion_rate"])
		known = flt(row[1]) if row and row[0] == proposal.currency else 0.0
	if saving and known:
		return known
	rate = flt(get_exchange_rate(proposal.currency, company_currency, getdate(), "for_selling")) or known
	if not rate:
		frappe.throw(
			_("ERPNext knows no exchange rate from {0} to {1}. Enter one under {2}.").format(
				proposal.currency,
				company_currency,
				f'<a href="/app/currency-exchange">{_("Currency Exchange", context="Solution Proposal")}</a>',
			),
			title=_("Currency"),
		)
	return rate


def defaults(proposal: Document) -> dict:
	"""What ERPNext would fill into a quotation to this customer: currency, price list, taxes, payment terms, language."""
	quotation = _for_party(proposal)
	for field in ("currency", "selling_price_list", "language"):
		quotation.set(field, None)
	quotation.set_missing_lead_customer_details()
	found = {field: quotation.get(field) for field in ("currency", "selling_price_list", "language", "taxes_and_charges", "payment_terms_template")}  # fmt: skip
	company = frappe.get_cached_doc("Company", proposal.company)
	return {
		**found,
		"currency": found["currency"] or company.default_currency,
		"selling_price_list": found["selling_price_list"]
		or frappe.db.get_single_value("Selling Settings", "selling_price_list")
		or frappe.db.get_value("Price List", {"selling": 1, "enabled": 1}, order_by="name"),
		"taxes_and_charges": found["taxes_and_charges"]
		or frappe.db.get_value(TAXES, {"is_default": 1, "company": proposal.company, "disabled": 0}),
		"payment_terms_template": found["payment_terms_template"] or company.payment_terms,
		"tc_name": company.default_selling_terms,
	}


# What the proposal takes from it ---------------------------------------------------------------------------


def calculate(proposal: Document, fetch: bool = True) -> Document:
	"""Writes a proposal's totals, discount against list, figures and fingerprint; returns the Quotation in memory (S2)."""
	quotation = build(proposal, fetch=fetch)
	for row, quoted in zip(proposal.items, quotation.items, strict=True):
		row.amount, row.currency = quoted.amount, proposal.currency
	for row in proposal.answers:
		row.currency = proposal.currency
	told = figures.of(quotation)
	proposal.update(
		{
			"list_total": flt(_listed(_counted(quotation)), proposal.precision("list_total")),
			"discount_percent": discount_percent(quotation),
			"discount_amount": quotation.discount_amount,
			"net_total": quotation.net_total,
			"total_taxes_and_charges": quotation.total_taxes_and_charges,
			"grand_total": quotation.grand_total,
			"base_net_total": quotation.base_net_total,
			"taxes_and_charges": proposal.taxes_and_charges or quotation.taxes_and_charges,
			"figures": json.dumps(told, ensure_ascii=False, sort_keys=True),
			"fingerprint": rules.fingerprint(told),
		}
	)
	return quotation


def _counted(quotation: Document) -> list[Document]:
	return [row for row in quotation.items if not row.is_alternative]


def _listed(rows: list[Document]) -> float:
	return sum(flt(row.price_list_rate or row.rate) * flt(row.qty) for row in rows)


def discount_percent(quotation: Document) -> float:
	"""What the customer pays less than the price list says, the additional discount included, in percent; never below 0.

	With taxes in the rates, both sides of the first quotient hold them; the second is net on both sides.
	"""
	counted = _counted(quotation)
	listed = _listed(counted)
	if listed <= 0:
		return 0.0
	asked = sum(flt(row.amount) for row in counted) / listed
	net = sum(flt(row.net_amount) for row in counted)
	before = net + sum(flt(row.get("distributed_discount_amount")) for row in counted)
	return flt(max(0.0, 100 * (1 - asked * (net / before if before else 1))), 2)


# Terms: delivery and service are part of them --------------------------------------------------------------


def terms(proposal: Document) -> str:
	"""The text under a quotation: terms, delivery period and service terms, headed in the customer's language (S1).

	All of it is part of what is approved, so it stands in the one text that the Quotation has for it.
	"""
	parts = [cstr(proposal.terms).strip()]
	for heading, text in _sections(proposal):
		if cstr(text).strip():
			lines = "".join(
				f"<p>{html.escape(line)}</p>" for line in cstr(text).strip().splitlines() if line.strip()
			)
			parts.append(f"<h4>{html.escape(heading)}</h4>{lines}")
	return "".join(part for part in parts if part)


def _sections(proposal: Document) -> list[tuple[str, str]]:
	with notices.in_language(proposal.language or "en"):
		headings = _headings()
	return [(headings[field], proposal.get(field)) for field in ("delivery_period", "service_terms")]


def _headings() -> dict[str, str]:
	return {
		"delivery_period": _("Delivery Period", context="Solution Proposal"),
		"service_terms": _("Service Terms", context="Solution Proposal"),
	}


_HEADING = re.compile(r"<h4[^>]*>(.*?)</h4>", re.IGNORECASE | re.DOTALL)


def read_terms(text: str | None, language: str | None) -> dict[str, str]:
	"""The other way round: ``{"terms", "delivery_period", "service_terms"}`` of a quotation's text.

	What stands under a heading as `terms` writes it, up to the next heading, is that section.
	"""
	known = {}
	for code in {language or "en", "en", "zh", frappe.local.lang}:
		with notices.in_language(code):
			known.update({heading: field for field, heading in _headings().items()})
	pieces = _HEADING.split(cstr(text))
	found = {"terms": pieces[0], "delivery_period": "", "service_terms": ""}
	for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
		field = known.get(html.unescape(strip_html(heading)).strip())
		if field and not found[field]:
			lines = re.split(r"</p>|<br\s*/?>|</div>|</li>", body)
			found[field] = "\n".join(
				line for line in (html.unescape(strip_html(line)).strip() for line in lines) if line
			)
		else:
			found["terms"] += f"<h4>{heading}</h4>{body}"
	return found


# Making one ------------------------------------------------------------------------------------------------


def objection_of_erpnext(quotation: Document) -> str | None:
	"""Why ERPNext would refuse to save a quotation in memory (a discount above the item's limit, a price below its
	last purchase …), None if it would not. Nothing is written and nobody else's hooks run."""
	messages = frappe.local.message_log
	frappe.local.message_log = []
	try:
		quotation.validate()
	except frappe.ValidationError as problem:
		return strip_html(cstr(problem)) or None
	finally:
		frappe.local.message_log = messages
	return None


def quotations_of(proposal: Document) -> list[frappe._dict]:
	"""The Quotations that bear the review of a version and that the user may read, the latest first:
	``[{"name", "status", "docstatus", "grand_total", "currency"}]``."""
	if not proposal.proposal_review or not frappe.has_permission(QUOTATION, "read"):
		return []
	return frappe.get_list(
		QUOTATION,
		filters={"sf_proposal_review": proposal.proposal_review},
		fields=["name", "status", "docstatus", "grand_total", "currency"],
		order_by="creation desc",
	)


def made_from(proposal: Document) -> str | None:
	"""The draft Quotation that was already made of an approved version and still bears its figures, if there is one."""
	if not proposal.proposal_review:
		return None
	# With the lock, so that the one that another click has just made is seen.
	for name in frappe.db.get_values(
		QUOTATION,
		{"sf_proposal_review": proposal.proposal_review, "docstatus": 0, "company": proposal.company},
		order_by="creation desc",
		for_update=True,
		pluck=True,
	):
		if figures.fingerprint(frappe.get_doc(QUOTATION, name, for_update=True)) == proposal.fingerprint:
			return name
	return None


def make_quotation(name: str) -> str:
	"""Makes the draft Quotation of an approved version, with its figures, and returns its name (S2).

	A draft that was made already and has not been changed is returned instead. Raises PermissionError without the
	right to create quotations or to read the customer, ValidationError where the version is not approved.
	"""
	proposal = proposals.lock(name)
	if proposal.status != proposals.APPROVED:
		frappe.throw(_not_approved(proposal), title=_("Not Approved"))
	made = made_from(proposal)
	if made:
		return made
	quotation = build(proposal)
	frappe.has_permission(QUOTATION, "create", doc=quotation, throw=True)
	_check_same(proposal, quotation)
	# A Sales User may not tick "Ignore Pricing Rule"; the approved prices hold all the same. Rights are checked.
	quotation.flags.ignore_permissions = True
	quotation.insert()
	_check_same(proposal, quotation)
	quotation.db_set("sf_proposal_review", proposal.proposal_review, update_modified=False)
	return quotation.name


def _not_approved(proposal: Document) -> str:
	said = _("{0} is not approved, so no quotation is made of it: its status is {1}.").format(
		get_link_to_form(proposals.DOCTYPE, proposal.name), proposals.status_label(proposal.status)
	)
	last = proposals.latest(proposal.name)
	if last.name != proposal.name:
		said += " " + _("The latest version is {0}.").format(get_link_to_form(proposals.DOCTYPE, last.name))
	return said


def _check_same(proposal: Document, quotation: Document) -> None:
	"""The figures are those that were approved: templates of taxes, terms or payment may have changed since."""
	from salesflow_std.salesflow_std import proposal_comparison

	found = rules.differences(proposals.figures_of(proposal), figures.of(quotation))
	if found:
		lines = proposal_comparison.as_lines(found, proposal.currency)
		rows = "".join(f"<li>{line}</li>" for line in lines)
		frappe.throw(
			_(
				"The quotation would not bear the figures that were approved. Since then this has changed: {0} Begin a new version of {1} and have it reviewed."
			).format(f"<ul>{rows}</ul>", get_link_to_form(proposals.DOCTYPE, proposal.name)),
			title=_("Figures Have Changed"),
		)
