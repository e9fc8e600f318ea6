"""Short ways to a sales process of its own, and to what its gates ask for."""

from __future__ import annotations

from typing import Any

import frappe

from tests.site import records

# What the stages of the tests are called: two of a lead, four of an opportunity, the last one won.
CAUGHT, FIT, EXPLORED, SHOWN, BARGAINED, WON = (
	"Test Caught",
	"Test Fit",
	"Test Explored",
	"Test Shown",
	"Test Bargained",
	"Test Won",
)
LEAD_STAGES, DEAL_STAGES = (CAUGHT, FIT), (EXPLORED, SHOWN, BARGAINED, WON)
# A sales stage of ERPNext's that counts as SHOWN.
FINER = "Value Proposition"


def enforce(mode: str = "Block") -> None:
	"""Switches the gates on, as on a customer's site."""
	records.settings(stage_enforcement=mode)


def sales_stage(name: str) -> str:
	if not frappe.db.exists("Sales Stage", name):
		frappe.get_doc({"doctype": "Sales Stage", "stage_name": name}).insert()
	return name


def gate(stage: str, kind: str = "Fields Filled", moment: str = "Leaving", **values: Any) -> dict:
	"""A gate that asks for a field: by default the website of the company."""
	more = {"fieldnames": "website"} if kind == "Fields Filled" else {}
	return {"stage": stage, "moment": moment, "gate": f"{kind} ({stage})", "kind": kind, **more, **values}


def process(*gates: dict, **values: Any) -> Any:
	"""A process of the company "Standard Test Co", so that it comes before the shipped one."""
	rows = [
		*({"stage": sales_stage(name), "lives_on": "Lead"} for name in LEAD_STAGES),
		*(
			{"stage": sales_stage(name), "lives_on": "Opportunity", "probability": 20 * (number + 1)}
			for number, name in enumerate(DEAL_STAGES)
		),
	]
	rows[-1]["is_final"] = 1
	return frappe.get_doc(
		{
			"doctype": "Sales Process",
			"process_name": f"Process {frappe.generate_hash(length=8)}",
			"company": records.COMPANY,
			"stages": rows,
			"gates": list(gates),
			"mappings": [
				{"document_type": "Opportunity", "sales_stage": "Prospecting", "stage": EXPLORED},
				{"document_type": "Opportunity", "sales_stage": FINER, "stage": SHOWN},
				{"document_type": "Opportunity", "status": "Quotation", "stage": SHOWN},
				{"document_type": "Opportunity", "status": "Converted", "stage": WON},
				*(
					{"document_type": "Lead", "status": status, "stage": FIT}
					for status in ("Opportunity", "Quotation", "Converted")
				),
			],
			**{"skipping": "Allowed", "going_back": "Allowed", "contract_enforcement": "Off", **values},
		}
	).insert()


def log(doc: Any) -> list[Any]:
	"""The transitions of a document, oldest first."""
	return frappe.get_all(
		"Stage Transition",
		filters={"reference_doctype": doc.doctype, "reference_name": doc.name},
		fields=["*"],
		order_by="changed_on, creation",
	)


def steps(doc: Any) -> list[tuple[str | None, str]]:
	"""From where to where a document went."""
	return [(row.from_stage, row.to_stage) for row in log(doc)]


def deal(**values: Any) -> Any:
	"""An opportunity of a customer, so that no lead has gates to pass."""
	return records.opportunity(
		opportunity_from="Customer",
		party_name=values.pop("party_name", None) or records.customer().name,
		**values,
	)


def at(doc: Any) -> tuple:
	"""Where a document stands by the database: stage, what passed, and an opportunity's sales stage."""
	fields = ["sf_stage", "sf_stage_passed"] + (["sales_stage"] if doc.doctype == "Opportunity" else [])
	return tuple(frappe.db.get_value(doc.doctype, doc.name, fields))
