"""One import from beginning to end, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import frappe
from frappe.utils.global_search import rebuild_for_doctype

from . import plan as plans
from .deals import Writer
from .masters import Masters, columns_left_out
from .plan import Plan
from .rows import Deals, Refused

REFUSED_FILE = "import-pipeline-refused.csv"


@dataclass(frozen=True)
class Files:
	"""The files of an import."""

	deals: str
	mapping: str
	accounts: str | None = None
	products: str | None = None
	teams: str | None = None


def import_pipeline(
	files: Files,
	company: str | None = None,
	dry_run: bool = False,
	make_reps: bool = False,
	refused_file: str | Path | None = None,
	progress: Callable[[int], None] | None = None,
) -> list[str]:
	"""Brings a pipeline in (M1) and returns what is to be said of it, a line each.

	Raises AuditError where a file cannot be read or the mapping does not fit this site; a row that cannot be brought
	in is written into `refused_file` with its reason, and the rest goes on. Twice is once.
	"""
	plan = plans.load(files.mapping, company)
	refused = Refused()
	masters = Masters(plan, refused, dry_run, make_reps)
	deals = Deals(files.deals, plan, refused)
	for path, read in (
		(files.accounts, masters.read_accounts),
		(files.products, masters.read_products),
		(files.teams, masters.read_teams),
	):
		if path:
			read(path)
	writer = Writer(plan, masters, refused, files.deals, dry_run)
	for done in writer.write(deals):
		if progress:
			progress(done)
	writer.tell_customers()
	if any(writer.counts[status] for status in plans.STATUSES) and not dry_run:
		# Bulk inserts tell the search nothing.
		rebuild_for_doctype("Opportunity")
		frappe.db.commit()  # nosemgrep: the search finds what is there
	taken = set(deals.table.header.positions.values())
	masters.left_out[Path(files.deals).name] = [
		label for i, label in enumerate(deals.table.header.labels) if i not in taken
	]
	target = _write(refused, refused_file)
	return list(_summary(plan, deals, writer, masters, refused, target, dry_run))


def _write(refused: Refused, path: str | Path | None) -> Path | None:
	if not refused.rows:
		return None
	path = Path(path) if path else Path(frappe.get_site_path("private", "files", REFUSED_FILE))
	refused.write(path)
	return path


def _summary(
	plan: Plan,
	deals: Deals,
	writer: Writer,
	masters: Masters,
	refused: Refused,
	target: Path | None,
	dry_run: bool,
) -> Iterator[str]:
	if dry_run:
		yield "Dry run: nothing was written."
	came = sum(writer.counts[status] for status in plans.STATUSES)
	yield (
		f"{deals.read} deals read: {came} brought in, {writer.counts['already there']} already there, "
		f"{sum(1 for file, *_rest in refused.rows if file == Path(deals.table.path).name)} refused."
	)
	for status in plans.STATUSES:
		if writer.counts[status]:
			yield f"  {status}: {writer.counts[status]}"
	made = ", ".join(f"{count} {what}" for what, count in masters.made.items())
	yield f"Made: {made}." if made else "Made nothing besides."
	if plan.without_account:
		yield f"Deals without an account are those of “{plan.without_account}”."
	yield from _list("Not in the data", writer.open_questions.items())
	yield from _list(
		"Reps without a user here (their name stands on the deal)", masters.unmapped_reps.items()
	)
	yield from _list("Products that the list of products does not have", masters.unknown_products.items())
	yield from _list(
		"Columns with no place here", ((line, None) for line in columns_left_out(masters.left_out))
	)
	if target:
		yield f"{len(refused.rows)} rows refused, with the reasons: {target}"
	if came and not dry_run:
		yield "Grades and follow-ups come with the next runs of the scheduler."


def _list(head: str, entries) -> Iterator[str]:
	lines = [f"  {what}: {count}" if count is not None else f"  {what}" for what, count in entries]
	if lines:
		yield f"{head}:"
		yield from lines
