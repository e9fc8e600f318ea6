"""Referrals: whom a satisfied customer sends becomes a lead with source and referrer, and what came of it flows back (A5).

A referral is a lead with `sf_referred_by`, whoever made it and on whatever path. `sf_referral_outcome` says what came of it
and follows its opportunities and orders; with each step ahead the referrer's account manager has somebody to thank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.translate import get_all_translations
from frappe.utils import cstr, escape_html

from salesflow_std.engine import renewal as rules
from salesflow_std.salesflow_std import account_managers, customer_tasks, refusals, renewals, survey_answers

SURVEY = "Satisfaction Survey"
ANSWERED = "Answered"
_SOURCE = "Reference"
_GIVEN = ("company_name", "person", "email_id", "phone", "note", "referrer")


# A satisfied customer --------------------------------------------------------------------------------------


def begin(survey: Document) -> list[str]:
	"""After a survey is answered: who would refer somebody is called about it, and who is satisfied is asked for the
	renewal that comes next (A5). Returns the tasks it has made; the second time, or for a correction, none."""
	if survey.status != ANSWERED or not survey.customer:
		return []
	user = survey.allocated_to or account_managers.of(survey.customer) or survey.owner
	goals = []
	if survey.would_refer:
		goals.append((customer_tasks.TAKE_UP_REFERRAL, _first(survey)))
	if survey_answers.is_happy(survey):
		goals += [(customer_tasks.ASK_FOR_RENEWAL, name) for name in renewals.soon(survey.customer)]
	made = [customer_tasks.make(survey.customer, user, goal, about, survey.company) for goal, about in goals]
	return [name for name in made if name]


def _first(survey: Document | frappe._dict) -> str:
	"""The survey that others correct: a correction asks for nothing anew."""
	name, before, seen = survey.name, survey.correction_of, set()
	while before and before not in seen:
		seen.add(before)
		name, before = before, frappe.db.get_value(SURVEY, before, "correction_of")
	return name


# The lead --------------------------------------------------------------------------------------------------


def make_lead(customer: str, given: Mapping[str, object], survey: str | None = None) -> dict:
	"""The lead of a referral: ``{"name", "made"}``; of the same customer and company it is made once (A5).

	`given` holds ``{"company_name", "person", "email_id", "phone", "note", "referrer"}``, a company or a person at least;
	`survey` is the survey in which it was said. The user's right to make leads is asked; who is called for it need not be
	asked again. Raises ValidationError where nobody is named, or the survey is another customer's.
	"""
	given = {key: cstr(given.get(key)).strip() for key in _GIVEN}
	if not (given["company_name"] or given["person"]):
		frappe.throw(_("Say whom they refer: a company, or a person."), title=_("Referral", context="Lead"))
	about = _survey(survey, customer) if survey else frappe._dict()
	# Two who write it down at once wait for each other here.
	frappe.db.get_value("Customer", customer, "name", for_update=True)
	if found := _same(customer, given):
		return {"name": found, "made": False}
	lead = frappe.new_doc("Lead")
	lead.update(
		{
			"first_name": given["person"] or None,
			"company_name": given["company_name"] or None,
			"email_id": given["email_id"] or None,
			"mobile_no": given["phone"] or None,
			"source": source(),
			"sf_referred_by": customer,
			"sf_referrer": given["referrer"] or about.get("answered_by") or about.get("person") or None,
		}
	)
	if about.get("company"):
		lead.company = about.company
	lead.flags.sf_referral_survey = survey
	lead.insert()
	if given["note"]:
		lead.add_comment("Comment", escape_html(given["note"]))
	if survey:
		customer_tasks.done(customer, customer_tasks.TAKE_UP_REFERRAL, _first(about))
		if not about.referral_lead:
			# State of ours beside the answers, which nobody changes.
			frappe.db.set_value(SURVEY, survey, "referral_lead", lead.name, update_modified=False)
	_tell_customer(customer, _("noted that they have referred {0}").format(_lead_link(lead.name, lead.title)))
	return {"name": lead.name, "made": True}


def _survey(name: str, customer: str) -> frappe._dict:
	fields = [
		"name",
		"customer",
		"company",
		"answered_by",
		"person",
		"referral_lead",
		"status",
		"correction_of",
	]
	survey = frappe.db.get_value(SURVEY, name, fields, as_dict=True) or frappe._dict()
	if survey.customer != customer or survey.status != ANSWERED:
		frappe.throw(
			_("Survey {0} holds no answer of this customer.").format(refusals.link(SURVEY, name)),
			title=_("Referral", context="Lead"),
		)
	return survey


def _same(customer: str, given: Mapping[str, str]) -> str | None:
	"""The lead that the customer has referred already: by e-mail, else by company, else by the person's name."""
	for key, fieldname in (
		("email_id", "email_id"),
		("company_name", "company_name"),
		("person", "lead_name"),
	):
		if given[key]:
			return frappe.db.get_value(
				"Lead", {"sf_referred_by": customer, fieldname: given[key]}, order_by="creation"
			)
	return None


def source() -> str:
	"""ERPNext's lead source of referrals, which its setup wizard names in the language of the site; made anew where
	somebody deleted it."""
	language = frappe.db.get_single_value("System Settings", "language") or "en"
	said = get_all_translations(language).get(_SOURCE) or _SOURCE
	for name in (_SOURCE, said):
		if frappe.db.exists("Lead Source", name, cache=True):
			return name
	return (
		frappe.get_doc({"doctype": "Lead Source", "source_name": said}).insert(ignore_permissions=True).name
	)


def validate(lead: Document) -> None:
	"""Before a lead is saved: a referral has its source known (A5). Costs nothing where there is none."""
	if not lead.get("sf_referred_by"):
		return
	if lead.is_new() and lead.flags.get("sf_referral_survey"):
		lead.sf_referral_survey = lead.flags.sf_referral_survey
	if not lead.source:
		lead.source = source()


# What came of it -------------------------------------------------------------------------------------------


def lead_changed(lead: Document) -> None:
	"""After a lead was saved or got a status: what came of the referral is written down."""
	if lead.get("sf_referred_by"):
		refresh([lead.name])


def opportunity_changed(opportunity: Document) -> None:
	"""After an opportunity of a lead was made or got another status: its referral hears of it, with one look-up by name.

	Opportunities and orders of the customer that the lead has become are found by the clock.
	"""
	if frappe.db.get_value("Lead", opportunity.party_name, "sf_referred_by"):
		refresh([opportunity.party_name])


def refresh(leads: Iterable[str]) -> int:
	"""Writes down what came of some referred leads, tells the referrer's timeline and plans the thanks; returns how many
	have changed. Twice is once."""
	names = list(leads)
	facts = _facts(names)
	return sum(_write(fact, fact.outcome()) for fact in facts.values())


@dataclass
class _Fact:
	"""A referred lead and all that came of it."""

	lead: frappe._dict
	opportunities: list[str] = field(default_factory=list)
	has_order: bool = False

	def outcome(self) -> str:
		return rules.outcome(
			self.lead.status, bool(self.lead.sf_invalid_reason), self.opportunities, self.has_order
		)


_LEAD = (
	"name",
	"title",
	"status",
	"owner",
	"company",
	"lead_owner",
	"sf_invalid_reason",
	"sf_referred_by",
	"sf_referral_survey",
	"sf_referral_outcome",
	"sf_referral_thanked",
)


def _facts(names: list[str]) -> dict[str, _Fact]:
	"""Four queries, however many leads."""
	rows = frappe.get_all(
		"Lead",
		filters={"name": ("in", names or [""]), "sf_referred_by": ("is", "set")},
		fields=list(_LEAD),
		order_by="name",
	)
	facts = {row.name: _Fact(row) for row in rows}
	for row in _opportunities("Lead", facts):
		facts[row.party_name].opportunities.append(row.status)
	became = dict(
		frappe.get_all(
			"Customer",
			filters={"lead_name": ("in", list(facts) or [""])},
			fields=["name", "lead_name"],
			order_by="name",
			as_list=True,
		)
	)
	for row in _opportunities("Customer", became):
		facts[became[row.party_name]].opportunities.append(row.status)
	for customer in frappe.get_all(
		"Sales Order",
		filters={"customer": ("in", list(became) or [""]), "docstatus": 1},
		pluck="customer",
		distinct=True,
		order_by="customer",
	):
		facts[became[customer]].has_order = True
	return facts


def _opportunities(doctype: str, parties: Iterable[str]) -> list[frappe._dict]:
	return frappe.get_all(
		"Opportunity",
		filters={"opportunity_from": doctype, "party_name": ("in", list(parties) or [""])},
		fields=["party_name", "status"],
		order_by="name",
	)


def _write(fact: _Fact, outcome: str) -> bool:
	lead, before = fact.lead, fact.lead.sf_referral_outcome or ""
	if outcome == before:
		return False
	thanks = rules.thanks_for(outcome, lead.sf_referral_thanked or "")
	# Compared once more under the lock: whoever comes second has nothing to tell.
	now = frappe.db.get_value("Lead", lead.name, "sf_referral_outcome", for_update=True) or ""
	if now != before:
		return False
	values = {"sf_referral_outcome": outcome or None}
	if thanks:
		values["sf_referral_thanked"] = thanks
	# An open form has nothing to be in conflict about.
	frappe.db.set_value("Lead", lead.name, values, update_modified=False)
	if outcome:
		_tell_customer(lead.sf_referred_by, _said(outcome).format(_lead_link(lead.name, lead.title)))
	if thanks:
		_thank(lead, thanks)
	return True


def _said(outcome: str) -> str:
	return {
		rules.OPPORTUNITY: _("noted that whom they referred is an opportunity now: {0}"),
		rules.WON: _("noted that whom they referred was won: {0}"),
		rules.LOST: _("noted that nothing came of whom they referred: {0}"),
	}[outcome]


def _thank(lead: frappe._dict, thanks: str) -> None:
	goal = {
		rules.OPPORTUNITY: customer_tasks.THANK_FOR_OPPORTUNITY,
		rules.WON: customer_tasks.THANK_FOR_DEAL,
	}[thanks]
	survey = lead.sf_referral_survey
	user = (
		(survey and frappe.db.get_value(SURVEY, survey, "allocated_to"))
		or account_managers.of(lead.sf_referred_by)
		or lead.lead_owner
		or lead.owner
	)
	customer_tasks.make(lead.sf_referred_by, user, goal, lead.name, lead.company)


def _tell_customer(customer: str, text: str) -> None:
	if frappe.db.exists("Customer", customer):
		frappe.get_doc("Customer", customer).add_comment("Info", text)


def _lead_link(name: str, title: str | None) -> str:
	return refusals.link("Lead", name, title or name)


# Reading ---------------------------------------------------------------------------------------------------


def of(customer: str | None = None, survey: str | None = None) -> list[dict]:
	"""The leads that a customer has referred, or that were referred in a survey, as far as the user may see them, the
	latest first: ``[{"name", "title", "outcome", "status", "on", "referrer"}]``."""
	if not frappe.has_permission("Lead", "read"):
		return []
	filters = {"sf_referral_survey": survey} if survey else {"sf_referred_by": customer}
	return [
		{
			"name": row.name,
			"title": row.title or row.name,
			"outcome": row.sf_referral_outcome or "",
			"status": row.status,
			"on": row.creation.date(),
			"referrer": row.sf_referrer or "",
		}
		for row in frappe.get_list(
			"Lead",
			filters=filters,
			fields=["name", "title", "status", "creation", "sf_referrer", "sf_referral_outcome"],
			order_by="creation desc, name",
			limit=20,
		)
	]
