"""Short ways to gates, and to sales processes with a few of them."""

from __future__ import annotations

from typing import Any

import frappe

from salesflow_std.engine import gates as rules
from salesflow_std.salesflow_std import gate_facts, gate_words

SHIPPED = "Six Stages"


def ask(doc: Any, kind: str, **params: Any) -> rules.Finding:
	"""What one gate says of a document."""
	gate = rules.Gate("one", kind, kind, params=params)
	return rules.evaluate([gate], gate_facts.gather(doc, [gate]))[0]


def told(doc: Any, kind: str, **params: Any) -> dict:
	"""As `ask`, in words."""
	return gate_words.say(ask(doc, kind, **params), doc)


def process(gates: list[dict] | None = None, **values: Any) -> Any:
	"""A new process, not saved: one stage of leads, two of opportunities."""
	return frappe.get_doc(
		{
			"doctype": "Sales Process",
			"process_name": f"Process {frappe.generate_hash(length=8)}",
			"stages": [
				{"stage": "Qualified", "lives_on": "Lead"},
				{"stage": "Negotiation", "lives_on": "Opportunity"},
				{"stage": "Closed and Served", "lives_on": "Opportunity", "is_final": 1},
			],
			"gates": gates or [],
			**values,
		}
	)


def gate(kind: str, stage: str = "Negotiation", **values: Any) -> dict:
	"""A gate's row."""
	return {"stage": stage, "moment": "Leaving", "gate": kind, "kind": kind, "mode": "Block", **values}


def put_into(doc: Any, stage: str, process: str = SHIPPED) -> None:
	"""Writes where a document stands, past everything that would ask."""
	values = {"sf_stage": stage} | ({} if doc.doctype == "Customer" else {"sf_sales_process": process})
	frappe.db.set_value(doc.doctype, doc.name, values, update_modified=False)
