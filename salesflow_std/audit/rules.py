"""The rules the audit goes by: scoring models by name or file, the working calendar, fast deadlines."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from salesflow_std.engine import scoring, worktime
from salesflow_std.engine.errors import EngineError

from .dates import DateColumn, DateError
from .errors import AuditError

SHIPPED = Path(__file__).resolve().parent.parent / "fixtures" / "scoring_model"


def shipped_models() -> dict[str, dict]:
	"""The scoring models that come with the app, by name."""
	models = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(SHIPPED.glob("*.json")))
	return {data["model_name"]: data for data in models}


def load_model(option: str, name_or_path: str, applies_to: str) -> scoring.Model:
	"""A shipped model by name ("BNAU", "funnel guide") or one from a JSON file. Raises AuditError."""
	shipped = shipped_models()
	wanted = _plain(name_or_path)
	data: object = next((d for name, d in shipped.items() if _plain(name) == wanted), None)
	if data is None:
		path = Path(name_or_path)
		try:
			data = json.loads(path.read_text(encoding="utf-8-sig"))
		except OSError as error:
			raise AuditError(
				"{option}: {name} is no shipped model ({shipped}), and as a file it cannot be read: {reason}",
				option=option, name=name_or_path, shipped=", ".join(shipped),
				reason=error.strerror or type(error).__name__,
			) from None  # fmt: skip
		except (ValueError, RecursionError) as error:
			raise AuditError(
				"{option}: {name} is not JSON: {reason}",
				option=option,
				name=name_or_path,
				reason=str(error).splitlines()[0],
			) from None
	if isinstance(data, list) and len(data) == 1:
		data = data[0]
	if not isinstance(data, dict):
		raise AuditError("{option}: {name} must hold one scoring model", option=option, name=name_or_path)
	if data.get("applies_to", applies_to) != applies_to:
		raise AuditError(
			"{option}: the model {name} is for {other}, not for {wanted}",
			option=option, name=name_or_path, other=data["applies_to"], wanted=applies_to,
		)  # fmt: skip
	try:
		return scoring.model_from_dict(data)
	except EngineError as error:
		raise AuditError(
			"{option}: {name}: {problem}", option=option, name=name_or_path, problem=error
		) from None
	except (TypeError, AttributeError, KeyError, ValueError):
		raise AuditError(
			"{option}: {name} must hold one scoring model", option=option, name=name_or_path
		) from None


def _plain(name: str) -> str:
	return re.sub(r"[\W_]+", " ", name).strip().casefold()


def load_calendar(path: str | None) -> worktime.Calendar:
	"""Monday to Friday, 9 to 18, without the holidays of a file. Raises AuditError naming the line.

	One date per line, anything after it is a remark; a + before it makes it a working day although it is a
	week-end or a holiday (调休). Lines that begin with # are remarks.
	"""
	if path is None:
		return worktime.Calendar()
	try:
		text = Path(path).read_text(encoding="utf-8-sig")
	except (OSError, UnicodeDecodeError) as error:
		reason = error.strerror if isinstance(error, OSError) else str(error)
		raise AuditError("--holidays: {path} cannot be read: {reason}", path=path, reason=reason) from None
	holidays: set[date] = set()
	makeup: set[date] = set()
	column = DateColumn()
	for number, line in enumerate(text.splitlines(), 1):
		line = line.strip()
		if not line or line.startswith("#"):
			continue
		token = re.match(r"\+?\s*([^\s,;]+)", line)
		try:
			day = column.parse(token[1] if token else line)
		except DateError:
			if number == 1:  # a header
				continue
			raise AuditError(
				"--holidays: {path} line {line}: no date in {text}", path=path, line=number, text=line[:60]
			) from None
		(makeup if line.startswith("+") else holidays).add(day.date())
	return worktime.Calendar(holidays=frozenset(holidays - makeup), makeup_days=frozenset(makeup))


class Deadlines:
	"""`worktime.add` of one period for many starts: a day is worked out once, then its starts are looked up."""

	def __init__(self, period: scoring.Period, calendar: worktime.Calendar) -> None:
		self._period = period
		self._calendar = calendar
		self._shift = None
		if worktime.unit_of(period.unit) in ("Hours", "Days", "Weeks") and calendar.tz is None:
			# On a clock that never changes these are the same span from every start.
			start = datetime(2000, 1, 1)
			self._shift = worktime.add(start, period.amount, period.unit, calendar) - start
		self._whole_minutes = period.amount * 60 == int(period.amount * 60)
		self._pieces = lru_cache(maxsize=4096)(
			lambda day: worktime.pieces(day, period.amount, period.unit, calendar)
		)

	def due(self, start: datetime) -> datetime:
		"""The deadline of something that began at `start` (L7, L9)."""
		if self._shift is not None:
			return start + self._shift
		if not self._whole_minutes:
			return worktime.add(start, self._period.amount, self._period.unit, self._calendar)
		for piece in self._pieces(start.date()):
			if start <= piece.until:
				return piece.due(start)
		raise AssertionError("unreachable: a day's pieces reach to its end")
