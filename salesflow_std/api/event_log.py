"""The log of stages for process-mining tools (M3)."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import escape_html, getdate
from werkzeug.wrappers import Response

from salesflow_std.salesflow_std import event_log
from salesflow_std.salesflow_std.stage_funnel import LEAD, OPPORTUNITY, Cohort, process_of


@frappe.whitelist(methods=["GET", "POST"])
def download(
	from_date: str,
	to_date: str,
	process: str | None = None,
	company: str | None = None,
	rep: str | None = None,
	sales_person: str | None = None,
	source: str | None = None,
	territory: str | None = None,
	after: str | None = None,
) -> Response:
	"""The deals that began in a period as CSV, one line for each stage they entered and for each that was lost (M3).

	Columns ``case_id, activity, timestamp, resource, doctype, document, company, grade, amount, currency``: UTF-8
	without a byte order mark, timestamps in ISO 8601 with the site's offset, amounts in company currency with a point. Ordered by
	case and time; a download that broke off goes on after the last whole case with `after`. Only deals that the user
	may see are in it, sent as they are read. Without `process` it is that of all deals, or the first. Raises PermissionError without the
	right to read leads or opportunities or to export those read, ValidationError for a period or process there is not.
	"""
	readable = [doctype for doctype in (LEAD, OPPORTUNITY) if frappe.has_permission(doctype, "read")]
	if not readable:
		raise frappe.PermissionError
	# A file is an export, as that of the report and of the lists: ERPNext gives that right to managers.
	for doctype in readable:
		frappe.permissions.can_export(doctype, raise_exception=True)
	filters = frappe._dict(
		from_date=getdate(from_date),
		to_date=getdate(to_date),
		company=company,
		rep=rep,
		sales_person=sales_person,
		source=source,
		territory=territory,
	)
	if not filters.from_date or not filters.to_date or filters.to_date < filters.from_date:
		frappe.throw(_("The period ends before it begins."), title=_("Event Log"))
	found = process_of(process)
	if not found:
		frappe.throw(
			_("There is no sales process {0}.").format(escape_html(process or "")), title=_("Event Log")
		)
	pieces = event_log.lines(Cohort(found, filters), after)
	name = f"event-log-{filters.from_date}-{filters.to_date}.csv"
	return Response(
		(piece.encode() for piece in pieces),
		content_type="text/csv; charset=utf-8",
		headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
	)
