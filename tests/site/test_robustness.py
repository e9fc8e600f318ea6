"""What happens beside the straight path: late requests, merges, removed dimensions, old imports, tuned fields."""

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.jobs import grade_clock, regrade
from salesflow_std.setup import install
from tests.site import records
from tests.site.test_lead import communication
from tests.site.test_regrade import states, tune

API = "salesflow_std.api.scoring"


def deadline(amount, unit="Hours"):
	return {"bands": {"A": {"first_touch_amount": amount, "first_touch_unit": unit}}}


def test_a_deadline_changed_and_changed_back(jobs, frozen_time):
	"""Also from a form that still holds the job's notes of before."""
	with frozen_time("2026-11-20 12:00"):
		lead = records.lead()
		records.score(lead, "5555")
		form = frappe.get_doc("Scoring Model", "BNAU")
		for hours in (24, 48, 24):
			form.bands[0].first_touch_amount = hours
			form.modified = frappe.db.get_value("Scoring Model", "BNAU", "modified")
			form.save()
			frappe.db.commit()
			jobs.run("regrade")
			assert records.state(lead, "sf_first_touch_due") == get_datetime(
				f"2026-11-{20 + hours // 24} 12:00"
			)
			assert frappe.db.get_value("Scoring Model", "BNAU", "regrade_pending") == 0


def test_the_jobs_notes_cannot_be_written_from_outside(call):
	frappe.client.set_value("Scoring Model", "BNAU", "regraded_as", "not json")
	assert frappe.db.get_value("Scoring Model", "BNAU", "regraded_as") != "not json"


def test_a_grade_renamed_in_case_only(jobs):
	lead = records.lead()
	records.score(lead, "5555")
	tune(bands={"A": {"grade": "a"}})
	jobs.run("regrade")
	assert records.state(lead, "sf_grade") == "a"
	assert len(records.history(lead)) == 2


def test_grades_that_a_database_takes_for_equal_are_refused():
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.bands[1].grade = "a"
	with pytest.raises(frappe.ValidationError, match="twice"):
		model.save()


def test_a_deadlock_costs_no_deadline(jobs, monkeypatch, frozen_time):
	with frozen_time("2026-11-20 12:00"):
		lead = records.lead()
		records.score(lead, "5555")
		tune(**deadline(24))
		real = regrade._Regrade._write_chunk
		failures = []

		def once(self, band):
			if not failures:
				failures.append(1)
				raise frappe.QueryDeadlockError
			real(self, band)

		monkeypatch.setattr(regrade._Regrade, "_write_chunk", once)
		jobs.run("regrade")
	assert failures
	assert records.state(lead, "sf_first_touch_due") == get_datetime("2026-11-21 12:00")


def test_a_calendar_changed_during_the_regrade_counts(jobs, monkeypatch, frozen_time):
	with frozen_time("2026-11-20 12:00"):
		lead = records.lead()
		records.score(lead, "3333", scoring_model="Funnel guide")
		model = frappe.get_doc("Scoring Model", "Funnel guide")
		model.dimensions[0].weight = 1.1
		model.save()
		frappe.db.commit()
		real = regrade._Regrade.run
		changed = []

		def run(self):
			real(self)
			if not changed:
				changed.append(1)
				settings = frappe.get_doc("Salesflow Settings")
				settings.append("makeup_days", {"day": "2026-11-21", "description": "Worked Saturday"})
				settings.save()
				frappe.db.commit()

		monkeypatch.setattr(regrade._Regrade, "run", run)
		jobs.named("regrade")[0].run()
	assert records.state(lead, "sf_first_touch_due") == get_datetime("2026-11-24 12:00")


def test_history_has_the_total_of_the_new_model(jobs):
	lead = records.lead()
	records.score(lead, "3333")
	tune(weights={"B": 4})
	jobs.run("regrade")
	entry = records.history(lead)[-1]
	assert (entry.source, entry.total, entry.grade) == ("Re-graded", 21, "A")


def test_an_idle_tick_writes_nothing(count_queries, frozen_time):
	with frozen_time("2026-11-20 12:00"):
		records.score(records.lead(), "5555")
		with count_queries() as queries:
			grade_clock.mark_overdue()
			grade_clock.mark_stale()
			grade_clock.end_overrides()
	assert not [query for query in queries if query.lstrip().lower().startswith("update")]


def test_the_clock_has_its_indexes():
	for doctype, columns in (
		("Lead", ("sf_first_touch_status", "sf_first_touch_due")),
		("Lead", ("sf_grade_stale", "sf_review_due")),
		("Customer", ("sf_grade_stale", "sf_review_due")),
	):
		assert frappe.db.sql(
			f"show index from `tab{doctype}` where column_name = %s and seq_in_index = 2", columns[1]
		)


def test_a_removed_dimension_leaves_scorings_readable(jobs, call):
	lead = records.lead()
	records.score(lead, "5551")
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.dimensions = model.dimensions[:3]
	model.save()
	frappe.db.commit()
	jobs.run("regrade")
	explained = call(f"{API}.explain", doctype="Lead", name=lead.name)
	assert [line["label"] for line in explained["lines"]] == ["Budget", "Need", "Authority"]
	assert call(f"{API}.review", doctype="Lead", name=lead.name)["score"] == 15


def test_a_dimension_added_by_mistake_and_removed_again(jobs):
	lead = records.lead()
	records.score(lead, "5555")
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.append("dimensions", {"code": "F", "label": "Fit", "weight": 1})
	model.save()
	frappe.db.commit()
	jobs.run("regrade")
	assert states([lead])[0].sf_grade_stale == 1
	model.reload()
	model.dimensions = model.dimensions[:4]
	model.save()
	frappe.db.commit()
	jobs.run("regrade")
	assert states([lead])[0].sf_grade_stale == 0


def test_an_imported_older_scoring_is_history_only(frozen_time):
	with frozen_time("2026-11-20 12:00"):
		lead = records.lead()
		records.score(lead, "5555")
		frappe.flags.in_import = True
		frappe.get_doc(
			{
				"doctype": "BNAU Score",
				"reference_doctype": "Lead",
				"reference_name": lead.name,
				"scored_on": "2026-11-05 09:00:00",
				"lines": [{"dimension": code, "points": 1} for code in "BNAU"],
			}
		).insert()
		frappe.flags.in_import = False
	assert records.state(lead, "sf_grade") == "A"


def test_an_override_makes_old_facts_no_newer(call, frozen_time):
	with frozen_time("2026-10-01 12:00") as clock:
		lead = records.lead()
		records.score(lead, "3333")
		clock.set("2026-11-20 12:00")
		call(f"{API}.override", doctype="Lead", name=lead.name, grade="A", reason="Known", until="2026-12-01")
		call(f"{API}.release", doctype="Lead", name=lead.name)
	assert records.state(lead, "sf_graded_on", "sf_grade_stale") == (get_datetime("2026-10-01 12:00"), 1)


def test_scoring_disturbs_no_open_form():
	lead = records.lead()
	lead.reload()
	records.score(lead, "5555")
	lead.city = "Ningbo"
	lead.save()
	assert records.state(lead, "sf_grade", "city") == ("A", "Ningbo")


def test_evidence_is_seen_by_who_sees_the_lead(make_user, as_user):
	from frappe.permissions import add_user_permission

	territory = frappe.get_doc(
		{"doctype": "Territory", "territory_name": "Test Coast", "parent_territory": "All Territories"}
	).insert()
	rep = make_user("Sales User")
	add_user_permission("Territory", territory.name, rep)
	mine, foreign = records.lead(territory=territory.name), records.lead(territory="China")
	for lead, text in ((mine, "my note"), (foreign, "their note")):
		records.score(lead, "5555", evidence={"B": text})
	with as_user(rep):
		seen = frappe.client.get_list(
			"BNAU Score Line", fields=["evidence"], parent="BNAU Score", limit_page_length=0
		)
	assert {row.evidence for row in seen if row.evidence} == {"my note"}


def test_a_rep_does_not_reset_their_clock(frozen_time):
	with frozen_time("2026-11-20 12:00") as clock:
		lead = records.lead()
		records.score(lead, "5555")
		clock.set("2026-11-25 12:00")
		lead.reload()
		lead.sf_captured_on = "2026-11-25 12:00:00"
		with pytest.raises(frappe.ValidationError, match="captured after that"):
			lead.save()


def test_merged_customers_keep_their_grade():
	from salesflow_std.api.scoring import score

	graded, other = records.customer(), records.customer()
	score("Customer", graded.name, dict.fromkeys(("SIZE", "FIT", "URGENCY", "BUDGET", "CHAIN"), 4))
	frappe.rename_doc("Customer", graded.name, other.name, merge=True)
	assert records.state(other, "sf_grade", "sf_score") == ("A", 20)


def test_models_in_use_are_neither_disabled_nor_deleted():
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.enabled = 0
	with pytest.raises(frappe.ValidationError, match="in use"):
		model.save()
	lead = records.lead()
	records.score(lead, "5555", scoring_model="Team template")
	frappe.delete_doc("Lead", records.lead().name)
	frappe.db.set_value("Lead", lead.name, "sf_scoring_model", None)
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("Scoring Model", "Team template")


@pytest.mark.parametrize(
	("change", "word"),
	[
		(
			lambda m: m.bands[0].update({"first_touch_amount": 999_999, "first_touch_unit": "Weeks"}),
			"calendar",
		),
		(lambda m: [row.update({"code": f"{row.code}{'x' * 40}"}) for row in m.dimensions], "too long"),
	],
)
def test_models_that_would_fail_later_are_refused_now(change, word):
	model = frappe.get_doc("Scoring Model", "BNAU")
	change(model)
	with pytest.raises(frappe.ValidationError, match=word):
		model.save()


def test_nurture_touches_come_every_month(frozen_time):
	with frozen_time("2026-09-01 10:00") as clock:
		lead = records.lead()
		records.score(lead, "1111")
		for sent, following in (("10-01", "11-02"), ("11-03", "12-03")):  # 1 November is a Sunday
			clock.set(f"2026-{sent} 10:00")
			communication(lead)
			assert records.state(lead, "sf_next_touch_on") == get_datetime(f"2026-{following} 18:00")


def test_an_ended_lead_waits_for_nothing(frozen_time):
	with frozen_time("2026-11-20 10:00") as clock:
		early, late = records.lead(), records.lead()
		for lead in (early, late):
			records.score(lead, "5555")
		frappe.db.set_value("Lead", early.name, "status", "Converted")
		clock.set("2026-11-23 10:00")
		grade_clock.tick()
		frappe.db.set_value("Lead", late.name, "status", "Do Not Contact")
		clock.set("2026-12-20 10:00")
		grade_clock.tick()
		assert records.state(early, "sf_first_touch_status", "sf_grade_stale") == ("", 0)
		assert records.state(late, "sf_first_touch_status") == "Missed"
		early.reload()
		early.status = "Open"
		early.save()
		grade_clock.tick()
	assert records.state(early, "sf_grade_stale") == 1


def test_tuned_fields_survive_migrate():
	name = "Lead-sf_invalid_reason"
	options = frappe.db.get_value("Custom Field", name, "options") + "\nCompetitor"
	frappe.db.set_value("Custom Field", name, {"options": options, "label": "Not Usable Because"})
	install._put_fields()
	assert frappe.db.get_value("Custom Field", name, ("options", "label")) == (options, "Not Usable Because")


def test_made_up_numbers_are_pointed_out():
	frappe.local.message_log = []
	records.lead(phone="12345678")
	assert "made up" in str(frappe.local.message_log)
	frappe.local.message_log = []
	records.lead(phone="+86 571 8765 4321")
	assert "made up" not in str(frappe.local.message_log)


def test_opportunities_of_a_manual_model_are_scored_by_people(call, jobs):
	from frappe.utils import add_days

	opportunity = records.opportunity(expected_closing=add_days(None, 10), probability=90)
	model = frappe.copy_doc(frappe.get_doc("Scoring Model", "Account five factors"))
	model.update({"model_name": "Deals by hand", "applies_to": "Opportunity"})
	model.insert()
	settings = frappe.get_doc("Salesflow Settings")
	settings.opportunity_scoring_model = model.name
	settings.save()
	frappe.db.commit()
	jobs.run("regrade")
	assert records.state(opportunity, "sf_scoring_model", "sf_grade_stale") == ("Deals by hand", 1)
	given = dict.fromkeys(("SIZE", "FIT", "URGENCY", "BUDGET", "CHAIN"), 3)
	assert call(f"{API}.score", doctype="Opportunity", name=opportunity.name, points=given)["grade"] == "B"
