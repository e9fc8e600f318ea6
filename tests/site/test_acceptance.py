"""The acceptance of a delivery (A2): scope against what was agreed, both sides sign, and what follows."""

from __future__ import annotations

import frappe
import pytest
from frappe.utils import add_days, getdate, today

from salesflow_std.salesflow_std import acceptances, surveys
from tests.site import accepting, deals, deliveries, records, review_cases, signed, submits, surveyed
from tests.site.accepting import API, DOCTYPE, DRAWING


@pytest.fixture
def team(make_user):
	return deliveries.team(make_user)


@pytest.fixture
def handover(team, rep):
	return accepting.delivered(rep)


def rows(report) -> list[tuple]:
	return [(row.deliverable, row.agreed_in, row.qty, row.delivered_qty) for row in report.items]


# Begun ------------------------------------------------------------------------------------------------------------


def test_it_begins_with_what_was_agreed_in_contract_and_order(handover, rep):
	order = accepting.order(handover, delivered=4)
	report = accepting.draft(handover)
	contract = f"Contract {handover.contract}"
	assert rows(report) == [
		("Machine, installed", contract, 0, 0),
		("Training of the operators", contract, 0, 0),
		("Standard Service", f"Sales Order {order.name}", 10, 4),
	]
	assert (report.handover, report.contract, report.sales_order, report.project) == (
		handover.name,
		handover.contract,
		order.name,
		handover.project,
	)
	assert (report.customer, report.allocated_to, report.opportunity, report.company) == (
		handover.customer,
		rep,
		handover.opportunity,
		records.COMPANY,
	)


@pytest.mark.parametrize("field", accepting.BY_HAND)
def test_each_of_them_leads_to_the_others(field, handover):
	accepting.order(handover)
	handover = deliveries.state(handover)
	source = handover.name if field == "handover" else handover.get(field)
	report = acceptances.make(**{field: source})
	assert {one: report.get(one) for one in accepting.BY_HAND} == {
		"project": handover.project,
		"handover": handover.name,
		"contract": handover.contract,
		"sales_order": handover.sales_order,
	}
	assert report.customer == handover.customer and len(report.items) == 3


def test_an_order_without_delivery_notes_counts_as_delivered(handover):
	accepting.order(handover, delivered=0, skip_delivery_note=1)
	assert [row.delivered_qty for row in accepting.draft(handover).items] == [0, 0, 10]


def test_what_was_agreed_is_put_back_and_what_was_not_is_named(handover):
	order = accepting.order(handover)
	report = accepting.draft(handover)
	report.items[2].update({"qty": 3, "agreed_in": "Contract X", "deliverable": "Service, on site"})
	report.append("items", {"deliverable": "A second machine", "agreed_in": f"Contract {handover.contract}"})
	report.save()
	assert [(row.qty, row.agreed_in) for row in report.items[2:]] == [
		(10, f"Sales Order {order.name}"),
		(None, None),
	]


def test_what_is_left_out_can_be_added(handover, rep, as_user, call):
	report = accepting.draft(handover)
	report.items = report.items[:1]
	report.save()
	report.run_method("onload")
	assert report.get_onload("sheet")["left_out"] == ["Training of the operators"]
	with as_user(rep):
		assert call(f"{API}.add_scope", report=report.name) == 1
		assert call(f"{API}.add_scope", report=report.name) == 0
	assert len(report.reload().items) == 2


def test_the_button_opens_the_draft_that_was_begun(handover, rep, as_user, call):
	with as_user(rep):
		begun = call(f"{API}.make", doctype="Delivery Handover", name=handover.name)
		assert begun["__islocal"] and begun["customer"] == handover.customer
		report = frappe.get_doc(begun).insert()
		again = call(f"{API}.make", doctype="Delivery Handover", name=handover.name)
	assert again == {"doctype": DOCTYPE, "name": report.name, "docstatus": 0}


def test_the_button_needs_the_right_to_read(handover, make_user, as_user, call):
	with as_user(make_user("Purchase User")), pytest.raises(frappe.PermissionError):
		call(f"{API}.make", doctype="Delivery Handover", name=handover.name)
	with pytest.raises(frappe.ValidationError, match="no acceptance of Lead"):
		call(f"{API}.make", doctype="Lead", name=records.lead().name)


def test_all_it_names_is_of_its_customer(handover):
	report = accepting.draft(handover)
	report.contract = accepting.other_contract().name
	with pytest.raises(frappe.ValidationError, match="another customer"):
		report.save()


def test_nobody_reads_a_contract_by_naming_it(handover, team, make_user, as_user):
	"""Who delivers gets at the contract of their project, not at another one of the customer."""
	deliverer = make_user("Projects User")
	secret = signed.contract(handover.customer, sf_scope="Secret scope")
	with as_user(deliverer):
		report = accepting.draft(handover)
		assert report.contract == handover.contract
		report.contract = secret.name
		with pytest.raises(frappe.PermissionError):
			report.save()


def test_nor_by_a_project_that_names_a_handover(handover, team, make_user, as_user):
	"""What the app writes of a project is put back, or a project of one's own would lead to any contract (C2, A1)."""
	deliverer = make_user("Projects User")
	project = frappe.get_doc("Project", handover.project)
	frappe.db.set_value("Project", project.name, "sf_handover", None)
	with as_user(deliverer):
		submits.put("Project", project.name, sf_handover=handover.name, sf_accepted_on="2026-01-01")
		made = frappe.get_doc(
			{
				"doctype": "Project",
				"project_name": f"Own {project.name}",
				"customer": handover.customer,
				"company": records.COMPANY,
				"sf_handover": handover.name,
			}
		).insert()
	for one in (project, made):
		assert records.state(one, "sf_handover", "sf_accepted_on") == (None, None)


def test_a_project_in_house_leads_to_no_customer(make_user, as_user):
	"""Who may not read a customer accepts nothing in their name."""
	deliverer = make_user("Projects User")
	project = frappe.get_doc(
		{"doctype": "Project", "project_name": "In house", "company": records.COMPANY}
	).insert()
	customer = records.customer().name
	records.may_read_customer(deliverer, records.customer().name)
	with as_user(deliverer):
		report = acceptances.make(project=project.name)
		report.update({"customer": customer, "items": [{"deliverable": "Machine"}]})
		with pytest.raises(frappe.PermissionError):
			report.insert()


def test_who_reads_a_report_writes_nothing_into_it(handover, make_user, as_user, call):
	"""And nobody gives themselves the right by saying whose it is: what is stored counts."""
	report = accepting.draft(handover)
	report.items = report.items[:1]
	report.save()
	reader = make_user(["Sales User", "Projects User"])
	deal = signed.deal(owner=reader)
	own = {
		"Opportunity": deal.name,
		"Contract": signed.contract(deal.party_name).name,
		"Customer": deal.party_name,
		"Project": accepting.delivered(reader).project,
	}
	for doctype, name in own.items():
		values = {"user": reader, "allow": doctype, "for_value": name, "applicable_for": doctype}
		frappe.get_doc({"doctype": "User Permission", "apply_to_all_doctypes": 0, **values}).insert()
	frappe.share.add("Project", handover.project, reader, read=1)
	with as_user(reader):
		assert frappe.has_permission(DOCTYPE, "read", doc=report.name)
		with pytest.raises(frappe.PermissionError):
			call(f"{API}.add_scope", report=report.name)
		with pytest.raises(frappe.PermissionError):
			submits.put(DOCTYPE, report.name, allocated_to=reader, results="All is well")
	assert len(report.reload().items) == 1 and report.allocated_to != reader


# Signed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", submits.WAYS, ids=lambda way: way.__name__)
def test_it_is_submitted_complete_on_every_path(way, handover):
	report = accepting.draft(handover, result="Accepted with Open Points")
	with pytest.raises(frappe.ValidationError) as refused:
		way(report)
	said = str(refused.value)
	for part in (
		"row 1: say",
		"row 2: say",
		"Write down the open points",
		"We have not signed",
		"The customer has not",
	):
		assert part in said
	assert records.state(report, "docstatus") == 0
	report = accepting.sign(report.reload(), result="Accepted")
	way(report)
	assert records.state(report, "docstatus") == 1


def test_the_scan_stands_for_both_signatures(handover):
	report = accepting.sign(accepting.draft(handover), our_signature=None, customer_signature=None)
	with pytest.raises(frappe.ValidationError, match="no scan"):
		report.submit()
	report.reload().scan = "/private/files/not_there.pdf"
	with pytest.raises(frappe.ValidationError, match="Attach the scan"):
		report.save()
	report.reload().scan = deals.attach(report)
	report.submit()
	assert report.docstatus == 1


def test_it_is_not_accepted_before_it_happens(handover):
	report = accepting.sign(accepting.draft(handover), accepted_on=add_days(today(), 1))
	with pytest.raises(frappe.ValidationError, match="future"):
		report.submit()


def test_a_signature_is_of_what_it_was_drawn_under(handover):
	report = accepting.sign(accepting.draft(handover), customer_signature=None)
	assert getdate(report.our_signed_on) == getdate() and not report.customer_signed_on
	report.update({"allocated_to": "Administrator", "customer_signature": DRAWING})
	report.save()
	assert report.our_signature and report.customer_signature
	report.items[0].comment = "Only one of the two machines."
	report.save()
	assert not (report.our_signature or report.customer_signature or report.customer_signed_on)


@pytest.mark.parametrize(
	("who", "drawing", "other"),
	(
		("customer_signatory", "customer_signature", "our_signature"),
		("our_signatory", "our_signature", "customer_signature"),
	),
)
def test_a_signature_is_of_whose_name_stood_under_it(who, drawing, other, handover, rep):
	report = accepting.sign(accepting.draft(handover))
	report.update({who: rep})
	report.save()
	assert not report.get(drawing) and report.get(other)


def test_a_scan_stays_once_the_report_is_submitted(handover, rep, as_user):
	"""Without it nobody has signed."""
	report = accepting.sign(accepting.draft(handover), our_signature=None, customer_signature=None)
	report.scan = deals.attach(report)
	report.submit()
	file = frappe.db.get_value("File", {"file_url": report.scan, "attached_to_name": report.name})
	frappe.db.set_value("File", file, "owner", rep)
	for user in (rep, "Administrator"):
		with as_user(user), pytest.raises(frappe.ValidationError, match="protected"):
			frappe.delete_doc("File", file)


def test_only_a_drawing_is_a_signature(handover):
	report = accepting.draft(handover)
	report.our_signature = '"><script>alert(1)</script>'
	with pytest.raises(frappe.ValidationError, match="no signature"):
		report.save()


def partly(handover, *deliverables):
	"""A submitted report of which some is accepted, and nothing else stands in it."""
	report = accepting.draft(handover, save=False)
	report.items = [row for row in report.items if row.deliverable in deliverables]
	accepting.sign(report.insert()).submit()
	return report


def test_a_second_report_asks_for_what_is_not_accepted_yet(handover):
	accepting.order(handover, delivered=4)
	partly(handover, "Machine, installed", "Standard Service")
	assert not frappe.db.get_value("Project", handover.project, "sf_accepted_on")
	assert deliveries.state(handover).accepted_on
	ordered = {"parent": deliveries.state(handover).sales_order}
	frappe.db.set_value("Sales Order Item", ordered, "delivered_qty", 10)
	second = accepting.draft(handover)
	assert [(row.deliverable, row.qty, row.delivered_qty) for row in second.items] == [
		("Training of the operators", 0, 0),
		("Standard Service", 10, 6),
	]
	second.run_method("onload")
	assert second.get_onload("sheet")["left_out"] == []
	accepting.sign(second).submit()
	assert frappe.db.get_value("Project", handover.project, "sf_accepted_on")
	assert accepting.draft(handover, save=False).items == []


def test_what_was_refused_or_taken_back_is_asked_for_again(handover):
	accepting.order(handover)
	refused = accepting.draft(handover, result="Not Accepted", results="Output too low.")
	for row in refused.items:
		row.result = "Not Accepted"
	refused.save().submit()
	assert len(accepting.draft(handover, save=False).items) == 3
	report = accepting.draft(handover, result="Accepted with Open Points", points=[accepting.point()])
	report.items[0].result, report.items[1].result = "Not Accepted", "With Reservation"
	accepting.sign(report).submit()
	left = accepting.draft(handover, save=False).items
	assert [row.deliverable for row in left] == ["Machine, installed"]
	report.reload().cancel()
	assert len(accepting.draft(handover, save=False).items) == 3


# What follows -----------------------------------------------------------------------------------------------------


def test_accepting_begins_the_survey_once_and_tells_finance(handover, team, rep):
	report = accepting.accepted(handover)
	acceptances.accepted(report.reload())
	assert [row.name for row in accepting.survey_of(report)] == [report.reload().survey]
	assert report.finance_told_on
	assert review_cases.notices_of(team["Finance"]) == [f"{report.title} has accepted the delivery"]
	assert frappe.db.count("Email Queue Recipient", {"recipient": team["Finance"]}) == 1
	assert f"{report.title} has accepted the delivery" in review_cases.notices_of(rep)
	day = getdate(report.accepted_on)
	assert frappe.db.get_value("Project", handover.project, "sf_accepted_on") == day
	assert deliveries.state(handover).accepted_on == day
	comments = frappe.get_all(
		"Comment",
		filters={"reference_doctype": "Customer", "reference_name": report.customer, "comment_type": "Info"},
		pluck="content",
		order_by="creation",
	)
	assert any(report.name in one and "Accepted" in one for one in comments)


def test_finance_of_the_settings_where_there_is_no_handover(team, rep):
	customer = records.customer()
	report = frappe.get_doc(
		{
			"doctype": DOCTYPE,
			"customer": customer.name,
			"company": records.COMPANY,
			"allocated_to": rep,
			"result": "Accepted",
			"items": [{"deliverable": "Repair", "result": "Accepted"}],
		}
	).insert()
	accepting.sign(report).submit()
	assert review_cases.notices_of(team["Finance"]) == [f"{report.title} has accepted the delivery"]


def test_a_stand_in_of_finance_is_told(handover, team, make_user):
	stand_in = make_user("Accounts User")
	review_cases.absent(team["Finance"], today(), add_days(today(), 3), stand_in)
	accepting.accepted(handover)
	assert review_cases.notices_of(stand_in) and not review_cases.notices_of(team["Finance"])


def test_finance_is_not_told_where_the_settings_say_so(handover, team):
	records.settings(finance_when_accepted=0)
	report = accepting.accepted(handover)
	assert not report.finance_told_on and not review_cases.notices_of(team["Finance"])


def test_what_is_not_accepted_begins_no_survey_and_goes_to_the_manager(handover, team, rep, manager):
	report = accepting.draft(handover, result="Not Accepted", results="Output too low.")
	for row in report.items:
		row.result = "Not Accepted"
	report.save()
	report.submit()
	assert accepting.survey_of(report) == [] and not report.reload().survey
	assert not review_cases.notices_of(team["Finance"]) and not deliveries.state(handover).accepted_on
	told = f"{report.title} has not accepted the delivery"
	assert told in review_cases.notices_of(rep) and told in review_cases.notices_of(manager)


def test_cancelling_takes_it_all_back(handover, team, rep):
	report = accepting.with_points(handover, accepting.point(rep))
	report.reload().cancel()
	assert [todo.status for todo in accepting.todos(report)] == ["Cancelled"]
	assert [row.status for row in accepting.survey_of(report)] == ["Cancelled"]
	assert not deliveries.state(handover).accepted_on
	assert not frappe.db.get_value("Project", handover.project, "sf_accepted_on")
	assert review_cases.notices_of(team["Finance"])[-1] == f"The acceptance of {report.title} is cancelled"


def test_an_amended_report_is_signed_anew_and_has_its_own_survey(handover):
	report = accepting.accepted(handover)
	report.reload().cancel()
	amended = frappe.copy_doc(report)
	amended.update({"amended_from": report.name, "survey": report.survey, "finance_told_on": report.modified})
	amended.docstatus = 0
	amended.items[0].comment = "Both machines."
	amended.insert()
	assert amended.amended_from == report.name
	assert not (amended.our_signature or amended.survey or amended.finance_told_on)
	accepting.sign(amended).submit()
	assert [row.status for row in accepting.survey_of(amended)] == ["To Send"]


def test_an_answer_of_one_customer_is_not_that_of_another(handover, rep):
	"""A3: an amendment that is of another customer begins a survey of its own."""
	report = accepting.accepted(handover)
	survey = frappe.get_doc("Satisfaction Survey", report.survey)
	surveys.record_by_phone(survey.name, surveyed.GOOD, "Plant Manager")
	report.reload().cancel()
	other = records.customer()
	amended = frappe.copy_doc(report)
	amended.update(dict.fromkeys(accepting.BY_HAND))
	amended.update({"amended_from": report.name, "customer": other.name, "docstatus": 0})
	accepting.sign(amended.insert()).submit()
	assert amended.reload().survey != survey.name
	assert records.state(survey, "customer", "acceptance_report") == (report.customer, report.name)


# Open points ------------------------------------------------------------------------------------------------------


def test_open_points_are_todos_of_their_owners_once_submitted(handover, rep, make_user):
	engineer = make_user("Projects User")
	report = accepting.sign(
		accepting.draft(handover),
		result="Accepted with Open Points",
		points=[accepting.point(engineer), accepting.point()],
	)
	assert accepting.todos(report) == []
	report.submit()
	ours, theirs = accepting.todos(report)
	assert (ours.allocated_to, ours.date, ours.status) == (engineer, getdate(add_days(today(), 7)), "Open")
	# The customer's point is asked for by the account manager.
	assert theirs.allocated_to == rep and "Ask Plant Manager for it: Spare parts list" in theirs.description


def test_a_point_is_settled_with_its_todo_and_the_other_way_round(handover, rep, make_user, as_user):
	engineer = make_user("Projects User")
	report = accepting.with_points(
		handover, accepting.point(engineer), accepting.point(engineer, point="Manual")
	)
	first, _second = accepting.todos(report)
	with as_user(engineer):
		frappe.get_doc("ToDo", first.name).update({"status": "Closed"}).save()
	assert getdate(report.reload().points[0].settled_on) == getdate()
	with as_user(engineer):
		frappe.get_doc("ToDo", first.name).update({"status": "Open"}).save()
	assert report.reload().points[0].settled_on is None
	for row in report.points:
		row.settled_on = today()
	report.save()
	assert [todo.status for todo in accepting.todos(report)] == ["Closed", "Closed"]
	assert review_cases.notices_of(rep)[-1] == f"All open points of {report.title} are settled"
	report.save()
	assert review_cases.notices_of(rep).count(f"All open points of {report.title} are settled") == 1


def test_what_was_signed_stays_whoever_does_it(handover, make_user):
	engineer, other = make_user("Projects User"), make_user("Projects User")
	report = accepting.with_points(handover, accepting.point(engineer))
	todo = frappe.get_doc("ToDo", accepting.todos(report)[0].name)
	todo.update({"allocated_to": other, "date": add_days(today(), 30)}).save()
	row = report.reload().points[0]
	assert (row.user, getdate(row.due_on)) == (engineer, getdate(add_days(today(), 7)))
	report.save()
	assert accepting.todos(report)[0].allocated_to == other


def test_no_point_comes_in_or_goes_out_after_signing(handover, make_user):
	report = accepting.with_points(handover, accepting.point(make_user("Projects User")))
	report.reload().append("points", accepting.point())
	with pytest.raises(frappe.ValidationError, match="Both sides have signed"):
		report.save()
	report.reload().points = []
	with pytest.raises(frappe.ValidationError, match="Both sides have signed"):
		report.save()


def test_an_owner_can_log_in_and_is_of_the_side_that_settles(handover, make_user):
	gone = make_user("Projects User")
	frappe.get_doc("User", gone).update({"enabled": 0}).save()
	report = accepting.draft(handover)
	report.append("points", accepting.point(gone))
	with pytest.raises(frappe.ValidationError, match="disabled"):
		report.save()
	report.reload()
	report.append(
		"points", accepting.point(make_user("Projects User"), side="Customer", person="Plant Manager")
	)
	report.save()
	assert report.points[0].user is None


def test_my_day_shows_points_and_drafts(handover, rep, as_user, call, make_user):
	report = accepting.draft(handover)
	sections = []
	with as_user(rep):
		sections = call("salesflow_std.api.my_day.get")["sections"]
	(mine,) = [section for section in sections if section["key"] == "acceptances"]
	assert [row["title"] for row in mine["rows"]] == [report.title]
	points = [accepting.point(rep, due_on=today()), accepting.point(rep, point="Later")]
	accepting.sign(report, result="Accepted with Open Points", points=points).submit()
	with as_user(rep):
		sections = call("salesflow_std.api.my_day.get")["sections"]
	(mine,) = [section for section in sections if section["key"] == "acceptances"]
	assert [row["title"] for row in mine["rows"]] == ["Spare parts list"]


# Rights -----------------------------------------------------------------------------------------------------------


def seen(user, as_user) -> list[str]:
	with as_user(user):
		return frappe.get_list(DOCTYPE, pluck="name", order_by="name")


def test_it_is_seen_with_customer_project_or_handover(handover, team, rep, make_user, as_user):
	report = accepting.draft(handover)
	stranger = make_user("Support Team")
	assert report.name not in seen(stranger, as_user)
	assert not frappe.has_permission(DOCTYPE, "read", doc=report, user=stranger)
	for user in (rep, make_user("Projects User"), team["After-sales"], team["Finance"]):
		assert report.name in seen(user, as_user), user
		assert frappe.has_permission(DOCTYPE, "read", doc=report, user=user)


def test_rows_are_seen_with_their_report(handover, rep, make_user, as_user):
	report = accepting.draft(handover)
	for user, there in ((rep, True), (make_user("Support Team"), False)):
		with as_user(user):
			found = frappe.get_list(
				"Acceptance Item", parent_doctype=DOCTYPE, pluck="parent", order_by="creation"
			)
		assert (report.name in found) is there


@pytest.mark.parametrize("table", ("items", "points"))
@pytest.mark.parametrize("submitted", (True, False))
def test_a_row_is_changed_with_its_report_only(table, submitted, handover, rep):
	report = accepting.sign(
		accepting.draft(handover), result="Accepted with Open Points", points=[accepting.point(rep)]
	)
	if submitted:
		report.submit()
	row = report.get(table)[0]
	with pytest.raises(frappe.PermissionError, match=report.name):
		frappe.get_doc(row.doctype, row.name).save()
	with pytest.raises((frappe.PermissionError, frappe.ValidationError)):
		frappe.get_doc(row.doctype, row.name).delete()
	assert frappe.db.exists(row.doctype, row.name)


def test_nobody_writes_state(handover, rep, as_user):
	report = accepting.draft(handover)
	other = accepting.accepted(handover)
	with as_user(rep):
		submits.put(DOCTYPE, report.name, survey=other.survey, finance_told_on="2026-01-01", title="X")
	report.reload()
	assert not report.survey and not report.finance_told_on and report.title != "X"
	survey, told_on = other.survey, other.finance_told_on
	with as_user(rep):
		submits.put(DOCTYPE, other.name, survey=None, finance_told_on=None)
	assert records.state(other, "survey", "finance_told_on") == (survey, told_on)


# On paper ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("language", "words"),
	(
		("en", ("Acceptance Report", "Open Points", "Agreed In", "Ours", "Accepted with Open Points")),
		("zh", ("项目验收报告", "遗留问题", "约定来源", "我方", "有遗留问题通过")),
	),
)
def test_it_is_printed_with_scope_points_and_signatures(language, words, handover, rep):
	accepting.order(handover)
	report = accepting.draft(handover)
	report.append("items", {"deliverable": "<b>Extra</b>", "result": "With Reservation"})
	report = accepting.sign(
		report, result="Accepted with Open Points", points=[accepting.point(rep, point="<i>Manual</i>")]
	)
	frappe.local.lang = language
	with submits.request("/printview"):
		html = frappe.get_print(DOCTYPE, report.name, DOCTYPE)
	for word in words:
		assert word in html
	assert html.count(DRAWING) == 2 and "Plant Manager" in html
	assert "<b>Extra</b>" not in html and "<i>Manual</i>" not in html
