"""What leads an administrator from install to the first graded lead: shown to who sets up, and gone at uninstall."""

from __future__ import annotations

import json
from pathlib import Path

import frappe
import pytest
from frappe.desk.desktop import Workspace

import salesflow_std
from salesflow_std.setup import uninstall

MODULE = Path(salesflow_std.__file__).parent / "salesflow_std"
NAME = "Sales Standard"


@pytest.fixture(autouse=True)
def asked_for():
	frappe.db.set_single_value("System Settings", "enable_onboarding", 1)
	frappe.clear_document_cache("System Settings", "System Settings")


def steps_of(user, as_user):
	with as_user(user):
		page = Workspace({"name": NAME, "title": NAME, "public": 1})
		page.build_workspace()
		return [step.name for one in page.onboardings["items"] for step in one["items"]]


@pytest.mark.parametrize(
	"roles, sees", [("System Manager", True), ("Sales Manager", True), ("Sales User", False)]
)
def test_who_sets_up_is_led(make_user, as_user, roles, sees):
	expected = [row["step"] for row in shipped()["steps"]] if sees else []
	assert steps_of(make_user(roles), as_user) == expected


def shipped():
	return json.loads((MODULE / "module_onboarding" / "sales_standard" / "sales_standard.json").read_text())


def test_each_step_goes_where_there_is_something():
	for row in shipped()["steps"]:
		step = frappe.get_doc("Onboarding Step", row["step"])
		assert step.description.startswith(f"# {step.title}")
		if step.action == "Go to Page":
			_list, doctype = step.path.split("/")
			assert frappe.db.exists("DocType", doctype)
		else:
			meta = frappe.get_meta(step.reference_document)
			assert bool(step.is_single) == bool(meta.issingle)
			assert not step.field or meta.has_field(step.field)


def test_done_or_skipped_it_is_over(make_user, as_user):
	for row in shipped()["steps"]:
		frappe.db.set_value("Onboarding Step", row["step"], "is_skipped", 1)
	assert steps_of(make_user("System Manager"), as_user) == []
	# What Frappe does then, in the background.
	frappe.get_doc("Module Onboarding", NAME).mark_as_completed()
	assert frappe.db.get_value("Module Onboarding", NAME, "is_complete")


def test_a_new_version_does_not_begin_anew():
	from frappe.modules.import_file import import_file_by_path

	step = shipped()["steps"][0]["step"]
	frappe.db.set_value("Onboarding Step", step, "is_complete", 1)
	folder = frappe.scrub(step)
	import_file_by_path(str(MODULE / "onboarding_step" / folder / f"{folder}.json"), force=True)
	assert frappe.db.get_value("Onboarding Step", step, "is_complete")


def test_the_steps_go_with_the_app_unless_others_use_them():
	kept = shipped()["steps"][0]["step"]
	frappe.get_doc(
		{
			"doctype": "Module Onboarding",
			"name": "Of Another App",
			"title": "Another",
			"subtitle": "-",
			"success_message": "-",
			"documentation_url": "-",
			"module": "CRM",
			"allow_roles": [{"role": "System Manager"}],
			"steps": [{"step": kept}],
		}
	).insert()
	uninstall.drop_onboarding()
	left = [row["step"] for row in shipped()["steps"] if frappe.db.exists("Onboarding Step", row["step"])]
	assert left == [kept]
	assert not frappe.db.exists("Module Onboarding", NAME)
