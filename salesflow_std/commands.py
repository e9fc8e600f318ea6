"""What `bench` can do with the app installed."""

from __future__ import annotations

import sys

import click
from frappe.commands import get_site, pass_context

_FILE = click.Path(exists=True, dir_okay=False, resolve_path=True)


@click.command("import-pipeline")
@click.argument("file", type=_FILE)
@click.option(
	"--mapping", required=True, type=_FILE, help="JSON: what their columns, values and stages mean here."
)
@click.option("--accounts", type=_FILE, help="Their accounts: they become customers.")
@click.option("--products", type=_FILE, help="Their products.")
@click.option("--teams", type=_FILE, help="Their reps, managers and regions: Sales Persons and territories.")
@click.option("--company", help="The company the deals are of; the default company if left out.")
@click.option("--make-reps", is_flag=True, help="Make a disabled user of each rep the mapping does not name.")
@click.option(
	"--refused",
	"refused_file",
	type=click.Path(dir_okay=False, resolve_path=True),
	help="Where to list refused rows; private/files of the site if left out.",
)
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing.")
@pass_context
def import_pipeline(
	context, file, mapping, accounts, products, teams, company, make_reps, refused_file, dry_run
):
	"""Bring in FILE, the pipeline of another CRM as CSV: one deal in a row.

	Deals become opportunities with their true dates, and the log of stages says when each stage was entered. No gate is
	asked and no mail is sent. A row that cannot be brought in is listed with its reason, and the rest goes on. Interrupted,
	it is simply started again: what is there already is left as it is.

	The mapping file is described in salesflow_std/pipeline/README.md, with an example in salesflow_std/pipeline/sample.
	"""
	import frappe

	from salesflow_std.audit.errors import AuditError
	from salesflow_std.pipeline.run import Files
	from salesflow_std.pipeline.run import import_pipeline as run

	site = get_site(context)
	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.flags.mute_emails = True
	try:
		for line in run(
			Files(file, mapping, accounts, products, teams),
			company,
			dry_run,
			make_reps,
			refused_file,
			progress=lambda done: click.echo(f"\r{done} deals looked at", nl=False, err=True),
		):
			click.echo(line)
	except AuditError as problem:
		click.echo(f"import-pipeline: {problem}", err=True)
		sys.exit(2)
	finally:
		if dry_run:
			frappe.db.rollback()
		frappe.destroy()


commands = [import_pipeline]
