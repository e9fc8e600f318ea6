"""Duplicates of customers, prospects and contacts are pointed out (L3, P1)."""

from __future__ import annotations

import uuid

import frappe
import pytest

from salesflow_std.api import duplicates as api
from salesflow_std.jobs import duplicate_keys
from salesflow_std.salesflow_std import duplicates, profiles
from tests.site import records
from tests.site.test_people import contact


def unique():
	return f"Sample{uuid.uuid4().hex[:8]}"


def prospect(**values):
	return frappe.get_doc({"doctype": "Prospect", "company_name": unique(), **values}).insert()


def messages():
	said = [str(frappe.parse_json(message).get("message", message)) for message in frappe.message_log]
	frappe.clear_messages()
	return [text for text in said if "has the same" in text]


@pytest.fixture(autouse=True)
def silence():
	frappe.clear_messages()


@pytest.mark.parametrize(
	("website", "key"),
	[
		("https://www.Alpha.example/about?x=1", "alpha.example"),
		("alpha.example", "alpha.example"),
		("http://shop.alpha.example:8080", "shop.alpha.example"),
		("https://www.facebook.com/alpha", ""),
		("alpha.1688.com", "alpha.1688.com"),
		("www.1688.com", ""),
		("n/a", ""),
		("http://[broken", ""),
		("", ""),
		(None, ""),
	],
)
def test_websites_are_compared_by_their_host(website, key):
	assert duplicates.domain_key(website) == key


def test_companies_of_the_same_name_whatever_the_legal_form():
	name = unique()
	first = records.customer(customer_name=f"{name} GmbH")
	messages()
	other = prospect(company_name=f"{name} Co., Ltd.")
	(text,) = messages()
	assert first.name in text and "name" in text
	assert [row["name"] for row in api.of("Prospect", other.name)] == [first.name]
	assert [row["name"] for row in api.of("Customer", first.name)] == [other.name]
	other.save()
	assert messages() == []  # nothing of it has changed


@pytest.mark.parametrize("field", ["tax_id", "website"])
def test_companies_with_the_same_tax_id_or_website(field):
	value = {"tax_id": uuid.uuid4().hex, "website": f"{uuid.uuid4().hex}.example"}[field]
	records.customer(**{field: value})
	records.customer(**{field: value})
	(text,) = messages()
	assert {"tax_id": "tax ID", "website": "website"}[field] in text


def test_one_companys_lead_prospect_and_customer_are_no_duplicates():
	name = unique()
	lead = records.lead(company_name=name)
	messages()
	of_lead = prospect(company_name=name, leads=[{"lead": lead.name}])
	customer = records.customer(customer_name=f"{name} Ltd", prospect_name=of_lead.name)
	assert messages() == []
	assert api.of("Customer", customer.name) == [] and api.of("Prospect", of_lead.name) == []
	# … nor are those that share a profile.
	profiles.ensure("Customer", customer.name)
	assert api.of("Customer", customer.name) == []


def test_companies_whose_contacts_share_an_address():
	one, other = records.customer(), prospect()
	person = contact(one)
	twin = contact(other)
	twin.email_ids[0].email_id = person.email_id
	twin.save()
	(row,) = api.of("Customer", one.name)
	assert (row["name"], row["same"]) == (other.name, ["E-mail"])


def test_contacts_with_the_same_address_phone_or_name():
	customer = records.customer()
	person = contact(customer, company_name=customer.customer_name)
	messages()
	by_mail, by_phone = frappe.new_doc("Contact"), frappe.new_doc("Contact")
	by_mail.first_name = unique()
	by_mail.append("email_ids", {"email_id": person.email_id.upper(), "is_primary": 1})
	by_mail.insert()
	assert "e-mail" in messages()[0]
	by_phone.first_name = unique()
	by_phone.append("phone_nos", {"phone": person.mobile_no.replace("+86 10 ", "010-")})
	by_phone.insert()
	assert "phone" in messages()[0]
	contact(first_name=person.first_name, company_name=f"{customer.customer_name} Ltd")
	assert "name" in messages()[0]
	contact(customer, first_name=person.first_name)
	assert "name" in messages()[0]
	contact(first_name=person.first_name)  # somebody else of that name
	assert messages() == []
	assert {frozenset(row["same"]) for row in api.of("Contact", person.name)} == {
		frozenset(["E-mail"]),
		frozenset(["Phone"]),
		frozenset(["Name"]),
	}


def test_switched_off_nothing_is_said():
	records.settings(warn_of_duplicates=0)
	tax_id = uuid.uuid4().hex
	records.customer(tax_id=tax_id)
	records.customer(tax_id=tax_id)
	assert messages() == []


def test_what_one_may_not_read_is_named_without_its_content(make_user, as_user):
	name = unique()
	hidden = records.customer(customer_name=f"{name} GmbH", account_manager="Administrator")
	shown = records.customer(customer_name=f"{name} Ltd")
	rep = make_user()
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": rep,
			"allow": "Customer",
			"for_value": shown.name,
			"apply_to_all_doctypes": 1,
		}
	).insert()
	with as_user(rep):
		(row,) = api.of("Customer", shown.name)
		assert not row["readable"] and row["name"] is None and row["title"] is None
		assert hidden.name not in duplicates.describe(row) and hidden.customer_name not in str(row)
		with pytest.raises(frappe.PermissionError):
			api.of("Customer", hidden.name)
		with pytest.raises(frappe.PermissionError):
			api.of("User", rep)


def test_keys_are_the_apps_and_documents_from_before_get_them():
	customer = records.customer(customer_name=f"{unique()} GmbH", sf_company_key="forged")
	assert records.state(customer, "sf_company_key") == customer.customer_name.split()[0].lower()
	person = contact(company_name="Alpha GmbH")
	before = records.state(customer, "sf_company_key"), records.state(person, "sf_person_key")
	phone = person.phone_nos[0].name
	phone_key = frappe.db.get_value("Contact Phone", phone, "sf_phone_key")
	assert phone_key
	frappe.db.set_value("Customer", customer.name, "sf_company_key", None, update_modified=False)
	frappe.db.set_value("Contact", person.name, "sf_person_key", None, update_modified=False)
	frappe.db.set_value("Contact Phone", phone, "sf_phone_key", None, update_modified=False)
	duplicate_keys.run()
	duplicate_keys.run()
	assert (records.state(customer, "sf_company_key"), records.state(person, "sf_person_key")) == before
	assert frappe.db.get_value("Contact Phone", phone, "sf_phone_key") == phone_key


def test_saving_asks_nothing_while_nothing_has_changed(count_queries):
	customer = records.customer(tax_id=uuid.uuid4().hex)
	customer.reload()
	customer.customer_details = "More"
	before = frappe.get_doc("Customer", customer.name)
	customer._doc_before_save = before
	with count_queries() as queries:
		duplicates.compare_company(customer)
	assert queries == []


# The report


def report(**filters):
	from frappe.desk.query_report import run

	return run("Possible Duplicates", filters=filters)["result"]


def groups_with(name, **filters):
	"""The groups a document stands in: what is the same, and who else."""
	rows = report(**filters)
	mine = {row["group"]: row["same"] for row in rows if row["name"] == name}
	return {
		(same, tuple(sorted(row["name"] for row in rows if row["group"] == number)))
		for number, same in mine.items()
	}


def test_the_report_groups_what_is_the_same():
	name, tax_id = unique(), uuid.uuid4().hex
	one = records.customer(customer_name=f"{name} GmbH", tax_id=tax_id)
	other = records.customer(customer_name=unique(), tax_id=tax_id)
	third = prospect(company_name=f"{name} Ltd")
	lead = records.lead(company_name=f"{name} Inc")
	records.lead(company_name=name, sf_invalid_reason="Test Data")
	assert groups_with(one.name) == {
		("Tax ID", tuple(sorted((one.name, other.name)))),
		("Name", tuple(sorted((one.name, third.name, lead.name)))),
	}
	assert groups_with(one.name, same="Tax ID") == {("Tax ID", tuple(sorted((one.name, other.name))))}
	assert groups_with(one.name, document_type="Contact") == set()


def test_the_report_leaves_one_companys_documents_alone():
	name = unique()
	lead = records.lead(company_name=name)
	of_lead = prospect(company_name=name, leads=[{"lead": lead.name}])
	customer = records.customer(customer_name=name, prospect_name=of_lead.name)
	assert groups_with(customer.name) == set() and groups_with(lead.name) == set()


def test_the_report_compares_contacts_with_contacts():
	customer = records.customer()
	person, twin = contact(customer), contact(customer)
	twin.email_ids[0].email_id = person.email_id
	twin.phone_nos[0].phone = person.mobile_no
	twin.save()
	both = tuple(sorted((person.name, twin.name)))
	assert groups_with(person.name) == {("E-mail", both), ("Phone", both)}


def test_the_report_shows_what_the_user_may_read(make_user, as_user):
	name = unique()
	hidden, shown = (
		records.customer(customer_name=f"{name} GmbH"),
		records.customer(customer_name=f"{name} Ltd"),
	)
	rep = make_user()
	with as_user(rep):
		assert groups_with(shown.name)
	frappe.get_doc(
		{"doctype": "User Permission", "user": rep, "allow": "Customer", "for_value": shown.name}
	).insert()
	with as_user(rep):
		rows = report()
		assert hidden.name not in str(rows) and groups_with(shown.name) == set()
