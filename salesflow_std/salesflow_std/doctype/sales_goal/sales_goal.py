"""A measurable goal of a stage, for a period and a team (M2): a number, a due date, and who is responsible."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt, get_fullname, get_link_to_form, getdate

from salesflow_std.engine import goals as rules
from salesflow_std.salesflow_std import goals, scope

# What a goal stands for: who is responsible may change, and why it was set.
_NUMBERS = (*goals.ABOUT, "target", "period")


class SalesGoal(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		self._check_whose(before)
		self._keep_own_numbers(before)
		self._check_status(before)
		if before and before.status != goals.OPEN:
			return
		if self.status == goals.CANCELLED:
			return
		self._fill_period()
		self._check_numbers()
		self._check_stage()
		self._check_people()
		self._check_only_one()
		self.title = goal_title(self)

	def _check_whose(self, before: Document | None) -> None:
		"""Frappe asks for the right to write what a request sends; whose goal it was counts as well."""
		if not before or self.flags.ignore_permissions:
			return
		if not frappe.has_permission(self.doctype, "write", doc=before):
			frappe.throw(
				_("This goal is of a team that is not yours."),
				frappe.PermissionError,
				title=_("Not Permitted"),
			)

	def _keep_own_numbers(self, before: Document | None) -> None:
		"""What the app counts is no input, and a form sends back what it once read."""
		for field in goals.COUNTED:
			self.set(field, before.get(field) if before else None)

	def _check_status(self, before: Document | None) -> None:
		old = before.status if before else goals.OPEN
		if old != goals.OPEN:
			changed = [
				field for field in ("status", *_NUMBERS) if _plain(self, field) != _plain(before, field)
			]
			if changed:
				frappe.throw(
					_("This goal is {0}: its numbers stay as they were. Make a new one instead.").format(
						_(old, context="Sales Goal")
					),
					title=_("Goals That Are Over Stay"),
				)
		elif self.status not in (goals.OPEN, goals.CANCELLED):
			frappe.throw(
				_("A goal is judged by its numbers, the day after it is due. It can be cancelled before."),
				title=_("Status of a Goal"),
			)

	def _fill_period(self) -> None:
		"""A month, quarter or year has its own first and last day."""
		self.period = self.period or rules.OTHER
		if self.period != rules.OTHER and self.from_date:
			self.from_date, self.to_date = rules.period_of(self.period, getdate(self.from_date))
		self.from_date, self.to_date = getdate(self.from_date), getdate(self.to_date)
		if self.to_date < self.from_date:
			frappe.throw(
				_("The goal is due on {0}, before its period begins on {1}.").format(
					frappe.format(self.to_date, {"fieldtype": "Date"}),
					frappe.format(self.from_date, {"fieldtype": "Date"}),
				),
				title=_("Period of the Goal"),
			)

	def _check_numbers(self) -> None:
		if flt(self.target) <= 0:
			frappe.throw(_("A goal is a number above 0."), title=_("Number of the Goal"))
		if self.measure == rules.CONVERSION and flt(self.target) > 100:
			frappe.throw(
				_("A conversion lies between 0 and 100 percent, not at {0}.").format(flt(self.target)),
				title=_("Number of the Goal"),
			)

	def _check_stage(self) -> None:
		process = goals.process_of(self.sales_process)
		stage = process.stage(self.stage)
		live = [one for one in process.stages if not one.retired]
		if not stage or stage.retired:
			words = (
				_("{0} is a retired stage of {1}. There are: {2}.")
				if stage
				else _("{0} is no stage of {1}. There are: {2}.")
			)
			frappe.throw(
				words.format(
					_(self.stage),
					get_link_to_form("Sales Process", process.name, _(process.name)),
					", ".join(_(one.name) for one in live),
				),
				title=_("Stage of the Goal"),
			)
		if self.measure in (rules.CONVERSION, rules.MEDIAN_DAYS) and stage.name == process.stages[-1].name:
			frappe.throw(
				_("Nothing comes after {0}: it has neither a conversion nor days until it is left.").format(
					_(self.stage)
				),
				title=_("Stage of the Goal"),
			)

	def _check_people(self) -> None:
		enabled, kind = frappe.db.get_value("User", self.responsible, ["enabled", "user_type"]) or (0, "")
		if not enabled or kind != "System User":
			frappe.throw(
				_("{0} does not work here any more: choose who is responsible.").format(
					get_fullname(self.responsible)
				),
				title=_("Responsible"),
			)

	def _check_only_one(self) -> None:
		other = goals.same(self)
		if other:
			frappe.throw(
				_("There is an open goal for this stage, measure, team and period: {0}.").format(
					get_link_to_form(goals.DOCTYPE, other)
				),
				title=_("Goal Twice"),
			)

	def on_update(self) -> None:
		if self.status == goals.OPEN and not frappe.flags.in_install:
			goals.request_measuring(self.name)

	def on_trash(self) -> None:
		if self.status in goals.JUDGED and "System Manager" not in frappe.get_roles():
			frappe.throw(
				_("This goal is judged: it stays, so that later periods can be compared with it."),
				title=_("Goals That Are Over Stay"),
			)


def goal_title(doc: Document) -> str:
	"""The title as it is kept, in English; lists and forms say it in the reader's language."""
	period = rules.called(doc.period, getdate(doc.from_date), getdate(doc.to_date))
	return " · ".join(part for part in (doc.stage, doc.measure, period, doc.sales_person) if part)[:140]


def _plain(doc: Document, field: str) -> object:
	value = doc.get(field)
	if field in ("from_date", "to_date"):
		return getdate(value)
	return flt(value) if field == "target" else value or ""


def may_change(doc: Document, user: str | None = None) -> bool:
	"""Whether a goal is of a manager's own tree; those of the whole company are set by who sees all."""
	return scope.sees_sales_person(doc.sales_person or None, user)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Goals of one's own and one's tree, and of the whole company."""
	condition = scope.by_sales_person("Sales Goal", user)
	return f"({condition} or ifnull(`tabSales Goal`.sales_person, '') = '')" if condition else ""


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading: goals of one's own and one's tree, and of the whole company. The rest is for whose goal it is."""
	if ptype in ("read", "print", "email", "export", "report", "share", "select"):
		return not doc.sales_person or scope.sees_sales_person(doc.sales_person, user)
	return may_change(doc, user)
