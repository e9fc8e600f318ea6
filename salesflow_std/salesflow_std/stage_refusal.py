"""What a refused move says: which gates are not met, why they are asked, and where to go from here (M1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import escape_html, strip_html

from salesflow_std.engine import stages as rules
from salesflow_std.salesflow_std import refusals
from salesflow_std.salesflow_std.refusals import link

SUBJECTS = ("Lead", "Opportunity")


class _Plain(frappe.ValidationError):
	"""Its own text is without markup, for logs, REST and whoever else shows errors as they are."""

	def __init__(self, message: str = "") -> None:
		super().__init__(plain(message))


class GateNotMet(_Plain):
	"""A move that its gates refuse; `gates` holds what `stages.check` says of each one that is not met."""

	gates: Sequence[dict] = ()


class ReasonMissing(_Plain):
	"""A stage would be skipped, or a document go back, without a reason."""


def plain(html: str) -> str:
	"""A message as text, in one line: of an error in several lines other programs get only the last one."""
	for end in ("</p>", "</li>", "<br>"):
		html = html.replace(end, f"{end} ")
	return " ".join(strip_html(html).split())


def refuse(doc: Document, to_stage: str, unmet: Sequence[dict], override_role: str = "") -> NoReturn:
	"""Raises GateNotMet: what is missing, why, a link to each fix, and who may let it pass."""
	head = _("{0} cannot enter the stage {1} yet.").format(name_of(doc), f"<b>{_said(to_stage)}</b>")
	text = f"<p>{head}</p>{_points(unmet)}"
	here = _("Your role may let it pass on its form, with a reason.")
	steps = refusals.override_steps(override_role, not doc.is_new() and doc.doctype in SUBJECTS, here)
	text += "".join(f"<p>{step}</p>" for step in steps)
	try:
		frappe.throw(text, GateNotMet, title=_("Not Moved: Something Is Missing"))
	except GateNotMet as refusal:
		refusal.gates = tuple(unmet)
		raise


def warn(doc: Document, to_stage: str, unmet: Sequence[dict]) -> None:
	"""Tells what was missing of a move that has passed."""
	head = _("{0} enters the stage {1} although something is missing; that is noted down.").format(
		name_of(doc), f"<b>{_said(to_stage)}</b>"
	)
	frappe.msgprint(f"<p>{head}</p>{_points(unmet)}", title=_("Something Is Missing"), indicator="orange")


def ask_for_reason(doc: Document, to_stage: str, way: str) -> NoReturn:
	"""Raises ReasonMissing."""
	text = (
		_("{0} would go back to the stage {1}. Say why, under {2}.")
		if way == rules.BACK
		else _("{0} would skip a stage on its way to {1}. Say why, under {2}.")
	)
	frappe.throw(
		text.format(name_of(doc), f"<b>{_said(to_stage)}</b>", f"<b>{_('Reason for the Stage Change')}</b>"),
		ReasonMissing,
		title=_("Reason Missing"),
	)


def not_a_stage(doc: Document, process: rules.Process | None, to_stage: str) -> NoReturn:
	"""Raises ValidationError: a document of this kind cannot stand in that stage, whatever its gates say."""
	stage = process.stage(to_stage) if process else None
	said = f"<b>{_said(to_stage)}</b>"
	if not process or not process.stages:
		text = _("{0} follows no sales process, so it has no stages.").format(name_of(doc))
	elif not stage:
		text = _("{0} is no stage of the sales process {1}.").format(
			said, link("Sales Process", process.name, _(process.name))
		)
	elif stage.lives_on != doc.doctype:
		text = _("{0} is a stage of another document: {1}.").format(said, _(stage.lives_on))
		if doc.doctype == "Lead" and stage.lives_on == "Opportunity" and not doc.is_new():
			text += " " + _("Make an opportunity of {0}; it passes the gates then.").format(name_of(doc))
	else:
		text = _("{0} is not in use any more; no document enters it.").format(said)
	frappe.throw(text, title=_("Not a Stage for This"))


def no_stages(doctype: str) -> NoReturn:
	"""Raises ValidationError: of these documents only leads and opportunities are moved."""
	frappe.throw(
		_("{0} does not move through stages.").format(escape_html(_(doctype))),
		title=_("Not a Stage for This"),
	)


def line(row: dict) -> str:
	"""What was not met, as plain text for the log."""
	return f"{row['gate']}: {row['what']}" if row.get("what") else row["gate"]


def name_of(doc: Document) -> str:
	"""A document as people know it, with a link where it is stored; HTML."""
	title = doc.get("title") or doc.get("customer_name") or doc.get("lead_name") or doc.name or ""
	kind = escape_html(_(doc.doctype))
	if doc.is_new() or not doc.name:
		return f"{kind} {escape_html(title)}".strip()
	return f"{kind} {link(doc.doctype, doc.name, f'{title} ({doc.name})' if title != doc.name else '')}"


def _said(stage: str) -> str:
	return escape_html(_(stage))


def _points(unmet: Sequence[dict]) -> str:
	return f"<ul>{''.join(f'<li>{_point(row)}</li>' for row in unmet)}</ul>"


def _point(row: dict) -> str:
	title = f"<b>{escape_html(row['gate'])}</b>"
	text = f'<a href="{escape_html(row["route"])}">{title}</a>' if row.get("route") else title
	said = " – ".join(escape_html(row[part]) for part in ("what", "why") if row.get(part))
	return f"{text}: {said}" if said else text
