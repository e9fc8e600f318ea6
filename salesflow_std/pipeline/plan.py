"""The mapping file of an import: what their columns, values and stages mean here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import frappe
from frappe.utils import flt, get_datetime, getdate, now_datetime

from salesflow_std.audit import columns, mapping
from salesflow_std.audit.columns import plain
from salesflow_std.audit.errors import AuditError
from salesflow_std.engine import stages as rules
from salesflow_std.salesflow_std import processes

OPEN, WON, LOST, CLOSED = "Open", "Converted", "Lost", "Closed"
STATUSES = (OPEN, WON, LOST, CLOSED)

_KEYS = (
	"system",
	"stages",
	"reps",
	"rep_domain",
	"without_account",
	"currency",
	"conversion_rate",
	"revenue_factor",
	"make_items",
	"as_of",
)
_WAY_KEYS = ("stage", "status", "lost_reason", "competitor", "no_competitor", "learned")


@dataclass(frozen=True)
class Way:
	"""What a stage of theirs means: where the deal stood since it was engaged, and how it has ended.

	A Converted one went from `stage` to the won stage on its closing date; a Lost one stayed where it was.
	"""

	stage: str
	status: str = OPEN
	lost_reason: str = ""
	competitor: str = ""
	no_competitor: bool = False
	learned: str = ""


@dataclass(frozen=True)
class Plan:
	"""A checked mapping file, for one company and its sales process."""

	columns: mapping.Mapping
	ways: Mapping[str, Way]
	company: str
	process: rules.Process
	final: str
	currency: str
	conversion_rate: float = 1
	system: str = ""
	reps: Mapping[str, str] = field(default_factory=dict)
	rep_domain: str = "imported.invalid"
	without_account: str = ""
	revenue_factor: float = 1
	make_items: bool = False
	as_of: datetime = datetime.min

	def way(self, text: str) -> Way | None:
		"""What a stage of theirs means; None where the mapping does not say."""
		return self.ways.get(plain(text))

	def external_id(self, name: str) -> str:
		"""The ID of a deal of theirs, as it is kept here."""
		return f"{self.system}:{name}" if self.system else name

	def said(self, document: str, name: str, text: str) -> str:
		"""A cell after the mapping's corrections."""
		text = text.strip()
		return self.columns.values_of(document).get(name, {}).get(plain(text), text)


def load(path: str | Path, company: str | None = None) -> Plan:
	"""Reads a mapping file and checks it against this site. Raises AuditError naming what is wrong."""
	found = mapping.load(path, None, columns.OF_PIPELINE, _KEYS)
	more = found.more

	def wrong(key: str, problem: str) -> AuditError:
		return AuditError("Mapping {path}: {key}: {problem}", path=path, key=key, problem=problem)

	company = company or frappe.defaults.get_global_default("company")
	if not company or not frappe.db.exists("Company", company):
		raise AuditError("There is no company {company}. Name one with --company.", company=company or "")
	process = processes.choose(frappe._dict(doctype="Opportunity", company=company))
	if not process:
		raise AuditError("No Sales Process fits opportunities of {company}.", company=company)
	final = next((stage.name for stage in process.stages if stage.is_final), None)
	if not final:
		raise AuditError("Sales Process {process} has no stage in which a deal is won.", process=process.name)
	house = frappe.get_cached_value("Company", company, "default_currency")
	currency = _text(more, "currency", wrong) or house
	if not frappe.db.exists("Currency", currency):
		raise wrong("currency", f"there is no currency {currency}")
	rate = flt(more.get("conversion_rate")) or (1 if currency == house else 0)
	if not rate:
		raise wrong("conversion_rate", f"needed: one {currency} in {house}")
	return Plan(
		columns=found,
		ways=_ways(more.get("stages"), process, wrong),
		company=company,
		process=process,
		final=final,
		currency=currency,
		conversion_rate=rate,
		system=_text(more, "system", wrong),
		reps=_reps(more.get("reps", {}), wrong),
		rep_domain=_text(more, "rep_domain", wrong) or Plan.rep_domain,
		without_account=_text(more, "without_account", wrong),
		revenue_factor=flt(more.get("revenue_factor")) or 1,
		make_items=bool(more.get("make_items")),
		as_of=_moment(more, wrong),
	)


def _text(more: Mapping[str, object], key: str, wrong) -> str:
	value = more.get(key, "")
	if not isinstance(value, str):
		raise wrong(key, "must be a text")
	return value.strip()


def _moment(more: Mapping[str, object], wrong) -> datetime:
	text = _text(more, "as_of", wrong)
	if not text:
		return now_datetime()
	try:
		return get_datetime(getdate(text))
	except Exception:
		raise wrong("as_of", "must be a date such as 2026-11-21") from None


def _reps(part: object, wrong) -> dict[str, str]:
	if not isinstance(part, dict):
		raise wrong("reps", "must be an object of their rep: user")
	for rep, user in part.items():
		if not frappe.db.exists("User", user):
			raise wrong(f"reps.{rep}", f"there is no user {user}")
	return {plain(rep): user for rep, user in part.items()}


def _ways(part: object, process: rules.Process, wrong) -> dict[str, Way]:
	if not isinstance(part, dict) or not part:
		raise wrong("stages", "must be an object of their stage: ours")
	return {plain(theirs): _way(f"stages.{theirs}", said, process, wrong) for theirs, said in part.items()}


def _way(at: str, said: object, process: rules.Process, wrong) -> Way:
	said = {"stage": said} if isinstance(said, str) else said
	if not isinstance(said, dict) or set(said) - set(_WAY_KEYS):
		raise wrong(at, f"must be a stage, or an object of {', '.join(_WAY_KEYS)}")
	way = Way(**said)
	stages = [stage.name for stage in process.on("Opportunity") if not stage.is_final]
	if way.stage not in stages:
		raise wrong(at, f"{way.stage} is no stage of {process.name}; there are {', '.join(stages)}")
	if way.status not in STATUSES:
		raise wrong(at, f"{way.status} is no status; there are {', '.join(STATUSES)}")
	if way.status == LOST and not way.lost_reason:
		raise wrong(at, "lost_reason is needed: a deal is lost for a reason")
	return way
