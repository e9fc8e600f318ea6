// Referrals: every number opens its surveys or leads.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Referrals"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Until", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Customer", "Lead Owner", "Month", "Company"].map((value) => ({
				value,
				label: __(value, null, "Referrals"),
			})),
			default: "Customer",
			reqd: 1,
		},
		{ fieldname: "team", label: __("Team", null, "Complaint"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "customer", label: __("Customer", null, "Referrals"), fieldtype: "Link", options: "Customer" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const name = column.fieldname;
		if (!data || data.grouped_by === undefined) return text;
		if (name.endsWith("_rate") && (value === null || value === undefined)) return "–";
		if (name === "label" && data.grouped_by && frappe.query_report.get_filter_value("group_by") === "Customer")
			return frappe.utils.get_form_link("Customer", data.grouped_by, true, frappe.utils.escape_html(value));
		const names = data.names[name];
		if (!names?.length) return text;
		const doctype = ["surveys", "would_refer"].includes(name) ? "Satisfaction Survey" : "Lead";
		return salesflow_std.report_links.list(value, doctype, names);
	},
};
