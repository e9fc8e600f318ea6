"""The Lead Discipline report counts every lead once and shows a rep only what they may see."""

import frappe
import pytest

from salesflow_std.salesflow_std.report.lead_discipline.lead_discipline import execute
from tests.site import records


@pytest.fixture
def quarter(frozen_time, call):
	"""Six leads of two sources with every kind of finding, hand-counted below."""
	with frozen_time("2026-11-10 09:00"):
		met, missed, overdue = (records.lead(source="Website") for _ in range(3))
		for lead in (met, missed, overdue):
			records.score(lead, "5555")
		call("salesflow_std.api.lead.touched", name=met.name)
		records.lead(source=None)
		late = records.lead(source="Exhibition", sf_captured_on="2026-11-01 09:00:00")
		invalid = records.lead(source="Exhibition")
		invalid.reload()
		invalid.sf_invalid_reason = "Test Data"
		invalid.save()
	with frozen_time("2026-11-13 09:00"):
		call("salesflow_std.api.lead.touched", name=missed.name)
		from salesflow_std.jobs.grade_clock import tick

		tick()
	return late


FILTERS = {"from_date": "2026-11-01", "to_date": "2026-11-30", "group_by": "Source"}


def test_counts_by_source(quarter):
	_columns, rows, _message, chart, summary = execute(FILTERS)
	by_source = {row.grouped_by: row for row in rows}
	web, fair, none = by_source["Website"], by_source["Exhibition"], by_source[None]
	assert (web.leads, web.met, web.missed, web.overdue) == (3, 1, 1, 1)
	assert round(web.in_time) == 33
	assert (fair.leads, fair.late, fair.invalid, fair.not_graded) == (2, 1, 1, 1)
	assert (none.leads, none.no_source) == (1, 1)
	assert sum(row.leads for row in rows) == 6
	assert summary[0]["value"] == 6
	assert len(chart["data"]["labels"]) == 3


def test_the_period_is_by_capture(quarter):
	rows = execute({**FILTERS, "from_date": "2026-11-02"})[1]
	assert sum(row.leads for row in rows) == 5


def test_a_rep_sees_their_own(quarter, make_user, as_user):
	from frappe.permissions import add_user_permission

	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test West", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	frappe.db.set_value("Lead", {"name": ("!=", quarter.name)}, "territory", "China")
	frappe.db.set_value("Lead", quarter.name, "territory", territory.name)
	with as_user(rep):
		rows = execute(FILTERS)[1]
	assert [(row.grouped_by, row.leads) for row in rows] == [("Exhibition", 1)]


def test_unknown_grouping_is_refused():
	with pytest.raises(frappe.ValidationError, match="no grouping by"):
		execute({**FILTERS, "group_by": "name; drop table tabLead"})
