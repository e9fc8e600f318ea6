// Renewals: every number opens its contracts.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Renewals"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Contracts Ending From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -6),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Contracts Ending Until"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), 6),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Responsible", "Month", "Company", "Customer", "Contract"].map((value) => ({
				value,
				label: __(value, null, "Renewals"),
			})),
			default: "Responsible",
			reqd: 1,
		},
		{ fieldname: "team", label: __("Team", null, "Complaint"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "rep", label: __("Responsible", null, "Renewals"), fieldtype: "Link", options: "User" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const name = column.fieldname;
		if (!data || data.grouped_by === undefined) return text;
		if (name === "label" && frappe.query_report.get_filter_value("group_by") === "Contract")
			return frappe.utils.get_form_link("Contract", data.grouped_by, true, frappe.utils.escape_html(value));
		if (name === "rate" && (value === null || value === undefined)) return "–";
		const names = data.names[name];
		if (!names?.length) return text;
		return salesflow_std.report_links.list(value, "Contract", names);
	},
};
