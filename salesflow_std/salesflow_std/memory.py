"""What all processes remember between requests, dropped when it changes."""

from __future__ import annotations

import frappe


def forget(*keys: str) -> None:
	"""Drops entries of the cache: now, and once more when the transaction is over.

	Until it has committed, others read the old rows and may remember them again; what this transaction itself
	remembers is wrong if it is rolled back.
	"""

	def drop() -> None:
		for key in keys:
			frappe.cache.delete_value(key)

	drop()
	frappe.db.after_commit.add(drop)
	frappe.db.after_rollback.add(drop)
