"""Documents from before the stages are taken in, with what can be told of their history (M1)."""

from __future__ import annotations

import json
from datetime import timedelta

import frappe
import pytest
from frappe.utils import get_datetime

from salesflow_std.engine import ageing
from salesflow_std.jobs import stage_backfill, stage_clock, stage_sets, take_in
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar
from salesflow_std.setup import install
from tests.site import records, standing

MONDAY = "2027-01-04 10:00"


@pytest.fixture(autouse=True)
def nothing_taken_in_yet():
	"""Whatever else the site has, stands in its stage; what a test makes bare, does not."""
	frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)


def version(doc, when, *changed, owner="Administrator", data=None):
	"""What Frappe keeps of a save: `changed` are (field, old, new)."""
	row = frappe.get_doc(
		{
			"doctype": "Version",
			"ref_doctype": doc.doctype,
			"docname": doc.name,
			"data": data or json.dumps({"changed": changed}),
		}
	)
	row.db_insert()
	frappe.db.set_value("Version", row.name, {"creation": when, "owner": owner}, update_modified=False)


def story(doc):
	return [
		(move.from_stage, move.to_stage, move.direction, str(move.changed_on)[:16], move.source)
		for move in standing.moves(doc)
	]


def test_it_has_stood_there_since_its_creation(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.bare(records.lead())
		won = standing.bare(records.opportunity(), status="Converted", sales_stage="Prospecting")
		talks = standing.bare(records.opportunity(), sales_stage="Negotiation/Review", party_name="nobody")
		clock.shift(days=1)
		stage_backfill.run()
	assert story(lead) == [(None, "Lead Acquired", "Entered", MONDAY, "Taken In")]
	assert story(talks) == [(None, "Negotiation", "Entered", MONDAY, "Taken In")]
	assert story(won)[-1][1] == "Closed and Served"
	now = standing.fresh(talks)
	assert (now.sf_stage, now.sf_stage_passed, now.sf_sales_process) == ("Negotiation",) * 2 + (
		standing.PROCESS,
	)
	assert now.sf_stage_entered_on == get_datetime(MONDAY) and now.sf_stage_due
	assert now.sales_stage == "Negotiation/Review"  # the finer word stays
	assert standing.fresh(won).sales_stage == "Closed and Served"
	assert now.modified == talks.modified


def test_versions_tell_when_and_by_whom(rep, frozen_time):
	with frozen_time(MONDAY) as clock:
		deal = standing.bare(records.opportunity(), status="Quotation", sales_stage="Negotiation/Review")
		frappe.db.set_value("Opportunity", deal.name, "party_name", "nobody", update_modified=False)
		version(deal, "2027-01-08 16:00", ("sales_stage", "Prospecting", "Proposal/Price Quote"), owner=rep)
		version(deal, "2027-01-09 10:00", ("title", "a", "b"))
		version(
			deal, "2027-01-10 10:00", ("status", "Open", "Quotation")
		)  # says no more than the sales stage
		version(deal, "2027-01-11 11:00", ("sales_stage", "Proposal/Price Quote", "Negotiation/Review"))
		version(deal, "2027-01-11 12:00", data='{"changed": [["status"]], "broken')
		clock.set("2027-01-12 10:00")
		stage_backfill.run()
	assert story(deal) == [
		(None, "Needs Explored", "Entered", MONDAY, "Taken In"),
		("Needs Explored", "Solution Presented", "Forward", "2027-01-08 16:00", "Taken In"),
		("Solution Presented", "Negotiation", "Forward", "2027-01-11 11:00", "Taken In"),
	]
	moves = standing.moves(deal)
	assert moves[1].changed_by == rep
	assert moves[2].stay_hours == 4  # over the week-end
	assert not any(move.was_late or move.is_bypass for move in moves)
	assert standing.fresh(deal).sf_stage_entered_on == get_datetime("2027-01-11 11:00")


def test_an_opportunity_goes_on_from_its_lead(frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = records.lead()
		clock.shift(days=2)
		deal = records.opportunity(party_name=lead.name)
		standing.bare(lead, status="Opportunity")
		standing.bare(deal)
		stage_backfill.run()
	assert story(lead) == [(None, "Qualified", "Entered", MONDAY, "Taken In")]
	(move,) = standing.moves(deal)
	assert (move.from_stage, move.to_stage, move.direction) == ("Qualified", "Needs Explored", "Forward")
	assert (move.came_from_doctype, move.came_from) == ("Lead", lead.name)
	assert move.entered_on == get_datetime(MONDAY) and move.stay_days == 2


@pytest.mark.parametrize("status", ["Lost", "Closed", "Converted"])
def test_what_has_ended_is_taken_in_and_never_late(rep, frozen_time, status):
	with frozen_time(MONDAY) as clock:
		deal = standing.bare(records.opportunity(opportunity_owner=rep), status=status)
		clock.shift(days=300)
		stage_backfill.run()
		stage_clock.tick()
	now = standing.fresh(deal)
	assert now.sf_stage and not now.sf_stage_due and not now.sf_stage_late


def test_what_stood_too_long_before_is_shown_and_told_to_nobody(rep, manager, frozen_time):
	with frozen_time(MONDAY) as clock:
		lead = standing.bare(records.lead(lead_owner=rep))
		clock.set("2027-01-11 10:01")
		late = standing.bare(records.lead(lead_owner=rep))
		frappe.db.set_value("Lead", late.name, "creation", MONDAY, update_modified=False)
		frappe.db.set_value("Lead", lead.name, "creation", "2026-11-02 10:00", update_modified=False)
		stage_backfill.run()
		before = frappe.db.count("Notification Log", {"for_user": ("in", [rep, manager])})
		stage_clock.tick()
		assert frappe.db.count("Notification Log", {"for_user": ("in", [rep, manager])}) == before
	assert standing.fresh(late).sf_stage_late == "Late"
	assert standing.fresh(lead).sf_stage_late == "Escalated"


_TOLD = (*standing.STATE, "modified")
_NOT_COMPARED = ("name", "creation", "modified")


def _everything(docs):
	told = []
	for doc in docs:
		now = standing.fresh(doc)
		log = [{k: v for k, v in move.items() if k not in _NOT_COMPARED} for move in standing.moves(doc)]
		told.append(({field: now.get(field) for field in (*_TOLD, "sales_stage")}, log))
	return told


def _of_every_kind(rep, clock):
	"""Documents of many days and kinds, none of which has a history."""
	docs = []
	for days, hour in enumerate((0, 5, 9, 12, 17, 18, 23, 10, 11, 13, 14, 15)):
		created = get_datetime("2026-12-20 00:07:31.25") + timedelta(days=days, hours=hour)
		touched = created + timedelta(days=1, hours=3) if days % 3 == 0 else None
		lead = standing.bare(
			records.lead(lead_owner=rep if days % 2 else None),
			status=("Lead", "Open", "Interested", "Do Not Contact")[days % 4],
			creation=created,
			sf_last_touch_on=touched,
			disabled=int(days == 5),
			sf_in_nurture=int(days == 6),
			sf_stage="Qualified" if days == 7 else None,
		)
		deal = standing.bare(
			records.opportunity(opportunity_owner=rep if days % 2 else None),
			status=("Open", "Quotation", "Converted", "Lost", "Replied")[days % 5],
			sales_stage=("Prospecting", "Negotiation/Review", None, "Proposal/Price Quote")[days % 4],
			creation=created,
			sf_last_touch_on=touched,
			party_name="nobody",
			opportunity_amount=1000 * days,
			base_opportunity_amount=500 if days % 2 else 0,
			conversion_rate=7 if days % 3 else 0,
			sf_grade="A" if days % 2 else None,
			title=None if days == 4 else "A deal",
		)
		docs += [lead, deal]
	return docs


def test_the_database_says_of_many_what_is_said_of_each(rep, frozen_time, monkeypatch):
	"""`stage_sets` carries the same outcome to many documents that `stage_backfill` counts for one."""
	with frozen_time("2027-01-11 10:01") as clock:
		docs = _of_every_kind(rep, clock)
		stage_backfill.run()
		at_once = _everything(docs)
		for doc in docs:
			now = standing.fresh(doc)
			standing.bare(
				doc,
				sf_stage=doc.sf_stage,
				**({"sales_stage": doc.sales_stage} if doc.doctype == "Opportunity" else {}),
			)
			assert now.sf_stage
		names = [doc.name for doc in docs]
		learn = stage_sets.Sets.learn
		monkeypatch.setattr(stage_sets.Sets, "learn", lambda *args: [*learn(*args), *names])
		frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)
		stage_backfill.run()
	assert _everything(docs) == at_once
	lates = {state["sf_stage_late"] for state, _log in at_once}
	assert lates == {"", "Late", "Escalated"}
	assert len({move["to_stage"] for _state, log in at_once for move in log}) >= 4


@pytest.mark.parametrize(("amount", "unit"), [(0.005, "Hours"), (30, "Working Hours"), (2, "Weeks")])
def test_a_limit_in_any_unit_is_counted_alike(frozen_time, monkeypatch, amount, unit):
	"""Where a deadline lies between two minutes, each document is counted by itself."""
	limit = ageing.Limit(amount, unit)
	monkeypatch.setattr(stage_backfill.stage_limits, "limit_of", lambda *args: limit)
	with frozen_time(MONDAY) as clock:
		leads = [standing.bare(records.lead()) for _ in range(3)]
		for hours, lead in enumerate(leads):
			created = get_datetime("2026-12-31 17:59:58.5") + timedelta(hours=hours)
			frappe.db.set_value("Lead", lead.name, "creation", created, update_modified=False)
		clock.shift(minutes=1)
		stage_backfill.run()
	for lead in leads:
		now = standing.fresh(lead)
		assert now.sf_stage_due == ageing.due(now.creation, limit, working_calendar(now.company))


def test_twice_is_once(frozen_time):
	with frozen_time(MONDAY):
		lead = standing.bare(records.lead())
		stage_backfill.run()
		before = standing.fresh(lead)
		frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)
		assert stage_backfill.run() == 0
	assert standing.fresh(lead) == before and len(standing.moves(lead)) == 1


def test_a_killed_run_goes_on_behind_its_last_chunk(frozen_time, monkeypatch):
	with frozen_time(MONDAY):
		leads = [standing.bare(records.lead()) for _ in range(5)]
		monkeypatch.setattr(stage_backfill, "CHUNK", 2)
		write, calls = stage_sets.Sets._write_log, []

		def killed(*args):
			calls.append(args)
			write(*args)
			if len(calls) == 2:
				raise KeyboardInterrupt

		monkeypatch.setattr(stage_sets.Sets, "_write_log", killed)
		with pytest.raises(KeyboardInterrupt):
			stage_backfill.run()
		frappe.db.rollback()
		monkeypatch.setattr(stage_sets.Sets, "_write_log", write)
		assert sum(len(standing.moves(lead)) for lead in leads) == 2
		assert not frappe.db.get_single_value("Salesflow Settings", "stages_taken_in")
		stage_backfill.run()
	assert [len(standing.moves(lead)) for lead in leads] == [1] * 5
	assert all(standing.fresh(lead).sf_stage_passed == "Lead Acquired" for lead in leads)


def test_a_killed_run_is_started_again_by_the_clock(jobs):
	frappe.db.set_single_value("Salesflow Settings", "taken_in", 1)
	lead = standing.bare(records.lead())
	stage_clock.tick()
	stage_clock.tick()
	assert len(jobs.named("stage_backfill.run")) == 1
	jobs.run("stage_backfill.run")
	assert standing.fresh(lead).sf_stage == "Lead Acquired"
	stage_clock.tick()
	assert not jobs.named("stage_backfill.run")


def test_it_comes_with_the_install_and_once_with_a_new_version(jobs):
	lead = standing.bare(records.lead())
	take_in.run()
	assert standing.fresh(lead).sf_stage == "Lead Acquired"
	install._take_into_stages()
	frappe.db.commit()
	assert not jobs.named("stage_backfill.run")
	frappe.db.set_single_value("Salesflow Settings", "stages_taken_in", 0)
	install._take_into_stages()
	frappe.db.commit()
	assert len(jobs.named("stage_backfill.run")) == 1


def test_progress_is_told_to_who_has_the_settings_open(monkeypatch):
	told = []
	monkeypatch.setattr(frappe, "publish_progress", lambda percent, **more: told.append((percent, more)))
	standing.bare(records.lead())
	stage_backfill.run()
	percent, more = told[-1]
	assert percent == 100 and more["doctype"] == more["docname"] == "Salesflow Settings"


def test_one_that_cannot_be_read_does_not_stop_the_others():
	broken, bare, good = (standing.bare(records.opportunity()) for _ in range(3))
	version(broken, "2027-01-11 12:00", ("status", "Open", ["Replied"]))
	frappe.db.sql("update `tabOpportunity` set creation = null, modified = null where name = %s", bare.name)
	stage_backfill.run()
	assert not standing.moves(broken)
	assert [len(standing.moves(deal)) for deal in (bare, good)] == [1, 1]
	assert frappe.db.get_single_value("Salesflow Settings", "stages_taken_in")
	assert frappe.db.exists("Error Log", {"reference_name": broken.name})
