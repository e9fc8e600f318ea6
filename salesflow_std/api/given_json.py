"""What programs send as JSON, or as it is: read, or refused in words."""

from __future__ import annotations

import json
from typing import NoReturn

import frappe
from frappe import _


def dictionary(name: str, given: object) -> dict:
	"""A parameter that is an object. Raises ValidationError for what is none, or no JSON."""
	found = _read(name, given)
	if not isinstance(found, dict):
		_refuse(_("{0} is to be an object.").format(name))
	return found


def listed(name: str, given: object) -> list:
	"""A parameter that is a list. Raises ValidationError for what is none, or no JSON."""
	found = _read(name, given)
	if not isinstance(found, list):
		_refuse(_("{0} is to be a list.").format(name))
	return found


def _read(name: str, given: object) -> object:
	if not isinstance(given, str):
		return given
	try:
		return json.loads(given)
	except ValueError:
		_refuse(_("{0} is not readable: it is to be JSON.").format(name))


def _refuse(text: str) -> NoReturn:
	frappe.throw(text, title=_("Cannot Be Read"))
