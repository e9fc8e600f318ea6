"""A changed model: simulated first, then carried to all its documents (L6, L7, L9), whatever happens midway."""

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.jobs import regrade
from salesflow_std.salesflow_std import grading
from tests.site import records

API = "salesflow_std.api.scoring"

STATE = [
	"name",
	"sf_grade",
	"sf_score",
	"sf_first_touch_due",
	"sf_first_touch_status",
	"sf_in_nurture",
	"sf_review_due",
	"sf_grade_stale",
]


@pytest.fixture
def leads(frozen_time):
	"""Leads of every grade and state, captured over two weeks."""
	made = []
	for i, given in enumerate(("5555", "5541", "5531", "3333", "2222", "2221", "1111", "5511", "1515")):
		with frozen_time(f"2026-11-{10 + i} {8 + i:02d}:15"):
			lead = records.lead()
			records.score(lead, given)
			made.append(lead)
	frappe.call(
		f"{API}.override", doctype="Lead", name=made[3].name, grade="A", reason="Known", until="2099-01-01"
	)
	frappe.call("salesflow_std.api.lead.touched", name=made[4].name)
	made[5].reload()
	made[5].sf_invalid_reason = "Test Data"
	made[5].save()
	return made


def tune(**changes):
	"""Saves BNAU with other weights or bands, as an administrator does."""
	model = frappe.get_doc("Scoring Model", "BNAU")
	for code, weight in changes.get("weights", {}).items():
		next(row for row in model.dimensions if row.code == code).weight = weight
	for grade, values in changes.get("bands", {}).items():
		next(row for row in model.bands if row.grade == grade).update(values)
	model.save()
	frappe.db.commit()
	return model


def states(leads):
	return frappe.get_all(
		"Lead", filters={"name": ("in", [lead.name for lead in leads])}, fields=STATE, order_by="name"
	)


def expected(leads, now):
	"""What scoring each lead anew would give, one by one."""
	from salesflow_std.engine import scoring
	from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model

	model = engine_model("BNAU")
	rows = []
	for lead in leads:
		subject = frappe.db.get_value(
			"Lead", lead.name, [*grading.subject_fields("Lead"), *STATE], as_dict=True
		)
		result = scoring.grade(model, scoring.unpack_points(subject.sf_points))
		grade = subject.sf_grade if grading.is_frozen(subject) else result.grade
		dates = grading.clocks("Lead", model.band(grade), subject.sf_graded_on, subject, now)
		rows.append(
			{**{key: subject[key] for key in STATE}, **dates, "sf_grade": grade, "sf_score": result.score}
		)
	return sorted(rows, key=lambda row: row["name"])


@pytest.mark.parametrize(
	"change",
	[
		{"weights": {"B": 4}},
		{"weights": {"B": 0.5, "U": 0.25}},
		{"bands": {"A": {"from_total": 12}, "B": {"below_total": 12}}},
		{"bands": {"B": {"first_touch_amount": 3, "first_touch_unit": "Working Days"}}},
		{"bands": {"A": {"first_touch_amount": 6, "first_touch_unit": "Working Hours"}}},
		{"bands": {"B": {"nurture": 1, "first_touch_amount": 0}}},
		{"bands": {"A": {"review_amount": 0}, "C": {"review_amount": 3, "review_unit": "Days"}}},
	],
)
def test_many_at_once_is_the_same_as_one_by_one(leads, jobs, frozen_time, change):
	with frozen_time("2026-11-20 12:00"):
		tune(**change)
		want = expected(leads, frappe.utils.now_datetime())
		assert jobs.run("regrade")
		assert [dict(row) for row in states(leads)] == want


def test_history_says_who_from_to_and_why(leads, jobs, make_user, as_user):
	with as_user(make_user(["System Manager", "Sales Master Manager", "Sales User"])):
		before = {row.name: row.sf_grade for row in states(leads)}
		tune(weights={"B": 4})
		user = frappe.session.user
		jobs.run("regrade")
	moved = 0
	for row in states(leads):
		entries = [h for h in records.history(frappe.get_doc("Lead", row.name)) if h.source == "Re-graded"]
		if row.sf_grade == before[row.name]:
			assert entries == []
			continue
		moved += 1
		assert [(e.previous_grade, e.grade, e.scored_by, e.reason) for e in entries] == [
			(before[row.name], row.sf_grade, user, "The scoring model was changed.")
		]
	assert moved >= 2


def test_twice_is_once(leads, jobs):
	tune(weights={"B": 4})
	jobs.run("regrade")
	after, kept = states(leads), frappe.db.count("BNAU Score")
	regrade.run("BNAU")
	assert states(leads) == after
	assert frappe.db.count("BNAU Score") == kept


def test_killed_in_the_middle_and_started_again(leads, jobs, monkeypatch, frozen_time):
	"""The tick puts it back on the queue, and the end is the same as without the kill."""

	class Killed(BaseException):
		pass

	with frozen_time("2026-11-20 12:00"):
		monkeypatch.setattr(regrade, "CHUNK", 2)
		monkeypatch.setattr(regrade, "MOVE_CHUNK", 2)
		tune(weights={"B": 4}, bands={"B": {"first_touch_amount": 3, "first_touch_unit": "Working Days"}})
		want = expected(leads, frappe.utils.now_datetime())
		chunks = []
		real = regrade._Regrade._write_chunk

		def killed_in_third_chunk(self, band):
			chunks.append(band.grade)
			if len(chunks) == 3:
				raise Killed
			real(self, band)

		monkeypatch.setattr(regrade._Regrade, "_write_chunk", killed_in_third_chunk)
		(job,) = jobs.named("regrade")
		with pytest.raises(Killed):
			job.run()
		frappe.db.rollback()
		job.state = "failed"
		assert [dict(row) for row in states(leads)] != want, "the kill came too late to say anything"
		assert frappe.db.get_value("Scoring Model", "BNAU", "regrade_pending") > 0
		monkeypatch.setattr(regrade._Regrade, "_write_chunk", real)
		regrade.restart_pending()
		frappe.db.commit()
		assert jobs.run("regrade")
		assert [dict(row) for row in states(leads)] == want
	assert frappe.db.get_value("Scoring Model", "BNAU", "regrade_pending") == 0
	for lead in leads:
		assert len([row for row in records.history(lead) if row.source == "Re-graded"]) <= 1


def test_a_save_during_the_regrade_is_carried_out_too(leads, jobs, monkeypatch):
	tune(weights={"B": 4})
	real = regrade._Regrade.run
	tuned = []

	def run(self):
		real(self)
		if not tuned:
			tuned.append(tune(weights={"B": 1, "U": 4}))

	monkeypatch.setattr(regrade._Regrade, "run", run)
	jobs.named("regrade")[0].run()
	assert [row.sf_score for row in states(leads)] == [
		row["sf_score"] for row in expected(leads, get_datetime())
	]


def test_saving_without_a_rule_changed_regrades_nothing(leads, jobs):
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.description = "Only words"
	model.save()
	frappe.db.commit()
	assert jobs.named("regrade") == []


def test_asked_twice_it_runs_once(leads, jobs):
	tune(weights={"B": 2})
	tune(weights={"B": 3})
	assert len(jobs.named("regrade")) == 1


def test_a_new_dimension_invents_no_points(leads, jobs):
	model = frappe.get_doc("Scoring Model", "BNAU")
	model.append("dimensions", {"code": "F", "label": "Fit", "weight": 1})
	model.save()
	frappe.db.commit()
	before = {row.name: (row.sf_grade, row.sf_score) for row in states(leads)}
	jobs.run("regrade")
	for row in states(leads):
		assert (row.sf_grade, row.sf_score) == before[row.name]
		assert row.sf_grade_stale == 1


def test_holidays_move_open_deadlines(jobs, frozen_time):
	with frozen_time("2026-11-20 12:00"):
		lead, touched = records.lead(), records.lead()
		for each in (lead, touched):
			records.score(each, "3333", scoring_model="Funnel guide")
		frappe.call("salesflow_std.api.lead.touched", name=touched.name)
		assert records.state(lead, "sf_first_touch_due") == get_datetime("2026-11-25 12:00")
		settings = frappe.get_doc("Salesflow Settings")
		settings.append("makeup_days", {"day": "2026-11-21", "description": "Worked Saturday"})
		settings.save()
		frappe.db.commit()
		jobs.run("regrade")
	assert records.state(lead, "sf_first_touch_due") == get_datetime("2026-11-24 12:00")
	assert records.state(touched, "sf_first_touch_due") == get_datetime("2026-11-25 12:00")


# simulate --------------------------------------------------------------------------------------------------


def test_simulate_says_what_the_regrade_does(leads, jobs, call):
	before = {row.name: row.sf_grade for row in states(leads)}
	others = frappe.db.count("Lead", {"sf_scoring_model": "BNAU"}) - len(leads)
	outcome = call(f"{API}.simulate", scoring_model="BNAU", changes={"weights": {"B": 4}})
	assert {row.name: row.sf_grade for row in states(leads)} == before, "simulate writes nothing"
	tune(weights={"B": 4})
	jobs.run("regrade")
	after = {row.name: row.sf_grade for row in states(leads)}
	moves = {}
	for name, grade in before.items():
		if after[name] != grade:
			moves[(grade, after[name])] = moves.get((grade, after[name]), 0) + 1
	assert others == 0
	assert {(m["from"], m["to"]): m["count"] for m in outcome["moves"]} == moves
	assert outcome["moved"] == sum(moves.values())
	assert outcome["graded"] == len(leads)
	assert outcome["frozen"] == 1


def test_simulate_names_the_largest_deals(leads, call):
	for lead, amount in zip(leads, (100, 900, 500, 700, 300, 0, 50, 20, 10), strict=True):
		if amount:
			records.opportunity(party_name=lead.name, opportunity_amount=amount)
	outcome = call(f"{API}.simulate", scoring_model="BNAU", changes={"weights": {"B": 4}})
	amounts = [row["amount"] for row in outcome["largest"]]
	assert amounts == sorted(amounts, reverse=True)
	assert len(outcome["largest"]) == min(10, outcome["moved"])
	moving = {row["name"] for row in outcome["largest"]}
	assert leads[2].name in moving  # a B of 500 that becomes an A
	assert leads[3].name not in moving  # set by a manager


def test_simulate_takes_whole_tables_too(leads, call):
	bands = [
		{"grade": "A", "from_total": 10},
		{"grade": "B", "from_total": 8, "below_total": 10},
		{"grade": "C"},
	]
	outcome = call(f"{API}.simulate", scoring_model="BNAU", changes={"bands": bands})
	assert outcome["after"]["A"] > outcome["before"]["A"]
	assert outcome["clocks_change"] == []


@pytest.mark.parametrize(
	"changes",
	[
		{"weights": {"X": 2}},
		{"weights": {"B": -1}},
		{"bands": [{"grade": "A", "from_total": 16}, {"grade": "B"}, {"grade": "C"}]},
		{"bands": []},
		"[]",
	],
)
def test_simulate_refuses_bad_models(call, changes):
	with pytest.raises(frappe.ValidationError):
		call(f"{API}.simulate", scoring_model="BNAU", changes=changes)


def test_simulate_opportunities(call):
	from frappe.utils import add_days

	for days in (10, 40, 100):
		records.opportunity(
			expected_closing=add_days(None, days), probability=90, opportunity_amount=1000 * days
		)
	rules = [row.as_dict() for row in frappe.get_doc("Scoring Model", "Opportunity S/A/B").rules]
	for row in rules:
		if row["dimension"] == "CLOSING" and row["value"] == "30":
			row["value"] = "45"
	outcome = call(f"{API}.simulate", scoring_model="Opportunity S/A/B", changes={"rules": rules})
	assert [(m["from"], m["to"], m["count"]) for m in outcome["moves"]] == [("A", "S", 1)]
	assert outcome["largest"][0]["amount"] == 40_000


# The model itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("change", "word"),
	[
		(lambda m: m.bands[1].update({"below_total": 16}), "overlap"),
		(lambda m: m.bands[1].update({"below_total": 14}), "have no grade"),
		(lambda m: m.bands[2].update({"from_total": 5}), "have no grade"),
		(lambda m: m.dimensions[0].update({"weight": -1}), "negative"),
		(lambda m: m.dimensions[1].update({"code": "B"}), "twice"),
		(lambda m: m.dimensions[1].update({"code": "a b"}), "no spaces"),
		(lambda m: m.update({"automatic": 1}), "Only opportunities"),
		(
			lambda m: m.bands[0].update({"first_touch_amount": 1.5, "first_touch_unit": "Working Days"}),
			"whole",
		),
	],
)
def test_a_model_that_contradicts_itself_is_refused(change, word):
	model = frappe.get_doc("Scoring Model", "BNAU")
	change(model)
	with pytest.raises(frappe.ValidationError, match=word):
		model.save()


def test_an_automatic_model_reads_fields_that_exist():
	model = frappe.get_doc("Scoring Model", "Opportunity S/A/B")
	model.dimensions[1].fact = "no_such_field"
	with pytest.raises(frappe.ValidationError, match="no field no_such_field"):
		model.save()


def test_company_has_its_own_default():
	company = frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": "Second Test Co",
			"abbr": "STC2",
			"default_currency": "CNY",
			"country": "China",
		}
	)
	company.flags.ignore_permissions = True
	company.db_insert()
	settings = frappe.get_doc("Salesflow Settings")
	settings.append(
		"company_scoring_models",
		{"company": company.name, "applies_to": "Lead", "scoring_model": "Team template"},
	)
	settings.save()
	here, there = records.lead(), records.lead(company=company.name)
	records.score(here, "3333")
	records.score(there, "3333")
	assert records.state(here, "sf_scoring_model") == "BNAU"
	assert records.state(there, "sf_scoring_model") == "Team template"


def test_settings_refuse_a_model_of_another_kind():
	settings = frappe.get_doc("Salesflow Settings")
	settings.lead_scoring_model = "Account five factors"
	with pytest.raises(frappe.ValidationError, match="not Lead"):
		settings.save()


def test_working_hours_that_overlap_are_refused():
	settings = frappe.get_doc("Salesflow Settings")
	settings.append("working_hours", {"workday": "Monday", "start_time": "11:00", "end_time": "14:00"})
	with pytest.raises(frappe.ValidationError, match="overlap"):
		settings.save()
