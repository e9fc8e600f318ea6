"""Each kind of gate, and how a Lead or an Opportunity comes to meet it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from salesflow_std.engine import gates as rules
from salesflow_std.salesflow_std import profiles
from tests.site import raised, records, solutions, talks

BOTH = ("Lead", "Opportunity")


@dataclass(frozen=True)
class Kind:
	"""`meet` and `unmeet` take a stored document; `values` is what a new opportunity is given to meet it, None where
	its customer has to (`meet` takes the customer then)."""

	name: str
	meet: Callable[[Any], Any]
	params: dict = field(default_factory=dict)
	unmeet: Callable[[Any], Any] = lambda doc: None
	subjects: tuple[str, ...] = BOTH
	values: dict | None = None
	of_party: bool = False


def _set(doc: Any, **values: Any) -> None:
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)


def _soon() -> dict:
	return {"expected_closing": str(date.today() + timedelta(days=10)), "probability": 80}


def _grade(doc: Any) -> None:
	if doc.doctype == "Lead":
		records.score(doc, "5555")
	else:
		frappe.get_doc("Opportunity", doc.name).update(_soon()).save()


def _touch(doc: Any) -> None:
	_set(doc, **{"sf_first_touched_on" if doc.doctype == "Lead" else "sf_last_touch_on": now_datetime()})


def _party(doc: Any) -> tuple[str, str]:
	return (doc.opportunity_from, doc.party_name) if doc.doctype == "Opportunity" else (doc.doctype, doc.name)


def _decider(**more: Any) -> Callable[[Any], None]:
	def add(doc: Any) -> None:
		profile = frappe.get_doc("Customer Profile", profiles.ensure(*_party(doc)))
		profile.append(
			"decision_chain",
			{"person": f"Director {frappe.generate_hash(length=6)}", "role": "Decision Maker", **more},
		)
		profile.save()

	return add


def _proposal(doc: Any) -> None:
	proposal = solutions.proposal(doc, complete=False)
	solutions.reviewed(proposal, "Approved")
	# As the review leaves it: it remembers the figures that it was about.
	proposal.reload()
	frappe.db.set_value("Proposal Review", proposal.proposal_review, "fingerprint", proposal.fingerprint)


def _objection(doc: Any) -> None:
	objection = raised.objection(doc)
	frappe.db.set_value("Objection", objection.name, "reply_due_on", add_to_date(now_datetime(), days=-1))


def _answered(doc: Any) -> None:
	for row in frappe.get_all(
		"Objection", filters={"reference_name": doc.name}, pluck="name", order_by="name"
	):
		frappe.db.set_value("Objection", row, "status", "Answered")


def _contract(doc: Any) -> None:
	frappe.get_doc(
		{
			"doctype": "Contract",
			"party_type": "Customer",
			"party_name": doc.party_name,
			"contract_terms": "As agreed.",
			"sf_opportunity": doc.name,
		}
	).insert()


def _file(doc: Any) -> None:
	frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"minutes-{frappe.generate_hash(length=8)}.txt",
			"content": frappe.generate_hash(),
			"attached_to_doctype": doc.doctype,
			"attached_to_name": doc.name,
			"is_private": 1,
		}
	).insert()


def _todo(doc: Any) -> None:
	frappe.get_doc(
		{
			"doctype": "ToDo",
			"description": "Ask them",
			"reference_type": doc.doctype,
			"reference_name": doc.name,
			"allocated_to": "rep@standard.test",
		}
	).insert()


KINDS = (
	Kind(
		rules.FIELDS_FILLED,
		lambda doc: _set(doc, website="https://a.example"),
		{"fieldnames": "website"},
		values={"website": "https://a.example"},
	),
	Kind(rules.GRADE, _grade, {"grade": "A"}, values=_soon()),
	Kind(rules.FIRST_TOUCH, _touch),
	Kind(rules.DECIDER_KNOWN, _decider(), of_party=True),
	Kind(rules.DECIDER_REACHED, _decider(reached=1), of_party=True),
	Kind(rules.NEEDS, lambda doc: solutions.confirm(talks.talk(doc)), of_party=True),
	Kind(rules.PROPOSAL, _proposal, of_party=True),
	Kind(rules.OBJECTIONS, _answered, unmeet=_objection, of_party=True),
	Kind(rules.CONTRACT, _contract, {"contract_state": "Drafted"}, subjects=("Opportunity",)),
	Kind(rules.FILE, _file, {"file_name_like": "minutes"}),
	Kind(rules.LINKED, _todo, {"linked_doctype": "ToDo", "linked_filters": '[["status", "=", "Open"]]'}),
	Kind(
		rules.EXPRESSION,
		lambda doc: _set(doc, city="Hangzhou"),
		{"expression": "doc.city == 'Hangzhou'"},
		values={"city": "Hangzhou"},
	),
)
