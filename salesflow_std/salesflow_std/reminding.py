"""When a deadline is so near that somebody is reminded of it (F5)."""

from __future__ import annotations

from datetime import datetime

from salesflow_std.engine import worktime
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar


def is_near(due: datetime, hours: float, company: str | None, now: datetime) -> bool:
	"""Whether something is due within that many working hours of a company; 0 reminds of nothing.

	Not when it is late, which is for others to hear.
	"""
	if not hours or due <= now:
		return False
	# Less than: what is due at the fourth hour of Monday is not spoken of on Friday night.
	return worktime.working_hours_between(now, due, working_calendar(company)) < hours
