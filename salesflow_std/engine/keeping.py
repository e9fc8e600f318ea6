"""When what is known of a customer has to be looked at again (P5): reviewed monthly, confirmed every quarter."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta

# A calendar without a working day for this long is a mistake; the day then stays where it is.
_SEARCH_DAYS = 366


def add_months(day: date, months: int) -> date:
	"""The same day so many months later; where that month is shorter, its last day.

	31 January plus one month is 28 (29) February. Raises ValueError below zero and behind the year 9999.
	"""
	if months < 0:
		raise ValueError(f"{months} months")
	year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
	return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def due_on(last: date, months: int, works: Callable[[date], bool]) -> date | None:
	"""When something done on `last` is due again after so many calendar months; None for no months: never (P5).

	`works` says whether a day is worked; on a day off it is due on the next working day.
	"""
	if months <= 0:
		return None
	nominal = add_months(last, months)
	for days in range(_SEARCH_DAYS):
		if works(day := nominal + timedelta(days=days)):
			return day
	return nominal


def to_remind(due: date | None, reminded: date | None, today: date, after_days: int = 0) -> bool:
	"""Whether somebody is to be told: it has been due for more than `after_days`, and nobody was told of this date.

	Told is who was told on that date or later; so each due date is told of once. `after_days` 0: on the day itself.
	"""
	if due is None:
		return False
	tell_on = due + timedelta(days=after_days + 1 if after_days else 0)
	return today >= tell_on and (reminded is None or reminded < tell_on)
