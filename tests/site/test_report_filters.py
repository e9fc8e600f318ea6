"""What a request sends as a filter of a report is one value, whatever it is: never a part of the query (M3)."""

from __future__ import annotations

import frappe
import pytest
from frappe.desk import query_report

from tests.site import records

FILTERS = {
	"Stage Funnel": (
		"company",
		"process",
		"sales_person",
		"territory",
		"profile",
		"product",
		"records",
		"source",
	),
	"Goal Progress": ("company", "sales_person", "stage", "status"),
	"Grade Calibration": ("company", "document_type", "scoring_model", "records"),
	"KPI Scores": ("company", "group_by", "sales_person", "records"),
	"Target Attainment": ("company", "fiscal_year", "group_by", "sales_person", "records"),
	"Standard Compliance": ("company", "rep", "sales_person", "group_by", "records"),
	"Lead Discipline": ("company", "group_by"),
}


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_is_one_value(name, rep, as_user):
	with as_user(rep):
		for field in FILTERS[name]:
			for sent in (["!=", "x"], {"a": 1}):
				with pytest.raises(frappe.ValidationError, match="takes one value"):
					query_report.run(name, filters={"company": records.COMPANY, field: sent})


def test_other_documents_have_no_calibration(rep, as_user):
	with as_user(rep):
		told = query_report.run("Grade Calibration", filters={"document_type": "x' or 1=1"})
	assert not told["result"] and "No scoring model" in told["message"]
