"""From a market research to leads: the high potential ones, once, with source and profile (L11)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, fmt_money, now, now_datetime, strip_html
from rq.timeouts import JobTimeoutException

from salesflow_std.engine import leads
from salesflow_std.engine.research import HIGH, Candidate, repeated
from salesflow_std.overrides.lead import find_duplicates

SOURCE = "Market Research"
CREATE, USE, SKIP = "Create", "Use", "Skip"
ANSWERS = (CREATE, USE, SKIP)

_TAKEN_OVER = ("industry", "territory")
_WORD = re.compile(r"\w+")
# Customers whose names begin alike and that are looked at; more of them say nothing.
_MOST_ALIKE = 50


@dataclass
class Outcome:
	"""What has become of candidates: ``{"row", "company_name", …}`` for each."""

	created: list[dict] = field(default_factory=list)
	used: list[dict] = field(default_factory=list)
	skipped: list[dict] = field(default_factory=list)
	failed: list[dict] = field(default_factory=list)

	def as_dict(self) -> dict[str, list[dict]]:
		"""For the desk and REST."""
		return {key: getattr(self, key) for key in ("created", "used", "skipped", "failed")}


def waiting(research: str, lock: bool = False) -> list[frappe._dict]:
	"""The high potential candidates without a lead, in the order of the table.

	With `lock` nobody else makes leads of the research until the transaction ends, and what is read is the newest.
	"""
	if lock:
		frappe.db.get_value("Market Research", research, "name", for_update=True)
	row = frappe.qb.DocType("Research Candidate")
	query = (
		frappe.qb.from_(row)
		.select("*")
		.where((row.parent == research) & (row.parenttype == "Market Research"))
		.where((row.potential == HIGH) & (row.lead.isnull() | (row.lead == "")))
		.orderby(row.idx)
	)
	return (query.for_update() if lock else query).run(as_dict=True)


# What is there already -------------------------------------------------------------------------------------


def proposals(research: str) -> list[dict]:
	"""What is to be decided of each waiting candidate.

	``[{"row", "idx", "company_name", "reason", "contact_name", "email_id", "phone", "leads", "customer", "same_as",
	"proposal"}]``: `leads` as `find_duplicates` gives them, `customer` ``{"name", "title", "readable"}`` or None, `same_as` the
	number of the row that names the same company before, `proposal` one of Create, Use and Skip.
	"""
	rows = waiting(research)
	again = repeated([_candidate(row) for row in rows])
	numbers = {row.name: row.idx for row in rows}
	customers = _customers_like({row.company_name for row in rows})
	found = []
	for row in rows:
		alike = find_duplicates(_as_lead(row))
		customer = customers.get(leads.company_key(row.company_name))
		found.append(
			{
				"row": row.name,
				**{
					key: row[key]
					for key in ("idx", "company_name", "reason", "contact_name", "email_id", "phone")
				},
				"leads": alike,
				"customer": customer,
				"same_as": numbers.get(again.get(row.name)),
				"proposal": USE if alike else SKIP if customer else CREATE,
			}
		)
	return found


def _candidate(row: frappe._dict) -> Candidate:
	return Candidate(
		row.name,
		email=leads.email_key(row.email_id),
		phone=leads.phone_key(row.phone),
		company=leads.company_key(row.company_name),
	)


def _as_lead(row: frappe._dict) -> frappe._dict:
	"""What of a candidate leads are compared by."""
	return frappe._dict(
		name="", email_id=row.email_id, phone=row.phone, mobile_no=None, company_name=row.company_name
	)


def _customers_like(names: Iterable[str]) -> dict[str, dict]:
	"""Customers of the same company: company key -> ``{"name", "title", "readable"}``.

	Customers keep no key; their names begin with the same word, or sign in Chinese, which an index finds.
	"""
	customer = frappe.qb.DocType("Customer")
	found: dict[str, dict] = {}
	for name in sorted(names):
		key, beginning = leads.company_key(name), _beginning(name)
		if not key or not beginning:
			continue
		rows = (
			frappe.qb.from_(customer)
			.select(customer.name, customer.customer_name)
			.where(customer.customer_name.like(f"{beginning}%"))
			.orderby(customer.customer_name, customer.name)
			.limit(_MOST_ALIKE)
			.run()
		)
		same = next((row for row in rows if leads.company_key(row[1]) == key), None)
		if same:
			readable = bool(frappe.has_permission("Customer", "read", doc=same[0]))
			found[key] = {
				"name": same[0] if readable else None,
				"title": same[1] if readable else None,
				"readable": readable,
			}
	return found


def _beginning(name: str) -> str:
	"""How another spelling of a company's name begins as well."""
	words = _WORD.findall(name)
	word = next((word for word in words if word.casefold() != "the"), "")
	# Without spaces a word is the whole name; its end is the legal form.
	return word if word.isascii() else word[:4]


# Making leads ----------------------------------------------------------------------------------------------


def make_leads(
	research: Document,
	choices: Mapping[str, Mapping[str, str]] | None,
	rows: Sequence[str] | None = None,
	made: dict[str, str] | None = None,
) -> Outcome:
	"""Makes leads of the waiting candidates, or links them to those that are there; twice is once.

	`choices` maps a candidate's row to ``{"do": "Create" | "Use" | "Skip", "lead": …}``; a row that it does not
	name is left. Without `choices` whatever is new is created and the rest left. `rows` narrows it down to a part;
	`made` remembers between the parts which lead a row has become. The caller has checked the rights on the research;
	those on each lead are checked here. One candidate that cannot be a lead stops no other.
	"""
	outcome = Outcome()
	made = {} if made is None else made
	found = waiting(research.name, lock=True)
	again = repeated([_candidate(row) for row in _all_high(research.name)])
	for row in found:
		if rows is not None and row.name not in rows:
			continue
		told = {"row": row.name, "company_name": row.company_name}
		try:
			with _on_its_own():
				done, more = _take(research, row, choices, made.get(again.get(row.name)))
		except Refused as refused:
			outcome.failed.append({**told, "reason": str(refused)})
			continue
		if more.get("lead"):
			made[row.name] = more["lead"]
		getattr(outcome, done).append({**told, **more})
	if outcome.created or outcome.used:
		# A form that was open before would save its old rows back; it is told so instead.
		frappe.db.set_value("Market Research", research.name, "modified", now(), update_modified=False)
	return outcome


def _all_high(research: str) -> list[frappe._dict]:
	return frappe.get_all(
		"Research Candidate",
		filters={"parent": research, "parenttype": "Market Research", "potential": HIGH},
		fields=["name", "email_id", "phone", "company_name"],
		order_by="idx",
	)


class Refused(Exception):
	"""A candidate that cannot be made a lead, with the reason in the user's language."""


@contextmanager
def _on_its_own() -> Iterator[None]:
	"""What fails inside is undone, and its messages with it; raises Refused."""
	said = list(frappe.local.message_log)
	frappe.db.savepoint("research_candidate")
	try:
		yield
	except (JobTimeoutException, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise  # the whole transaction is over
	except Exception as problem:
		frappe.db.rollback(save_point="research_candidate")
		if not isinstance(problem, frappe.ValidationError | frappe.PermissionError | Refused):
			frappe.log_error(title="Candidate could not be made a lead")
		raise Refused(_reason(problem)) from problem
	finally:
		# ERPNext's remarks on a lead belong on the lead's form; a list of them would say nothing here.
		frappe.local.message_log = said


def _reason(problem: Exception) -> str:
	text = strip_html(str(problem)).strip()
	if isinstance(problem, frappe.PermissionError) and not text:
		return _("You may not make this lead.")
	return text or _("It could not be saved.")


def _take(
	research: Document,
	row: frappe._dict,
	choices: Mapping[str, Mapping[str, str]] | None,
	same: str | None,
) -> tuple[str, dict]:
	"""Carries out what was chosen; `same` is the lead that an earlier row of this run has become."""
	choice = _choice(row, choices, same)
	do = choice.get("do")
	if do == SKIP:
		return "skipped", {}
	if do == USE:
		lead = choice.get("lead")
		_check_use(row, lead, same)
		_link(row.name, lead, was_there=True)
		return "used", {"lead": lead}
	if do != CREATE:
		raise Refused(_("{0} is no answer. There are: {1}.").format(do, ", ".join(ANSWERS)))
	lead = _insert(research, row)
	_link(row.name, lead, was_there=False)
	return "created", {"lead": lead}


def _choice(
	row: frappe._dict, choices: Mapping[str, Mapping[str, str]] | None, same: str | None
) -> Mapping[str, str]:
	choice = {"do": CREATE} if choices is None else choices.get(row.name) or {"do": SKIP}
	if choice.get("do") != CREATE:
		return choice
	if same:
		return {"do": USE, "lead": same}
	if choices is None and (find_duplicates(_as_lead(row)) or _customers_like({row.company_name})):
		return {"do": SKIP}
	return choice


def _check_use(row: frappe._dict, lead: str | None, same: str | None) -> None:
	"""A lead may be named that looks the same, or that the user may read anyway."""
	if not lead:
		raise Refused(_("Say which lead it is."))
	if lead == same or any(found["name"] == lead for found in find_duplicates(_as_lead(row))):
		return
	if not frappe.db.exists("Lead", lead) or not frappe.has_permission("Lead", "read", doc=lead):
		raise Refused(_("There is no lead {0} that you may read.").format(lead))


def _link(row: str, lead: str, was_there: bool) -> None:
	frappe.db.set_value(
		"Research Candidate", row, {"lead": lead, "lead_was_there": int(was_there)}, update_modified=False
	)


def _insert(research: Document, row: frappe._dict) -> str:
	lead = frappe.new_doc("Lead")
	lead.update(
		{
			"company_name": row.company_name,
			"lead_name": row.contact_name or None,
			"email_id": row.email_id,
			"phone": row.phone,
			"website": row.website,
			# Frappe would fill in the first of the list, which nobody has said.
			"no_of_employees": row.no_of_employees or "",
			"market_segment": research.market_segment,
			"sf_captured_on": now_datetime(),
			**{key: row[key] or research.get(key) for key in _TAKEN_OVER if row[key] or research.get(key)},
		}
	)
	if lead.meta.has_field("source") and frappe.db.exists("Lead Source", SOURCE):
		lead.source = SOURCE
	remarks = [_("From the market research {0}.").format(_link_to(research))]
	if row.reason:
		remarks.append(_("Why it is a candidate: {0}").format(escape_html(row.reason)))
	if row.annual_revenue and _same_currency(lead, row.currency):
		lead.annual_revenue = row.annual_revenue
	elif row.annual_revenue:
		remarks.append(_("Annual revenue: {0}").format(fmt_money(row.annual_revenue, currency=row.currency)))
	lead.insert()
	lead.add_comment("Info", "<br>".join(remarks))
	_give_profile(lead.name, research.target_profile)
	return lead.name


def _link_to(research: Document) -> str:
	return f'<a href="/app/market-research/{quote(research.name)}">{escape_html(research.title)}</a>'


def _same_currency(lead: Document, currency: str | None) -> bool:
	"""ERPNext keeps a lead's revenue in the currency of the company."""
	return not currency or currency == frappe.get_cached_value("Company", lead.company, "default_currency")


def _give_profile(lead: str, target_profile: str | None) -> None:
	"""L4: the research was made for a profile; where the facts say a better one, that stays."""
	if target_profile and not frappe.db.get_value("Lead", lead, "sf_target_profile"):
		frappe.db.set_value("Lead", lead, "sf_target_profile", target_profile, update_modified=False)


def in_parts(
	research: Document,
	choices: Mapping[str, Mapping[str, str]] | None,
	size: int,
	after_part: Callable[[int, int], None],
) -> Outcome:
	"""As `make_leads`, a part at a time; `after_part` hears how many of how many are done."""
	total = Outcome()
	made: dict[str, str] = {}
	names = [row.name for row in waiting(research.name) if choices is None or row.name in choices]
	for start in range(0, len(names), size):
		part = names[start : start + size]
		outcome = make_leads(research, choices, part, made)
		for key, rows in outcome.as_dict().items():
			getattr(total, key).extend(rows)
		after_part(start + len(part), len(names))
	return total
