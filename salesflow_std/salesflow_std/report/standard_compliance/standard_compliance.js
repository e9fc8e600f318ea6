// Standard Compliance: a percentage opens what was not kept, a count all of it, in the same report; one button leads back.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Standard Compliance"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From Date", null, "Standard Compliance"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To Date", null, "Standard Compliance"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "Rep", label: __("Rep") },
				{ value: "Team", label: __("Team") },
				{ value: "Month", label: __("Month") },
			],
			default: "Rep",
			reqd: 1,
			on_change: () => frappe.query_report.set_filter_value("records", ""),
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "sales_person", label: __("Team"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "records", label: __("Records Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		salesflow_std.report_links.way_back(report, __("Back to the Report"));
	},

	after_datatable_render() {
		salesflow_std.report_links.way_back_shown(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		if (!data || data.document !== undefined || value === null || value === undefined || value === "") return text;
		const open = (measure, kind, shown, tone = "") => {
			const key = data.is_total ? "*" : data.key ?? "";
			return salesflow_std.report_links.records(shown, `${measure}:${kind}:${key}`, tone);
		};
		if (column.fieldname.endsWith("_of")) {
			const measure = column.fieldname.slice(0, -3);
			return open(measure, "all", `${data[`${measure}_good`]} / ${value}`);
		}
		if (["missed", "escalated"].includes(column.fieldname) && value) {
			return open("cadence", column.fieldname, value, "text-danger");
		}
		if (column.fieldtype !== "Percent") return text;
		const arrow = {
			better: `<span class="text-success" title="${__("Better than before")}"> ▲</span>`,
			worse: `<span class="text-danger" title="${__("Worse than before")}"> ▼</span>`,
		}[data[`${column.fieldname}_trend`]];
		return open(column.fieldname, "bad", `${value.toFixed(0)} %`) + (arrow || "");
	},
};
