"""Solution proposals: their states and versions, what is missing, and what others say of them (S1-S3).

A proposal is edited while it is a draft. Once a review has been asked for, it stays as the reviewers see it; what
changes goes into a new version. An approved version holds until a later one is approved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import cint, cstr, get_link_to_form, now_datetime

from salesflow_std.engine import figures as rules
from salesflow_std.salesflow_std import profiles, versions

DOCTYPE = "Solution Proposal"
DRAFT, REQUESTED, IN_REVIEW, APPROVED, CHANGES_ASKED, REJECTED, SUPERSEDED = (
	"Draft",
	"Review Requested",
	"In Review",
	"Approved",
	"Changes Asked",
	"Rejected",
	"Superseded",
)
# In these a proposal is still edited.
EDITABLE = (DRAFT,)
# In these a review has answered, and what changes makes a new version.
ANSWERED = (APPROVED, CHANGES_ASKED, REJECTED, SUPERSEDED)

# What a proposal is once its review has ended so, where that does not approve it.
_STATUS_AFTER = {CHANGES_ASKED: CHANGES_ASKED, REJECTED: REJECTED, "Withdrawn": CHANGES_ASKED}

TABLES = {
	"answers": "Proposal Answer",
	"items": "Proposal Item",
	"corrections": "Proposal Correction",
}
# What stays open to change while the rest is frozen: who looks after it.
ALWAYS_OPEN = ("allocated_to",)
OPEN, TAKEN_OVER, LEFT = "Open", "Taken Over", "Left"
# What only the app writes of a row, and what it keeps of a row that came from somewhere else.
_SAID = ("correction", "said_by", "source_doctype", "source_name")


def content(proposal: Document) -> dict:
	"""All that people wrote into a proposal, in a form that can be compared."""
	return versions.content(proposal, TABLES, ALWAYS_OPEN)


def status_label(status: str) -> str:
	"""A status in the user's language."""
	return _(status, context="Solution Proposal")


# Where a proposal stands -----------------------------------------------------------------------------------


def current(doctype: str, name: str) -> str | None:
	"""The name of the latest version of the proposal made last for a document; asks for no rights."""
	found = frappe.get_all(
		DOCTYPE,
		filters={"reference_doctype": doctype, "reference_name": name},
		pluck="name",
		order_by="creation desc, version desc",
		limit=1,
	)
	return found[0] if found else None


def latest(name: str) -> frappe._dict:
	"""The latest version of a proposal: ``{"name", "status", "version"}``."""
	root = frappe.db.get_value(DOCTYPE, name, "root") or name
	return frappe.get_all(
		DOCTYPE,
		filters={"root": root},
		fields=["name", "status", "version"],
		order_by="version desc",
		limit=1,
	)[0]


def all_versions(name: str) -> list[frappe._dict]:
	"""The versions of a proposal, the latest first:
	``[{"name", "version", "status", "grand_total", "currency", "approved_on", "presented_on", "proposal_review"}]``."""
	root = frappe.db.get_value(DOCTYPE, name, "root") or name
	return frappe.get_all(
		DOCTYPE,
		filters={"root": root},
		fields=[
			"name",
			"version",
			"status",
			"grand_total",
			"currency",
			"approved_on",
			"presented_on",
			"proposal_review",
		],
		order_by="version desc",
	)


def lock(name: str) -> Document:
	"""A proposal as it stands now, held until the end of the transaction, so that two do not change it at once.

	Read with the lock: what this transaction has read before would still say what was before the other's change.
	"""
	return frappe.get_doc(DOCTYPE, name, for_update=True)


def set_status(name: str, status: str, **values: object) -> None:
	"""Moves a proposal on; `values` are further fields that only the app writes. The caller has locked it."""
	frappe.db.set_value(DOCTYPE, name, {"status": status, **values})
	frappe.get_doc(DOCTYPE, name).notify_update()


def approved(name: str) -> None:
	"""After all who were asked have agreed: the version holds, those before it hold no longer (S2)."""
	set_status(name, APPROVED, approved_on=now_datetime().replace(microsecond=0))
	for before in versions.earlier(DOCTYPE, name):
		if frappe.db.get_value(DOCTYPE, before, "status") != SUPERSEDED:
			set_status(before, SUPERSEDED)


def forget(proposal: Document) -> None:
	"""Before a proposal is deleted: its review goes with it, its versions close up, and the one before may go on."""
	reviews = frappe.get_all(
		"Proposal Review", filters={"proposal": proposal.name}, pluck="name", order_by="name"
	)
	if proposal.proposal_review:
		frappe.db.set_value(DOCTYPE, proposal.name, "proposal_review", None, update_modified=False)
	for review in reviews:
		frappe.delete_doc("Proposal Review", review, ignore_permissions=True)
	before = proposal.previous_version
	versions.untie(proposal)
	if not before or frappe.db.get_value(DOCTYPE, before, ["status", "next_version"]) != (SUPERSEDED, None):
		return
	review = frappe.db.get_value(DOCTYPE, before, "proposal_review")
	answer = review and frappe.db.get_value("Proposal Review", review, "status")
	if answer in _STATUS_AFTER:
		set_status(before, _STATUS_AFTER[answer])


# What a review is about ------------------------------------------------------------------------------------


def figures_of(proposal: Document) -> dict:
	"""The figures of a proposal in the engine's form, as they were calculated when it was last saved."""
	return json.loads(proposal.figures or "{}")


def parts(proposal: Document) -> dict[str, str]:
	"""Part -> fingerprint of what a function reviews: solution, items, price, terms (S2)."""
	told = {
		**{field: rules.plain_text(proposal.get(field)) for field in ("situation", "solution", "value")},
		"answers": [
			[
				*(
					cstr(row.get(field)).strip()
					for field in ("need", "priority", "feature", "value", "case_content", "item")
				),
				rules.number(row.value_amount),
				bool(row.waived_on),
			]
			for row in proposal.answers
		],
	}
	return rules.parts(figures_of(proposal), told, cint(proposal.valid_days))


# Making one ------------------------------------------------------------------------------------------------


def make(doctype: str, name: str) -> Document:
	"""The draft proposal of a document, made where there is none: two clicks make one. The caller has checked the rights."""
	frappe.db.get_value(doctype, name, "name", for_update=True)
	# With the lock, else the one that the other click has just made is not seen.
	draft = frappe.db.get_value(
		DOCTYPE,
		{"reference_doctype": doctype, "reference_name": name, "status": ("in", EDITABLE)},
		order_by="creation desc",
		for_update=True,
	)
	if draft:
		return lock(draft)
	return frappe.get_doc({"doctype": DOCTYPE, "reference_doctype": doctype, "reference_name": name}).insert()


# New versions ----------------------------------------------------------------------------------------------


def new_version(name: str, reason: str | None = None) -> Document:
	"""The next version of a proposal that has been reviewed (S2); the caller has checked the rights.

	Takes over all that was written, and as corrections what the reviewers and the customer have said (S3). Twice
	makes one: a version that is there already is returned. An approved version holds until the new one is approved.
	"""
	proposal = lock(name)
	if proposal.next_version:
		return lock(proposal.next_version)  # which another may have made while this one waited
	_check_answered(proposal)
	# As it is read by the next who changes it, without the flags of its making.
	after = frappe.get_doc(DOCTYPE, _copy(proposal).name)
	frappe.db.set_value(DOCTYPE, name, "next_version", after.name)
	if proposal.status != APPROVED:
		set_status(name, SUPERSEDED)
	if cstr(reason).strip():
		after.add_comment("Comment", frappe.utils.escape_html(cstr(reason).strip()))
	return after


def _check_answered(proposal: Document) -> None:
	if proposal.status in ANSWERED:
		return
	link = get_link_to_form(DOCTYPE, proposal.name)
	title = _("New Version", context="Solution Proposal")
	if proposal.status == DRAFT:
		frappe.throw(_("{0} is a draft and can be changed itself.").format(link), title=title)
	if proposal.status == REQUESTED:
		frappe.throw(
			_("A review of {0} has been requested. Take the request back and change it itself.").format(link),
			title=title,
		)
	frappe.throw(
		_("{0} is under review: {1}. Recall it, or wait for the answer.").format(
			link, _review_link(proposal)
		),
		title=title,
	)


def _review_link(proposal: Document) -> str:
	return get_link_to_form("Proposal Review", proposal.proposal_review) if proposal.proposal_review else ""


def _copy(proposal: Document) -> Document:
	after = frappe.new_doc(DOCTYPE)
	after.update({field: proposal.get(field) for field in versions.content_fields(DOCTYPE)})
	for table, doctype in TABLES.items():
		if table == "corrections":
			continue
		kept = [*versions.content_fields(doctype), *versions.state_fields(doctype)]
		for row in proposal.get(table):
			after.append(table, {field: row.get(field) for field in kept})
	for correction in _corrections_for(proposal):
		after.append("corrections", {**correction, "state": OPEN})
	after.update(
		{
			**customer_of(proposal),
			"status": DRAFT,
			"version": cint(proposal.version) + 1,
			"previous_version": proposal.name,
			"root": proposal.root or proposal.name,
		}
	)
	after.flags.by_new_version = versions.next_name(proposal)
	return after.insert(ignore_permissions=True)


def customer_of(proposal: Document) -> dict[str, str | None]:
	"""What a proposal says of its customer, as its document names it now: ``{"title", "customer_profile"}``.

	An opportunity may have been given to another company since.
	"""
	subject = (proposal.reference_doctype, proposal.reference_name)
	party = profiles.party_of(*subject)
	known = {field: proposal.get(field) for field in ("title", "customer_profile")}
	if not party or (known["customer_profile"] and profiles.profile_of(*party) == known["customer_profile"]):
		return known
	return {"title": profiles.company_name(*party), "customer_profile": profiles.ensure(*subject)}


# Corrections (S3) ------------------------------------------------------------------------------------------


def _corrections_for(proposal: Document) -> list[dict]:
	"""What the next version has to answer: what is still open, and what this version's reviewers have said."""
	found = [
		{field: row.get(field) for field in (*_SAID, "note")}
		for row in proposal.corrections
		if row.state == OPEN
	]
	told = {(row.source_name, row.correction) for row in proposal.corrections}
	return found + [said for said in _said_in_review(proposal) if (said["source_name"], said["correction"]) not in told]  # fmt: skip


def _said_in_review(proposal: Document) -> Iterable[dict]:
	if not proposal.proposal_review or not frappe.db.exists("Proposal Review", proposal.proposal_review):
		return
	review = frappe.get_doc("Proposal Review", proposal.proposal_review)
	source = {"source_doctype": review.doctype, "source_name": review.name}
	for opinion in review.opinions:
		if opinion.decision in ("Change", "Reject") and cstr(opinion.reason).strip():
			by = opinion.reviewer or opinion.asked
			yield {
				"correction": cstr(opinion.reason).strip(),
				"said_by": frappe.utils.get_fullname(by),
				**source,
			}
	for comment in review.comments:
		text = cstr(comment.comment).strip()
		yield {
			"correction": f"{comment.row_label}: {text}" if comment.row_label else text,
			"said_by": frappe.utils.get_fullname(comment.commented_by),
			**source,
		}


def add_correction(
	name: str,
	text: str,
	said_by: str | None = None,
	source_doctype: str | None = None,
	source_name: str | None = None,
) -> str:
	"""What somebody wants otherwise goes into the draft that is being written, else it waits on the version it was
	said of until the next is made (S3). Returns the name of the version it stands on; twice adds it once.

	The caller has checked the rights.
	"""
	last = latest(name)
	proposal = lock(last.name if last.status in EDITABLE else name)
	said = {
		"correction": cstr(text).strip(),
		"said_by": said_by,
		"source_doctype": source_doctype,
		"source_name": source_name,
	}
	if any(_same(row, said) for version in {proposal.name, name} for row in _rows_of(version)):
		return proposal.name
	row = proposal.append("corrections", {**said, "state": OPEN})
	# The version may be frozen, and a colleague may be writing it: nothing else of it changes.
	row.db_insert()
	proposal.notify_update()
	return proposal.name


def _rows_of(name: str) -> list[frappe._dict]:
	return frappe.get_all(
		"Proposal Correction",
		filters={"parent": name, "parenttype": DOCTYPE},
		fields=[*_SAID],
		order_by="idx",
	)


def _same(row: dict, said: dict) -> bool:
	return all(cstr(row.get(field)).strip() == cstr(said[field]).strip() for field in ("correction", "source_doctype", "source_name"))  # fmt: skip


def keep_corrections(proposal: Document, before: Document | None) -> None:
	"""What others have said is neither reworded nor lost, only answered; nothing is left without a word why (S3)."""
	kept = {row.name: row for row in before.corrections} if before else {}
	if before and not proposal.is_new():
		# Added beside an open form.
		kept.update({row.name: row for row in frappe.get_all("Proposal Correction", filters={"parent": proposal.name, "parenttype": DOCTYPE}, fields=["*"], order_by="idx")})  # fmt: skip
	sent = {row.name for row in proposal.corrections}
	for row in proposal.corrections:
		old = kept.get(row.name)
		if old and old.source_name:
			row.update({field: old.get(field) for field in _SAID})
		else:
			row.update({"source_doctype": None, "source_name": None})
		if row.state == LEFT and not cstr(row.note).strip():
			frappe.throw(
				_(
					"Correction {0} is left as it is. Note why: whoever asked for it will want to know."
				).format(row.idx),
				title=_("Corrections"),
			)
	for name, old in kept.items():
		if name not in sent and old.source_name:
			proposal.append("corrections", {field: old.get(field) for field in (*_SAID, "state", "note")})


def missing(proposal: Document) -> list[dict]:
	"""What blocks a proposal's review; see `proposal_readiness.missing`."""
	from salesflow_std.salesflow_std import proposal_readiness

	return proposal_readiness.missing(proposal)
