"""The weekly synchronisation of a delivery (A1): begun by the handover, planned, told, reminded of, escalated, missed."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import get_datetime, getdate

from salesflow_std.jobs import sync_clock
from salesflow_std.salesflow_std import delivery_kickoff, delivery_syncs, sync_mail
from tests.site import accepting, deliveries, records, signed
from tests.site.review_cases import absent, notices_of
from tests.site.submits import put

API = "salesflow_std.api.delivery_sync"
MONDAY, TUESDAY, FRIDAY = "2027-01-11 09:00", "2027-01-12 10:00", "2027-01-15 16:00"
LATE = "2027-01-15 18:01"


@pytest.fixture
def team(make_user):
	return deliveries.team(make_user)


@pytest.fixture
def lead(team) -> str:
	"""Who delivers."""
	return team["Delivery"]


@pytest.fixture
def monday(frozen_time):
	with frozen_time(MONDAY) as clock:
		yield clock


def said(user: str, words: str) -> int:
	return len([text for text in notices_of(user) if words in text])


def tick_twice() -> None:
	sync_clock.tick()
	sync_clock.tick()


def weeks_of(project) -> list[str]:
	return frappe.get_all("Delivery Sync", {"project": project.name}, pluck="status", order_by="week_of")


# The project begins ----------------------------------------------------------------------------------------------


def test_a_start_tells_the_project_who_it_belongs_to(rep, lead, monday):
	made, project = deliveries.started(rep)
	assert (project.sf_handover, project.sf_account_manager, project.sf_delivery_lead) == (
		made.name,
		rep,
		lead,
	)


def test_a_project_that_is_made_after_the_start_knows_it_too(rep, lead, monday):
	made = deliveries.handover(rep)
	made.update({"status": "Started", "kick_off_held_on": MONDAY})
	made.flags.by_app = True
	made.save()
	project = delivery_kickoff.make_project(made.name)["project"]
	assert frappe.db.get_value("Project", project, ["sf_handover", "sf_delivery_lead"]) == (made.name, lead)


def test_who_delivers_is_asked_for_a_project_that_is_missing(rep, lead, monday):
	made = deliveries.handover(rep)
	made.update({"status": "Started", "kick_off_held_on": MONDAY})
	made.flags.by_app = True
	made.save()
	made.reload().save()
	assert said(lead, "please make the project") == 1


def test_nothing_begins_before_the_start(rep, lead, monday):
	made = deliveries.handover(rep)
	project = delivery_kickoff.make_project(made.name)["project"]
	sync_clock.tick()
	assert frappe.db.get_value("Project", project, "sf_handover") is None
	assert not frappe.db.exists("Delivery Sync", {"project": project})


def test_whom_somebody_has_put_there_stays(rep, lead, make_user, monday):
	other = make_user("Projects User")
	_made, project = deliveries.started(rep, sf_delivery_lead=other)
	assert (project.sf_delivery_lead, project.sf_account_manager) == (other, rep)


def test_another_project_takes_its_place_and_no_project_holds_a_handover(rep, lead, monday):
	made, project = deliveries.started(rep)
	other = frappe.get_doc(
		{
			"doctype": "Project",
			"project_name": "Second line",
			"customer": made.customer,
			"company": project.company,
		}
	).insert()
	made.reload().project = other.name
	made.save()
	assert records.state(project, "sf_handover") is None
	assert records.state(other, "sf_handover") == made.name
	frappe.delete_doc("Delivery Handover", made.name)
	assert records.state(other, "sf_handover") is None


# Each week -------------------------------------------------------------------------------------------------------


def test_each_week_has_one_however_often_the_job_runs(rep, lead, monday):
	made, project = deliveries.started(rep)
	tick_twice()
	sync = deliveries.week(project)
	assert (sync.status, sync.due_on) == ("Due", get_datetime("2027-01-15 18:00"))
	assert (sync.week_of, sync.handover, sync.customer) == (getdate(MONDAY), made.name, made.customer)
	assert (sync.allocated_to, sync.delivery_user) == (rep, lead)
	assert said(lead, "how does the delivery stand") == 1 and said(rep, "how does the delivery stand") == 0
	monday.set("2027-01-18 09:00")
	tick_twice()
	assert weeks_of(project) == ["Due", "Due"]


def test_a_holiday_on_its_day_moves_it_forward(rep, lead, company, monday):
	records.holidays_of(company, "2027-01-15", "2027-01-16", "2027-01-17")
	records.settings(sync_weekday="Friday")
	_made, project = deliveries.started(rep)
	sync_clock.tick()
	assert deliveries.week(project).due_on == get_datetime("2027-01-14 18:00")


def test_a_week_off_has_none(rep, lead, company, monday):
	records.holidays_of(company, *(f"2027-01-{day}" for day in range(11, 18)))
	_made, project = deliveries.started(rep)
	tick_twice()
	assert weeks_of(project) == []


def test_what_started_after_the_day_is_asked_the_week_after(rep, lead, monday):
	records.settings(sync_weekday="Monday")
	monday.set(TUESDAY)
	_made, project = deliveries.started(rep)
	sync_clock.tick()
	assert weeks_of(project) == []
	monday.set("2027-01-18 09:00")
	sync_clock.tick()
	assert deliveries.week(project).due_on == get_datetime("2027-01-18 18:00")


def with_scope(rep):
	made, project = deliveries.started(rep)
	frappe.db.set_value("Contract", made.contract, "sf_scope", accepting.SCOPE)
	return made, project


def accept(made, refused: int = 0, **values):
	"""A report that is submitted, of which so many rows are not accepted."""
	report = accepting.draft(made, save=False, accepted_on=getdate(MONDAY))
	for row in report.items[:refused]:
		row.result = "Not Accepted"
	accepting.sign(report, **values).reload().submit()
	return report.reload()


def test_it_ends_when_all_is_accepted(rep, lead, monday):
	"""A1, A2: not with a part of it, nor while a point is open."""
	made, project = with_scope(rep)
	records.settings(sync_weekday="Friday")
	sync_clock.tick()
	report = accept(made, result="Accepted with Open Points", points=[accepting.point()])
	assert records.state(project, "sf_accepted_on") == getdate(MONDAY) and weeks_of(project) == ["Due"]
	monday.set("2027-01-18 09:00")
	sync_clock.tick()
	assert weeks_of(project) == ["Due", "Due"]
	report.points[0].settled_on = getdate("2027-01-18")
	report.save()
	monday.set("2027-01-25 09:00")
	sync_clock.tick()
	assert not delivery_syncs.of_week(project.name, getdate("2027-01-25"))


def test_a_week_that_nobody_has_begun_ends_with_the_acceptance(rep, lead, monday):
	made, project = with_scope(rep)
	sync_clock.tick()
	accept(made)
	tick_twice()
	assert weeks_of(project) == []


def test_a_part_that_is_accepted_ends_nothing(rep, lead, monday):
	made, project = with_scope(rep)
	points = [accepting.point(settled_on=getdate(MONDAY))]
	accept(made, refused=1, result="Accepted with Open Points", points=points)
	tick_twice()
	assert records.state(project, "sf_accepted_on") is None and weeks_of(project) == ["Due"]


@pytest.mark.parametrize("values", ({"status": "Completed"}, {"is_active": "No"}))
def test_what_is_delivered_or_rests_is_not_asked(rep, lead, monday, values):
	_made, project = deliveries.started(rep, **values)
	sync_clock.tick()
	assert weeks_of(project) == []


def test_it_can_be_switched_off(rep, lead, monday):
	records.settings(sync_enabled=0)
	_made, project = deliveries.started(rep)
	sync_clock.tick()
	assert weeks_of(project) == []


def test_one_broken_delivery_stops_no_other(rep, lead, monday):
	_made, broken = deliveries.started(rep)
	_made, project = deliveries.started(rep)
	first, second = sorted((broken, project), key=lambda one: one.name)
	_made, other = deliveries.started(rep)
	taken = delivery_syncs.make(other.name)
	frappe.db.set_value("Delivery Sync", taken, "sync_key", f"{first.name}|{getdate(MONDAY)}")
	sync_clock.tick()
	assert (weeks_of(first), weeks_of(second)) == ([], ["Due"])
	assert frappe.db.exists("Error Log", {"reference_doctype": "Project", "reference_name": first.name})


def test_people_who_have_left_stop_no_delivery(rep, lead, manager, monday):
	_made, project = deliveries.started(rep)
	for user in (rep, lead):
		frappe.get_doc("User", user).update({"enabled": 0}).save()
	frappe.get_doc("User", manager).add_roles("Projects User")
	sync_clock.tick()
	assert weeks_of(project) == ["Due"]


def test_one_that_is_made_by_hand_is_the_weeks_only_one(rep, lead, monday, as_user, call):
	_made, project = deliveries.started(rep)
	with as_user(rep):
		made = call(f"{API}.this_week", project=project.name)["name"]
		assert call(f"{API}.this_week", project=project.name)["name"] == made
		with pytest.raises(frappe.DuplicateEntryError):
			frappe.get_doc({"doctype": "Delivery Sync", "project": project.name}).insert()
	tick_twice()
	assert weeks_of(project) == ["Due"]


def test_a_closed_project_has_none_by_hand_either(rep, lead, monday, as_user, call):
	_made, project = deliveries.started(rep, status="Cancelled")
	with as_user(rep), pytest.raises(frappe.ValidationError, match="is closed"):
		call(f"{API}.this_week", project=project.name)


def test_a_project_without_a_customer_has_none(lead, monday):
	project = frappe.get_doc({"doctype": "Project", "project_name": "Our own office"}).insert()
	with pytest.raises(frappe.ValidationError, match="has no customer"):
		frappe.get_doc({"doctype": "Delivery Sync", "project": project.name}).insert()


# Told ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sync(rep, lead, monday):
	_made, project = deliveries.started(rep)
	sync_clock.tick()
	return deliveries.week(project)


def test_it_is_told_with_all_that_belongs_to_it(sync, lead, as_user, call):
	with as_user(lead):
		with pytest.raises(frappe.ValidationError) as problem:
			call(f"{API}.record", sync=sync.name)
		assert "Say how the delivery stands" in str(problem.value)
		assert "what was done this week" in str(problem.value)
		doc = frappe.get_doc("Delivery Sync", sync.name)
		doc.update({"health": "At Risk", "done_this_week": "Installed."})
		doc.save()
		with pytest.raises(frappe.ValidationError, match="Name the risk"):
			call(f"{API}.record", sync=sync.name)
	assert records.state(sync, "status") == "Due"


def test_the_account_manager_hears_what_has_changed(sync, rep, lead, as_user, call):
	with as_user(lead):
		doc = deliveries.told(
			sync,
			health="At Risk",
			risks=[{"risk": "Steel comes late", "measure": "Second supplier", "level": "High"}],
			customer_word="They wait.",
		)
		assert call(f"{API}.record", sync=sync.name)["status"] == "Done"
	assert (doc.status, doc.done_by, doc.done_on) == ("Done", lead, get_datetime(MONDAY))
	assert said(rep, "At Risk") == 1 and said(lead, "At Risk") == 0
	told = frappe.get_all(
		"Notification Log",
		{"for_user": rep, "document_name": sync.name},
		pluck="email_content",
		order_by="creation",
	)
	assert "Steel comes late" in told[-1] and "They wait." in told[-1]


def test_a_delivery_that_turns_late_is_told_to_the_manager_once(sync, rep, lead, manager, as_user, monday):
	risks = [{"risk": "Steel comes late"}]
	with as_user(lead):
		deliveries.told(sync, health="Late", risks=risks)
	assert said(manager, "Late") == 1
	monday.set("2027-01-18 09:00")
	sync_clock.tick()
	following = frappe.get_doc("Delivery Sync", delivery_syncs.of_week(sync.project, getdate("2027-01-18")))
	assert ([row.risk for row in following.risks], following.progress) == (["Steel comes late"], 40)
	with as_user(lead):
		deliveries.told(following, health="Late", progress=55)
	assert said(manager, "Late") == 1 and said(rep, "Late") == 2
	told = frappe.get_all(
		"Notification Log",
		{"for_user": rep, "document_name": following.name},
		pluck="email_content",
		order_by="creation",
	)
	assert "Progress 55 %, was 40 %" in told[-1]


def test_the_customers_timeline_shows_it_once(sync, lead, as_user, call):
	with as_user(lead):
		deliveries.told(sync, promises=[{"promise": "Manuals <b>in German</b>"}])
		call(f"{API}.record", sync=sync.name)
	[text] = frappe.get_all(
		"Comment",
		{"reference_doctype": "Customer", "reference_name": sync.customer, "comment_type": "Info"},
		pluck="content",
	)
	assert sync.name in text and "On Track" in text and "40 %" in text
	assert "Manuals" in text and "<b>in German" not in text


def test_what_was_told_stays_and_promises_go_on(sync, lead, as_user):
	with as_user(lead):
		deliveries.told(sync, promises=[{"promise": "Manuals"}])
		with pytest.raises(frappe.ValidationError, match="Health was told as it is"):
			put("Delivery Sync", sync.name, health="Late")
		doc = frappe.get_doc("Delivery Sync", sync.name)
		doc.promises[0].kept = 1
		doc.update({"status": "Due", "done_by": "Administrator"})
		doc.save()
	doc.reload()
	assert (doc.health, doc.status, doc.done_by, doc.promises[0].kept) == ("On Track", "Done", lead, 1)


@pytest.mark.parametrize("progress", (-1, 101))
def test_a_progress_lies_within_what_there_is(sync, progress):
	sync.progress = progress
	with pytest.raises(frappe.ValidationError, match="between 0 and 100"):
		sync.save()


# Promises --------------------------------------------------------------------------------------------------------


def todo_of(sync):
	return frappe.get_doc("ToDo", sync.reload().promises[0].todo)


def test_a_promise_is_a_todo_once_the_week_is_told(sync, rep, lead, as_user):
	with as_user(lead):
		doc = frappe.get_doc("Delivery Sync", sync.name)
		doc.append("promises", {"promise": "Manuals"})
		doc.save()
		assert not doc.promises[0].todo
		deliveries.told(sync)
	todo = todo_of(sync)
	# Without a name and a day it is who delivers, a week after it was due.
	assert (todo.allocated_to, todo.date, todo.status) == (lead, getdate("2027-01-22"), "Open")
	assert "Manuals" in todo.description


def test_what_is_done_in_the_todo_is_kept_and_the_other_way_round(sync, rep, lead, as_user):
	with as_user(lead):
		deliveries.told(sync, promises=[{"promise": "Manuals", "user": rep, "due_on": "2027-01-13"}])
	with as_user(rep):
		todo = todo_of(sync)
		todo.update({"status": "Closed"})
		todo.save()
	assert sync.reload().promises[0].kept == 1
	sync.promises[0].kept = 0
	sync.save()
	assert todo_of(sync).status == "Open"
	sync.reload().promises = []
	sync.save()
	assert frappe.db.get_value("ToDo", todo.name, "status") == "Cancelled"


def test_a_promise_that_is_due_stands_on_the_day(sync, rep, lead, as_user, call, monday):
	with as_user(lead):
		deliveries.told(sync, promises=[{"promise": "Manuals", "user": rep, "due_on": "2027-01-13"}])

	def rows():
		with as_user(rep):
			found = call("salesflow_std.api.my_day.get", http_method="GET")["sections"]
		return [row["title"] for one in found if one["key"] == "actions" for row in one["rows"]]

	assert rows() == []
	monday.set("2027-01-13 09:00")
	assert rows() == ["Manuals"]
	todo = todo_of(sync)
	todo.update({"status": "Closed"})
	todo.save()
	assert rows() == []


# Time ------------------------------------------------------------------------------------------------------------


def test_reminded_then_escalated_each_once(sync, rep, lead, manager, monday):
	monday.set(FRIDAY)
	tick_twice()
	assert said(lead, "how the delivery stands") == 1 and said(rep, "how the delivery stands") == 0
	monday.set(LATE)
	tick_twice()
	for user in (manager, rep, lead):
		assert said(user, "was to be told by") == 1
	sync.reload()
	assert sync.escalated_on and sync.escalated_to == manager and sync.status == "Due"


def test_who_stands_in_is_asked(rep, lead, make_user, monday, as_user, call):
	stand_in = make_user("Projects User")
	absent(lead, "2027-01-11", "2027-01-20", stand_in)
	_made, project = deliveries.started(rep)
	sync_clock.tick()
	assert (
		said(stand_in, "how does the delivery stand") == 1 and said(lead, "how does the delivery stand") == 0
	)
	with as_user(stand_in):
		assert deliveries.told(deliveries.week(project)).done_by == stand_in


def test_a_told_week_is_not_asked_again(sync, lead, manager, as_user, monday):
	with as_user(lead):
		deliveries.told(sync)
	monday.set(LATE)
	tick_twice()
	assert said(lead, "how the delivery stands") == said(manager, "was to be told by") == 0


def test_a_week_late_can_be_told_until_the_next_one_is(sync, lead, as_user, call, monday):
	monday.set("2027-01-18 09:00")
	tick_twice()
	following = frappe.get_doc("Delivery Sync", delivery_syncs.of_week(sync.project, getdate("2027-01-18")))
	with as_user(lead):
		deliveries.told(following)
		assert records.state(sync, "status") == "Missed"
		frappe.db.set_value(
			"Delivery Sync", sync.name, {"health": "On Track", "done_this_week": "Installed."}
		)
		with pytest.raises(frappe.ValidationError, match="This week is over"):
			call(f"{API}.record", sync=sync.name)


def test_what_nobody_tells_is_missed_when_the_next_is_due(sync, monday):
	monday.set("2027-01-22 17:59")
	sync_clock.tick()
	assert records.state(sync, "status") == "Due"
	monday.set("2027-01-22 18:00")
	tick_twice()
	assert records.state(sync, "status") == "Missed"


def test_weeks_of_a_closed_project_wait_for_nobody(rep, lead, monday):
	_made, empty = deliveries.started(rep)
	_made, begun = deliveries.started(rep)
	sync_clock.tick()
	half = deliveries.week(begun)
	half.done_this_week = "Half of it."
	half.save()
	for project in (empty, begun):
		frappe.db.set_value("Project", project.name, "status", "Completed")
	tick_twice()
	assert (weeks_of(empty), weeks_of(begun)) == ([], ["Missed"])


def test_another_delivery_lead_is_asked_for_what_is_due(sync, make_user):
	other = make_user("Projects User")
	project = frappe.get_doc("Project", sync.project)
	project.sf_delivery_lead = other
	project.save()
	assert records.state(sync, "delivery_user") == other
	assert sync_mail.asked_of(sync.reload()) == other


# Who sees it -----------------------------------------------------------------------------------------------------


def sees(user: str, sync) -> bool:
	listed = sync.name in frappe.get_list("Delivery Sync", pluck="name", user=user, order_by="name")
	opened = bool(frappe.has_permission("Delivery Sync", "read", doc=sync.name, user=user))
	assert listed == opened, (user, listed, opened)
	return opened


@pytest.fixture
def stranger(make_user):
	"""A rep who may read a deal of their own, and no other."""
	user = make_user("Sales User")
	own = signed.deal(owner=user)
	for allow, name in (("Opportunity", own.name), ("Contract", signed.contract(own.party_name).name)):
		values = {"user": user, "allow": allow, "for_value": name, "applicable_for": allow}
		frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 0, **values}).insert()
	return user


def test_both_sides_see_it_and_a_stranger_does_not(sync, rep, lead, manager, team, stranger):
	for user in (rep, lead, manager, team["Finance"]):
		assert sees(user, sync), user
	assert not sees(stranger, sync)
	assert not frappe.has_permission("Delivery Sync", "write", doc=sync.name, user=team["Finance"])


def test_nobody_gives_themselves_the_right_to_it(sync, stranger, as_user, call):
	with as_user(stranger):
		with pytest.raises(frappe.PermissionError):
			put("Delivery Sync", sync.name, allocated_to=stranger)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.record", sync=sync.name)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.this_week", project=sync.project)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.of_project", http_method="GET", project=sync.project)


def test_rows_are_seen_with_their_week(sync, lead, stranger, as_user):
	with as_user(lead):
		deliveries.told(sync, promises=[{"promise": "Manuals"}], risks=[{"risk": "Steel"}])
	for user, count in ((lead, 1), (stranger, 0)):
		with as_user(user):
			for child in ("Delivery Sync Risk", "Delivery Sync Promise"):
				rows = frappe.get_list(
					child, filters={"parent": sync.name}, parent_doctype="Delivery Sync", order_by="idx"
				)
				assert len(rows) == count, (user, child)


# Around it -------------------------------------------------------------------------------------------------------


def test_my_day_says_what_waits(rep, lead, monday, as_user, call):
	frappe.get_doc("User", lead).add_roles("Sales User")

	def section(user):
		with as_user(user):
			found = call("salesflow_std.api.my_day.get", http_method="GET")["sections"]
		return next((one["rows"] for one in found if one["key"] == "delivery_syncs"), [])

	made, project = deliveries.started(rep)
	frappe.db.set_value("Delivery Handover", made.name, "project", None)
	[row] = section(rep)
	assert row["route"].endswith(made.name) and "without a project" in row["why"]
	frappe.db.set_value("Delivery Handover", made.name, "project", project.name)
	sync_clock.tick()
	[row] = section(lead)
	assert row["why"].startswith("Say by") and section(rep) == []
	monday.set(LATE)
	[row] = section(rep)
	assert row["tone"] == "red" and row["detail"] == frappe.utils.get_fullname(lead)
	with as_user(lead):
		deliveries.told(deliveries.week(project))
	assert section(rep) == section(lead) == []


def test_a_project_says_how_its_delivery_stands(sync, lead, as_user, call):
	with as_user(lead):
		deliveries.told(
			sync,
			promises=[{"promise": "Manuals"}, {"promise": "Training", "kept": 1}],
			risks=[{"risk": "Steel"}, {"risk": "Copper", "settled": 1}],
		)
		found = call(f"{API}.of_project", http_method="GET", project=sync.project)
	assert (found["current"].name, found["last"].health, found["missed"]) == (sync.name, "On Track", 0)
	assert [row.risk for row in found["risks"]] == ["Steel"]
	assert [row.promise for row in found["promises"]] == ["Manuals"]


@pytest.mark.parametrize(("doctype", "field"), (("Project", "project"), ("Customer", "customer")))
def test_weeks_are_among_the_connections(sync, lead, as_user, doctype, field):
	from frappe.desk.notifications import get_open_count

	data = frappe.get_meta(doctype).get_dashboard_data()
	assert any("Delivery Sync" in group["items"] for group in data.transactions)
	counted = get_open_count(doctype, sync.get(field), items=["Delivery Sync"])["count"]
	assert [row["count"] for row in counted["external_links_found"]] == [1]
