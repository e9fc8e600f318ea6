"""What Frappe has kept of changed fields, in its Version records."""

from __future__ import annotations

import json


def changed_fields(data: str | None) -> list[tuple[str, object, object]]:
	"""The changed fields that a Version's `data` tells of: (field, before, after); none where nobody can read it."""
	try:
		rows = json.loads(data or "{}").get("changed") or ()
	except (ValueError, AttributeError):
		return []
	return [tuple(row) for row in rows if isinstance(row, list) and len(row) == 3]
