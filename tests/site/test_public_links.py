"""Links for somebody without a login: hashed, one document, expiring, revocable, single use (N4)."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_to_date, now_datetime

from salesflow_std.salesflow_std import public_links
from salesflow_std.salesflow_std.public_links import NEEDS_CONFIRMATION
from tests.site import plans, records

NOON = "2027-03-01 12:00"


@pytest.fixture
def lead():
	return records.lead()


def issue(lead, **more):
	values = {
		"sent_to": "buyer@sample-works.example",
		"language": "en",
		"expires_on": add_to_date(now_datetime(), days=14),
		**more,
	}
	return public_links.issue(NEEDS_CONFIRMATION, "Lead", lead.name, **values)


def test_the_database_holds_the_hash_only(lead):
	token = issue(lead)
	row = frappe.get_all("Public Link", filters={"reference_name": lead.name}, fields=["*"], order_by="name")[
		0
	]
	assert token not in str(row) and row.token_hash == public_links.hash_of(token)
	assert len(token) == 43 and token != issue(lead)


def test_a_link_is_for_one_document_and_one_purpose(lead):
	token = issue(lead)
	found = public_links.find(token, NEEDS_CONFIRMATION)
	assert (found.reference_doctype, found.reference_name) == ("Lead", lead.name)
	assert public_links.find(token, "Something Else") is None


@pytest.mark.parametrize(
	"token",
	[
		None,
		"",
		"x",
		"a" * 43,
		"a" * 42 + "é",
		["a" * 43],
		{"a": 1},
		7,
		"%" * 43,
		"a" * 10_000,
		"a" * 43 + "\n",
	],
)
def test_whatever_is_no_token_finds_nothing(lead, token):
	issue(lead)
	assert public_links.find(token, NEEDS_CONFIRMATION) is None


def test_a_link_ends_with_its_last_second(lead, frozen_time):
	with frozen_time(NOON) as clock:
		token = issue(lead, expires_on=add_to_date(now_datetime(), hours=1))
		clock.shift(minutes=59, seconds=59)
		link = public_links.find(token, NEEDS_CONFIRMATION)
		assert link
		clock.shift(seconds=1)
		assert public_links.look_up(token, NEEDS_CONFIRMATION) == (None, "expired")
		assert not public_links.use(link.name)


def test_a_link_writes_once(lead):
	token = issue(lead)
	link = public_links.find(token, NEEDS_CONFIRMATION)
	assert public_links.use(link.name) and not public_links.use(link.name)
	assert public_links.look_up(token, NEEDS_CONFIRMATION) == (None, "used")


def test_revoking_ends_unused_links(lead):
	first, second = issue(lead), issue(lead)
	public_links.use(public_links.find(first, NEEDS_CONFIRMATION).name)
	assert public_links.revoke("Lead", lead.name, "A newer link was sent.") == 1
	assert public_links.look_up(first, NEEDS_CONFIRMATION)[1] == "used"
	assert public_links.look_up(second, NEEDS_CONFIRMATION)[1] == "revoked"


def test_every_lookup_costs_the_same_queries(lead, count_queries):
	token = issue(lead)
	costs = set()
	for tried in (token, "x", "a" * 43, None):
		with count_queries() as queries:
			public_links.look_up(tried, NEEDS_CONFIRMATION)
		costs.add(len(queries))
	assert costs == {1}


@pytest.mark.parametrize("roles", [["Sales User"], ["Sales Manager"], ["Sales Master Manager"]])
def test_nobody_in_sales_sees_links(lead, make_user, as_user, roles):
	issue(lead)
	with as_user(make_user(roles)), pytest.raises(frappe.PermissionError):
		frappe.get_list("Public Link", order_by="name")
	for user in (make_user(roles), make_user("System Manager")):
		with as_user(user):
			for ptype in ("create", "write", "delete"):
				assert not frappe.has_permission("Public Link", ptype)


def test_old_links_are_cleared(lead, frozen_time):
	with frozen_time(NOON) as clock:
		issue(lead)
		clock.shift(days=400)
		issue(lead)
		public_links.clear_old()
		assert frappe.db.count("Public Link", {"reference_name": lead.name}) == 2
		clock.shift(days=15)
		public_links.clear_old()
		assert frappe.db.count("Public Link", {"reference_name": lead.name}) == 1


def test_a_reply_that_quotes_the_link_is_kept_without_it(lead):
	token = issue(lead)
	foreign = "b" * 43
	mail = plans.reply(
		lead,
		content=f"<p>Fine.</p><blockquote>/confirm-needs?token={token} /x?token%3D{token} ?token={foreign}</blockquote>",
	)
	kept = frappe.db.get_value("Communication", mail.name, "content")
	assert token not in kept and "Fine." in kept and foreign in kept


def test_tries_are_counted_by_the_hour(frozen_time):
	who = frappe.generate_hash()
	assert [public_links.within_limit("test", who, 2, 60) for _ in range(3)] == [True, True, False]
	assert public_links.within_limit("test", who + "x", 2, 60)
