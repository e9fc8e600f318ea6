"""The engine's errors in the user's language."""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _

from salesflow_std.engine.errors import EngineError


def say(problem: EngineError) -> str:
	"""The error as a sentence in the user's language, with its unit of time; codes and grades stay as they are."""
	params = {
		key: _(value, context="Salesflow") if key == "unit" else value
		for key, value in problem.params.items()
	}
	return _(problem.template).format(**params)


def refuse(problem: EngineError, title: str, prefix: str = "") -> NoReturn:
	"""Stops with the engine's error as a ValidationError."""
	frappe.throw(prefix + say(problem), title=title)
