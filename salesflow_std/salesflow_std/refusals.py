"""What all gates that refuse have in common: who reads it, the way out, and who may let pass (S2, C3)."""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.desk.utils import slug
from frappe.utils import cstr, escape_html, quote

from salesflow_std.salesflow_std.doctype.salesflow_settings.salesflow_settings import settings


def link(doctype: str, name: str, label: str = "") -> str:
	"""A link to a form of the desk."""
	return f'<a href="/app/{slug(doctype)}/{quote(cstr(name))}">{escape_html(label or name)}</a>'


def may_override(role: str | None = None) -> bool:
	"""Whether the user has the role that lets pass: the one given, else that of the settings."""
	role = role or settings().override_role
	return bool(role) and role in frappe.get_roles()


def refuse_override(only: str, nobody: str, role: str | None = None) -> NoReturn:
	"""Raises PermissionError: `only` names the role that may let pass, `nobody` says that there is none."""
	role = role or settings().override_role
	frappe.throw(
		only.format(_named(role)) if role else nobody,
		frappe.PermissionError,
		title=_("Not Permitted"),
	)


def override_steps(role: str | None, is_stored: bool, here: str) -> list[str]:
	"""Who may let pass: `here` where it is the reader and what they would do it on is stored."""
	role = role or settings().override_role
	if not role:
		return []
	if may_override(role):
		return [here] if is_stored else []
	return [_("{0} may let it pass, with a reason.").format(_named(role))]


def reads_desk() -> bool:
	"""Whether the reader is a colleague: what the house has reviewed is nothing for a customer."""
	user = frappe.session.user
	if user in ("Administrator", "Guest"):
		return user == "Administrator"
	return frappe.get_cached_value("User", user, "user_type") == "System User"


def paragraphs(head: str, differences: list[str], why: str, steps: list[str]) -> str:
	"""A refusal as HTML: what is refused and what is missing, the differences, why, and the way out."""
	text = f"<p>{head}</p>"
	if differences:
		text += f"<ul>{''.join(f'<li>{escape_html(line)}</li>' for line in differences)}</ul>"
	text += f'<p class="text-muted">{why}</p>'
	return text + (f"<p>{'<br>'.join(steps)}</p>" if steps else "")


def _named(role: str) -> str:
	"""A role as people call it. ERPNext's own word for one may be odd, so ours goes first."""
	said = _(role, context="Salesflow")
	return f"<b>{escape_html(said)}</b>"
