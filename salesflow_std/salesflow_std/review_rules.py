"""Who is asked for an opinion on a proposal: rules, reviewers, stand-ins, and four eyes (S2).

A rule asks the reviewers it names, else everybody with its role. Whoever is away or has left is replaced by who
stands in. Whoever looks after the proposal is not asked about it; where nobody else is left, their manager is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.permissions import has_user_permission
from frappe.utils import cint, escape_html, flt, get_fullname, get_link_to_form, getdate, now_datetime
from frappe.utils.nestedset import get_ancestors_of
from frappe.utils.user import get_users_with_role

from salesflow_std.engine import figures, worktime
from salesflow_std.engine import review as engine
from salesflow_std.salesflow_std import deal_size, profiles, proposals, reps
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import (
	settings,
	working_calendar,
)

DOCTYPE = "Review Rule"
REVIEWER, STAND_IN, DELEGATE = "Reviewer", "Stand-in", "Delegate"
# Who speaks for a function, whoever else a rule names.
_ROLES = {
	"Sales": ("Sales Manager", "Sales Master Manager"),
	"Product": ("Product Reviewer",),
	"Legal": ("Legal Reviewer",),
}


@dataclass(frozen=True)
class Asked:
	"""One who is asked: `user`, in place of `reviewer` where `asked_as` is not Reviewer; `stand_in` is the rule's."""

	user: str
	reviewer: str
	asked_as: str = REVIEWER
	stand_in: str | None = None


@dataclass
class Group:
	"""Those whom one rule asks. `note` says who is asked instead of whom and why; `problem` why nobody can answer."""

	rule: Document
	people: list[Asked] = field(default_factory=list)
	note: str = ""
	problem: str = ""

	def names(self, user: str) -> bool:
		"""Whether somebody has a seat here already."""
		return any(asked.user == user for asked in self.people)


def rep_of(proposal: Document) -> str:
	"""Who looks after a proposal: the responsible user, else whoever wrote it."""
	return proposal.allocated_to or proposal.owner


def suits(user: str | None, proposal: Document) -> bool:
	"""Whether somebody can be asked: may log in, may read reviews, and has no User Permission that hides the proposal,
	such as that of another company. Whose own proposal it is never suits."""
	return bool(
		user
		and user not in ("Administrator", "Guest", rep_of(proposal))
		and reps.is_enabled(user)
		and frappe.has_permission("Proposal Review", "read", user=user)
		and has_user_permission(proposal, user)
		and has_user_permission(_as_reviewed(proposal), user)
	)


def speaks_for(user: str, function: str) -> bool:
	"""Whether a user may hold a seat of a function: has the role that a rule of it or the standard names, or is named.

	Whoever sells does not approve for legal (S2).
	"""
	rules = [
		frappe.get_cached_doc(DOCTYPE, name)
		for name in frappe.get_all(
			DOCTYPE, filters={"review_function": function, "enabled": 1}, pluck="name", order_by="name"
		)
	]
	roles = {*_ROLES.get(function, ()), *(rule.role for rule in rules if rule.role)}
	named = {user for rule in rules for row in rule.reviewers for user in (row.reviewer, row.stand_in)}
	return user in named or not roles or not roles.isdisjoint(frappe.get_roles(user))


def _as_reviewed(proposal: Document) -> Document:
	"""What of the review itself User Permissions look at."""
	return frappe.get_doc(
		{
			"doctype": "Proposal Review",
			"proposal": proposal.name,
			"company": proposal.company,
			"territory": territory_of(proposal),
		}
	)


def territory_of(proposal: Document) -> str | None:
	"""The territory that a proposal is for: its document's, else its customer's."""
	reference = (proposal.reference_doctype, proposal.reference_name)
	party = profiles.party_of(*reference)
	for doctype, name in (reference, *([party] if party else [])):
		found = frappe.db.get_value(doctype, name, "territory")
		if found:
			return found
	return None


# Which rules ----------------------------------------------------------------------------------------------


def facts(proposal: Document) -> engine.Facts:
	"""What the rules ask of a proposal."""
	territory = territory_of(proposal)
	# As it is shown, so that 10 % is 10 %.
	net, discount = deal_size.of(proposal, flt(proposal.discount_percent, 2))
	return engine.Facts(
		proposal.company or "",
		(territory, *get_ancestors_of("Territory", territory)) if territory else (),
		flt(net, 6),
		discount,
	)


def applying(proposal: Document) -> list[Document]:
	"""The Review Rules that a proposal is reviewed by, by function and name."""
	return applying_to(facts(proposal))


def applying_to(about: engine.Facts) -> list[Document]:
	"""The Review Rules that apply to such facts, by function and name."""
	rows = frappe.get_all(
		DOCTYPE,
		filters={"enabled": 1},
		fields=["name", "review_function", "company", "territory", "from_amount", "from_discount"],
		order_by="review_function, name",
	)
	rules = [
		engine.Rule(
			row.name,
			row.review_function,
			row.company or "",
			row.territory or "",
			flt(row.from_amount, 6),
			flt(row.from_discount, 2),
		)
		for row in rows
	]
	return [frappe.get_cached_doc(DOCTYPE, rule.name) for rule in engine.applying(rules, about)]


def concerns(rule: Document) -> list[str]:
	"""The parts of a proposal that a rule's reviewers judge."""
	return [part for part in figures.PARTS if rule.get(f"concerns_{part}")]


def due(rule: Document, company: str | None, since: datetime) -> datetime:
	"""When an opinion is due that was asked for at `since`, in the company's working time."""
	amount = flt(rule.deadline_amount, 2)
	amount = int(amount) if amount == int(amount) else amount
	return worktime.add(since, amount, rule.deadline_unit or "Working Hours", working_calendar(company))


# Who is asked ---------------------------------------------------------------------------------------------


def ask(proposal: Document, day: date | None = None) -> list[Group]:
	"""The groups that a proposal is reviewed by, one for each rule that applies (S2).

	A group with a `problem` cannot reach its quorum.
	"""
	return [_group(rule, proposal, day or getdate()) for rule in applying(proposal)]


def _group(rule: Document, proposal: Document, day: date) -> Group:
	group, notes = Group(rule), []
	members = [(row.reviewer, row.stand_in) for row in rule.reviewers] or [
		(user, None) for user in sorted(get_users_with_role(rule.role))
	]
	rep = rep_of(proposal)
	absent = []
	for user, stand_in in members:
		if user == rep or not suits(user, proposal) or reps.is_away(user, day):
			absent.append((user, stand_in))
		elif not group.names(user):
			group.people.append(Asked(user, user, stand_in=stand_in))
	for user, stand_in in absent:
		if user == rep and not stand_in:
			continue
		instead = stand_in_of(user, stand_in, proposal, day, group)
		if instead:
			group.people.append(Asked(instead, user, STAND_IN, stand_in))
			notes.append(_("{0} is asked in place of {1}.").format(get_fullname(instead), get_fullname(user)))
	_fill(group, [user for user, _stand_in in absent], proposal, notes)
	group.note = " ".join(notes)
	return group


def _fill(group: Group, absent: list[str], proposal: Document, notes: list[str]) -> None:
	"""Where too few are there: who is away and has nobody to stand in, then the manager of whose proposal it is."""
	quorum, named, rep = cint(group.rule.quorum), bool(group.rule.reviewers), rep_of(proposal)
	for user in absent:
		replaced = any(asked.reviewer == user for asked in group.people)
		# A reviewer who is named is asked, away or not; of a role, only who is needed.
		if not replaced and suits(user, proposal) and not group.names(user) and (named or _short(group)):
			group.people.append(Asked(user, user))
	if _short(group) and rep in absent:
		for manager in reps.escalate_to(rep):
			if _short(group) and suits(manager, proposal) and not group.names(manager):
				group.people.append(Asked(manager, rep, STAND_IN))
				notes.append(
					_("{0} looks after the proposal and does not approve it, so {1} is asked.").format(
						get_fullname(rep), get_fullname(manager)
					)
				)
	if _short(group):
		group.problem = _why_nobody(group, quorum)


def _short(group: Group) -> bool:
	return len(group.people) < max(1, cint(group.rule.quorum))


def _why_nobody(group: Group, quorum: int) -> str:
	if group.people:
		return _("It needs {0} approvals, and only {1} can be asked.").format(quorum, len(group.people))
	if group.rule.reviewers:
		return _("None of the reviewers it names can be asked about this proposal.")
	return _("Nobody with the role {0} can be asked about this proposal.").format(group.rule.role or "–")


def stand_in_of(
	user: str, stand_in: str | None, proposal: Document, day: date, group: Group | None = None
) -> str | None:
	"""Who is asked in place of somebody who is away, has left or may not be asked; None where nobody suits.

	Whom the absence names goes first, then the rule's stand-in, then, for who has left, their manager.
	"""
	for candidate in candidates(user, stand_in, day):
		if candidate != user and suits(candidate, proposal) and not (group and group.names(candidate)):
			return candidate
	return None


def candidates(user: str, stand_in: str | None, day: date) -> Iterator[str]:
	"""Who may be asked in place of somebody on a day, the first that suits: whom the absence names, the rule's
	stand-in, and for who has left, their manager."""
	if reps.is_enabled(user) and reps.is_away(user, day):
		yield reps.on_duty(user, day)
	if stand_in:
		yield reps.on_duty(stand_in, day)
	if not reps.is_enabled(user):
		yield from reps.escalate_to(user)


# In words -------------------------------------------------------------------------------------------------


def refuse_unanswerable(groups: list[Group]) -> None:
	"""Raises ValidationError where a rule can be answered by nobody, with links to the rule and its role (S2)."""
	lines = [f"<li>{_problem_html(group)}</li>" for group in groups if group.problem]
	if lines:
		frappe.throw(
			_(
				"The review cannot be opened, because nobody could settle it: {0} Name reviewers in the rule or give users the role, then open it again."
			).format("<ul>" + "".join(lines) + "</ul>"),
			title=_("No Reviewer"),
		)


def _problem_html(group: Group) -> str:
	links = [get_link_to_form(DOCTYPE, group.rule.name, escape_html(group.rule.name))]
	if group.rule.role and not group.rule.reviewers:
		links.append(get_link_to_form("Role", group.rule.role, escape_html(group.rule.role)))
	return f"{', '.join(links)}: {escape_html(group.problem)}"


def function_label(name: str) -> str:
	"""A function in the user's language."""
	return _(name, context="Review Rule") if name else ""


def rule_label(rule: str) -> str:
	"""What a rule is called in the user's language: those that came with the app have a name in each."""
	return _(rule)


def preview(proposal: Document) -> dict:
	"""Who would be asked now, and what stops it; see `salesflow_std.api.review.who`."""
	now, found = now_datetime(), ask(proposal)
	may_write = bool(frappe.has_permission("Solution Proposal", "write", doc=proposal))
	return {
		"groups": [_group_in_words(group, proposal, now) for group in found],
		"problems": [
			{
				"what": group.rule.name,
				"why": group.problem,
				"route": f"/app/review-rule/{frappe.utils.quoted(group.rule.name)}",
			}
			for group in found
			if group.problem
		],
		"missing": proposals.missing(proposal),
		"may_open": may_write and may_open(),
		"may_request": may_write,
	}


def may_open() -> bool:
	"""Whether the user may open reviews of proposals they may change (S2)."""
	return reps.is_manager() or bool(cint(settings().reps_open_reviews))


def _group_in_words(group: Group, proposal: Document, now: datetime) -> dict:
	return {
		"rule": group.rule.name,
		"rule_label": rule_label(group.rule.name),
		"function": group.rule.review_function,
		"function_label": function_label(group.rule.review_function),
		"quorum": engine.needed(cint(group.rule.quorum), len(group.people)),
		"due_on": due(group.rule, proposal.company, now),
		"people": [
			{
				"user": asked.user,
				"full_name": get_fullname(asked.user),
				"as": asked.asked_as,
				"instead_of": None if asked.reviewer == asked.user else asked.reviewer,
				"instead_of_name": None if asked.reviewer == asked.user else get_fullname(asked.reviewer),
			}
			for asked in group.people
		],
		"note": group.note,
	}
