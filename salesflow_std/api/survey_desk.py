"""The satisfaction survey, for the desk and over REST; what a customer opens is another page (A3)."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import Document

from salesflow_std.api import given_json
from salesflow_std.salesflow_std import surveys


@frappe.whitelist(methods=["POST", "PUT"])
def send(survey: str) -> dict:
	"""Sends a survey to the customer with a link, again if need be: ``{"name", "status"}`` (A3).

	Raises PermissionError without the right to change it, ValidationError with all that is missing.
	"""
	return _state(surveys.send(_permitted(survey).name))


@frappe.whitelist(methods=["POST", "PUT"])
def record_by_phone(
	survey: str,
	answers: dict[str, Any] | str,
	answered_by: str,
	comments: str | None = None,
	problem: str | None = None,
	has_problem: int | bool = 0,
	would_refer: int | bool = 0,
	referral: str | None = None,
	answered_on: str | None = None,
) -> dict:
	"""Writes down what the customer said on the phone: ``{"name", "status"}`` (A3).

	`answers` maps keys of questions to numbers or texts. Raises PermissionError without the right to change it,
	ValidationError for what is no answer, or no JSON.
	"""
	given = given_json.dictionary("answers", answers)
	return _state(
		surveys.record_by_phone(
			_permitted(survey).name,
			given,
			answered_by,
			comments=(comments or "").strip(),
			problem=(problem or "").strip(),
			has_problem=bool(int(has_problem)),
			would_refer=bool(int(would_refer)),
			referral=(referral or "").strip(),
			on=answered_on or None,
		)
	)


@frappe.whitelist(methods=["POST"])
def correct(survey: str, reason: str) -> dict:
	"""The survey that corrects an answered one, made if there is none: ``{"name", "status"}`` (A3).

	Raises PermissionError without the right to change it, ValidationError without a reason.
	"""
	return _state(surveys.correct(_permitted(survey).name, reason))


def _permitted(survey: str) -> Document:
	doc = frappe.get_doc(surveys.DOCTYPE, survey)
	doc.check_permission("write")
	return doc


def _state(survey: Document) -> dict:
	return {"name": survey.name, "status": survey.status}
