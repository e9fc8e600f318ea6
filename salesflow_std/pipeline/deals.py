"""Writes deals as opportunities with their log of stages, a chunk at a time.

Each chunk is a transaction of its own, and a deal's ID in the old system is unique: killed and started again, or run
twice, an import ends as if it had run once. No gate is asked and nobody is told: what is brought in has happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import frappe
from frappe.model.naming import get_default_naming_series, make_autoname
from frappe.utils import now_datetime

from salesflow_std.engine import ageing
from salesflow_std.engine import stages as rules
from salesflow_std.salesflow_std import transitions
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar

from .masters import Masters
from .plan import LOST, OPEN, WON, Plan
from .rows import Refused, Row

CHUNK = 500
UNKNOWN_ENTRY = "When this stage was entered is not in the data."

_Record = dict[str, object]


class Writer:
	"""Writes the deals of one file; `counts` says how many came in, by status, and what they left open."""

	def __init__(
		self, plan: Plan, masters: Masters, refused: Refused, path: str, dry_run: bool = False
	) -> None:
		self.plan = plan
		self.masters = masters
		self.refused = refused
		self.path = path
		self.dry_run = dry_run
		self.counts: Counter = Counter()
		self.open_questions: Counter = Counter()
		self.won_on: dict[str, datetime | None] = {}
		self._calendar = working_calendar(plan.company)
		self._ends = {
			stage.name: ageing.Ends(
				ageing.Limit(stage.longest_stay, stage.unit, stage.touch_resets), self._calendar
			)
			for stage in plan.process.stages
		}
		self._series = get_default_naming_series("Opportunity")
		self._uom = frappe.db.get_single_value("Stock Settings", "stock_uom") or "Nos"

	def write(self, rows: Iterable[Row]) -> Iterator[int]:
		"""Writes all deals; yields after each chunk how many have been looked at."""
		rows = iter(rows)
		done = 0
		while chunk := list(islice(rows, CHUNK)):
			self._chunk(chunk)
			done += len(chunk)
			yield done

	def _chunk(self, rows: Sequence[Row]) -> None:
		rows = self._new_ones(rows)
		counted = self.masters.counted()
		try:
			self._insert(rows)
		except Exception:
			frappe.db.rollback()
			self.masters.forget(counted)
			self._one_by_one(rows)
		if not self.dry_run:
			# The chunk is whole; the next one must not undo it.
			frappe.db.commit()  # nosemgrep

	def _one_by_one(self, rows: Sequence[Row]) -> None:
		"""One of a chunk cannot be written: the others can."""
		for row in rows:
			frappe.db.savepoint("salesflow_deal")
			counted = self.masters.counted()
			try:
				self._insert(self._new_ones([row]))
			except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
				raise
			except Exception as problem:
				frappe.db.rollback(save_point="salesflow_deal")
				self.masters.forget(counted)
				self.refused.add(self.path, row.line, row.name, f"{type(problem).__name__}: {problem}")

	def _new_ones(self, rows: Sequence[Row]) -> list[Row]:
		ids = [self.plan.external_id(row.name) for row in rows]
		known = set(
			frappe.get_all(
				"Opportunity",
				filters={"sf_external_id": ("in", ids)},
				pluck="sf_external_id",
				order_by="sf_external_id",
			)
		)
		self.counts["already there"] += len(known)
		return [row for row, key in zip(rows, ids, strict=True) if key not in known]

	def _insert(self, rows: Sequence[Row]) -> None:
		"""Writes the records of some deals, and counts them once they are written."""
		hours = self._worked_hours(rows)
		records: dict[str, list[_Record]] = {}
		counts, questions, won = Counter(), Counter(), {}
		for row in rows:
			deal = self._deal(row)
			records.setdefault("Opportunity", []).append(deal)
			for doctype, record in self._with(row, deal, hours):
				records.setdefault(doctype, []).append(record)
			counts[row.way.status] += 1
			questions.update(_open_questions(row))
			if row.way.status == WON:
				won.setdefault(deal["party_name"], []).append(row.closed_on)
		if not self.dry_run:
			for doctype, found in records.items():
				_bulk_insert(doctype, found)
		self.counts += counts
		self.open_questions += questions
		for customer, dates in won.items():
			dates = [date for date in (*dates, self.won_on.get(customer)) if date]
			self.won_on[customer] = min(dates, default=None)

	def _worked_hours(self, rows: Sequence[Row]) -> ageing.WorkedHours:
		dates = [date for row in rows for date in (row.engaged_on, row.closed_on) if date]
		today = now_datetime()
		return ageing.WorkedHours(
			self._calendar, min(dates, default=today).date(), max(dates, default=today).date()
		)

	# Records --------------------------------------------------------------------------------------------------

	def _deal(self, row: Row) -> _Record:
		plan, way = self.plan, row.way
		rep = self.masters.rep(row.rep)
		stage = plan.final if way.status == WON else way.stage
		entered = row.closed_on if way.status == WON else row.engaged_on
		due = self._ends[stage].of(entered) if entered and way.status == OPEN else None
		amount = row.amount or 0
		return {
			"name": "" if self.dry_run else make_autoname(self._series, "Opportunity"),
			"naming_series": self._series,
			"opportunity_from": "Customer",
			"party_name": self.masters.customer(row.account),
			"customer_name": row.account,
			"title": row.account,
			"status": way.status,
			"opportunity_type": self._type(),
			"opportunity_owner": rep.user,
			"territory": rep.territory,
			"sales_stage": stage,
			"probability": plan.process.stage(stage).probability,
			"currency": plan.currency,
			"conversion_rate": plan.conversion_rate,
			"opportunity_amount": amount,
			"base_opportunity_amount": amount * plan.conversion_rate,
			"total": amount if row.product else 0,
			"base_total": amount * plan.conversion_rate if row.product else 0,
			"company": plan.company,
			"transaction_date": (row.engaged_on or row.closed_on or plan.as_of).date(),
			"sf_external_id": plan.external_id(row.name),
			"sf_external_rep": row.rep or None,
			"sf_sales_process": plan.process.name,
			"sf_stage": stage,
			"sf_stage_passed": stage,
			"sf_stage_entered_on": entered,
			"sf_stage_due": due,
			# What was late when it came is marked, and nobody is told of all of it at once.
			"sf_stage_late": ageing.standing(
				due,
				now_datetime(),
				plan.process.escalate_amount,
				plan.process.escalate_unit,
				self._calendar,
			),
			"sf_lost_on": row.closed_on if way.status == LOST else None,
			"sf_no_competitor": int(way.status == LOST and way.no_competitor),
			"sf_learned": way.learned if way.status == LOST else None,
		}

	def _type(self) -> str | None:
		return "Sales" if frappe.db.exists("Opportunity Type", "Sales", cache=True) else None

	def _with(self, row: Row, deal: _Record, hours: ageing.WorkedHours) -> Iterator[tuple[str, _Record]]:
		"""What goes with an opportunity: its item, why it was lost, and its log of stages."""
		if row.product:
			rate = self.plan.conversion_rate
			amount = deal["opportunity_amount"]
			yield (
				"Opportunity Item",
				_child(
					deal,
					"items",
					item_code=self.masters.product(row.product),
					item_name=row.product[:140],
					qty=1,
					uom=self._uom,
					rate=amount,
					amount=amount,
					base_rate=amount * rate,
					base_amount=amount * rate,
				),
			)
		if row.way.status == LOST:
			reason = self.masters.lost_reason(row.way.lost_reason)
			yield "Opportunity Lost Reason Detail", _child(deal, "lost_reasons", lost_reason=reason)
			if row.way.competitor:
				competitor = self.masters.competitor(row.way.competitor)
				yield "Competitor Detail", _child(deal, "competitors", competitor=competitor)
		for transition in self._transitions(row, deal, hours):
			yield transitions.DOCTYPE, transition

	def _transitions(self, row: Row, deal: _Record, hours: ageing.WorkedHours) -> Iterator[_Record]:
		about = {
			**transitions.about({**deal, "doctype": "Opportunity"}),
			"name": frappe.generate_hash(length=10),
			"changed_by": frappe.session.user,
			"source": transitions.IMPORTED,
		}
		first = row.way.stage
		yield {
			**about,
			"from_stage": None,
			"to_stage": first,
			"direction": rules.ENTERED,
			"changed_on": row.engaged_on,
			"entered_on": None,
			"stay_hours": 0,
			"stay_days": 0,
			"reason": None if row.engaged_on else UNKNOWN_ENTRY,
		}
		if row.way.status != WON:
			return
		known = row.engaged_on and row.closed_on
		yield {
			**about,
			"name": frappe.generate_hash(length=10),
			"from_stage": first,
			"to_stage": self.plan.final,
			"direction": rules.direction(self.plan.process, first, self.plan.final),
			"changed_on": row.closed_on,
			"entered_on": row.engaged_on,
			"stay_hours": round(hours.between(row.engaged_on, row.closed_on), 2) if known else 0,
			"stay_days": (row.closed_on - row.engaged_on).total_seconds() / 86400 if known else 0,
			"reason": None if row.closed_on else UNKNOWN_ENTRY,
		}

	def tell_customers(self) -> None:
		"""Customers who have bought stand in the won stage, from their first closing date on (M1)."""
		if self.dry_run:
			return
		for customer, since in self.won_on.items():
			if not frappe.db.get_value("Customer", customer, "sf_stage"):
				values = {"sf_stage": self.plan.final, "sf_stage_entered_on": since}
				frappe.db.set_value("Customer", customer, values, update_modified=False)
		# Whatever comes after the deals must not undo it.
		frappe.db.commit()  # nosemgrep


def _open_questions(row: Row) -> Iterator[str]:
	"""What a deal's data does not say."""
	status = row.way.status
	if status == OPEN and not row.engaged_on:
		yield "open deals without a date: they have no time in stage and belong to no period"
	elif not row.engaged_on:
		yield "ended deals without a beginning: they have no time in stage"
	if status != OPEN and not row.closed_on:
		yield "ended deals without a closing date"
	if row.amount is None:
		yield "deals without an amount"
	if not row.product:
		yield "deals without a product"
	if status == LOST and not (row.way.competitor or row.way.no_competitor):
		yield "lost deals of which nobody says to whom"


def _child(deal: _Record, table: str, **values: object) -> _Record:
	return {
		"name": frappe.generate_hash(length=10),
		"parent": deal["name"],
		"parenttype": "Opportunity",
		"parentfield": table,
		"idx": 1,
		**values,
	}


def _bulk_insert(doctype: str, records: Sequence[_Record]) -> None:
	now, user = now_datetime(), frappe.session.user
	stamp = {"creation": now, "modified": now, "owner": user, "modified_by": user, "docstatus": 0}
	fields = [*records[0], *stamp]
	frappe.db.bulk_insert(
		doctype,
		fields,
		[[{**record, **stamp}.get(field) for field in fields] for record in records],
		chunk_size=CHUNK,
	)
