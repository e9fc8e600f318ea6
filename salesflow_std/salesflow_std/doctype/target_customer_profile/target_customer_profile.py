"""Whom we want as customers (L4). See `fit.py`."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import flt

from salesflow_std.engine import fit as rules
from salesflow_std.salesflow_std import fit

# The job's own notes.
_STATE = ("refit_pending", "refitted_on")


class TargetCustomerProfile(Document):
	def validate(self) -> None:
		before = self.get_doc_before_save()
		for field in _STATE:  # a form sends back what it once read
			self.set(field, before.get(field) if before else None)
		self._drop_repeated()
		self._check_employees()
		self._check_money()
		self._check_pain_points()
		self._check_asks()

	def _drop_repeated(self) -> None:
		for table, field in (
			("industries", "industry"),
			("territories", "territory"),
			("pain_points", "tag"),
		):
			seen: set[str] = set()
			for row in list(self.get(table)):
				if row.get(field) in seen:
					self.remove(row)
				seen.add(row.get(field))
		roles: set[str] = set()
		for row in self.roles:
			if row.role in roles:
				frappe.throw(
					_("Row {0}: the role {1} is there already.").format(
						row.idx, frappe.bold(_(row.role, context="Target Role"))
					),
					title=_("Decision Chain", context="Target Customer Profile"),
				)
			roles.add(row.role)

	def _check_employees(self) -> None:
		if not (self.employees_from and self.employees_to):
			return
		low, high = (rules.EMPLOYEES.index(band) for band in (self.employees_from, self.employees_to))
		if low > high:
			frappe.throw(
				_("The number of employees starts at {0} and ends at {1}: no company fits.").format(
					self.employees_from, self.employees_to
				),
				title=_("Employees", context="Target Customer Profile"),
			)

	def _check_money(self) -> None:
		if flt(self.revenue_from) and flt(self.revenue_to) and self.revenue_from > self.revenue_to:
			frappe.throw(
				_("The annual revenue starts above its end: no company fits."),
				title=_("Annual Revenue", context="Target Customer Profile"),
			)
		if not self.currency and any(map(flt, (self.revenue_from, self.revenue_to, self.budget_from))):
			self.currency = fit.default_currency()

	def _check_pain_points(self) -> None:
		tags = [row.tag for row in self.pain_points]
		if not tags:
			return
		tag, category = frappe.qb.DocType("Customer Tag"), frappe.qb.DocType("Customer Tag Category")
		fitting = set(
			frappe.qb.from_(tag)
			.join(category)
			.on(category.name == tag.category)
			.select(tag.name)
			.where(tag.name.isin(tags) & (category.used_for == "Pain Point"))
			.run(pluck=True)
		)
		if others := [tag for tag in tags if tag not in fitting]:
			frappe.throw(
				_("{0} is no pain point. Its category in {1} would have to be used for pain points.").format(
					frappe.bold(frappe.utils.escape_html(_(others[0]))),
					frappe.utils.get_link_to_form("Customer Tag", others[0]),
				),
				title=_("Pain Points", context="Target Customer Profile"),
			)

	def _check_asks(self) -> None:
		"""L4: a profile that asks for nothing would fit everybody, or nobody."""
		target = fit.target_of(self)
		if target.asked():
			return
		if rules.Target(**{**vars(target), "weights": {}}).asked():
			frappe.throw(
				_("All that the profile asks for has the weight 0. Give one of them a weight."),
				title=_("Weights", context="Target Customer Profile"),
			)
		frappe.throw(
			_(
				"The profile asks for nothing yet. Fill in at least one: industry, employees, annual revenue, "
				"territory, pain points, budget or decision chain."
			),
			title=_("Nothing to Compare"),
		)

	def on_update(self) -> None:
		fit.forget()
		before = self.get_doc_before_save()
		if before is None:
			changed = bool(self.enabled)
		else:
			changed = bool(before.enabled) != bool(self.enabled) or (
				bool(self.enabled) and fit.target_of(before) != fit.target_of(self)
			)
		if changed:
			fit.request()
			self.refit_pending = frappe.db.get_value(self.doctype, self.name, "refit_pending")

	def on_trash(self) -> None:
		if frappe.flags.in_uninstall:
			return
		fit.unlink(self.name)

	def after_delete(self) -> None:
		fit.request()

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		fit.request()
