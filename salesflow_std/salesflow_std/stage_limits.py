"""When a document has stood in its stage for too long: the longest stay of its process, and who is asked (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from frappe.utils import get_datetime

from salesflow_std.engine import ageing
from salesflow_std.salesflow_std import processes
from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import working_calendar


def limit_of(process: str | None, stage: str | None) -> ageing.Limit:
	"""The longest stay of a stage in a process; no limit where either is unknown."""
	found = processes.get(process) if process and stage else None
	row = next((row for row in found.stages if row.name == stage), None) if found else None
	return ageing.Limit(row.longest_stay, row.unit, bool(row.touch_resets)) if row else ageing.Limit()


def due(
	doc: Mapping[str, object], stage: str | None, entered_on: datetime, touched: datetime | str | None = None
) -> datetime | None:
	"""When the stay of a document in a stage is over, by the working calendar of its company; None without a limit."""
	limit = limit_of(doc.get("sf_sales_process"), stage)
	if not limit.amount:
		return None
	last = get_datetime(touched) if touched else None
	return ageing.due(entered_on, limit, working_calendar(doc.get("company")), last)
