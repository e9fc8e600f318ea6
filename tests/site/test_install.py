"""The app stands on the site, and it is this checkout's."""

from pathlib import Path

import frappe

import salesflow_std

ROOT = Path(__file__).resolve().parents[2]


def test_app_is_installed():
	assert "salesflow_std" in frappe.get_installed_apps()


def test_code_comes_from_this_checkout():
	assert Path(salesflow_std.__file__).resolve() == ROOT / "salesflow_std" / "__init__.py"
	assert Path(frappe.get_app_path("salesflow_std")).resolve() == ROOT / "salesflow_std"
