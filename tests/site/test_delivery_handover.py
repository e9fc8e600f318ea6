"""The handover of a won deal (C5): made, handed over, acknowledged by each, kicked off; and who may see it."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, get_datetime, now_datetime, today

from salesflow_std.salesflow_std import delivery_handovers
from tests.site import deliveries, meetings, records, review_cases, signed
from tests.site.deliveries import API
from tests.site.submits import put


@pytest.fixture
def team(make_user):
	return deliveries.team(make_user)


def mails_to(user: str) -> list[str]:
	return frappe.get_all(
		"Email Queue Recipient", filters={"recipient": user}, pluck="parent", order_by="creation"
	)


# Made -------------------------------------------------------------------------------------------------------------


def test_the_signature_makes_one_draft(rep, team, frozen_time):
	deal = signed.deal(owner=rep)
	contract = signed.contract_of(deal, signed_on=get_datetime("2026-03-05 10:00"))
	name = delivery_handovers.contract_signed(contract.name)
	assert delivery_handovers.contract_signed(contract.name) == name
	made = frappe.get_doc("Delivery Handover", name)
	assert (made.status, made.opportunity, made.customer, made.allocated_to) == (
		"Draft",
		deal.name,
		deal.party_name,
		rep,
	)
	# Thursday 10:00 and three working days, over a week-end.
	assert made.due_on == get_datetime("2026-03-10 10:00")
	assert {row.receiving_function: row.user for row in made.receivers} == team
	assert [(row.document_type, row.document_name) for row in made.documents] == [("Contract", contract.name)]
	assert {row.user for row in made.contacts if row.side == "Ours"} == {rep, *team.values()}


def test_a_contract_in_general_makes_none_by_itself(team, rep):
	contract = signed.contract(records.customer().name)
	assert delivery_handovers.contract_signed(contract.name) is None
	assert delivery_handovers.make(contract.name).name == delivery_handovers.make(contract.name).name


def test_only_a_signed_contract_is_handed_over(team, rep, as_user, call):
	deal = signed.deal(owner=rep)
	contract = signed.contract_of(deal, signed=False)
	with as_user(rep), pytest.raises(frappe.ValidationError, match="not signed by both sides"):
		call(f"{API}.make", contract=contract.name)


def test_a_contract_has_one_handover_on_every_path(team, rep):
	made = deliveries.handover(rep)
	with pytest.raises(frappe.DuplicateEntryError):
		frappe.get_doc({"doctype": "Delivery Handover", "contract": made.contract}).insert()


def test_documents_of_the_deal_are_gathered_and_kept_up_to_date(team, rep):
	from tests.site import solutions

	deal = solutions.opportunity_with_confirmed_needs(opportunity_owner=rep)
	customer = records.customer()
	contract = signed.contract(customer.name, sf_opportunity=deal.name, sf_allocated_to=rep)
	proposal = solutions.proposal(deal)
	frappe.db.set_value("Solution Proposal", proposal.name, "status", "Approved")
	made = frappe.get_doc("Delivery Handover", delivery_handovers.contract_signed(contract.name))
	kinds = [row.document_type for row in made.documents]
	assert kinds == ["Needs Record", "Contract", "Solution Proposal"]
	order = signed.order(customer.name)
	signed.ask("Block")
	order.submit()
	made = deliveries.state(made)
	assert made.sales_order == order.name
	assert [row.document_type for row in made.documents] == [*kinds, "Sales Order"]
	frappe.get_doc("Sales Order", order.name).cancel()
	made = deliveries.state(made)
	assert (made.sales_order, [row.document_type for row in made.documents]) == (None, kinds)


def test_without_a_team_in_the_settings_roles_decide(make_user, rep):
	frappe.get_doc("Salesflow Settings").update({"handover_team": []}).save()
	lead = make_user("Projects Manager")
	made = deliveries.handover(rep)
	assert lead in [row.user for row in made.receivers if row.receiving_function == "Delivery"]


def test_the_companys_own_team_comes_first(make_user, rep, team):
	own = make_user("Projects User")
	settings = frappe.get_doc("Salesflow Settings")
	settings.append(
		"handover_team", {"receiving_function": "Delivery", "user": own, "company": records.COMPANY}
	)
	settings.save()
	made = deliveries.handover(rep)
	assert [row.user for row in made.receivers if row.receiving_function == "Delivery"] == [own]


# Handed over ------------------------------------------------------------------------------------------------------


def test_each_function_needs_somebody(team, rep, as_user, call):
	made = deliveries.handover(rep)
	with as_user(rep):
		made = frappe.get_doc("Delivery Handover", made.name)
		made.receivers = [row for row in made.receivers if row.receiving_function == "Delivery"]
		made.save()
		with pytest.raises(
			frappe.ValidationError, match="Nobody takes over for: <b>Finance, After-sales</b>"
		):
			call(f"{API}.hand_over", handover=made.name)
	assert deliveries.state(made).status == "Draft"


def test_handing_over_tells_each_and_lets_them_read_what_is_in_it(team, rep, as_user, call):
	made = deliveries.handover(rep)
	support = team["After-sales"]
	assert not frappe.has_permission("Contract", "read", doc=made.contract, user=support)
	with as_user(rep):
		assert call(f"{API}.hand_over", handover=made.name)["status"] == "Handed Over"
		call(f"{API}.hand_over", handover=made.name)
	for user in team.values():
		assert len(review_cases.notices_of(user)) == 1
		assert len(mails_to(user)) == 1
		assert frappe.has_permission("Contract", "read", doc=made.contract, user=user)
		assert not frappe.has_permission("Contract", "write", doc=made.contract, user=user)


def test_what_somebody_adds_is_shared_only_by_who_may_share_it(team, rep, as_user, call, make_user):
	made = deliveries.handover(rep)
	secret = frappe.get_doc({"doctype": "Note", "title": "Salaries", "content": "x", "public": 0}).insert()
	with as_user(rep):
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.append("documents", {"document_type": "Note", "document_name": secret.name, "gathered": 1})
		with pytest.raises(frappe.PermissionError):
			doc.save()


def test_who_is_added_later_is_asked_and_the_last_of_a_function_stays(team, rep, as_user, call, make_user):
	made = deliveries.handover(rep)
	late = make_user("Projects User")
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.append(
			"receivers", {"receiving_function": "Delivery", "user": late, "acknowledged_on": now_datetime()}
		)
		doc.save()
		assert deliveries.state(made).receivers[-1].acknowledged_on is None
		assert len(review_cases.notices_of(late)) == 1
		assert len(review_cases.notices_of(team["Delivery"])) == 1
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.receivers = [row for row in doc.receivers if row.receiving_function != "Finance"]
		with pytest.raises(frappe.ValidationError, match="Nobody would take over for Finance"):
			doc.save()


# Acknowledged -----------------------------------------------------------------------------------------------------


def test_each_acknowledges_and_the_last_one_completes_it(team, rep, as_user, call):
	made = deliveries.handover(rep)
	with as_user(team["Delivery"]), pytest.raises(frappe.ValidationError):
		call(f"{API}.acknowledge", handover=made.name)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.acknowledge", handover=made.name)
	for function in ("Delivery", "Finance"):
		with as_user(team[function]):
			assert call(f"{API}.acknowledge", handover=made.name)["status"] == "Handed Over"
			call(f"{API}.acknowledge", handover=made.name)
	with as_user(team["After-sales"]):
		result = call(f"{API}.acknowledge", handover=made.name, comment="Hotline is set up.")
	assert result["status"] == "Acknowledged"
	done = deliveries.state(made)
	assert done.acknowledged_on and done.receivers[2].comment == "Hotline is set up."
	told = review_cases.notices_of(rep)
	assert len(told) == 3 and told[-1].startswith("All have taken over")


def test_a_stand_in_acknowledges(team, rep, as_user, call, make_user):
	stand_in = make_user("Accounts User")
	review_cases.absent(team["Finance"], today(), add_days(today(), 5), stand_in)
	made = deliveries.handover(rep)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
	assert len(review_cases.notices_of(stand_in)) == 1 and not review_cases.notices_of(team["Finance"])
	with as_user(stand_in):
		assert made.name in frappe.get_list("Delivery Handover", pluck="name", order_by="name")
		call(f"{API}.acknowledge", handover=made.name)
	row = next(row for row in deliveries.state(made).receivers if row.receiving_function == "Finance")
	assert row.acknowledged_on and row.acknowledged_by == stand_in


def test_a_question_goes_to_the_rep_and_acknowledges_nothing(team, rep, as_user, call):
	made = deliveries.handover(rep)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
	with as_user(team["Finance"]):
		call(f"{API}.ask_back", handover=made.name, question="Which bank?")
	row = deliveries.state(made).receivers[1]
	assert (row.question, row.acknowledged_on) == ("Which bank?", None)
	assert "asks about" in review_cases.notices_of(rep)[-1]


def test_nobody_writes_an_acknowledgement_for_others(team, rep, as_user, call):
	made = deliveries.handover(rep)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
		doc = frappe.get_doc("Delivery Handover", made.name)
		for row in doc.receivers:
			row.update({"acknowledged_on": now_datetime(), "acknowledged_by": row.user})
		doc.update({"status": "Started", "due_on": add_days(today(), 99)})
		doc.save()
	stored = deliveries.state(made)
	assert stored.status == "Handed Over" and stored.due_on == made.due_on
	assert not any(row.acknowledged_on for row in stored.receivers)


# Who sees it ------------------------------------------------------------------------------------------------------


def sees(user: str, handover) -> bool:
	listed = handover.name in frappe.get_list("Delivery Handover", pluck="name", user=user, order_by="name")
	opened = bool(frappe.has_permission("Delivery Handover", "read", doc=handover.name, user=user))
	assert listed == opened, (user, listed, opened)
	return opened


def test_receivers_see_it_others_of_their_role_do_not(team, rep, make_user, manager):
	made = deliveries.handover(rep)
	assert sees(rep, made) and sees(manager, made)
	for user in team.values():
		assert sees(user, made)
		assert not frappe.has_permission("Delivery Handover", "write", doc=made.name, user=user)
	for role in deliveries.ROLES.values():
		assert not sees(make_user(role), made)


def test_rows_are_seen_with_their_handover(team, rep, make_user, as_user):
	made = deliveries.handover(rep)
	for user, count in ((team["Finance"], 3), (make_user("Accounts User"), 0)):
		with as_user(user):
			rows = frappe.get_list(
				"Handover Receiver",
				filters={"parent": made.name},
				parent_doctype="Delivery Handover",
				order_by="idx",
			)
			assert len(rows) == count


# Kick-off ---------------------------------------------------------------------------------------------------------


def acknowledged(rep, team, as_user, call):
	made = deliveries.handover(rep)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
	for user in team.values():
		with as_user(user):
			call(f"{API}.acknowledge", handover=made.name)
	return made


def test_the_kick_off_stands_in_the_calendar_once_and_moves(team, rep, as_user):
	made = deliveries.handover(rep)
	with as_user(rep):
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.kick_off_on = "2030-03-04 10:00:00"
		doc.save()
		event = doc.kick_off_event
		assert event
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.kick_off_on = "2030-03-05 10:00:00"
		doc.save()
	assert deliveries.state(made).kick_off_event == event
	booked = frappe.get_doc("Event", event)
	assert booked.starts_on == get_datetime("2030-03-05 10:00")
	invited = {row.reference_docname for row in booked.event_participants}
	assert {made.opportunity, rep, *team.values()} <= invited
	assert frappe.has_permission("Event", "read", doc=event, user=team["Finance"])


def test_a_kick_off_is_held_when_it_has_settled_everything(team, rep, as_user, call):
	made = acknowledged(rep, team, as_user, call)
	with as_user(rep):
		with pytest.raises(frappe.ValidationError) as problem:
			call(f"{API}.kick_off_held", handover=made.name)
		for words in ("Say when", "delivery plan", "how often you talk", "contact at the customer"):
			assert words in str(problem.value)
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.append("contacts", {"side": "Customer", "person": "Purchasing Manager"})
		doc.update({"delivery_plan": "Two stages.", "communication_plan": "Weekly call."})
		doc.save()
		result = call(f"{API}.kick_off_held", handover=made.name, held_on=str(add_days(now_datetime(), -1)))
	assert result["status"] == "Started"
	assert deliveries.state(made).kick_off_held_on


def test_a_kick_off_waits_for_all_to_take_over(team, rep, as_user, call):
	made = deliveries.handover(rep)
	with as_user(rep):
		call(f"{API}.hand_over", handover=made.name)
		with pytest.raises(frappe.ValidationError, match="Not everybody has taken over"):
			call(f"{API}.kick_off_held", handover=made.name, held_on=str(now_datetime()))


def test_the_project_is_made_once_by_who_may(team, rep, as_user, call, make_user):
	made = acknowledged(rep, team, as_user, call)
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.make_project", handover=made.name)
	frappe.get_doc("User", team["Delivery"]).add_roles("Projects Manager")
	with as_user(team["Delivery"]):
		project = call(f"{API}.make_project", handover=made.name)["project"]
		assert call(f"{API}.make_project", handover=made.name)["project"] == project
	doc = frappe.get_doc("Project", project)
	assert doc.customer == made.customer and [row.user for row in doc.users] == [team["Delivery"]]


# My Day -----------------------------------------------------------------------------------------------------------


def test_my_day_says_what_waits(team, rep, as_user, call):
	made = deliveries.handover(rep)

	def section():
		found = call("salesflow_std.api.my_day.get", http_method="GET")["sections"]
		return next((one for one in found if one["key"] == "delivery_handovers"), None)

	with as_user(rep):
		[row] = section()["rows"]
		assert row["route"].endswith(made.name) and "To be handed over by" in row["why"]
		call(f"{API}.hand_over", handover=made.name)
		assert section() is None
	frappe.get_doc("User", team["Finance"]).add_roles("Sales User")
	with as_user(team["Finance"]):
		[row] = section()["rows"]
		assert row["why"] == "Acknowledge that you take over" and row["detail"] == "Finance"


# Who changes it ---------------------------------------------------------------------------------------------------


def only(user: str, allow: str, name: str, applicable_for: str) -> None:
	"""Of the documents of a kind, a user may read this one alone."""
	values = {"user": user, "allow": allow, "for_value": name, "applicable_for": applicable_for}
	frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 0, **values}).insert()


@pytest.fixture
def stranger(make_user):
	"""A rep who may read a deal of their own, and no other."""
	user = make_user("Sales User")
	only(user, "Opportunity", signed.deal(owner=user).name, applicable_for="Opportunity")
	return user


@pytest.mark.parametrize("field", ("allocated_to", "opportunity"))
def test_nobody_gives_themselves_the_right_to_a_handover(team, rep, stranger, as_user, field):
	"""Frappe asks for the right to write once the request's values stand in the document."""
	made = deliveries.handover(rep)
	own = frappe.get_all("User Permission", {"user": stranger}, pluck="for_value", order_by="name")[0]
	with as_user(stranger), pytest.raises(frappe.PermissionError):
		put("Delivery Handover", made.name, **{field: stranger if field == "allocated_to" else own})
	assert deliveries.state(made).allocated_to == rep


@pytest.mark.parametrize("field", ("sales_order", "kick_off_minutes"))
def test_nobody_hands_over_what_they_may_not_read(team, rep, as_user, make_user, field):
	"""Who takes over may read all that goes with it; so whoever puts it in has to be one of its readers."""
	made = deliveries.handover(rep)
	customer = frappe.get_doc("Customer", made.customer)
	held, other = (signed.order(customer=who).name for who in (customer.name, None))
	minutes = meetings.held(customer)
	allow, own = ("Sales Order", other) if field == "sales_order" else ("Customer", records.customer().name)
	only(rep, allow, own, applicable_for=allow)
	with as_user(rep):
		doc = frappe.get_doc("Delivery Handover", made.name)
		doc.set(field, held if field == "sales_order" else minutes.name)
		with pytest.raises(frappe.PermissionError):
			doc.save()


def test_nobody_makes_a_handover_of_a_contract_they_may_not_read(team, rep, as_user):
	deal = signed.deal(owner=rep)
	contract = signed.contract_of(deal)
	only(rep, "Contract", signed.contract(deal.party_name).name, applicable_for="Contract")
	with as_user(rep), pytest.raises(frappe.PermissionError):
		frappe.get_doc({"doctype": "Delivery Handover", "contract": contract.name}).insert()


def test_minutes_that_one_may_not_read_settle_no_kick_off(team, rep, as_user, call):
	"""They are shared with everybody who takes part."""
	made = acknowledged(rep, team, as_user, call)
	doc = deliveries.state(made)
	doc.append("contacts", {"side": "Customer", "person": "Purchasing Manager"})
	doc.update({"delivery_plan": "Two stages.", "communication_plan": "Weekly call."})
	doc.save()
	minutes = meetings.held(frappe.get_doc("Customer", made.customer))
	only(rep, "Customer", records.customer().name, applicable_for="Customer")
	with as_user(rep), pytest.raises(frappe.PermissionError):
		call(f"{API}.kick_off_held", handover=made.name, minutes=minutes.name)
	assert deliveries.state(made).status == "Acknowledged"
