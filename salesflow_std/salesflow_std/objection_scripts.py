"""The library of answers: which one to offer, and how often each one settled the matter (S5)."""

from __future__ import annotations

from collections.abc import Iterable

import frappe
from frappe.query_builder.functions import Coalesce, Count, Sum
from frappe.utils import cint
from pypika import Case

from salesflow_std.engine import objections as rules
from salesflow_std.salesflow_std import profiles

DOCTYPE = "Objection Script"
_FIELDS = (
	"name",
	"kind",
	"title",
	"objection",
	"answer",
	"language",
	"industry",
	"competitor",
	"used",
	"settled",
)
_TEXTS = ("title", "objection", "answer")
# More words than that are cheaper compared here than in the database.
_MOST_WORDS = 12


# Which one to offer ----------------------------------------------------------------------------------------


def find(situation: rules.Situation, typed: str = "", limit: int = 20) -> list[rules.Script]:
	"""The scripts to offer, of those the user may read, the best first (S5): one query."""
	wanted = rules.words(typed)
	said = []
	if 0 < len(wanted) <= _MOST_WORDS:
		# Leaves more than enough: which of them say enough of what was typed is the engine's to tell.
		said = [[field, "like", f"%{word}%"] for word in wanted for field in _TEXTS]
	rows = frappe.get_list(
		DOCTYPE,
		filters={"enabled": 1},
		or_filters=said,
		fields=list(_FIELDS),
		order_by="name",
		as_list=True,
	)
	scripts = (rules.Script(*(value or "" for value in row[:8]), cint(row[8]), cint(row[9])) for row in rows)
	return rules.rank(scripts, situation, typed, limit)


def situation_of(
	subject: tuple[str, str] | None,
	kind: str | None = None,
	industry: str | None = None,
	competitor: str | None = None,
	language: str | None = None,
) -> rules.Situation:
	"""What an objection to a document is about: what nobody says is taken from the document and from its party."""
	known: dict[str, str | None] = {"industry": industry, "language": language}
	for document in dict.fromkeys(filter(None, (subject, subject and profiles.party_of(*subject)))):
		fields = [
			field
			for field, value in known.items()
			if not value and frappe.get_meta(document[0]).has_field(field)
		]
		if fields:
			known |= frappe.db.get_value(*document, fields, as_dict=True) or {}
	if not language and known["language"] == frappe.db.get_single_value("System Settings", "language"):
		known["language"] = None  # Frappe fills it in everywhere, so it says nothing of this customer
	languages = (known["language"], frappe.local.lang, frappe.local.lang.partition("-")[0], "en")
	return rules.Situation(
		kind or "",
		known["industry"] or "",
		competitor or "",
		tuple(dict.fromkeys(filter(None, languages))),
	)


# How often it worked ---------------------------------------------------------------------------------------


def lock(names: Iterable[str | None]) -> None:
	"""Makes others wait who want to count the same scripts; before the objections are changed that are counted."""
	wanted = sorted(set(filter(None, names)))
	if wanted:
		script = frappe.qb.DocType(DOCTYPE)
		frappe.qb.from_(script).select(script.name).where(script.name.isin(wanted)).orderby(
			script.name
		).for_update().run()


def recount(names: Iterable[str | None]) -> None:
	"""Counts anew how often scripts were used and settled the matter, by the objections closed with them (S5)."""
	wanted = sorted(set(filter(None, names)))
	if not wanted:
		return
	script, objection = frappe.qb.DocType(DOCTYPE), frappe.qb.DocType("Objection")
	counted = (
		frappe.qb.from_(objection)
		.select(
			objection.script,
			Count("*").as_("closed"),
			Sum(Case().when(objection.status == "Settled", 1).else_(0)).as_("well"),
		)
		.where(objection.script.isin(wanted) & objection.status.isin(("Settled", "Not Settled")))
		.groupby(objection.script)
	).as_("counted")
	used, settled = Coalesce(counted.closed, 0), Coalesce(counted.well, 0)
	(
		frappe.qb.update(script)
		.left_join(counted)
		.on(counted.script == script.name)
		.set(script.used, used)
		.set(script.settled, settled)
		.set(script.success_rate, Case().when(used > 0, 100 * settled / used).else_(0))
		.where(script.name.isin(wanted))
	).run()
	for name in wanted:
		frappe.clear_document_cache(DOCTYPE, name)
