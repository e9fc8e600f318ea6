"""Shipped defaults follow new versions while untouched, stay when tuned, and stay away when deleted."""

import copy
import json

import frappe
import pytest

from salesflow_std.setup import shipped_defaults
from tests.site import records

KEY = "scoring_model/bnau"


@pytest.fixture
def shipped(tmp_path):
	"""Our fixtures in a folder of the test's own: `shipped(key, change)` ships a new version of one."""
	contents = {
		f"{path.parent.name}/{path.stem}": json.loads(path.read_text(encoding="utf-8"))
		for path in shipped_defaults.FIXTURES.glob("*/*.json")
	}

	def ship(key=None, change=None):
		if key:
			change(contents[key])
		for name, content in contents.items():
			path = tmp_path / f"{name}.json"
			path.parent.mkdir(exist_ok=True)
			path.write_text(json.dumps(content), encoding="utf-8")
		shipped_defaults.load(tmp_path)

	return ship


def earlier_touch(content):
	content["bands"][0]["first_touch_amount"] = 24


def first_touch():
	return frappe.get_doc("Scoring Model", "BNAU").bands[0].first_touch_amount


def entry(field="status"):
	return frappe.db.get_value("Shipped Default", KEY, field)


def tune():
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.dimensions[0].weight = 3
	model.save()


def test_install_ships_every_preset():
	names = frappe.get_all("Scoring Model", pluck="name", order_by="name")
	assert {
		"BNAU",
		"Funnel guide",
		"Team template",
		"Account five factors",
		"Opportunity S/A/B",
	} <= set(names)
	assert set(frappe.get_all("Shipped Default", pluck="status", order_by="name")) == {"Untouched"}


def test_the_same_version_again_writes_nothing(shipped, count_queries):
	shipped()
	modified = frappe.db.get_value("Scoring Model", "BNAU", "modified")
	shipped()
	assert frappe.db.get_value("Scoring Model", "BNAU", "modified") == modified
	assert entry() == "Untouched"


def test_untouched_follows_a_new_version(shipped, jobs):
	shipped(KEY, earlier_touch)
	assert first_touch() == 24
	assert entry() == "Untouched"
	frappe.db.commit()
	assert jobs.named("regrade"), "the deadlines of graded leads follow"


def test_tuned_stays_and_is_offered_the_new_one(shipped):
	tune()
	shipped()
	assert entry() == "Tuned"
	shipped(KEY, earlier_touch)
	assert first_touch() == 48
	assert entry() == "New Default Available"
	offer = shipped_defaults.offer("Scoring Model", "BNAU")
	assert {(row["label"], row["yours"], row["shipped"]) for row in offer["differences"]} == {
		("Dimensions 1: Weight", 3.0, 1.0),
		("Grades 1: First Touch Within", 48.0, 24),
	}


def test_keep_keeps_and_a_later_version_is_offered_again(shipped, call):
	tune()
	shipped(KEY, earlier_touch)
	call("salesflow_std.api.shipped_defaults.keep", entry=KEY)
	shipped()
	assert entry() == "Tuned"
	assert shipped_defaults.offer("Scoring Model", "BNAU") is None
	shipped(KEY, lambda content: content["bands"][0].update({"first_touch_amount": 12}))
	assert entry() == "New Default Available"


def test_take_takes_all_of_it(shipped, call):
	tune()
	shipped(KEY, earlier_touch)
	call("salesflow_std.api.shipped_defaults.take", entry=KEY)
	assert first_touch() == 24
	assert frappe.get_doc("Scoring Model", "BNAU").dimensions[0].weight == 1
	shipped()
	assert entry() == "Untouched"


def test_deleted_stays_deleted(shipped):
	frappe.delete_doc("Scoring Model", "Team template")
	shipped()
	shipped("scoring_model/team_template", earlier_touch)
	assert not frappe.db.exists("Scoring Model", "Team template")
	assert frappe.db.get_value("Shipped Default", "scoring_model/team_template", "status") == "Deleted"


def test_renamed_is_not_deleted(shipped):
	frappe.rename_doc("Scoring Model", "Team template", "House template")
	shipped("scoring_model/team_template", earlier_touch)
	assert not frappe.db.exists("Scoring Model", "Team template")
	model = frappe.get_doc("Scoring Model", "House template")
	assert model.bands[0].first_touch_amount == 24


def test_a_record_that_was_there_before_is_left_alone(shipped):
	name = "scoring_model/team_template"
	frappe.delete_doc("Shipped Default", name)
	model = frappe.get_doc("Scoring Model", "Team template")
	model.description = "Ours since 2020"
	model.save()
	shipped(name, earlier_touch)
	assert frappe.db.get_value("Scoring Model", "Team template", "description") == "Ours since 2020"


def test_one_broken_file_does_not_stop_the_rest(shipped):
	def broken(content):
		content["bands"] = []

	before = copy.deepcopy(frappe.get_doc("Scoring Model", "Funnel guide").as_dict())
	shipped("scoring_model/funnel_guide", broken)
	shipped(KEY, earlier_touch)
	assert first_touch() == 24
	assert len(frappe.get_doc("Scoring Model", "Funnel guide").bands) == len(before["bands"])
	assert frappe.get_all("Error Log", filters={"method": ("like", "%funnel_guide%")})


# Switching the default model -----------------------------------------------------------------------------


def test_leads_follow_a_switched_default(jobs, frozen_time):
	from frappe.utils import get_datetime

	with frozen_time("2026-11-20 12:00"):
		lead, on_purpose = records.lead(), records.lead()
		records.score(lead, "3333")
		records.score(on_purpose, "3333", scoring_model="Team template")
		settings = frappe.get_doc("Salesflow Settings")
		settings.lead_scoring_model = "Funnel guide"
		settings.save()
		frappe.db.commit()
		jobs.run("regrade")
	assert records.state(lead, "sf_scoring_model", "sf_first_touch_due") == (
		"Funnel guide",
		get_datetime("2026-11-25 12:00"),
	)
	assert records.state(on_purpose, "sf_scoring_model") == "Team template"
	assert not frappe.db.get_single_value("Salesflow Settings", "switches")
