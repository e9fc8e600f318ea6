"""The desk opens for every role and in both languages."""

import pytest


@pytest.mark.parametrize("user", ["rep", "manager", "admin"])
def test_desk_opens(login, user):
	page = login(user)
	page.locator(".layout-main").first.wait_for()
	assert "setup-wizard" not in page.url


def test_lead_form_opens_in_chinese(login):
	page = login("rep", lang="zh", path="/app/lead/new")
	page.locator(".frappe-control[data-fieldname=first_name]").first.wait_for()
	assert page.evaluate("frappe.boot.lang") == "zh"
