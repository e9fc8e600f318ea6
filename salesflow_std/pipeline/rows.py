"""The rows of the deals: read, corrected, and refused with a reason where one cannot be brought in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from salesflow_std.audit.columns import DEAL
from salesflow_std.audit.dates import DateError
from salesflow_std.audit.numbers import NumberError, parse_number
from salesflow_std.audit.reader import Table

from .plan import Plan, Way


@dataclass(frozen=True)
class Row:
	"""A deal as their file has it, with the mapping's corrections; dates and amount None where it says nothing."""

	line: int
	name: str
	account: str
	product: str
	rep: str
	way: Way
	engaged_on: datetime | None
	closed_on: datetime | None
	amount: float | None


@dataclass
class Refused:
	"""The rows that were not brought in: ``(file, line, ID, reason)``."""

	rows: list[tuple[str, int, str, str]] = field(default_factory=list)

	def add(self, path: Path | str, line: int, name: str, reason: str) -> None:
		"""Notes a row down; its reason as one line of plain text."""
		self.rows.append((Path(path).name, line, name, " ".join(str(reason).split())))

	def write(self, path: Path) -> None:
		"""Writes them as CSV that spreadsheets open as UTF-8."""
		with open(path, "w", encoding="utf-8-sig", newline="") as file:
			out = csv.writer(file)
			out.writerow(("File", "Line", "ID", "Reason"))
			out.writerows(sorted(self.rows))


class BadRow(Exception):
	"""A row that cannot be brought in, and why."""


class Deals:
	"""The deals of a file, one after the other; `read` counts the rows, good and bad."""

	def __init__(self, path: str | Path, plan: Plan, refused: Refused) -> None:
		self.plan = plan
		self.refused = refused
		self.table = Table(path, DEAL, None, plan.columns)
		self.read = 0
		self._seen: set[str] = set()

	def __iter__(self) -> Iterator[Row]:
		for line, cells in self.table.rows(self._broken):
			self.read += 1
			try:
				yield self._row(line, cells)
			except BadRow as problem:
				self.refused.add(self.table.path, line, self._cell(cells, "name"), str(problem))

	def _broken(self, line: int, template: str, **params: object) -> None:
		self.read += 1
		self.refused.add(self.table.path, line, "", template.format(**params))

	def _cell(self, cells: list[str], name: str) -> str:
		return self.plan.said(DEAL, name, cells[self.table.at(name)])

	def _row(self, line: int, cells: list[str]) -> Row:
		name = self._cell(cells, "name")
		if not name:
			raise BadRow("it has no ID")
		if name in self._seen:
			raise BadRow("its ID stands in the file twice")
		theirs = self._cell(cells, "stage")
		way = self.plan.way(theirs)
		if not way:
			raise BadRow(
				f"the mapping does not say what stage “{theirs}” is" if theirs else "it has no stage"
			)
		account = self._cell(cells, "account") or self.plan.without_account
		if not account:
			raise BadRow("it has no account, and the mapping names none for such deals (without_account)")
		engaged, closed = self._date(cells, "engaged_on"), self._date(cells, "closed_on")
		if engaged and closed and closed < engaged:
			raise BadRow(f"it was closed on {closed:%Y-%m-%d}, before it began on {engaged:%Y-%m-%d}")
		row = Row(
			line,
			name,
			account,
			self._cell(cells, "product"),
			self._cell(cells, "rep"),
			way,
			engaged,
			closed,
			self._amount(cells),
		)
		self._seen.add(name)
		return row

	def _date(self, cells: list[str], name: str) -> datetime | None:
		text = self._cell(cells, name)
		try:
			return self.table.parse_date(name)(text)
		except DateError:
			raise BadRow(f"“{text}” is no date ({self.table.label(name)})") from None

	def _amount(self, cells: list[str]) -> float | None:
		text = self._cell(cells, "amount")
		try:
			return parse_number(text, self.table.decimal)
		except NumberError:
			raise BadRow(f"“{text}” is no amount ({self.table.label('amount')})") from None
