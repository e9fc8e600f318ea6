"""What `make benchmark` measures on a site. Each function runs in the bench's Python and returns plain numbers.

Gravatar is stubbed: ERPNext asks it over the network at each save of a lead with an e-mail address.
"""

from __future__ import annotations

import random
import statistics
import time
from datetime import timedelta
from pathlib import Path

import frappe
from frappe.model.document import Document
from frappe.utils import now_datetime

CHUNK = 5000
_SEED = 20261121


def _quiet() -> None:
	import erpnext.crm.doctype.lead.lead as lead

	lead.has_gravatar = lambda _email: ""
	frappe.flags.mute_emails = True


def _rows(doctype: str, rows: list[dict]) -> None:
	fields = sorted({field for row in rows for field in row})
	for i in range(0, len(rows), CHUNK):
		chunk = [[row.get(field) for field in fields] for row in rows[i : i + CHUNK]]
		frappe.db.bulk_insert(doctype, fields, chunk, ignore_duplicates=True)
		frappe.db.commit()


def _leads_to_save(count: int, graded: bool = False) -> list[str]:
	if graded:  # some of those that `make_leads` has made, from all over the table
		names = frappe.get_all("Lead", filters={"name": ("like", "BULK-%")}, pluck="name", order_by="name")
		return random.Random(_SEED).sample(names, count)
	names = frappe.get_all(
		"Lead", filters={"name": ("like", "BENCH-%")}, pluck="name", order_by="name", limit=count
	)
	for i in range(len(names), count):
		lead = frappe.get_doc(
			{
				"doctype": "Lead",
				"naming_series": "BENCH-.#####",
				"first_name": f"Contact {i}",
				"company_name": f"Bench Company {i}",
				"email_id": f"contact-{i}@bench.example",
				"source": "Exhibition",
			}
		).insert()
		names.append(lead.name)
	frappe.db.commit()
	return names


def save_leads(count: int, graded: bool = False) -> dict:
	"""Seconds of saving leads one by one, each read before and committed after: median and 95th percentile."""
	_quiet()
	names = _leads_to_save(count, graded)
	times = []
	for turn, name in enumerate([*names[:10], *names]):
		lead = frappe.get_doc("Lead", name)
		lead.city = f"City {turn}-{time.time_ns()}"
		begun = time.perf_counter()
		lead.save()
		frappe.db.commit()
		times.append(time.perf_counter() - begun)
	times = sorted(times[10:])  # the first ones warm up
	return {"median": statistics.median(times), "p95": times[int(len(times) * 0.95)]}


def score_leads(count: int) -> dict:
	"""Median seconds of `score()` and of a Lead save, turn by turn on the same leads."""
	from salesflow_std.api.scoring import score

	_quiet()
	rng = random.Random(_SEED)
	times: dict[str, list[float]] = {"save": [], "score": []}
	for turn, name in enumerate(_leads_to_save(count)):
		lead = frappe.get_doc("Lead", name)
		lead.city = f"City {turn}-{time.time_ns()}"
		begun = time.perf_counter()
		lead.save()
		frappe.db.commit()
		times["save"].append(time.perf_counter() - begun)
		points = {code: rng.randint(1, 5) for code in "BNAU"}
		begun = time.perf_counter()
		score("Lead", name, points)
		frappe.db.commit()
		times["score"].append(time.perf_counter() - begun)
	return {key: statistics.median(values[10:]) for key, values in times.items()}


def make_opportunities(count: int) -> int:
	"""Opportunities from as many leads, written straight into the table."""
	rng = random.Random(_SEED)
	now = now_datetime()
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	rows = [
		{
			"name": f"BENCH-OPP-{i:07d}",
			"creation": now,
			"modified": now,
			"owner": "Administrator",
			"modified_by": "Administrator",
			"opportunity_from": "Lead",
			"party_name": f"BULK-{rng.randrange(count):07d}",
			"title": f"Bench Company {i}",
			"status": rng.choice(["Open", "Lost", "Converted", "Quotation"]),
			"company": company,
			"opportunity_amount": rng.randrange(1_000, 500_000),
			"base_opportunity_amount": rng.randrange(1_000, 500_000),
		}
		for i in range(count)
	]
	_rows("Opportunity", rows)
	frappe.db.sql("analyze table `tabOpportunity`")
	return count


def _quotations(count: int) -> list[str]:
	"""Draft quotations of five rows, each to a lead with an opportunity; with the app their figures are approved."""
	gated = frappe.get_meta("Quotation").has_field("sf_fingerprint")
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	names = []
	for i, lead in enumerate(_leads_to_save(count)):
		opportunity = frappe.get_doc(
			{"doctype": "Opportunity", "opportunity_from": "Lead", "party_name": lead, "company": company}
		).insert()
		quotation = frappe.get_doc(
			{
				"doctype": "Quotation",
				"quotation_to": "Lead",
				"party_name": lead,
				"opportunity": opportunity.name,
				"company": company,
				"order_type": "Sales",
				"items": [
					{"item_code": "Standard Service", "qty": row + 1, "rate": 500 + i} for row in range(5)
				],
			}
		).insert()
		if gated:
			_approve(quotation)
		names.append(quotation.name)
	frappe.db.commit()
	return names


def _approve(quotation: Document) -> None:
	"""A proposal with a quotation's figures and its approved review, straight into the tables."""
	from salesflow_std.salesflow_std import figures

	review, proposal = frappe.new_doc("Proposal Review"), frappe.new_doc("Solution Proposal")
	fingerprint = figures.fingerprint(quotation)
	review.update({"name": f"BENCH-{quotation.name}", "status": "Approved", "fingerprint": fingerprint})
	proposal.update(
		{
			"name": f"BENCH-{quotation.name}",
			"reference_doctype": "Opportunity",
			"reference_name": quotation.opportunity,
			"company": quotation.company,
			"status": "Approved",
			"fingerprint": fingerprint,
			"proposal_review": review.name,
		}
	)
	review.db_insert()
	proposal.db_insert()


def quotations(count: int) -> dict:
	"""Median seconds of saving a draft quotation and of submitting it, each committed after."""
	_quiet()
	times: dict[str, list[float]] = {"save": [], "submit": []}
	for turn, name in enumerate(_quotations(count + 10)):
		quotation = frappe.get_doc("Quotation", name)
		quotation.title = f"Quotation {turn}"
		for key in times:
			begun = time.perf_counter()
			getattr(quotation, key)()
			frappe.db.commit()
			times[key].append(time.perf_counter() - begun)
	return {key: statistics.median(values[10:]) for key, values in times.items()}


def make_leads(count: int) -> int:
	"""Graded leads, captured over the last ninety days; a quarter still waits for the first touch."""
	from salesflow_std.engine import scoring
	from salesflow_std.salesflow_std.doctype.scoring_model.scoring_model import engine_model

	model = engine_model("BNAU")
	rng = random.Random(_SEED)
	now = now_datetime().replace(microsecond=0)
	company = frappe.get_all("Company", pluck="name", order_by="name", limit=1)[0]
	rows = []
	for i in range(count):
		captured = now - timedelta(seconds=rng.randrange(90 * 86400))
		points = {code: float(rng.randint(1, 5)) for code in "BNAU"}
		result = scoring.grade(model, points)
		rows.append(
			{
				"name": f"BULK-{i:07d}",
				"creation": captured,
				"modified": captured,
				"owner": "Administrator",
				"modified_by": "Administrator",
				"lead_name": f"Contact {i}",
				"company_name": f"Bench Company {i}",
				"title": f"Bench Company {i}",
				"status": rng.choice(["Lead", "Open", "Replied", "Interested"]),
				"company": company,
				"sf_captured_on": captured,
				"sf_graded_on": captured + timedelta(hours=rng.randrange(1, 48)),
				"sf_points": scoring.pack_points(points),
				"sf_scoring_model": "BNAU",
				"sf_score": result.score,
				"sf_grade": result.grade,
				"sf_first_touched_on": captured + timedelta(hours=5) if rng.random() < 0.75 else None,
			}
		)
	_rows("Lead", rows)
	frappe.db.sql("analyze table `tabLead`")
	from salesflow_std.jobs import regrade

	frappe.db.set_value("Scoring Model", "BNAU", "regraded_as", None)
	regrade.run("BNAU")  # so that the first measured run finds all dates in their place
	return count


def _set_weight(weight: float) -> None:
	row = frappe.get_all(
		"Scoring Dimension", filters={"parent": "BNAU", "code": "B"}, pluck="name", order_by="idx"
	)[0]
	frappe.db.set_value("Scoring Dimension", row, "weight", weight)
	frappe.clear_document_cache("Scoring Model", "BNAU")
	frappe.db.commit()


_ONE_UPDATE = """update `tabLead` set
	sf_score = sf_score + %(shift)s,
	sf_grade = case when sf_score >= 15 then 'A' when sf_score >= 8 then 'B' else 'C' end,
	sf_first_touch_due = case when sf_first_touched_on is not null then sf_first_touch_due
		when sf_score >= 15 then sf_captured_on + interval 48 hour
		when sf_score >= 8 then sf_captured_on + interval 7 day end,
	sf_first_touch_status = case when sf_first_touched_on is not null then sf_first_touch_status
		when sf_first_touch_due is null then ''
		when sf_first_touch_due >= %(now)s then 'Not Yet' else 'Overdue' end,
	sf_in_nurture = sf_score < 8,
	sf_next_touch_on = null,
	sf_review_due = sf_graded_on + interval 7 day,
	sf_grade_stale = sf_graded_on + interval 7 day < %(now)s
where sf_scoring_model = 'BNAU'"""


def regrade_leads(weight: float) -> dict:
	"""Seconds of the re-grade job after a change of weight, and of one UPDATE of the same rows and columns.

	The UPDATE leaves out all that makes a re-grade: rubric and bands as data, the working calendar, frozen
	grades, history, chunks, and that a killed run can be started again.
	"""
	from salesflow_std.jobs import regrade

	_set_weight(weight)
	history = frappe.db.count("BNAU Score", {"source": "Re-graded"})
	begun = time.perf_counter()
	regrade.run("BNAU")
	seconds = time.perf_counter() - begun
	moved = frappe.db.count("BNAU Score", {"source": "Re-graded"}) - history
	update = []
	for shift in (1, -1, 1, -1):
		begun = time.perf_counter()
		frappe.db.sql(_ONE_UPDATE, {"shift": shift, "now": now_datetime()})
		frappe.db.commit()
		update.append(time.perf_counter() - begun)
	# The UPDATE has left grades of its own; the job puts them right, unmeasured.
	regrade.run("BNAU")
	frappe.db.delete("BNAU Score", {"source": "Re-graded"})
	frappe.db.commit()
	return {
		"regrade": seconds,
		"update": statistics.median(update),
		"moved": moved,
		"untouched": frappe.db.count(
			"Lead", {"sf_scoring_model": "BNAU", "sf_first_touched_on": ("is", "not set")}
		),
	}


def regrade_until(stop: str) -> int:
	"""Re-grades again and again, until the file `stop` is there."""
	from salesflow_std.jobs import regrade

	rounds = 0
	deadline = time.monotonic() + 120
	while not Path(stop).exists() and time.monotonic() < deadline:
		rounds += 1
		_set_weight(1 + rounds % 3)
		regrade.run("BNAU")
	return rounds


# Follow-ups --------------------------------------------------------------------------------------------------

_SALES_TEAM = 200


def _team() -> list[str]:
	"""Reps who share the leads: users written straight into the table."""
	now = now_datetime()
	names = [f"rep-{i:03d}@bench.example" for i in range(_SALES_TEAM)]
	rows = [
		{
			"name": name,
			"email": name,
			"first_name": name,
			"full_name": name,
			"enabled": 1,
			"user_type": "System User",
			"creation": now,
			"modified": now,
			"owner": "Administrator",
			"modified_by": "Administrator",
		}
		for name in names
	]
	_rows("User", rows)
	_rows(
		"Has Role",
		[
			{
				"name": f"bench-role-{i}",
				"parent": name,
				"parenttype": "User",
				"parentfield": "roles",
				"role": "Sales User",
				"creation": now,
				"modified": now,
				"owner": "Administrator",
				"modified_by": "Administrator",
			}
			for i, name in enumerate(names)
		],
	)
	frappe.db.commit()
	return names


_ONE_INSERT = """insert into `tabFollow Up` (name, creation, modified, owner, modified_by, docstatus, idx, title,
		reference_doctype, reference_name, allocated_to, status, kind, due_on, late_on, channel, goal, value_kind,
		policy, grade, open_key)
	select concat('bench-', name), %(now)s, %(now)s, 'Administrator', 'Administrator', 0, 0, title,
		'Lead', name, lead_owner, 'Planned', 'Rhythm',
		case when sf_first_touched_on is null then sf_first_touch_due
			when sf_grade = 'A' then %(now)s + interval 3 day
			when sf_grade = 'B' then %(now)s + interval 7 day else %(now)s + interval 1 month end,
		%(now)s + interval 9 day, 'Phone', 'Agree on the next step', 'Case', 'Lead follow-up', sf_grade,
		concat('bench|', name)
	from `tabLead` where name like 'BULK-%%' and status = 'Open'"""


def plan_leads() -> dict:
	"""Seconds of planning all leads, of one INSERT … SELECT of as many follow-ups, and of an idle tick.

	The INSERT takes fixed intervals and channels: no calendar, gap, rotation, load or owner on leave, and it
	leaves the leads as they are.
	"""
	from salesflow_std.jobs import follow_up_clock

	names = _team()
	frappe.db.delete("Follow Up")
	frappe.db.sql(
		"""update `tabLead` set sf_next_touch_on = null, sf_rhythm = null, status = 'Open',
			sf_last_touch_on = sf_first_touched_on,
			lead_owner = concat('rep-', lpad(mod(cast(substr(name, 6) as unsigned), %s), 3, '0'), '@bench.example')
		where name like 'BULK-%%'""",
		(len(names),),
	)
	frappe.db.commit()
	frappe.db.sql("analyze table `tabLead`, `tabFollow Up`")
	begun = time.perf_counter()
	planned = follow_up_clock.plan_due()
	frappe.db.commit()
	seconds = time.perf_counter() - begun
	begun = time.perf_counter()
	follow_up_clock.tick()  # tells the managers of the first touches that are overdue
	first_tick = time.perf_counter() - begun
	begun = time.perf_counter()
	follow_up_clock.tick()
	idle = time.perf_counter() - begun
	begun = time.perf_counter()
	frappe.db.sql(_ONE_INSERT, {"now": now_datetime()})
	frappe.db.commit()
	insert = time.perf_counter() - begun
	frappe.db.delete("Follow Up", {"name": ("like", "bench-%")})
	frappe.db.commit()
	return {"plan": seconds, "insert": insert, "first_tick": first_tick, "idle": idle, "planned": planned}


def my_day(open_leads: int) -> dict:
	"""Median seconds of My Day for a rep with so many open leads, and of ERPNext's own list of 20 leads.

	Both as the desk asks for them: whole requests of a logged-in rep, from the session to the answer as JSON.
	"""
	from frappe.app import application
	from frappe.utils.password import update_password
	from werkzeug.test import Client

	rep = "rep-000@bench.example"
	assert frappe.db.count("Lead", {"lead_owner": rep}) >= open_leads
	update_password(rep, "bench")
	frappe.db.commit()
	site, sites_path = frappe.local.site, frappe.local.sites_path
	client = Client(application)
	headers = {"X-Frappe-Site-Name": site}
	assert (
		client.post("/api/method/login", data={"usr": rep, "pwd": "bench"}, headers=headers).status_code
		== 200
	)
	lead_list = {
		"doctype": "Lead",
		"fields": '["`tabLead`.`name`","`tabLead`.`title`","`tabLead`.`status`","`tabLead`.`modified`","`tabLead`.`_assign`"]',
		"filters": "[]",
		"order_by": "`tabLead`.`modified` desc",
		"start": 0,
		"page_length": 20,
		"view": "List",
	}
	times: dict[str, list[float]] = {"my_day": [], "list": []}
	items = 0
	for _turn in range(60):
		begun = time.perf_counter()
		answer = client.get("/api/method/frappe.desk.reportview.get", query_string=lead_list, headers=headers)
		times["list"].append(time.perf_counter() - begun)
		assert len(answer.json["message"]["values"]) == 20
		begun = time.perf_counter()
		answer = client.get("/api/method/salesflow_std.api.my_day.get", headers=headers)
		times["my_day"].append(time.perf_counter() - begun)
		items = len(answer.json["message"]["items"])
	frappe.init(site=site, sites_path=sites_path)
	frappe.connect()
	return {**{key: statistics.median(values[20:]) for key, values in times.items()}, "items": items}


def send_mails(count: int) -> dict:
	"""Median seconds of an e-mail sent from a Lead, as the desk sends it, up to its place in the queue."""
	from frappe.core.doctype.communication.email import make

	_quiet()
	frappe.flags.mute_emails = False
	if not frappe.db.exists("Email Account", "Bench"):
		account = frappe.get_doc(
			{
				"doctype": "Email Account",
				"email_account_name": "Bench",
				"email_id": "sales@bench.example",
				"enable_outgoing": 1,
				"default_outgoing": 1,
				"smtp_server": "127.0.0.1",
				"no_smtp_authentication": 1,
				"awaiting_password": 1,
			}
		)
		# Past its own checks, which would talk to the mail server.
		account.name = "Bench"
		account.db_insert()
	names = _leads_to_save(count + 10)
	scored = frappe.get_meta("Lead").has_field("sf_grade")
	if scored:
		from salesflow_std.api.scoring import score

		for name in names:
			if not frappe.db.get_value("Lead", name, "sf_grade"):
				score("Lead", name, {"B": 5, "N": 5, "A": 5, "U": 5})
	frappe.db.commit()
	times = []
	for name in names:
		begun = time.perf_counter()
		make(
			doctype="Lead",
			name=name,
			subject="News",
			content="<p>News</p>",
			recipients="contact@bench.example",
			send_email=True,
		)
		frappe.db.commit()
		times.append(time.perf_counter() - begun)
	return {"median": statistics.median(times[10:])}
