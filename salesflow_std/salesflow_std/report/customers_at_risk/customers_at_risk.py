"""Customers at Risk."""

from __future__ import annotations


def execute(filters: dict | None = None) -> tuple[list[dict], list[dict]]:
	"""Columns and rows."""
	return [], []
