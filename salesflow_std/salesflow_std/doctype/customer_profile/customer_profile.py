"""What a company's documents share: tags, decision chain, budget, reviews (P1-P5). See `profiles.py`."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from salesflow_std.salesflow_std import access, profiles, reaching


class CustomerProfile(Document):
	def validate(self) -> None:
		self._keep_state()
		self._check_tags()
		self._check_chain()
		self._check_budget()

	def _keep_state(self) -> None:
		"""Puts back what a form or REST sent for fields that only the app writes."""
		before = self.get_doc_before_save()
		if before and not self.flags.ignore_permissions:
			for field in self.meta.get("fields", {"read_only": 1}):
				self.set(field.fieldname, before.get(field.fieldname))

	def _check_tags(self) -> None:
		"""P4: tags come from the library, each once, and one only of a category that allows no more."""
		seen: set[str] = set()
		for row in list(self.tags):
			if row.tag in seen:
				self.remove(row)
			seen.add(row.tag)
		single: dict[str, str] = {}
		for tag in profiles.tags_of(self):
			if tag.one_only and tag.category in single:
				frappe.throw(
					_(
						"{0} and {1} are both of the category {2}, of which a customer has at most one."
					).format(
						frappe.bold(_(single[tag.category])),
						frappe.bold(_(tag.name)),
						frappe.bold(_(tag.category)),
					),
					title=_("Tags", context="Customer Profile"),
				)
			single[tag.category] = tag.name

		self._check_library()

	def _check_library(self) -> None:
		"""P4: a disabled tag stays where it is, and is given to nobody any more."""
		before = self.get_doc_before_save()
		old = {row.tag for row in before.tags} if before else set()
		new = {row.tag for row in self.tags} - old
		if not new or self.flags.merging:
			return
		disabled = frappe.get_all(
			"Customer Tag",
			filters={"name": ("in", sorted(new)), "enabled": 0},
			pluck="name",
			order_by="name",
		)
		if disabled:
			frappe.throw(
				_(
					"The tag {0} is disabled and is not given any more. Choose another one from the {1}."
				).format(
					frappe.bold(_(disabled[0])),
					f'<a href="/app/customer-tag?enabled=1">{_("library of tags")}</a>',
				),
				title=_("Tags", context="Customer Profile"),
			)

	def _check_chain(self) -> None:
		"""P2: a person stands in the chain once; who is reached has been reached on some day."""
		for row in self.decision_chain:
			row.person = (row.person or "").strip()
		# What a merge of two contacts or two companies has brought together stops nothing else.
		twice = set() if self.flags.merging else _twice(self) - _twice(self.get_doc_before_save())
		for row in self.decision_chain:
			if profiles.person_key(row) in twice and not row.left_on:
				frappe.throw(
					_("{0} stands in the decision chain twice.").format(
						frappe.bold(frappe.utils.escape_html(row.person))
					),
					title=_("Decision Chain", context="Customer Profile"),
				)
			if row.reached and not row.reached_on:
				row.reached_on = getdate()
			elif not row.reached:
				row.reached_on = None

	def _check_budget(self) -> None:
		if self.budget_from and self.budget_to and self.budget_from > self.budget_to:
			frappe.throw(_("The budget starts above its end."), title=_("Budget", context="Customer Profile"))

	def on_update(self) -> None:
		before = self.get_doc_before_save()
		if before is None or [row.tag for row in before.tags] != [row.tag for row in self.tags]:
			profiles.write_tags(self)
		if _chain(before) != _chain(self):
			reaching.follow(self.name)


def _twice(profile: Document | None) -> set[str]:
	"""Who stands in a decision chain more than once and has not left."""
	keys = [profiles.person_key(row) for row in profile.decision_chain if not row.left_on] if profile else []
	return {key for key in keys if keys.count(key) > 1}


def _chain(profile: Document | None) -> list[tuple]:
	"""What of a decision chain decides whether somebody has to be reached (P2)."""
	if profile is None:
		return []
	return [(row.role, bool(row.reached), bool(row.left_on)) for row in profile.decision_chain]


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A profile is seen by those who see one of its documents."""
	return access.by_link("Customer Profile", "sf_profile", profiles.PARTIES, user)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading a profile needs the right to read one of its documents, changing it to change one."""
	if not doc.name or doc.is_new():
		return False  # the app makes them (`profiles.ensure`)
	return any(access.allows(*member, ptype, user) for member in profiles.members(doc.name))


def chain_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""The people of a decision chain are seen with the profile, or with the talk they were written down in."""
	from salesflow_std.salesflow_std.doctype.needs_record import needs_record

	return access.of_rows(
		"Decision Chain Member",
		{
			"Customer Profile": permission_query_conditions,
			"Needs Record": needs_record.permission_query_conditions,
		},
		user,
	)


def tag_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Tags are seen with the profile; those of target profiles by everybody who sells."""
	return access.of_rows(
		"Customer Tag Link",
		{"Customer Profile": permission_query_conditions, "Target Customer Profile": lambda user: ""},
		user,
	)
