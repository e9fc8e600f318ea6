"""A sales process in the desk: checked before it is saved, and never changed under the feet of documents (M1)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_link_to_form

from salesflow_std.salesflow_std import process_checks, process_use, processes
from salesflow_std.setup import shipped_defaults


class SalesProcess(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the user's company, and a process for every company would be one for theirs.
		self.dont_update_if_missing = ["company", "territory"]

	def validate(self) -> None:
		process_checks.check(self)
		self._check_nobody_is_stranded()

	def _check_nobody_is_stranded(self) -> None:
		"""A stage in which documents stand is retired, not dropped: they could go nowhere (M1)."""
		before = self.get_doc_before_save()
		if not before:
			return
		stays = {(row.stage, row.lives_on) for row in self.stages}
		gone = {row.stage for row in before.stages if (row.stage, row.lives_on) not in stays}
		for stage, number in process_use.standing_in(self.name, gone).items():
			frappe.throw(
				_(
					"{0} documents stand in stage {1}. Tick Retired in its row instead: nobody enters it any more, and those that stand there may leave."
				).format(number, frappe.bold(_(stage))),
				title=_("Stage in Use"),
			)

	def on_update(self) -> None:
		processes.forget()

	def on_trash(self) -> None:
		if not frappe.flags.in_uninstall and (number := process_use.following(self.name)):
			frappe.throw(
				_("{0} documents follow {1}. Disable it instead: those go on, and no new ones begin.").format(
					number, get_link_to_form(self.doctype, self.name, _(self.name))
				),
				frappe.LinkExistsError,
				title=_("Sales Process in Use"),
			)
		processes.forget()

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		processes.forget()
		shipped_defaults.renamed(self.doctype, old, new)
