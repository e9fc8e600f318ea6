"""Install and uninstall on a site of their own: ERPNext is afterwards what it was before."""

import json

import pytest

METADATA = (
	"DocType",
	"DocField",
	"DocPerm",
	"Custom DocPerm",
	"Custom Field",
	"Property Setter",
	"Role",
	"Has Role",
	"Scheduled Job Type",
	"Module Def",
	"Workspace",
	"Number Card",
	"Dashboard Chart",
	"Report",
	"Page",
	"Notification",
	"Lead Source",
	"Sales Stage",
	"Patch Log",
	"Translation",
	"Print Format",
	"Email Template",
	"Kanban Board",
	"Kanban Board Column",
)

# Of these only what time itself changes is left out.
VOLATILE = ("modified", "modified_by", "creation", "last_execution", "next_execution", "migration_hash")


def picture(site) -> dict[str, list[str]]:
	"""Every record of the site's metadata, and every column and index of every table."""
	out: dict[str, list[str]] = {}
	for doctype in METADATA:
		# Rows of a doctype have names by chance, new ones whenever the doctype is synced.
		left_out = (*VOLATILE, "name") if doctype in ("DocField", "DocPerm") else VOLATILE
		columns = [row[0] for row in site.sql(f"show columns from `tab{doctype}`") if row[0] not in left_out]
		chosen = ", ".join(f"`{column}`" for column in columns)
		rows = site.sql(f"select {chosen} from `tab{doctype}`")
		out[doctype] = sorted(json.dumps(row, default=str, ensure_ascii=False) for row in rows)
	for kind, query in {
		"columns": """select table_name, column_name, column_type, column_default from
			information_schema.columns where table_schema = database()""",
		"indexes": """select table_name, index_name, column_name, non_unique from
			information_schema.statistics where table_schema = database()""",
	}.items():
		out[kind] = sorted(json.dumps(row, default=str) for row in site.sql(query))
	out["singles"] = sorted(
		json.dumps(row, default=str)
		for row in site.sql(
			"select doctype, field, value from tabSingles where field not in ('modified', 'modified_by')"
		)
	)
	return out


@pytest.fixture(scope="module")
def spare(spare_site):
	return spare_site(with_app=False)


def test_install_use_and_uninstall_leave_erpnext_as_it_was(spare):
	spare.command("migrate")  # what ERPNext changes in itself is not ours
	# Frappe indexes the creation of a doctype sorted by it, at the first change of its table by anybody.
	spare.command("execute", "frappe.db.updatedb", "--args", '["Prospect"]')
	before = picture(spare)
	spare.command("install-app", "salesflow_std")
	installed = picture(spare)
	assert len(installed["Custom Field"]) > len(before["Custom Field"])
	assert any("party_name_index" in row for row in installed["indexes"])
	spare.command("migrate")
	assert any("party_name_index" in row for row in picture(spare)["indexes"]), (
		"the index outlives a schema sync"
	)
	for name, doctype, field in (
		("Somebody's follow-ups", "Follow Up", "status"),
		("Somebody's first touches", "Lead", "sf_first_touch_status"),
	):
		spare.execute(
			"frappe.client.insert",
			{
				"doc": {
					"doctype": "Kanban Board",
					"kanban_board_name": name,
					"reference_doctype": doctype,
					"field_name": field,
					"columns": [{"column_name": "Done"}],
				}
			},
		)
	spare.execute(
		"frappe.client.insert",
		{
			"doc": {
				"doctype": "Role Profile",
				"role_profile": "Reviewers",
				"roles": [{"role": "Legal Reviewer"}],
			}
		},
	)
	assert any("Legal Reviewer" in row for row in picture(spare)["Role"])
	spare.command("uninstall-app", "salesflow_std", "--yes", "--no-backup")
	after = picture(spare)
	for kind, rows in before.items():
		gone, added = sorted(set(rows) - set(after[kind])), sorted(set(after[kind]) - set(rows))
		assert (gone[:5], added[:5]) == ([], []), kind
