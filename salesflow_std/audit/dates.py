"""Dates as people's exports write them.

Year-first forms (2026-11-21, 2026/11/21 09:30, 2026年11月21日) say by themselves what they mean. 03/04/2026
does not: whether days or months come first is settled once per column, by evidence over all its values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dateutil import parser as dateutil_parser

DAY_FIRST, MONTH_FIRST = "day first", "month first"

# Outside these years a date is a slip of the keyboard or a placeholder such as 0001-01-01.
FIRST_YEAR, LAST_YEAR = 1970, 2199

_YEAR_FIRST = re.compile(
	r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:(?:\s*T|\s)?\s*(\S.*))?$"
)
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})(?:[T\s,]+(\S.*))?$")
_TIME = re.compile(
	r"(上午|下午|晚上|中午)?\s*(\d{1,2})(?:\s*[:时点]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})(?:[.,](\d{1,6})\d*)?\s*秒?)?分?"
	r"|\s*[时点])?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?$"
)
# Month names need letters and a year of four digits; without both dateutil would fill in today's.
_IN_WORDS = re.compile(r"(?=.*[A-Za-z]{3})(?=.*\b\d{4}\b)(?=.*\b\d{1,2}\b)")


class DateError(ValueError):
	"""A text that is no date."""


def read_dates(
	row: Sequence[str],
	columns: Sequence[tuple[str, int, Callable[[str], datetime | None]]],
	unreadable: Callable[[str, str], None],
) -> dict[str, datetime | None]:
	"""The dates of a row by field; `columns` are field, position and parser.

	A text that is no date counts as none and is handed to `unreadable` with its field.
	"""
	dates: dict[str, datetime | None] = {}
	for field_name, position, parse in columns:
		text = row[position].strip()
		try:
			dates[field_name] = parse(text)
		except DateError:
			dates[field_name] = None
			unreadable(field_name, text)
	return dates


@dataclass
class Evidence:
	"""What a column's year-last values say about their order."""

	day_first: int = 0
	month_first: int = 0
	either: int = 0
	separator: str = ""
	example: str = ""

	def look_at(self, text: str) -> None:
		"""Takes one value into account."""
		match = _YEAR_LAST.match(text)
		if not match:
			return
		first, second = int(match[1]), int(match[3])
		if first > 12 >= second:
			self.day_first += 1
		elif second > 12 >= first:
			self.month_first += 1
		elif first != second:
			self.either += 1
			self.example = self.example or text
		self.separator = self.separator or match[2]

	@property
	def order(self) -> str | None:
		"""The order most values prove; None when nothing proves either."""
		if self.day_first == self.month_first:
			return None
		return DAY_FIRST if self.day_first > self.month_first else MONTH_FIRST


class DateColumn:
	"""Reads one column's dates.

	`settle` is called once, at the first value whose order is unclear, and must set `order` (of this
	column, and of its sisters in the same file). `form` is a strptime form from the mapping and is then
	the only form besides year-first ones.
	"""

	def __init__(
		self, label: str = "", form: str | None = None, settle: Callable[[], None] | None = None
	) -> None:
		self.label = label
		self.form = form
		self.settle = settle
		self.order: str | None = None
		self.evidence = Evidence()
		self._seen: dict[str, datetime] = {}

	def parse(self, text: str) -> datetime | None:
		"""The moment a cell names, without zone; None when it is empty. Raises DateError.

		An offset such as +08:00 is dropped: the clock time stays as it was written.
		"""
		if not text:
			return None
		if text[4:5] == "-":  # the form of ERPNext's own exports, a hundred times faster than the others
			try:
				moment = datetime.fromisoformat(text)
			except ValueError:
				pass
			else:
				if FIRST_YEAR <= moment.year <= LAST_YEAR:
					return moment.replace(tzinfo=None) if moment.tzinfo else moment
				raise DateError(text)
		moment = self._seen.get(text)
		if moment is None:
			moment = self._read(text)
			if len(self._seen) < 20_000:
				self._seen[text] = moment
		return moment

	def _read(self, text: str) -> datetime:
		try:
			moment = self._moment(text)
		except (ValueError, OverflowError) as error:
			raise DateError(text) from error
		if not FIRST_YEAR <= moment.year <= LAST_YEAR:
			raise DateError(text)
		return moment.replace(tzinfo=None)

	def _moment(self, text: str) -> datetime:
		if self.form:
			try:
				return datetime.strptime(text, self.form)
			except ValueError:
				if not _YEAR_FIRST.match(text):
					raise
		if match := _YEAR_FIRST.match(text):
			return _at(int(match[1]), int(match[2]), int(match[3]), match[4])
		if match := _YEAR_LAST.match(text):
			first, second, year = int(match[1]), int(match[3]), int(match[4])
			year += 2000 if len(match[4]) == 2 else 0
			if first <= 12 and second <= 12 and first != second and self.order is None and self.settle:
				self.settle()
			month_first = second > 12 or (first <= 12 and self.order == MONTH_FIRST)
			day, month = (second, first) if month_first else (first, second)
			return _at(year, month, day, match[5])
		if _IN_WORDS.search(text):
			# Two different defaults: what comes out the same was in the text.
			one, two = (
				dateutil_parser.parse(text, default=datetime(2000, m, d)) for m, d in ((1, 1), (2, 2))
			)
			if one == two:
				return one
		raise ValueError(text)


def _at(year: int, month: int, day: int, clock: str | None) -> datetime:
	if not clock:
		return datetime(year, month, day)
	match = _TIME.match(clock.strip())
	if not match:
		raise ValueError(clock)
	half, hour, minute, second, fraction, letter = match.groups()
	hours = int(hour)
	afternoon = half in ("下午", "晚上") or (letter or "").casefold() == "p"
	if afternoon and hours < 12:
		hours += 12
	elif hours == 12 and (half == "上午" or (letter or "").casefold() == "a"):
		hours = 0
	return datetime(
		year, month, day, hours, int(minute or 0), int(second or 0), int((fraction or "0").ljust(6, "0"))
	)  # fmt: skip


def settle_orders(columns: Iterable[DateColumn]) -> None:
	"""Gives every column an order: its own evidence, else that of the file's other columns, else day first.

	One file is exported with one user's date form, so a column whose values could be read either way
	follows the others. Day first is the assumption when nothing in the file proves anything.
	"""
	columns = list(columns)
	total = Evidence()
	for column in columns:
		total.day_first += bool(column.evidence.order == DAY_FIRST)
		total.month_first += bool(column.evidence.order == MONTH_FIRST)
	for column in columns:
		column.order = column.evidence.order or total.order or DAY_FIRST


def parse_as_of(text: str) -> datetime:
	"""The moment of the audit: a day means its end, so that what was due on that day counts as due.

	Raises DateError.
	"""
	moment = DateColumn().parse(text.strip())
	if moment is None:
		raise DateError(text)
	if moment == datetime.combine(moment.date(), datetime.min.time()) and not re.search(
		r"\d\s*[:时点T]", text
	):
		return moment.replace(hour=23, minute=59, second=59)
	return moment


def short(moment: datetime | date | None) -> str:
	"""A moment as findings and tables show it: 2026-11-21 09:30, without the time at midnight."""
	if moment is None:
		return ""
	if isinstance(moment, datetime) and (moment.hour or moment.minute):
		return moment.isoformat(" ", "minutes")
	return moment.isoformat()[:10]
