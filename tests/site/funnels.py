"""Short ways to deals with a history, straight into the tables: what the funnel counts, and nothing else."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

import frappe

from tests.site import records

PROCESS = "Six Stages"
STAGES = (
	"Lead Acquired",
	"Qualified",
	"Needs Explored",
	"Solution Presented",
	"Negotiation",
	"Closed and Served",
)
LEAD, QUALIFIED, NEEDS, SOLUTION, NEGOTIATION, WON = STAGES
_numbers = count(1)


def _row(doctype: str, **values: Any) -> str:
	name = values.pop("name", None) or f"FUN-{next(_numbers):06d}"
	fields = {
		"name": name,
		"creation": "2026-01-01",
		"modified": "2026-01-01",
		"owner": "Administrator",
		"modified_by": "Administrator",
		"docstatus": 0,
		"idx": 0,
		**values,
	}
	frappe.db.bulk_insert(doctype, list(fields), [list(fields.values())])
	return name


def _log(doctype: str, name: str, way: list[tuple[str, str | None]], company: str, **more: Any) -> None:
	before = None
	for place, (stage, moment) in enumerate(way):
		_row(
			"Stage Transition",
			name=f"{name}-{place}",
			reference_doctype=doctype,
			reference_name=name,
			sales_process=PROCESS,
			company=company,
			from_stage=before,
			to_stage=stage,
			changed_on=moment,
			changed_by="Administrator",
			**(more if place == 0 else {}),
		)
		before = stage


def lead(way: list[tuple[str, str | None]], **values: Any) -> str:
	"""A lead with its way through the stages: `[(LEAD, "2026-01-05 09:00"), …]`."""
	company = values.get("company", records.COMPANY)
	fields = {
		"status": "Lead",
		"company": company,
		"sf_sales_process": PROCESS,
		"sf_stage": way[-1][0],
		"lead_name": "Somebody",
	}
	name = _row("Lead", **{**fields, **values})
	_log("Lead", name, way, company)
	return name


def deal(
	way: list[tuple[str, str | None]], of_lead: str | None = None, items: tuple = (), **values: Any
) -> str:
	"""An opportunity with its way; `items` are (item code, item group)."""
	company = values.get("company", records.COMPANY)
	fields = {
		"status": "Open",
		"opportunity_from": "Lead" if of_lead else "Customer",
		"party_name": of_lead or "Nobody",
		"company": company,
		"currency": "CNY",
		"conversion_rate": 1,
		"sf_sales_process": PROCESS,
		"sf_stage": way[-1][0],
	}
	name = _row("Opportunity", **{**fields, **values})
	more = {"came_from_doctype": "Lead", "came_from": of_lead} if of_lead else {}
	_log("Opportunity", name, way, company, **more)
	for item_code, item_group in items:
		_row(
			"Opportunity Item",
			parent=name,
			parenttype="Opportunity",
			parentfield="items",
			item_code=item_code,
			item_group=item_group,
		)
	return name


def through(last: str, begun: str | datetime, days: int = 1) -> list[tuple[str, str]]:
	"""The way of an opportunity up to a stage, so many days in each."""
	from frappe.utils import add_to_date

	names = STAGES[2 : STAGES.index(last) + 1]
	return [(stage, str(add_to_date(begun, days=days * place))) for place, stage in enumerate(names)]


def company(name: str, currency: str) -> str:
	"""A company of which nothing is needed but its currency."""
	return _row("Company", name=name, company_name=name, abbr=name[:4], default_currency=currency)
