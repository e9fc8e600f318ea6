"""What needs all leads at once: duplicates (L3) and the funnel (M3), in a temporary SQLite file.

The file lives on disk and SQLite sorts there too, so memory stays the same for a thousand leads and a
million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

EMAIL, PHONE, COMPANY = 0, 1, 2
KINDS = {EMAIL: "same_email", PHONE: "same_phone", COMPANY: "same_company"}

# What a lead's own status says of its way: it had an opportunity, it was won, it was lost.
HAD_OPPORTUNITY, WON, LOST = 1, 2, 4

_BATCH = 20_000


@dataclass(frozen=True)
class Duplicate:
	"""A lead that shares a key with an earlier one."""

	kind: int
	line: int
	name: str
	first_line: int
	first_name: str
	together: int


@dataclass
class Funnel:
	"""How far the leads of one group came; each lead counts once per column."""

	leads: int = 0
	with_opportunity: int = 0
	won: int = 0
	lost: int = 0
	running: int = 0  # with an opportunity, neither won nor lost


class Index:
	"""The temporary index. `close` it; its directory is the caller's to remove."""

	def __init__(self, directory: Path) -> None:
		self._db = sqlite3.connect(directory / "index.sqlite", isolation_level=None)
		for pragma in (
			"journal_mode=OFF",
			"synchronous=OFF",
			"temp_store=FILE",
			"cache_size=-16384",
			"locking_mode=EXCLUSIVE",
		):
			self._db.execute(f"PRAGMA {pragma}")
		# Sorting spills next to the index and not into a /tmp that may live in memory.
		self._db.executescript(
			"""CREATE TABLE lead (line INTEGER PRIMARY KEY, name TEXT, month INT, source INT, rep INT, state INT);
			CREATE TABLE lead_key (hash INT, line INT);
			CREATE TABLE opportunity (party TEXT, state INT);"""
		)
		self._leads: list[tuple] = []
		self._keys: list[tuple[int, int]] = []
		self._opportunities: list[tuple[str, int]] = []
		self._has_opportunities = False

	def close(self) -> None:
		"""Closes the file."""
		self._db.close()

	def add_lead(self, line: int, name: str, month: int, source: int, rep: int, state: int) -> None:
		"""Remembers a lead for the funnel; `month`, `source` and `rep` are numbers the caller knows the names of."""
		self._leads.append((line, name, month, source, rep, state))
		if len(self._leads) >= _BATCH:
			self._flush()

	def add_key(self, kind: int, key: str, line: int) -> None:
		"""Remembers a duplicate key of the lead in `line`.

		Kept as 61 bits of its hash: among a million keys two different ones agree once in millions of runs.
		"""
		self._keys.append(((hash(key) & 0x1FFF_FFFF_FFFF_FFFF) << 2 | kind, line))

	def add_opportunity(self, party: str, state: int) -> None:
		"""Remembers that an opportunity names `party`, and how it ended."""
		self._has_opportunities = True
		self._opportunities.append((party, state))
		if len(self._opportunities) >= _BATCH:
			self._flush()

	def _flush(self) -> None:
		db = self._db
		db.execute("BEGIN")
		db.executemany("INSERT INTO lead VALUES (?, ?, ?, ?, ?, ?)", self._leads)
		db.executemany("INSERT INTO lead_key VALUES (?, ?)", self._keys)
		db.executemany("INSERT INTO opportunity VALUES (?, ?)", self._opportunities)
		db.execute("COMMIT")
		for batch in (self._leads, self._keys, self._opportunities):
			batch.clear()

	def duplicates(self) -> Iterator[Duplicate]:
		"""Leads that share e-mail, phone or company with an earlier one (L3), in the order of the file.

		All duplicates of one lead follow each other.
		"""
		self._flush()
		self._db.executescript(
			"""DROP TABLE IF EXISTS shared;
			CREATE TABLE shared (hash INTEGER PRIMARY KEY, first INT, together INT);
			INSERT INTO shared SELECT hash, min(line), count(*) FROM lead_key GROUP BY hash HAVING count(*) > 1;"""
		)
		rows = self._db.execute(
			"""SELECT k.hash & 3, k.line, l.name, s.first, f.name, s.together
			FROM lead_key k CROSS JOIN shared s ON s.hash = k.hash
			CROSS JOIN lead l ON l.line = k.line CROSS JOIN lead f ON f.line = s.first
			WHERE k.line <> s.first ORDER BY k.rowid"""
		)
		for row in rows:
			yield Duplicate(*row)

	def funnel(self, by: str) -> dict[int, Funnel]:
		"""Leads, those with an opportunity, won and lost ones (M3) by "month", "source" or "rep".

		A lead had an opportunity when one names it or its status says so, and is won when one of them is; lost
		when it is not won and its status says so or all its opportunities are lost.
		"""
		if by not in ("month", "source", "rep"):
			raise ValueError(by)
		self._flush()
		if self._has_opportunities:
			self._db.executescript(
				f"""CREATE TABLE IF NOT EXISTS party (name TEXT PRIMARY KEY, won INT, lost INT) WITHOUT ROWID;
				INSERT OR IGNORE INTO party SELECT party, max(state & {WON}), min(state & {LOST})
				FROM opportunity GROUP BY party;"""
			)
			joined = "LEFT JOIN party p ON p.name = l.name"
			state = f"(l.state | CASE WHEN p.name IS NULL THEN 0 ELSE {HAD_OPPORTUNITY} | p.won | p.lost END)"
		else:
			joined, state = "", "l.state"
		rows = self._db.execute(
			f"""SELECT g, count(*), sum(state & {HAD_OPPORTUNITY} <> 0), sum(state & {WON} <> 0),
			sum(state & {WON} = 0 AND state & {LOST} <> 0), sum(state & {HAD_OPPORTUNITY | WON | LOST} = {HAD_OPPORTUNITY})
			FROM (SELECT l.{by} AS g, {state} AS state FROM lead l {joined}) GROUP BY g ORDER BY g"""
		)
		return {group: Funnel(*numbers) for group, *numbers in rows}
