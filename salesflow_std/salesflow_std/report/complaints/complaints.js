// Complaints: every number opens the complaints behind it.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Complaints"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Opened From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Opened Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "Team", label: __("Team", null, "Complaint") },
				{ value: "Responsible", label: __("Responsible", null, "Issue") },
				{ value: "Product", label: __("Product", null, "Complaint") },
				{ value: "Company", label: __("Company") },
				{ value: "Customer", label: __("Customer") },
				{ value: "Month", label: __("Month", null, "Complaint") },
			],
			default: "Team",
			reqd: 1,
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "team", label: __("Team", null, "Complaint"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
		{
			fieldname: "sf_responsible",
			label: __("Responsible", null, "Issue"),
			fieldtype: "Link",
			options: "User",
		},
		{ fieldname: "only_open", label: __("Open Ones Only"), fieldtype: "Check" },
	],

	formatter(value, row, column, data, default_formatter) {
		const may_lack = ["in_time", "hours", "longest"].includes(column.fieldname);
		if (data && may_lack && (value === null || value === undefined)) return "–";
		const text = default_formatter(value, row, column, data);
		const names = data?.names?.[column.fieldname];
		if (!names?.length) return text;
		const tone = column.fieldname === "overdue" ? "text-danger" : "";
		return salesflow_std.report_links.list(value, "Issue", names, tone);
	},
};
