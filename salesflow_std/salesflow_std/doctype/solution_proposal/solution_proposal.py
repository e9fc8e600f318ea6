"""A solution proposal: situation, solution, value, the answers to the needs, prices and terms, in versions (S1-S3).

People write texts, answers, items and terms. Everything that is read-only is state: it follows from what is written
here, or is written by `proposals` and the review, whatever a form, an import or REST sends.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.model.naming import make_autoname
from frappe.utils import cstr, flt, get_link_to_form

from salesflow_std.salesflow_std import (
	access,
	needs,
	profiles,
	proposal_needs,
	proposal_prices,
	proposal_quotations,
	proposals,
	reviewers,
	versions,
)

SUBJECTS = profiles.SUBJECTS


class SolutionProposal(Document):
	def __setup__(self) -> None:
		# Frappe would fill in the user's, which are not the document's.
		self.dont_update_if_missing = ["company", "currency", "language", "selling_price_list"]

	def autoname(self) -> None:
		self.name = self.flags.by_new_version or make_autoname("PROPOSAL-.YYYY.-.#####", self.doctype)
		self.root = self.root if self.flags.by_new_version else self.name

	def onload(self) -> None:
		self.set_onload("coverage", proposal_needs.coverage(self))
		open_still = self.status in (*proposals.EDITABLE, proposals.REQUESTED)
		self.set_onload("missing", proposals.missing(self) if open_still else [])
		self.set_onload("versions", proposals.all_versions(self.name))
		self.set_onload("quotations", proposal_quotations.quotations_of(self))

	def validate(self) -> None:
		if self.flags.by_new_version:
			proposal_quotations.calculate(self, fetch=False)
			return  # what it says was valid when it was reviewed
		before = self.get_doc_before_save()
		root = self.root
		versions.keep_state(self, before)
		if before is None:
			self.update({"status": proposals.DRAFT, "version": 1, "root": root})
			self._begin()
		elif before.status not in proposals.EDITABLE:
			self._check_frozen(before)
			return
		else:
			self.update(proposals.customer_of(self))
		self._check_needs(before)
		proposals.keep_corrections(self, before)
		self._check_terms(before)
		proposal_prices.keep_rows(self, before)
		proposal_quotations.calculate(self)

	# A new one ---------------------------------------------------------------------------------------------

	def _begin(self) -> None:
		subject = profiles.take_customer(self)
		if not subject:
			frappe.throw(_("A proposal is made for a document."), title=_("Solution Proposal"))
		told = needs.contact_of(*subject)
		opportunity = {}
		if self.reference_doctype == "Opportunity":
			opportunity = frappe.db.get_value(
				"Opportunity", self.reference_name, ["company", "currency"], as_dict=True
			)
		self.company = (
			self.company or opportunity.get("company") or frappe.defaults.get_user_default("Company")
		)
		if not self.company:
			return  # Frappe says what is missing
		self.needs_record = self.needs_record or proposal_needs.current_record(self)
		found = proposal_quotations.defaults(self)
		# In the language in which the needs were confirmed.
		spoken = self.needs_record and frappe.db.get_value(needs.DOCTYPE, self.needs_record, "language")
		found |= {key: value for key, value in (("currency", opportunity.get("currency")), ("language", spoken or told["language"])) if value}  # fmt: skip
		found["allocated_to"] = told["allocated_to"]
		for field, value in found.items():
			if not self.get(field):
				self.set(field, value)

	# What changed ------------------------------------------------------------------------------------------

	def _check_frozen(self, before: Document) -> None:
		"""S2: what is under review, or has been reviewed, stays as the reviewers saw it."""
		same = {**proposals.content(before), "corrections": None} == {
			**proposals.content(self),
			"corrections": None,
		}
		if not same:
			frappe.throw(self._why_frozen(before), title=_("Not a Draft"))
		# What differs less than it is shown is no change; rows under other names would lose their keys.
		for field in versions.content_fields(self.doctype):
			if field not in proposals.ALWAYS_OPEN:
				self.set(field, before.get(field))
		for table in proposals.TABLES:
			self.set(table, before.get(table))

	def _why_frozen(self, before: Document) -> str:
		own = get_link_to_form(self.doctype, self.name)
		review = before.proposal_review and get_link_to_form("Proposal Review", before.proposal_review)
		if before.next_version:
			return _("{0} has been reviewed and stays as it is. Change version {1} instead.").format(
				own, get_link_to_form(self.doctype, before.next_version)
			)
		if before.status == proposals.IN_REVIEW:
			return _("{0} is under review: {1}. Recall the review to change it.").format(own, review or "")
		if before.status == proposals.REQUESTED:
			return _("A review of {0} has been requested. Take the request back to change it.").format(own)
		return _("{0} has been reviewed ({1}) and stays as it is. Open it and begin a new version.").format(
			own, review or proposals.status_label(before.status)
		)

	def _check_needs(self, before: Document | None) -> None:
		proposal_needs.keep_answers(self, before)
		if before is None or cstr(self.needs_record) != cstr(before.needs_record):
			proposal_needs.check_record(self)
			proposal_needs.take_needs(self, self.needs_record)
		proposal_needs.check_cases(self)

	def _check_terms(self, before: Document | None) -> None:
		"""The text follows its template, the tax template its company; amount and percentage of a discount each other."""
		if self.tc_name and (before is None or self.tc_name != before.tc_name):
			if not self.terms or (before and self.terms == before.terms):
				from erpnext.setup.doctype.terms_and_conditions.terms_and_conditions import (
					get_terms_and_conditions,
				)

				self.terms = get_terms_and_conditions(self.tc_name, self.as_dict())
		if self.taxes_and_charges:
			of_company = frappe.db.get_value(proposal_quotations.TAXES, self.taxes_and_charges, "company")
			if of_company != self.company:
				self.taxes_and_charges = proposal_quotations.defaults(self)["taxes_and_charges"]
		if before and flt(self.discount_amount) != flt(before.discount_amount):
			if flt(self.additional_discount_percentage) == flt(before.additional_discount_percentage):
				self.additional_discount_percentage = 0
		elif (
			before
			and flt(before.additional_discount_percentage)
			and not flt(self.additional_discount_percentage)
		):
			self.discount_amount = 0
		if not 0 <= flt(self.additional_discount_percentage) <= 100:
			frappe.throw(
				_("A discount lies between 0 and 100 percent."),
				title=_("Additional Discount", context="Solution Proposal"),
			)

	# Afterwards --------------------------------------------------------------------------------------------

	def on_trash(self) -> None:
		if self.status not in proposals.EDITABLE and "System Manager" not in frappe.get_roles():
			frappe.throw(
				_(
					"{0} has been reviewed or is under review, so it is kept. A system manager may delete it."
				).format(get_link_to_form(self.doctype, self.name)),
				title=_("Not a Draft"),
			)
		proposals.forget(self)


def permission_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""A proposal is seen by those who see its document, and by who is asked for an opinion on it (S2)."""
	of_document = access.by_reference("Solution Proposal", SUBJECTS, user)
	return (
		of_document and f"({of_document} or {reviewers.asked_condition('Solution Proposal', 'name', user)})"
	)


def has_permission(doc: Document, ptype: str = "read", user: str | None = None) -> bool:
	"""Reading needs the right to read its document or to be asked about it; all else, to change the document."""
	if access.allows_by_reference(doc, ptype, user, SUBJECTS):
		return True
	return ptype in access.READING and reviewers.is_asked(doc.name, user)


def answer_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Answers are seen with their proposal."""
	return access.of_rows("Proposal Answer", {"Solution Proposal": permission_query_conditions}, user)


def item_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Items are seen with their proposal."""
	return access.of_rows("Proposal Item", {"Solution Proposal": permission_query_conditions}, user)


def correction_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Corrections are seen with their proposal."""
	return access.of_rows("Proposal Correction", {"Solution Proposal": permission_query_conditions}, user)
