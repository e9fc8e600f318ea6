"""A rhythm of touches by grade, with the rotation of channels and the rules around it (F1-F5, L8, N5)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint
from pypika.functions import Concat, Length, Substring

from salesflow_std.engine import cadence
from salesflow_std.engine.errors import EngineError
from salesflow_std.engine.scoring import Period
from salesflow_std.salesflow_std import cadences, follow_ups
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import request_new_plans
from salesflow_std.salesflow_std.messages import refuse
from salesflow_std.setup import shipped_defaults


class CadencePolicy(Document):
	def __init__(self, *args: object, **kwargs: object) -> None:
		super().__init__(*args, **kwargs)
		# Frappe fills an empty company with the user's or the site's own; empty means all companies here.
		self.dont_update_if_missing = ["company"]

	def validate(self) -> None:
		seen = set()
		for row in self.rhythms:
			row.grade = (row.grade or "").strip()
			if row.grade in seen:
				frappe.throw(
					_("Row {0}: grade {1} already has a rhythm.").format(
						row.idx, row.grade or _("any grade")
					),
					title=_("Grade Twice"),
				)
			seen.add(row.grade)
		self._drop_conditions_of_others()
		try:
			cadence.validate(self.engine())
		except EngineError as problem:
			refuse(problem, _("Cadence Contradicts Itself"))

	def _drop_conditions_of_others(self) -> None:
		"""A condition that the form does not show for this kind of document must not hold in secret."""
		for doctype, fields in {
			"Lead": ("for_nurture_pool",),
			"Opportunity": ("sales_stage",),
			"Customer": ("tier", "activity"),
		}.items():
			if self.applies_to != doctype:
				for field in fields:
					self.set(field, 0 if field == "for_nurture_pool" else None)

	def on_update(self) -> None:
		cadences.forget()
		before = self.get_doc_before_save()
		if frappe.flags.in_install or frappe.flags.in_migrate:
			return
		if before is None or before.plan_text() != self.plan_text():
			request_new_plans(self.applies_to)
			if before and before.applies_to != self.applies_to:
				request_new_plans(before.applies_to)

	def on_trash(self) -> None:
		cadences.forget()
		request_new_plans(self.applies_to)

	def after_delete(self) -> None:
		cadences.forget()

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		cadences.forget()
		shipped_defaults.renamed("Cadence Policy", old, new)
		if merge:
			request_new_plans(self.applies_to)
		else:
			_rename_in_plans(old, new)

	def plan_text(self) -> str:
		"""What the policy says of plans, as a text that changes when it does."""
		told = self.cadence()
		return repr((self.enabled, self.applies_to, told))

	def engine(self) -> cadence.Policy:
		"""The policy as the engine knows it."""
		return cadence.Policy(
			name=self.name or self.policy_name,
			rhythms={
				row.grade or "": cadence.Rhythm(cint(row.touches), cint(row.every), row.period)
				for row in self.rhythms
			},
			steps=tuple(
				cadence.Step(row.channel, row.goal or "", row.value_kind or "") for row in self.steps
			),
			gap=self._period("gap") or Period(0, "Days"),
			missed_after=self._period("missed"),
			answer_within=self._period("answer") or Period(0, "Working Days"),
		)

	def _period(self, name: str) -> Period | None:
		amount = self.get(f"{name}_amount") or 0
		return (
			Period(int(amount) if amount == int(amount) else amount, self.get(f"{name}_unit"))
			if amount
			else None
		)

	def cadence(self) -> cadences.Cadence:
		"""The policy with where it holds."""
		return cadences.Cadence(
			policy=self.engine(),
			purpose=self.purpose,
			conditions=cadences.conditions_of(self.as_dict(no_default_fields=True)),
			for_nurture_pool=bool(self.for_nurture_pool),
			escalate=bool(self.escalate),
			only_own_channels=bool(self.only_own_channels),
			send_automatically=bool(self.for_nurture_pool and self.send_automatically),
			rescore=self._period("rescore") if self.for_nurture_pool else None,
		)


def _rename_in_plans(old: str, new: str) -> None:
	"""The plans stay as they are under the new name (see `Cadence.key` and `follow_ups.open_key`)."""
	for doctype in follow_ups.SUBJECTS:
		table = frappe.qb.DocType(doctype)
		rest = Substring(table.sf_rhythm, len(old) + 1, Length(table.sf_rhythm))
		(
			frappe.qb.update(table)
			.set(table.sf_rhythm, Concat(new, rest))
			.where(Substring(table.sf_rhythm, 1, len(old) + 1) == f"{old}|")
			.run()
		)
	touch = frappe.qb.DocType("Follow Up")
	for doctype in follow_ups.REFERENCES:
		of_document = Concat(doctype, "|", touch.reference_name, "|")
		(
			frappe.qb.update(touch)
			.set(touch.open_key, Substring(Concat(of_document, new), 1, 255))
			.where((touch.reference_doctype == doctype) & (touch.status == follow_ups.PLANNED))
			.where(touch.open_key == Substring(Concat(of_document, old), 1, 255))
			.run()
		)
