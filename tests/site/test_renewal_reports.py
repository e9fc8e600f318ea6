"""The reports count renewals and referrals once, and open them (A5)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, today

from salesflow_std.salesflow_std import referrals
from salesflow_std.salesflow_std.report.referrals import referrals as referral_report
from salesflow_std.salesflow_std.report.renewals import renewals as renewal_report
from tests.site import records, signed


@pytest.fixture
def customer():
	return records.customer()


def period():
	return {"from_date": add_days(today(), -100), "to_date": add_days(today(), 100)}


def ending(customer, days, outcome=None, **values):
	day = add_days(today(), days)
	return signed.contract(customer.name, end_date=day, sf_renewal_outcome=outcome, **values)


def by(report, group, **filters):
	rows = report.execute({**period(), "group_by": group, **filters})[1]
	return {row["grouped_by"]: row for row in rows}


def test_renewals_by_customer(customer, rep):
	for days, outcome in ((-5, "Renewed"), (-5, None), (5, "Not Renewed"), (5, None), (200, "Renewed")):
		ending(customer, days, outcome, sf_allocated_to=rep)
	signed.contract(customer.name, signed=False, end_date=today())
	row = by(renewal_report, "Customer")[customer.name]
	assert [row[key] for key in ("contracts", "renewed", "not_renewed", "lapsed", "open")] == [4, 1, 1, 1, 1]
	assert row["rate"] == pytest.approx(100 / 3) and row["label"] == customer.name
	# Every number opens as many contracts as it says.
	for key in ("contracts", "asked", "renewed", "later", "not_renewed", "lapsed", "open"):
		assert len(row["names"].get(key, [])) == row[key]
	assert frappe.db.get_value("Contract", row["names"]["renewed"][0], "sf_renewal_outcome") == "Renewed"
	assert not by(renewal_report, "Customer", team="Nobody")
	assert by(renewal_report, "Responsible")[rep]["label"] == "The Rep"
	months = by(renewal_report, "Month")
	assert sum(row["contracts"] for row in months.values()) >= 4 and list(months) == sorted(months)
	assert by(renewal_report, "Customer", rep=rep)[customer.name]["contracts"] == 4


def test_no_rate_before_anything_is_decided(customer):
	ending(customer, 5)
	assert by(renewal_report, "Customer")[customer.name]["rate"] is None


def test_referrals_from_the_survey_to_the_deal(customer):
	for values in ({"would_refer": 1}, {}, {"would_refer": 1, "corrected_by": "SURVEY-X"}):
		survey = frappe.new_doc("Satisfaction Survey")
		survey.update(
			{
				"name": f"SURVEY-T-{frappe.generate_hash(length=6)}",
				"customer": customer.name,
				"title": customer.name,
				"company": records.COMPANY,
				"status": "Answered",
				"answered_on": frappe.utils.now_datetime(),
				"survey_key": frappe.generate_hash(length=10),
				**values,
			}
		)
		survey.db_insert()
	leads = [records.lead(sf_referred_by=customer.name) for _ in range(4)]
	records.opportunity(party_name=leads[0].name)
	records.opportunity(party_name=leads[1].name).db_set("status", "Converted")
	records.opportunity(party_name=leads[2].name).db_set("status", "Lost")
	referrals.refresh([lead.name for lead in leads])
	row = by(referral_report, "Customer")[customer.name]
	counted = ("surveys", "would_refer", "leads", "opportunities", "won", "lost")
	assert [row[key] for key in counted] == [2, 1, 4, 2, 1, 1]
	assert (row["opportunity_rate"], row["won_rate"]) == (50, 25)
	for key in counted:
		assert len(row["names"][key]) == row[key]
	assert row["names"]["won"] == [leads[1].name]
	assert not by(referral_report, "Customer", team="Nobody")
	for group in ("Lead Owner", "Month", "Company"):
		assert sum(row["leads"] for row in by(referral_report, group, customer=customer.name).values()) == 4


@pytest.mark.parametrize("report", [renewal_report, referral_report])
def test_an_unknown_grouping_is_refused(report):
	with pytest.raises(frappe.ValidationError, match="no grouping"):
		report.execute({**period(), "group_by": "Moon"})
