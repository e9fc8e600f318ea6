"""Those who are asked beside sales: product, legal in both languages, and who takes a won deal over. For demo sites only."""

from __future__ import annotations

_PASSWORD = "demo"
USERS = {
	"product@salesflow.demo": ("Product Management", ["Product Reviewer"], "en"),
	"legal@salesflow.demo": ("Legal Department", ["Legal Reviewer"], "en"),
	"falv@salesflow.demo": ("法务部", ["Legal Reviewer"], "zh"),
	"delivery@salesflow.demo": ("Delivery", ["Projects Manager", "Projects User"], "en"),
	"finance@salesflow.demo": ("Finance", ["Accounts Manager", "Accounts User"], "en"),
	"service@salesflow.demo": ("After-sales", ["Support Team"], "en"),
}


def make() -> None:
	"""Adds the users once. Their roles come with the app, so they cannot be made with the site's first users."""
	# `make demo` reads the list above where there is no Frappe.
	import frappe
	from frappe.utils.password import update_password

	for email, (name, roles, language) in USERS.items():
		if frappe.db.exists("User", email):
			continue
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": name,
				"language": language,
				"send_welcome_email": 0,
				"user_type": "System User",
			}
		)
		user.append_roles(*roles)
		user.flags.no_welcome_mail = True
		user.insert(ignore_permissions=True)
		update_password(email, _PASSWORD)
