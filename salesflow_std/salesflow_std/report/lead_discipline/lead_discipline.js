// Lead Discipline: every count opens its leads.
const LEAD_DISCIPLINE_FILTERS = {
	leads: {},
	no_source: { sf_invalid_reason: ["is", "not set"] },
	late: { sf_late_entry: 1 },
	invalid: { sf_invalid_reason: ["is", "set"] },
	not_graded: { sf_grade: ["is", "not set"], sf_invalid_reason: ["is", "not set"] },
	stale: { sf_grade_stale: 1 },
	overdue: { sf_first_touch_status: "Overdue" },
	missed: { sf_first_touch_status: "Missed" },
	met: { sf_first_touch_status: "Met" },
};

frappe.query_reports["Lead Discipline"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Captured From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -3),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Captured Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Lead Owner", "Source", "Company", "Grade"].map((value) => ({
				value,
				label: __(value, null, "Salesflow"),
			})),
			default: "Lead Owner",
			reqd: 1,
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		if (!data || !value || !(column.fieldname in LEAD_DISCIPLINE_FILTERS) || data.grouped_by === undefined) {
			return text;
		}
		const bad = ["no_source", "late", "not_graded", "stale", "overdue", "missed"].includes(column.fieldname);
		return `<a class="${bad ? "text-danger" : ""}" data-open="${column.fieldname}" data-group="${
			data.grouped_by === null ? "" : frappe.utils.escape_html(data.grouped_by)
		}" onclick="open_lead_discipline(this)">${value}</a>`;
	},
};

window.open_lead_discipline = (link) => {
	frappe.model.with_doctype("Lead", () => {
		const values = frappe.query_report.get_filter_values();
		// Its name changes with ERPNext 16.
		const source = frappe.meta.has_field("Lead", "source") ? "source" : "utm_source";
		const fields = { "Lead Owner": "lead_owner", Source: source, Company: "company", Grade: "sf_grade" };
		frappe.route_options = {
			sf_captured_on: ["between", [values.from_date, values.to_date]],
			...(values.company ? { company: values.company } : {}),
			...LEAD_DISCIPLINE_FILTERS[link.dataset.open],
			...(link.dataset.open === "no_source" ? { [source]: ["is", "not set"] } : {}),
			[fields[values.group_by]]: link.dataset.group || ["is", "not set"],
		};
		frappe.set_route("List", "Lead");
	});
};
