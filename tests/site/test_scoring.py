"""Scoring over the API, by hand and by import: L5-L7, L9, L10."""

import json

import frappe
import pytest
from frappe.utils import get_datetime

from tests.site import records

API = "salesflow_std.api.scoring"


@pytest.mark.parametrize(
	("given", "grade"),
	[("5541", "A"), ("5531", "B"), ("2222", "B"), ("2221", "C"), ("1111", "C"), ("5555", "A")],
)
def test_l6_grade_follows_the_total(given, grade):
	lead = records.lead()
	answer = records.score(lead, given)
	assert answer["grade"] == grade
	assert answer["score"] == sum(int(digit) for digit in given)
	assert records.state(lead, "sf_grade", "sf_score") == (grade, answer["score"])


def test_l6_bands_touch_with_weights():
	"""14.5 is a B, never ungraded; what is 15 on paper is an A."""
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.dimensions[0].weight = 0.5
	model.save()
	lead = records.lead()
	assert records.score(lead, "5552")["grade"] == "B"  # 2.5 + 5 + 5 + 2 = 14.5
	assert records.score(lead, "4553")["grade"] == "A"  # 2 + 5 + 5 + 3 = 15


@pytest.mark.parametrize(
	("model", "given", "due"),
	[
		("BNAU", "5555", "2026-11-22 18:00:00"),  # A: 48 hours, week-end or not
		("BNAU", "3333", "2026-11-27 18:00:00"),  # B: a week
		("Funnel guide", "3333", "2026-11-25 18:00:00"),  # B: 3 working days, the week-end between
		("Team template", "3333", "2026-11-22 18:00:00"),  # B: 48 hours
		("BNAU", "1111", None),  # C: no first touch
	],
)
def test_l7_first_touch_counts_from_capture(frozen_time, model, given, due):
	with frozen_time("2026-11-20 18:00"):
		lead = records.lead()
	with frozen_time("2026-11-20 19:30"):
		answer = records.score(lead, given, scoring_model=model)
	assert answer["first_touch_due"] == (get_datetime(due) if due else None)
	assert records.state(lead, "sf_first_touch_status") == ("Not Yet" if due else "")


def test_l7_working_days_skip_holidays(frozen_time):
	"""Captured on Friday at closing, three working days, Monday is a holiday."""
	name = frappe.db.get_single_value("Salesflow Settings", "holiday_list") or frappe.db.get_value(
		"Company", records.COMPANY, "default_holiday_list"
	)
	holidays = frappe.get_doc("Holiday List", name)
	holidays.append("holidays", {"holiday_date": "2026-11-23", "description": "Anniversary"})
	holidays.save()
	with frozen_time("2026-11-20 18:00"):
		lead = records.lead()
		answer = records.score(lead, "3333", scoring_model="Funnel guide")
	assert answer["first_touch_due"] == get_datetime("2026-11-26 18:00")


def test_l8_c_goes_to_the_nurture_pool_and_comes_back(frozen_time):
	with frozen_time("2026-11-20 10:00"):
		lead = records.lead()
		answer = records.score(lead, "1111")
		# A month later is a Sunday; a touch is due by the closing of its day.
		assert answer["next_touch_on"] == get_datetime("2026-12-21 18:00")
		assert records.state(lead, "sf_in_nurture") == 1
		answer = records.score(lead, "5555")
	assert records.state(lead, "sf_in_nurture") == 0
	assert answer["next_touch_on"] == answer["first_touch_due"] == get_datetime("2026-11-22 10:00")


def test_l9_every_change_is_kept(make_user, as_user):
	lead = records.lead()
	rep = make_user("Sales User")
	records.score(lead, "1111")
	with as_user(rep):
		records.score(lead, "5555", reason="They called back", evidence={"B": "budget mail of Monday"})
	first, second = records.history(lead)
	assert (first.grade, first.previous_grade, first.scored_by) == ("C", None, "Administrator")
	assert (second.grade, second.previous_grade, second.scored_by) == ("A", "C", rep)
	assert second.reason == "They called back"
	explained = frappe.call(f"{API}.explain", doctype="Lead", name=lead.name)
	assert next(line for line in explained["lines"] if line["label"] == "Budget")["evidence"] == (
		"budget mail of Monday"
	)


def test_l9_review_keeps_points_and_renews_the_time(frozen_time, call):
	with frozen_time("2026-11-02 09:00"):
		lead = records.lead()
		records.score(lead, "3333")
	with frozen_time("2026-11-20 09:00"):
		answer = call(f"{API}.review", doctype="Lead", name=lead.name)
	assert answer["grade"] == "B"
	assert records.state(lead, "sf_graded_on") == get_datetime("2026-11-20 09:00")
	assert records.state(lead, "sf_grade_stale") == 0
	assert [row.source for row in records.history(lead)] == ["Scored", "Reviewed"]


def test_l10_account_by_five_factors():
	customer = records.customer()
	from salesflow_std.api.scoring import score

	given = dict.fromkeys(("SIZE", "FIT", "URGENCY", "BUDGET", "CHAIN"), 4)
	assert score("Customer", customer.name, given)["grade"] == "A"
	assert score("Customer", customer.name, {**given, "FIT": 3})["grade"] == "B"
	assert score("Customer", customer.name, dict.fromkeys(given, 2))["grade"] == "C"
	assert records.state(customer, "sf_grade") == "C"


def test_explain_names_the_way_to_the_next_grade():
	lead = records.lead()
	records.score(lead, "5341")
	explained = frappe.call(f"{API}.explain", doctype="Lead", name=lead.name)
	assert explained["next"]["grade"] == "A"
	assert explained["next"]["missing"] == 2
	assert {row["label"] for row in explained["next"]["alone"]} == {"Need", "Urgency"}
	assert [line["label"] for line in explained["lines"]][:2] == ["Budget", "Authority"]


# Refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	"given",
	[
		{"B": 6, "N": 3, "A": 3, "U": 3},
		{"B": 0, "N": 3, "A": 3, "U": 3},
		{"B": "5", "N": 3, "A": 3, "U": 3},
		{"B": True, "N": 3, "A": 3, "U": 3},
		{"B": 5, "N": 3, "A": 3},
		{"B": 5, "N": 3, "A": 3, "U": 3, "X": 3},
		{},
		"not json",
		"[1, 2]",
		'{"B": NaN, "N": 3, "A": 3, "U": 3}',
	],
)
def test_points_that_do_not_fit_change_nothing(call, given):
	lead = records.lead()
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.score", doctype="Lead", name=lead.name, points=given)
	assert records.state(lead, "sf_grade") is None
	assert records.history(lead) == []


def test_errors_name_what_is_wrong(call):
	lead = records.lead()
	for given, word in (({"B": 6, "N": 3, "A": 3, "U": 3}, "B has 6"), ({"B": 5, "N": 3}, "A, U")):
		with pytest.raises(frappe.ValidationError, match=word):
			call(f"{API}.score", doctype="Lead", name=lead.name, points=given)


def test_points_as_json_text(call):
	"""As a form-encoded REST client sends them."""
	lead = records.lead()
	text = json.dumps(records.points("5555"))
	assert call(f"{API}.score", doctype="Lead", name=lead.name, points=text)["grade"] == "A"


def test_score_is_no_get(call):
	lead = records.lead()
	with pytest.raises(frappe.PermissionError):
		call(f"{API}.score", http_method="GET", doctype="Lead", name=lead.name, points=records.points("5555"))


def test_only_graded_documents_are_scored(call):
	with pytest.raises(frappe.ValidationError, match="cannot be scored"):
		call(f"{API}.score", doctype="User", name="Administrator", points=records.points("5555"))


def test_model_must_fit_the_subject(call):
	lead = records.lead()
	for model in ("Account five factors", "Opportunity S/A/B"):
		with pytest.raises(frappe.ValidationError):
			call(
				f"{API}.score",
				doctype="Lead",
				name=lead.name,
				points=records.points("5555"),
				scoring_model=model,
			)
	with pytest.raises(frappe.LinkValidationError, match="No such model"):
		call(
			f"{API}.score",
			doctype="Lead",
			name=lead.name,
			points=records.points("5555"),
			scoring_model="No such model",
		)


def test_a_scoring_is_not_edited():
	lead = records.lead()
	name = records.score(lead, "5555")["name"]
	record = frappe.get_doc("BNAU Score", name)
	record.lines[0].points = 1
	with pytest.raises(frappe.ValidationError, match="not edited"):
		record.save()


def test_deleting_the_newest_scoring_brings_the_one_before_back():
	lead = records.lead()
	records.score(lead, "1111")
	newest = records.score(lead, "5555")["name"]
	frappe.delete_doc("BNAU Score", newest)
	assert records.state(lead, "sf_grade", "sf_score") == ("C", 4)


def test_a_deleted_lead_takes_its_scorings_along():
	lead = records.lead()
	records.score(lead, "5555")
	frappe.delete_doc("Lead", lead.name)
	assert not frappe.get_all("BNAU Score", filters={"reference_name": lead.name})


# Other paths ---------------------------------------------------------------------------------------------


def test_state_cannot_be_written_from_outside(make_user, as_user):
	"""Form, REST and import send whole documents; a grade that came with one is not believed."""
	rep = make_user(["Sales User", "Sales Manager"])
	with as_user(rep):
		lead = records.lead(sf_grade="A", sf_score=20, sf_first_touched_on="2026-01-01")
		assert not any((lead.sf_grade, lead.sf_score, lead.sf_first_touched_on))
		records.score(lead, "1111")
		lead.reload()
		lead.update({"sf_grade": "A", "sf_score": 20, "sf_first_touch_due": None, "sf_in_nurture": 0})
		lead.save()
	assert records.state(lead, "sf_grade", "sf_score", "sf_in_nurture") == ("C", 4, 1)


def test_an_open_form_does_not_save_the_old_grade_back():
	lead = records.lead()
	stale_form = frappe.get_doc("Lead", lead.name)
	records.score(lead, "5555")
	stale_form.modified = records.state(lead, "modified")
	stale_form.city = "Hangzhou"
	stale_form.save()
	assert records.state(lead, "sf_grade", "city") == ("A", "Hangzhou")


def test_an_opportunity_does_not_inherit_the_leads_state():
	"""ERPNext's mapped-document buttons copy fields of the same name."""
	from erpnext.crm.doctype.lead.lead import make_opportunity

	lead = records.lead()
	records.score(lead, "5555")
	mapped = make_opportunity(lead.name)
	assert mapped.sf_grade is None
	assert not mapped.sf_points


def test_data_import_of_scorings(tmp_path):
	good, bad = records.lead(), records.lead()
	lines = [
		"Graded Document Type,Graded Document,Reason,Dimension (Points),Points (Points),Evidence (Points)",
		f"Lead,{good.name},from the fair,B,5,said so",
		",,,N,5,",
		",,,A,5,",
		",,,U,1,",
		f"Lead,{bad.name},,B,9,",
		",,,N,5,",
		",,,A,5,",
		",,,U,1,",
	]
	content = "\n".join(lines)
	file = frappe.get_doc(
		{"doctype": "File", "file_name": "scores.csv", "content": content, "is_private": 1}
	).insert()
	data_import = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "BNAU Score",
			"import_type": "Insert New Records",
			"import_file": file.file_url,
			"submit_after_import": 0,
		}
	).insert()
	from frappe.core.doctype.data_import.data_import import start_import

	start_import(data_import.name)
	assert records.state(good, "sf_grade") == "A"
	assert records.state(bad, "sf_grade") is None
	log = frappe.get_all(
		"Data Import Log", filters={"data_import": data_import.name, "success": 0}, pluck="messages"
	)
	assert len(log) == 1 and "B has 9" in log[0]


# A manager's word ----------------------------------------------------------------------------------------


def override(call, lead, grade="A", until="2026-12-31", reason="A partner vouches for them"):
	return call(f"{API}.override", doctype="Lead", name=lead.name, grade=grade, reason=reason, until=until)


def test_l9_managers_grade_stays_until_its_end(call, frozen_time):
	from salesflow_std.jobs.grade_clock import end_overrides

	with frozen_time("2026-12-01 09:00") as clock:
		lead = records.lead()
		records.score(lead, "1111")
		clock.shift(minutes=1)
		override(call, lead, until="2026-12-05")
		clock.shift(minutes=1)
		answer = records.score(lead, "2222")
		assert (answer["grade"], answer["computed_grade"]) == ("A", "B")
		assert records.state(lead, "sf_grade", "sf_in_nurture") == ("A", 0)
		clock.set("2026-12-05 23:59")
		assert end_overrides() == 0
		clock.set("2026-12-06 00:01")
		assert end_overrides() == 1
		assert end_overrides() == 0
	assert records.state(lead, "sf_grade", "sf_grade_frozen_until") == ("B", None)
	assert [(row.source, row.grade) for row in records.history(lead)] == [
		("Scored", "C"),
		("Set by Manager", "A"),
		("Scored", "B"),
		("Released", "B"),
	]


def test_release_lets_the_points_count_again(call):
	lead = records.lead()
	records.score(lead, "1111")
	override(call, lead, until="2099-01-01")
	assert call(f"{API}.release", doctype="Lead", name=lead.name)["grade"] == "C"
	with pytest.raises(frappe.ValidationError, match="not set by a manager"):
		call(f"{API}.release", doctype="Lead", name=lead.name)


@pytest.mark.parametrize(
	("change", "word"),
	[
		({"reason": "  "}, "Say why"),
		({"until": "2020-01-01"}, "end date"),
		({"until": "sometime"}, "end date"),
		({"grade": "Z"}, "no grade Z"),
	],
)
def test_override_needs_grade_reason_and_end(call, change, word):
	lead = records.lead()
	records.score(lead, "1111")
	with pytest.raises(frappe.ValidationError, match=word):
		override(call, lead, **change)
	assert records.state(lead, "sf_grade") == "C"


def test_a_rep_does_not_set_grades(call, make_user, as_user):
	lead = records.lead()
	with as_user(make_user("Sales User")), pytest.raises(frappe.PermissionError):
		override(call, lead)
