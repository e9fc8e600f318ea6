"""Rights on ERPNext's doctypes: given where a role has none, an administrator's stay, and taken back whole."""

from __future__ import annotations

import frappe
import pytest

from salesflow_std.setup import permissions
from tests.site import deals, signed
from tests.site.deals import API

FLAGS = ("read", "select", "write", "create", "submit", "cancel", "delete", "print", "email", "export")


def rights(doctype: str, kind: str = "Custom DocPerm") -> dict[str, set[str]]:
	rows = frappe.get_all(kind, {"parent": doctype, "permlevel": 0}, ["role", *FLAGS], order_by="name")
	return {row.role: {flag for flag in FLAGS if row[flag]} for row in rows}


def start_anew() -> None:
	"""As before the app came."""
	permissions.take_back()
	frappe.db.delete("Shipped Default", {"kind": "Custom DocPerm"})


def test_sales_and_legal_get_what_they_need_and_no_more():
	contract = rights("Contract")
	assert contract["Sales User"] == {"read", "select", "write", "create", "print", "email"}
	assert contract["Legal Reviewer"] == {"read", "select", "write", "print"}
	assert rights("Sales Stage")["Sales User"] == {"read", "select"}


def test_a_fresh_set_is_a_copy_of_the_standard_one():
	for doctype, of_role in permissions.RIGHTS.items():
		standard = rights(doctype, "DocPerm")
		ours = {role: flags for role, flags in rights(doctype).items() if role not in of_role}
		assert ours == {role: flags for role, flags in standard.items() if role not in of_role}


def test_putting_twice_changes_nothing():
	before = rights("Contract")
	permissions.put()
	assert rights("Contract") == before and frappe.db.count("Custom DocPerm", {"parent": "Contract"}) == len(
		before
	)


def test_what_an_administrator_takes_away_stays_away():
	frappe.db.delete("Custom DocPerm", {"parent": "Contract", "role": "Sales User"})
	permissions.put()
	assert "Sales User" not in rights("Contract")


def test_taken_back_erpnext_is_as_it_was():
	standard = {doctype: rights(doctype, "DocPerm") for doctype in permissions.RIGHTS}
	permissions.take_back()
	for doctype in permissions.RIGHTS:
		assert rights(doctype) == {} and rights(doctype, "DocPerm") == standard[doctype]


def test_what_an_administrator_changed_outlives_the_app():
	frappe.db.set_value("Custom DocPerm", {"parent": "Contract", "role": "Sales User"}, "export", 1)
	permissions.put()
	assert "export" in rights("Contract")["Sales User"]
	permissions.take_back()
	left = rights("Contract")
	assert "export" in left["Sales User"] and "Legal Reviewer" not in left
	assert left["Sales Manager"] == rights("Contract", "DocPerm")["Sales Manager"]


def test_a_set_of_an_administrator_keeps_all_its_rows():
	"""Theirs was there before us, with fewer rights for managers and some for sales."""
	start_anew()
	frappe.permissions.setup_custom_perms("Contract")
	frappe.db.set_value("Custom DocPerm", {"parent": "Contract", "role": "Sales Manager"}, "delete", 0)
	frappe.permissions.add_permission("Contract", "Sales User")
	theirs = rights("Contract")
	permissions.put()
	assert rights("Contract")["Sales User"] == theirs["Sales User"] and "Legal Reviewer" in rights("Contract")
	permissions.take_back()
	assert rights("Contract") == theirs


@pytest.fixture
def contract(rep):
	deals.enforce()
	return deals.contract(deals.opportunity(rep))


def test_a_rep_writes_and_does_not_submit(as_user, rep, contract):
	with as_user(rep):
		mine = frappe.get_doc("Contract", contract.name)
		mine.sf_breach = "1 % a week"
		mine.save()
		with pytest.raises(frappe.PermissionError):
			mine.submit()
		with pytest.raises(frappe.PermissionError):
			frappe.delete_doc("Contract", contract.name)


def test_legal_reads_and_writes_and_makes_none(as_user, make_user, contract):
	with as_user(make_user("Legal Reviewer")):
		theirs = frappe.get_doc("Contract", contract.name)
		theirs.check_permission("write")
		assert not frappe.has_permission("Contract", "create")


def test_others_see_no_contract(call, as_user, make_user, contract):
	with as_user(make_user("Product Reviewer")):
		for method, args in (
			("standing", {"contract": contract.name}),
			("ask_for_review", {"contract": contract.name}),
			("sign", {"contract": contract.name, "signee": "X"}),
			("attach_scan", {"contract": contract.name, "file_url": "/x"}),
			("make", {"doctype": "Opportunity", "name": contract.sf_opportunity}),
		):
			with pytest.raises(frappe.PermissionError):
				call(f"{API}.{method}", **args)


def test_nobody_may_make_a_contract_of_what_they_may_not_read(call, as_user, make_user):
	deal = deals.opportunity()
	elsewhere = make_user("Sales User")
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": elsewhere,
			"allow": "Opportunity",
			"for_value": deals.opportunity().name,
		}
	).insert()
	with as_user(elsewhere), pytest.raises(frappe.PermissionError):
		call(f"{API}.make", doctype="Opportunity", name=deal.name)


# With whom -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def of_staff():
	"""A contract with an employee, which ERPNext keeps in the same doctype."""
	return signed.contract("HR-EMP-T", signed=False, party_type="Employee", sf_state="")


def sees(user, contract) -> set[bool]:
	listed = contract.name in frappe.get_list("Contract", pluck="name", order_by="name", limit=0)
	return {listed, *(bool(contract.has_permission(ptype, user=user)) for ptype in ("read", "write"))}


@pytest.mark.parametrize("role", ("Sales User", "Legal Reviewer"))
def test_the_rights_of_sales_and_legal_are_for_contracts_with_customers(
	as_user, make_user, contract, of_staff, role
):
	user = make_user(role)
	with as_user(user):
		assert sees(user, contract) == {True} and sees(user, of_staff) == {False}
		asked = frappe.get_doc("Contract", of_staff.name)
		asked.party_type = "Customer"
		assert not asked.has_permission("write")
		assert not frappe.get_doc({"doctype": "Contract", "party_type": "Employee"}).has_permission("create")


@pytest.mark.parametrize("role", ("HR Manager", "Purchase Manager", "Sales Manager"))
def test_managers_see_what_erpnext_shows_them(as_user, make_user, of_staff, role):
	user = make_user(["Sales User", role])
	with as_user(user):
		assert sees(user, of_staff) == {True}


def test_rights_that_an_administrator_gave_are_for_all_contracts(as_user, make_user, of_staff):
	start_anew()
	frappe.permissions.add_permission("Contract", "Sales User")
	permissions.put()
	frappe.clear_cache(doctype="Contract")
	user = make_user("Sales User")
	with as_user(user):
		assert of_staff.has_permission("read")


def test_what_is_shared_with_somebody_is_seen(as_user, make_user, of_staff):
	user = make_user("Accounts User")
	frappe.share.add("Contract", of_staff.name, user, read=1)
	with as_user(user):
		assert of_staff.name in frappe.get_list("Contract", pluck="name", order_by="name", limit=0)
