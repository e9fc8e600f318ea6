"""Complete ERPNext's setup on a new site: `python tools/prepare_site.py SITE ARGS.json`, in `sites`.

Runs in the bench's Python. Everything here stands before our app is installed, as on a customer's site.
"""

import json
import sys
from datetime import date
from pathlib import Path

import frappe
from frappe.desk.page.setup_wizard.setup_wizard import setup_complete


def run_setup_wizard(args: dict) -> None:
	year = date.today().year
	setup_complete(
		{
			"language": "English",
			"country": args["country"],
			"timezone": args["timezone"],
			"currency": args["currency"],
			"company_name": args["company"],
			"company_abbr": args["abbr"],
			"chart_of_accounts": "Standard",
			"fy_start_date": f"{year}-01-01",
			"fy_end_date": f"{year}-12-31",
			"enable_telemetry": 0,
			"setup_demo": 0,
		}
	)


def quieten_desk() -> None:
	"""No tours, no update notes and no scheduler: a test meets the desk as it is on an ordinary day."""
	settings = frappe.get_single("System Settings")
	wanted = {
		"setup_complete": 1,
		"enable_onboarding": 0,
		"enable_telemetry": 0,
		"disable_change_log_notification": 1,
		"disable_system_update_notification": 1,
		"enable_scheduler": 0,
	}
	settings.update({field: value for field, value in wanted.items() if settings.meta.has_field(field)})
	settings.flags.ignore_mandatory = True
	settings.save()


def add_fiscal_years(company: str) -> None:
	"""Neighbouring years, so that a test may freeze the clock a while away from today."""
	for year in range(date.today().year - 2, date.today().year + 3):
		start, end = f"{year}-01-01", f"{year}-12-31"
		if frappe.db.exists("Fiscal Year", {"year_start_date": start, "year_end_date": end}):
			continue
		frappe.get_doc(
			{"doctype": "Fiscal Year", "year": str(year), "year_start_date": start, "year_end_date": end}
		).insert()


def add_holiday_list(company: str) -> None:
	"""Saturdays and Sundays are free; nothing else, so that a test can count days on its fingers."""
	name = "Standard Weekends"
	if not frappe.db.exists("Holiday List", name):
		year = date.today().year
		doc = frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": name,
				"from_date": f"{year - 2}-01-01",
				"to_date": f"{year + 2}-12-31",
			}
		)
		for day in ("Saturday", "Sunday"):
			doc.weekly_off = day
			doc.get_weekly_off_dates()
		doc.insert()
	frappe.db.set_value("Company", company, "default_holiday_list", name)


def add_item() -> None:
	if not frappe.db.exists("Item", "Standard Service"):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": "Standard Service",
				"item_group": frappe.db.get_value("Item Group", {"is_group": 0}, order_by="lft"),
				"stock_uom": "Nos",
				"is_stock_item": 0,
				"standard_rate": 1000,
			}
		).insert()


def add_outgoing_email_account() -> None:
	"""An address to send from; the site's `mute_emails` keeps the messages in the queue."""
	if frappe.db.exists("Email Account", {"default_outgoing": 1}):
		return
	doc = frappe.get_doc(
		{
			"doctype": "Email Account",
			"email_account_name": "Standard Outgoing",
			"email_id": "sales@standard.test",
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "127.0.0.1",
			"smtp_port": 1025,
			"no_smtp_authentication": 1,
		}
	)
	# An account is saved only after its server answered, and there is none; frappe skips that in patches.
	frappe.flags.in_patch = True
	try:
		doc.insert()
	finally:
		frappe.flags.in_patch = False


def add_user(email: str, full_name: str, roles: list[str], language: str, password: str) -> None:
	if frappe.db.exists("User", email):
		return
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": email,
			"first_name": full_name,
			"language": language,
			"send_welcome_email": 0,
			"user_type": "System User",
		}
	)
	user.append_roles(*roles)
	user.flags.no_welcome_mail = True
	user.insert()

	from frappe.utils.password import update_password

	update_password(email, password)


def main(site: str, args: dict) -> None:
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.flags.mute_emails = True
	try:
		run_setup_wizard(args)
		quieten_desk()
		add_fiscal_years(args["company"])
		add_holiday_list(args["company"])
		add_item()
		add_outgoing_email_account()
		for user in args["users"]:
			add_user(**user)
		frappe.db.commit()
		frappe.clear_cache()
	finally:
		frappe.destroy()


if __name__ == "__main__":
	main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))
