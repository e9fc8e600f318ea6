"""Reading a CSV export: its encoding, its delimiter, its header, and then row by row.

Nothing here holds more of a file than a block or a row: a million rows cost no more memory than ten.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from salesflow_std.engine import scoring

from . import columns
from .dates import DateColumn, settle_orders
from .errors import AuditError
from .mapping import Mapping as ColumnMapping

_BLOCK = 1 << 20
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"

_BOMS = (
	(codecs.BOM_UTF8, "utf-8-sig"),
	(codecs.BOM_UTF32_LE, "utf-32"),
	(codecs.BOM_UTF32_BE, "utf-32"),
	(codecs.BOM_UTF16_LE, "utf-16"),
	(codecs.BOM_UTF16_BE, "utf-16"),
)

# Characters of GB2312, the everyday part of GB18030: both bytes are high. In Western text a high byte stands
# alone among ASCII letters, which GB18030 would decode too, into rare characters.
_EVERYDAY_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]|[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]")
_ANY_PAIR = re.compile(rb"[\x81-\xfe](?:[\x30-\x39][\x81-\xfe][\x30-\x39]|[\x40-\xfe])")


def detect_encoding(path: Path) -> str:
	"""The encoding of a text file: byte order mark, strict UTF-8, GB18030, then a guess.

	Reads the file in blocks. Raises AuditError for a file that is no text.
	"""
	with _open(path) as file:
		head = file.read(_SAMPLE)
		if not head.strip():
			if not file.read(1):
				raise AuditError("{path} is empty.", path=path)
		for bom, encoding in _BOMS:
			if head.startswith(bom):
				return encoding
		_refuse_other_formats(path, head)
		if _decodes(file, "utf-8"):
			return "utf-8"
		if _decodes(file, "gb18030") and _reads_like_chinese(file):
			return "gb18030"
		return _guess(file) or "cp1252"


def _open(path: Path) -> BinaryIO:
	try:
		return open(path, "rb")
	except OSError as error:
		raise AuditError(
			"{path} cannot be read: {reason}", path=path, reason=error.strerror or type(error).__name__
		) from None


def _refuse_other_formats(path: Path, head: bytes) -> None:
	if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
		raise AuditError("{path} is an Excel workbook. Save it as CSV (UTF-8) and try again.", path=path)
	start = head.lstrip()[:200].lower()
	if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<table", b"<script", b"<head")):
		raise AuditError("{path} is a web page, not CSV.", path=path)
	if start.startswith((b"{", b"%pdf")) or b"\0" in head:
		raise AuditError("{path} is not a CSV file.", path=path)


def _decodes(file: BinaryIO, encoding: str) -> bool:
	file.seek(0)
	decoder = codecs.getincrementaldecoder(encoding)("strict")
	try:
		while block := file.read(_BLOCK):
			decoder.decode(block)
		decoder.decode(b"", final=True)
	except UnicodeDecodeError:
		return False
	return True


def _first_foreign_lines(file: BinaryIO, enough: int = _SAMPLE) -> bytes:
	"""Some lines that are not plain ASCII: they alone tell one encoding from another."""
	file.seek(0)
	found = bytearray()
	while len(found) < enough and (block := file.read(_BLOCK)):
		for line in block.splitlines(keepends=True):
			if not line.isascii():
				found += line
	return bytes(found[:enough])


def _reads_like_chinese(file: BinaryIO) -> bool:
	sample = _first_foreign_lines(file)
	pairs = _ANY_PAIR.findall(sample)
	everyday = sum(1 for pair in pairs if _EVERYDAY_PAIR.fullmatch(pair))
	return everyday * 2 > len(pairs)


def _guess(file: BinaryIO) -> str | None:
	try:
		import chardet
	except ImportError:
		return None
	found = chardet.detect(_first_foreign_lines(file, 1 << 14)).get("encoding")
	try:
		known = codecs.lookup(found or "").name
	except LookupError:
		return None
	return known if _decodes(file, known) else None


def detect_delimiter(lines: list[str]) -> str:
	"""The delimiter that cuts the first lines into the most columns of equal number."""
	best, chosen = 0, ","
	for delimiter in _DELIMITERS:
		widths = [len(row) for row in _lenient(lines, delimiter)]
		if not widths:
			continue
		usual = max(set(widths), key=lambda width: (width > 1, widths.count(width), width))
		score = widths.count(usual) * (usual - 1)
		if score > best:
			best, chosen = score, delimiter
	return chosen


def _lenient(lines: list[str], delimiter: str) -> Iterator[list[str]]:
	rows = csv.reader(lines, delimiter=delimiter)
	while True:
		try:
			yield next(rows)
		except StopIteration:
			return
		except csv.Error:
			continue


Report = Callable[..., None]


class Table:
	"""One export, opened: where its columns are, and its rows.

	`positions` maps our fields to columns; a field that is missing points behind the row's end, where
	`rows` puts an empty cell, so that readers need not ask.
	"""

	def __init__(
		self,
		path: str | Path,
		document: str,
		model: scoring.Model | None,
		mapping: ColumnMapping | None = None,
		encoding: str | None = None,
	) -> None:
		self.path = Path(path)
		self.document = document
		self.mapping = mapping or ColumnMapping()
		self.encoding = self._checked(encoding) if encoding else detect_encoding(self.path)
		self.size = self.path.stat().st_size
		self.raw: BinaryIO | None = None
		lines = self._first_lines()
		self.delimiter = self.mapping.delimiter or detect_delimiter(lines)
		# Where a semicolon divides the cells the comma was needed for decimals.
		self.decimal = self.mapping.decimal or ("," if self.delimiter == ";" else None)
		self.header = self._find_header(lines, model)
		self.width = self.header.width
		self.dates = {
			name: DateColumn(self.label(name), self.mapping.date_format, self._settle_dates)
			for name in columns.DATE_FIELDS[document]
			if self.has(name)
		}
		self.rows_read = 0
		self.rows_broken = 0

	def has(self, name: str) -> bool:
		"""Whether the export carries a field."""
		return name in self.header.positions

	def label(self, name: str) -> str:
		"""What the export calls a field."""
		return self.header.labels[self.header.positions[name]].strip()

	def at(self, name: str) -> int:
		"""The field's position in a row that `rows` yields."""
		return self.header.positions.get(name, self.width)

	def parse_date(self, name: str) -> Callable[[str], object]:
		"""The reader of a date field's cells."""
		return self.dates[name].parse if name in self.dates else DateColumn().parse

	def _checked(self, encoding: str) -> str:
		try:
			name = codecs.lookup(encoding).name
			"".encode(name)
		except (LookupError, ValueError):
			raise AuditError("--encoding: {encoding} is not known", encoding=encoding) from None
		with _open(self.path) as file:
			head = file.read(_SAMPLE)
			if not head.strip():
				raise AuditError("{path} is empty.", path=self.path)
			if not name.startswith(("utf-16", "utf-32")):
				_refuse_other_formats(self.path, head)
			# A byte order mark would stick to the first label.
			return "utf-8-sig" if name == "utf-8" else name

	def _text(self) -> io.TextIOWrapper:
		self.raw = _open(self.path)
		return io.TextIOWrapper(self.raw, encoding=self.encoding, errors="replace", newline="")

	def _first_lines(self) -> list[str]:
		with self._text() as text:
			sample = text.read(_SAMPLE)
			whole = len(sample) < _SAMPLE
		if not sample.strip("\ufeff \t\r\n,;"):
			raise AuditError("{path} is empty.", path=self.path)
		if sum(c == "\ufffd" or (c < " " and c not in "\t\r\n\f\v") for c in sample) * 20 > len(sample):
			raise AuditError("{path} is not a CSV file.", path=self.path)
		lines = list(io.StringIO(sample, newline=""))
		return lines if whole or len(lines) < 2 else lines[:-1]

	def _find_header(self, lines: list[str], model: scoring.Model | None) -> columns.Header:
		rows = list(islice(_lenient(lines, self.delimiter), columns.PREAMBLE_ROWS))
		mapped = self.mapping.columns_of(self.document)
		header = columns.find_header(rows, columns.known_labels(self.document, model), mapped)
		seen = ", ".join(
			c.strip() for c in (header.labels if header else rows[0] if rows else []) if c.strip()
		)
		if len(seen) > 300:
			seen = seen[:300] + " …"
		section = next(key for key, document in columns.SECTIONS.items() if document == self.document)
		for name, label in mapped.items():
			if label and (header is None or name not in header.positions):
				raise AuditError(
					"Mapping {path}: {key}: {file} has no column {label}; it has: {columns}",
					path=self.mapping.path, key=f"{section}.{name}", file=self.path, label=label, columns=seen,
				)  # fmt: skip
		for group in columns.REQUIRED[self.document]:
			if header is None or not any(name in header.positions for name in group):
				labels = ", ".join(f"{columns.FIELDS[self.document][name][0]} ({name})" for name in group)
				raise AuditError(
					"{path}: the required column is missing, one of: {wanted}. The file has: {columns}. For other names use --mapping.",
					path=self.path, wanted=labels, columns=seen,
				)  # fmt: skip
		return header

	def _settle_dates(self) -> None:
		"""Looks at every value of every date column and settles their orders, once per file."""
		cells = [(column, self.header.positions[name]) for name, column in self.dates.items()]
		with _open(self.path) as raw, io.TextIOWrapper(raw, self.encoding, "replace", newline="") as text:
			for row in islice(
				_endless(csv.reader(text, delimiter=self.delimiter)), self.header.rows_before_data, None
			):
				if row and len(row) >= self.width:
					for column, position in cells:
						cell = row[position]
						if cell and cell[4:5] != "-":
							column.evidence.look_at(cell.strip())
		settle_orders(self.dates.values())

	def rows(
		self, broken: Report, progress: Callable[[int], None] | None = None
	) -> Iterator[tuple[int, list[str]]]:
		"""The data rows with the line each begins on. Empty rows and ERPNext's total line are left out.

		`broken(line, template, **params)` hears of every row that is not the header's width or that the
		CSV reader refuses; the rest goes on.
		"""
		width, name_at = self.width, self.at("name")
		totals = columns.TOTAL_WORDS
		with self._text() as text:
			reader = csv.reader(text, delimiter=self.delimiter)
			count = 0
			line = 1
			while True:
				try:
					row = next(reader)
				except StopIteration:
					break
				except csv.Error as error:
					if count >= self.header.rows_before_data:
						self.rows_broken += 1
						broken(
							line,
							"up to line {last} not readable: {reason}",
							last=reader.line_num,
							reason=error,
						)
					line = reader.line_num + 1
					continue
				begin, line = line, reader.line_num + 1
				count += 1
				if count <= self.header.rows_before_data:
					continue
				if progress is not None and not count % 4096 and self.raw is not None:
					progress(self.raw.tell())
				length = len(row)
				if length != width:
					if not any(cell.strip() for cell in row):
						continue
					if length < width or any(cell.strip() for cell in row[width:]):
						self.rows_broken += 1
						broken(
							begin, "{found} columns where the header has {wanted}", found=length, wanted=width
						)
						continue
					del row[width:]
				elif not any(row):
					continue
				row.append("")
				if (row[0] in totals or row[1] in totals or row[name_at] in totals) and self._is_total(row):
					continue
				self.rows_read += 1
				yield begin, row

	def _is_total(self, row: list[str]) -> bool:
		"""ERPNext's total line: "Total" in its first column or in the ID, and hardly anything else in words."""
		return not any(row[self.at(name)] for name in ("creation", "status", "email_id") if self.has(name))


def _endless(reader: Iterator[list[str]]) -> Iterator[list[str]]:
	"""A CSV reader's rows; an empty one in the place of what it refuses."""
	while True:
		try:
			yield next(reader)
		except StopIteration:
			return
		except csv.Error:
			yield []
