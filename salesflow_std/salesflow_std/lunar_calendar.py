"""The Chinese lunar calendar and its solar terms, of the library `lunar_python` (P6).

Why this one of those in the registry: it reckons months and terms by astronomy, as the Chinese standard
GB/T 33661 does, where `lunardate` has a table until 2099 and no solar terms; it has been released year by year,
needs nothing else and is under the MIT licence. Both agree on all months from 1990 to 2099 but one, the ninth of
2057, which begins within minutes of midnight.
"""

from __future__ import annotations

from datetime import date
from functools import cache

import frappe
from frappe import _

from salesflow_std.engine import festivals

_KEYS = {festivals.QINGMING: "清明", festivals.WINTER_SOLSTICE: "DONG_ZHI"}


@cache
def month(year: int, number: int) -> tuple[date, int]:
	"""The first day of a month of a lunar year, never of its leap month, and how many days it has."""
	library = _library()
	of_year = library.LunarYear.fromYear(year).getMonth(number)
	first = library.Solar.fromJulianDay(of_year.getFirstJulianDay())
	return date(first.getYear(), first.getMonth(), first.getDay()), of_year.getDayCount()


@cache
def term(year: int, name: str) -> date:
	"""The day of a solar term (`festivals.TERMS`) in a year, in Chinese time."""
	# The table of a lunar year begins with the winter solstice before it, and has the next one by another key.
	found = _library().Lunar.fromYmd(year, 1, 1).getJieQiTable()[_KEYS[name]]
	return date(found.getYear(), found.getMonth(), found.getDay())


SKY = festivals.Sky(month, term)


def _library() -> object:
	try:
		import lunar_python
	except ImportError:
		frappe.throw(
			_("Lunar festivals need the Python package {0}: run {1} on the server.").format(
				"lunar_python", "bench setup requirements"
			),
			title=_("Package Missing"),
		)
	return lunar_python
