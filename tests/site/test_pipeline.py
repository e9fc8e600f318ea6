"""`import-pipeline`: another CRM's deals with their true dates, once, and what the data leaves open is said (M1)."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import datetime
from pathlib import Path

import frappe
import pytest

import salesflow_std
from salesflow_std.audit.errors import AuditError
from salesflow_std.pipeline import deals as writing
from salesflow_std.pipeline.run import Files, import_pipeline

SAMPLE = Path(salesflow_std.__file__).parent / "pipeline" / "sample"


@pytest.fixture
def files(tmp_path) -> Files:
	shutil.copytree(SAMPLE, tmp_path / "sample")
	folder = tmp_path / "sample"
	return Files(
		*(
			str(folder / name)
			for name in ("deals.csv", "mapping.json", "accounts.csv", "products.csv", "teams.csv")
		)
	)


@pytest.fixture
def bring(files, tmp_path):
	def run(changed: dict | None = None, **options):
		if changed:
			said = json.loads(Path(files.mapping).read_text())
			Path(files.mapping).write_text(json.dumps({**said, **changed}))
		return import_pipeline(files, refused_file=tmp_path / "refused.csv", **options)

	run.refused = lambda: {
		row["ID"] or row["File"]: row["Reason"]
		for row in csv.DictReader(open(tmp_path / "refused.csv", encoding="utf-8-sig"))
	}
	return run


def deal(name: str):
	return frappe.get_doc("Opportunity", {"sf_external_id": f"old-crm:{name}"})


def log(name: str) -> list:
	return frappe.get_all(
		"Stage Transition",
		filters={"reference_doctype": "Opportunity", "reference_name": deal(name).name},
		fields=["from_stage", "to_stage", "direction", "changed_on", "entered_on", "stay_hours", "source"],
		order_by="changed_on, to_stage desc",
	)


def count() -> int:
	return frappe.db.count("Opportunity", {"sf_external_id": ("like", "old-crm:%")})


def test_deals_come_with_their_dates(bring):
	said = "\n".join(bring())
	assert "14 deals read: 9 brought in, 0 already there, 5 refused." in said
	won = deal("D-01")
	assert (won.status, won.sf_stage, won.sales_stage) == (
		"Converted",
		"Closed and Served",
		"Closed and Served",
	)
	assert (str(won.transaction_date), won.opportunity_amount, won.items[0].item_name) == (
		"2026-01-05",
		48000,
		"Plan Line",
	)
	first, second = log("D-01")
	assert (first.to_stage, first.direction, first.changed_on) == (
		"Negotiation",
		"Entered",
		datetime(2026, 1, 5),
	)
	# Two weeks from Monday to Monday: ten working days of eight hours.
	assert (second.to_stage, second.changed_on, second.stay_hours) == (
		"Closed and Served",
		datetime(2026, 1, 19),
		80,
	)
	assert {row.source for row in (first, second)} == {"Imported"}
	lost = deal("D-03")
	assert (lost.status, lost.sf_stage, lost.sf_lost_on) == ("Lost", "Negotiation", datetime(2026, 2, 2))
	assert [row.lost_reason for row in lost.lost_reasons] == ["Not Said in the Old System"]
	undated = deal("D-08")
	assert (undated.sf_stage, undated.sf_stage_entered_on, str(undated.transaction_date)) == (
		"Needs Explored",
		None,
		"2026-06-30",
	)
	assert log("D-08")[0].changed_on is None


def test_what_is_imported_has_passed_and_may_go_on(bring):
	bring()
	frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Block")
	frappe.clear_document_cache("Salesflow Settings", "Salesflow Settings")
	for name in ("D-01", "D-03", "D-05"):
		doc = deal(name)
		assert doc.sf_stage_passed == doc.sf_stage
		doc.append("notes", {"note": "Called"})
		doc.save()
	assert len(log("D-05")) == 1


def test_rows_that_cannot_come_are_listed_with_reasons(bring):
	bring()
	refused = bring.refused()
	assert refused["D-10"] == "it was closed on 2026-04-01, before it began on 2026-04-10"
	assert refused["D-11"] == "the mapping does not say what stage “Dreaming” is"
	assert refused["D-12"] == "“soon” is no date (engage_date)"
	assert refused["D-13"] == "“much” is no amount (close_value)"
	assert refused["D-01"] == "its ID stands in the file twice"
	assert refused["accounts.csv"] == "it has no name"


def test_what_the_data_leaves_open_is_said(bring):
	said = "\n".join(bring())
	assert "open deals without a date: they have no time in stage and belong to no period: 2" in said
	assert "lost deals of which nobody says to whom: 2" in said
	assert "Plan Setup: 1" in said
	assert "Rep South 2: 1" in said
	assert "deals.csv: colour" in said
	assert "accounts.csv: year_established" in said


def test_a_deal_without_account_is_refused_unless_the_mapping_names_one(bring):
	said = bring({"without_account": ""})
	assert "7 refused" in said[0]
	assert bring.refused()["D-06"].startswith("it has no account")


def test_customers_reps_and_regions(bring):
	bring()
	customer = frappe.get_doc("Customer", deal("D-01").party_name)
	assert (customer.customer_name, customer.industry, customer.sf_no_of_employees) == (
		"Alpha GmbH",
		"Technology",
		"1000+",
	)
	assert customer.sf_annual_revenue == 1_100_040_000
	assert (customer.sf_stage, customer.sf_stage_entered_on) == ("Closed and Served", datetime(2026, 1, 19))
	assert frappe.db.get_value("Sales Person", "Rep North 1", "parent_sales_person") == "Manager North"
	assert deal("D-01").territory == "North Region"
	assert (deal("D-01").opportunity_owner, deal("D-01").sf_external_rep) == (None, "Rep North 1")
	assert not frappe.db.count("Item", {"item_name": ("like", "Plan %")})
	assert not frappe.db.count("User", {"email": ("like", "%@imported.invalid")})


def test_reps_and_items_on_demand(bring, make_user):
	rep = make_user("Sales User")
	queued = frappe.db.count("Email Queue")
	bring({"reps": {"Rep North 1": rep}, "make_items": True}, make_reps=True)
	assert deal("D-01").opportunity_owner == rep
	made = frappe.get_doc("User", deal("D-04").opportunity_owner)
	assert (made.enabled, made.email) == (0, "rep.south.1@imported.invalid")
	assert frappe.db.count("Email Queue") == queued
	item = frappe.get_doc("Item", deal("D-01").items[0].item_code)
	assert (item.item_name, item.is_stock_item) == ("Plan Line", 0)


def test_twice_is_once(bring):
	bring()
	before = (count(), frappe.db.count("Stage Transition"), frappe.db.count("Customer"))
	said = bring()
	assert "0 brought in, 9 already there" in said[0]
	assert (count(), frappe.db.count("Stage Transition"), frappe.db.count("Customer")) == before


def test_killed_and_started_again(bring, monkeypatch):
	monkeypatch.setattr(writing, "CHUNK", 2)
	insert = writing.Writer._insert
	chunks = []

	def killed(self, rows):
		chunks.append(rows)
		insert(self, rows)
		if len(chunks) == 3:
			raise KeyboardInterrupt

	monkeypatch.setattr(writing.Writer, "_insert", killed)
	with pytest.raises(KeyboardInterrupt):
		bring()
	frappe.db.rollback()
	assert count() == 4
	monkeypatch.setattr(writing.Writer, "_insert", insert)
	bring()
	assert count() == 9
	assert len(log("D-01")) == 2
	assert len(log("D-04")) == 2


def test_one_that_the_database_refuses_does_not_take_its_chunk_along(bring, files):
	path = Path(files.deals)
	path.write_text(path.read_text().replace("D-05,", "D" * 200 + ",", 1))
	said = bring()
	assert "8 brought in" in said[0]
	assert any("Data" in reason for name, reason in bring.refused().items() if name.startswith("DDD"))
	assert len(log("D-04")) == 2


def test_dry_run_writes_nothing(bring):
	before = [
		frappe.db.count(doctype) for doctype in ("Opportunity", "Customer", "Territory", "Sales Person")
	]
	said = bring(dry_run=True)
	assert said[0].startswith("Dry run")
	assert "9 brought in" in said[1]
	assert before == [
		frappe.db.count(doctype) for doctype in ("Opportunity", "Customer", "Territory", "Sales Person")
	]


@pytest.mark.parametrize(
	("changed", "saying"),
	[
		({"stages": {"Won": "Nowhere"}}, "stages.Won: Nowhere is no stage of"),
		({"stages": {"Lost": {"stage": "Negotiation", "status": "Lost"}}}, "a deal is lost for a reason"),
		({"reps": {"Rep North 1": "nobody@nowhere.example"}}, "there is no user"),
		({"currency": "USD"}, "conversion_rate: needed"),
		({"colour": "red"}, "colour: no such key"),
		({"as_of": "some day"}, "must be a date"),
	],
)
def test_a_wrong_mapping_stops_before_anything_is_written(bring, changed, saying):
	with pytest.raises(AuditError, match=saying):
		bring(changed)
	assert count() == 0
