"""What a gate says to people: what is missing, why the standard asks for it, and where to go (M1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import frappe
from frappe import _
from frappe.desk.utils import slug
from frappe.model.document import Document
from frappe.utils import cstr, quote

from salesflow_std.engine import gates as rules
from salesflow_std.engine.gates import Finding
from salesflow_std.salesflow_std import company_facts, gate_links, needs, objections, profiles, proposals

# So many fields are named.
_MOST_FIELDS = 8


def say(finding: Finding, doc: Document) -> dict:
	"""A finding in the user's language, plain text.

	``{"key", "gate", "met", "what", "why", "route", "mode", "rule", "kind", "stage", "moment"}``: `what` is how it
	stands (what is missing, or what is to be told of a gate that is met; "" where there is nothing), `route` a path of
	the desk that leads to the fix, "" where there is none (a met gate, an unsaved document).
	"""
	gate = finding.gate
	return {
		"key": gate.key,
		"gate": _(gate.title),
		"met": finding.met,
		"what": _what(finding, doc),
		"why": why(gate),
		"route": "" if finding.met and finding.code != "stale" else _route(finding, doc),
		"mode": gate.mode,
		"rule": gate.rule,
		"kind": gate.kind,
		"stage": gate.stage,
		"moment": gate.moment,
	}


# Why -------------------------------------------------------------------------------------------------------


def why(gate: rules.Gate) -> str:
	"""The administrator's reason, else the standard's for the rule, else the one for the kind."""
	if gate.why:
		return _(gate.why)
	return _of_rules().get(gate.rule) or _of_kinds().get(gate.kind, "")


def _of_rules() -> dict[str, str]:
	"""The standard's words, by rule."""
	return {
		"L1": _("A lead carries its source; without one it cannot leave the first stage."),
		"L5": _("Budget, need, authority and urgency are judged before time goes into a lead."),
		"L6": _("The grade says which leads deserve the time."),
		"L7": _("Every lead is touched for the first time soon after it was won."),
		"P1": _("Company, industry, size and a contact with an address are known of every customer."),
		"P2": _("Whoever decides has to be known, and reached: a task where the contact is somebody else."),
		"N2": _("What the customer said is written down as it was said."),
		"N4": _("The customer confirms the needs summary before anything is built on it."),
		"S1": _("A proposal answers every must-need, with delivery period, price and service terms."),
		"S2": _("Nothing goes to the customer before sales, product and legal have approved it."),
		"S3": _("What the customer liked and objected to is recorded after the presentation."),
		"S4": _("An objection that was not answered on the spot has a promised reply date, which is kept."),
		"S6": _("A meeting leaves minutes: feedback, and next actions with owner and due date."),
		"C1": _("A contract is drafted within a day of the customer's final word."),
		"C2": _("Legal has reviewed the clauses, and they agree with the approved proposal."),
		"C3": _("A deal is won when both sides have signed, and the scan is attached."),
		"F2": _("How soon an opportunity closes decides how often the customer hears from us."),
	}


def _of_kinds() -> dict[str, str]:
	"""What each kind is for, where no rule says it."""
	return {
		rules.FIELDS_FILLED: _("The next stage builds on this."),
		rules.GRADE: _("The grade says where the time goes."),
		rules.FIRST_TOUCH: _("Nobody moves on who has not been spoken to."),
		rules.DECIDER_KNOWN: _("Without knowing who decides, nobody can say how the deal stands."),
		rules.DECIDER_REACHED: _("A deal is closed with the person who decides."),
		rules.NEEDS: _("The customer confirms the needs before anything is built on them."),
		rules.PROPOSAL: _("Nothing goes to the customer before it was approved."),
		rules.OBJECTIONS: _("What was promised to the customer is kept."),
		rules.CONTRACT: _("What both sides agreed on stands in a contract."),
		rules.FILE: _("The record of this stage is kept with the document."),
		rules.LINKED: _("The record of this stage is part of the deal."),
		rules.EXPRESSION: _("The sales process asks for it."),
	}


# What ------------------------------------------------------------------------------------------------------


def _what(finding: Finding, doc: Document) -> str:
	words = _WORDS.get(finding.code)
	return words(finding, doc) if words else ""


def _fields(finding: Finding, doc: Document) -> str:
	missing = finding.args["missing"]
	named = [
		_("{0} or {1}").format(", ".join(_label(doc, name) for name in names[:-1]), _label(doc, names[-1]))
		if len(names) > 1
		else _label(doc, names[0])
		for names in missing[:_MOST_FIELDS]
	]
	if len(missing) > _MOST_FIELDS:
		named.append("…")
	return _("Not filled in: {0}").format(", ".join(named))


def _label(doc: Document, name: str) -> str:
	field = doc.meta.get_field(company_facts.column_of(doc.doctype, name))
	return _(field.label, context=field.parent) if field and field.label else name


def _paper(finding: Finding, doc: Document) -> str:
	"""A record is named only to those who may read it."""
	name, status = cstr(finding.args["name"]), cstr(finding.args["status"])
	if finding.gate.kind == rules.NEEDS:
		if not _may_read(needs.DOCTYPE, name):
			return _("The needs record is not confirmed.")
		return _("{0} is not confirmed: {1}").format(name, _(status, context="Needs Record"))
	if not _may_read(proposals.DOCTYPE, name):
		return _("The latest proposal is not approved.")
	return _("{0} is not approved: {1}").format(name, proposals.status_label(status))


def _no_paper(finding: Finding, doc: Document) -> str:
	if finding.gate.kind == rules.NEEDS:
		return _("There is no needs record.")
	return _("There is no solution proposal.")


def _objections(finding: Finding, doc: Document) -> str:
	number = len(finding.args["names"])
	if number == 1:
		return _("An objection has no answer, and the promised time is over.")
	return _("{0} objections have no answer, and the promised time is over.").format(number)


def _contract(finding: Finding, doc: Document) -> str:
	asked, state = cstr(finding.args["asked"]), cstr(finding.args["state"])
	return _("The contract is at: {0}. Asked for: {1}").format(
		_(state, context="Contract"), _(asked, context="Sales Process Gate")
	)


def _linked(finding: Finding, doc: Document) -> str:
	linked = cstr(finding.gate.params.get("linked_doctype"))
	if finding.args["least"] == 1:
		return _("No fitting record is linked: {0}").format(_(linked))
	return _("Linked: {0}, {1} of {2}").format(_(linked), finding.args["found"], finding.args["least"])


_WORDS: dict[str, Callable[[Finding, Document], str]] = {
	"fields": _fields,
	"no_grade": lambda finding, doc: _("Not graded yet"),
	"unknown_grade": lambda finding, doc: _(
		"The grades {0} and {1} are not of the same scoring model."
	).format(finding.args["grade"], finding.args["least"]),
	"grade": lambda finding, doc: _("Grade {0}; at least {1} is asked for").format(
		finding.args["grade"], finding.args["least"]
	),
	"stale": lambda finding, doc: _("Grade {0} is older than its review date.").format(finding.args["grade"]),
	"touch": lambda finding, doc: _("No touch has been recorded."),
	"no_decider": lambda finding, doc: _("The decision chain names no decision maker."),
	"decider_left": lambda finding, doc: _("The decision maker has left the company."),
	"decider": lambda finding, doc: _("The decision maker has not been reached."),
	"paper": _paper,
	"no_paper": _no_paper,
	"objections": _objections,
	"no_contract": lambda finding, doc: _("There is no contract."),
	"contract": _contract,
	"no_scan": lambda finding, doc: _("The scan of the signed contract is missing."),
	"exempt": lambda finding, doc: _("So small a deal needs no contract."),
	"file": lambda finding, doc: (
		_("No file with {0} in its name is attached.").format(finding.args["part"])
		if finding.args["part"]
		else _("No file is attached.")
	),
	"linked": _linked,
	"no_link": lambda finding, doc: _("Nothing of this kind can be linked here. An administrator has to look at the gate."),
	"expression": lambda finding, doc: "",
	"broken": lambda finding, doc: _("The gate's expression fails: {0}. An administrator has to look at it.").format(
		finding.args["problem"]
	),
	"unknown_kind": lambda finding, doc: _("The gate cannot be asked. An administrator has to look at it."),
}  # fmt: skip


# Where to go -----------------------------------------------------------------------------------------------


def _route(finding: Finding, doc: Document) -> str:
	find = _ROUTES.get(finding.code, _to_form)
	return find(finding, doc)


def _may_read(doctype: str, name: str) -> bool:
	return bool(name) and bool(frappe.has_permission(doctype, "read", doc=name))


def form(doctype: str, name: str, field: str = "") -> str:
	"""The path of a form of the desk, scrolled to a field."""
	return f"/app/{slug(doctype)}/{quote(cstr(name), safe='')}" + (f"#{field}" if field else "")


def _new(doctype: str, **values: str) -> str:
	"""The path of a new document with some fields filled in; "" where the user may make none."""
	if not frappe.has_permission(doctype, "create"):
		return ""
	return f"/app/{slug(doctype)}/new?{urlencode(values, quote_via=lambda text, *more: quote(text, safe=''))}"


def _to_form(finding: Finding, doc: Document, field: str = "") -> str:
	return "" if doc.is_new() or not doc.name else form(doc.doctype, doc.name, field)


def _to_field(finding: Finding, doc: Document) -> str:
	return _to_form(finding, doc, company_facts.column_of(doc.doctype, finding.args["missing"][0][0]))


def _to_paper(finding: Finding, doc: Document) -> str:
	doctype = needs.DOCTYPE if finding.gate.kind == rules.NEEDS else proposals.DOCTYPE
	name = cstr(finding.args["name"])
	if name:
		return form(doctype, name) if _may_read(doctype, name) else _to_form(finding, doc)
	if doc.is_new() or not doc.name or doc.doctype not in profiles.SUBJECTS:
		return ""
	return _new(doctype, reference_doctype=doc.doctype, reference_name=doc.name) or _to_form(finding, doc)


def _to_people(finding: Finding, doc: Document) -> str:
	profile = cstr(finding.args.get("profile"))
	if _may_read("Customer Profile", profile):
		return form("Customer Profile", profile, "decision_chain")
	return _to_form(finding, doc)


def _to_objections(finding: Finding, doc: Document) -> str:
	names, profile = finding.args["names"], cstr(finding.args["profile"])
	if len(names) == 1 and _may_read(objections.DOCTYPE, names[0]):
		return form(objections.DOCTYPE, names[0])
	return (
		f"/app/{slug(objections.DOCTYPE)}?status={objections.OPEN}&customer_profile={quote(profile, safe='')}"
	)


def _to_contract(finding: Finding, doc: Document) -> str:
	name = cstr(finding.args.get("name"))
	return form("Contract", name) if _may_read("Contract", name) else _to_form(finding, doc)


def _to_linked(finding: Finding, doc: Document) -> str:
	if doc.is_new() or not doc.name:
		return ""
	asked: Mapping[str, object] = finding.gate.params
	doctype = cstr(asked.get("linked_doctype"))
	by = gate_links.pointer(doctype, doc.doctype, cstr(asked.get("link_field")))
	if not by or by.table:
		return _to_form(finding, doc)
	values = {by.type_field: doc.doctype} if by.type_field else {}
	return _new(doctype, **values, **{by.field: doc.name}) or _to_form(finding, doc)


_ROUTES: dict[str, Callable[[Finding, Document], str]] = {
	"fields": _to_field,
	"no_grade": lambda finding, doc: _to_form(finding, doc, "sf_grade"),
	"grade": lambda finding, doc: _to_form(finding, doc, "sf_grade"),
	"stale": lambda finding, doc: _to_form(finding, doc, "sf_grade"),
	"touch": lambda finding, doc: _to_form(finding, doc, "sf_next_touch_on"),
	"no_decider": _to_people,
	"decider_left": _to_people,
	"decider": _to_people,
	"paper": _to_paper,
	"no_paper": _to_paper,
	"objections": _to_objections,
	"no_contract": _to_contract,
	"contract": _to_contract,
	"no_scan": _to_contract,
	"linked": _to_linked,
}
