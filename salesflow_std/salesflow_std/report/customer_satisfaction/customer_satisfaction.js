// Customer Satisfaction: every number opens the surveys behind it.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Customer Satisfaction"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Asked From", null, "Satisfaction Survey"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Asked Until", null, "Satisfaction Survey"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "Month", label: __("Month", null, "Complaint") },
				{ value: "Quarter", label: __("Quarter", null, "Salesflow") },
				{ value: "Dimension", label: __("Dimension", null, "Survey Question") },
				{ value: "Question", label: __("Question", null, "Survey Question") },
				{ value: "Team", label: __("Team", null, "Complaint") },
				{ value: "Account Manager", label: __("Account Manager") },
				{ value: "Item Group", label: __("Item Group") },
				{ value: "Item", label: __("Item", null, "Acceptance Item") },
				{ value: "Company", label: __("Company") },
				{ value: "Customer", label: __("Customer") },
			],
			default: "Month",
			reqd: 1,
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "team", label: __("Team", null, "Complaint"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "rep", label: __("Account Manager"), fieldtype: "Link", options: "User" },
		{ fieldname: "item_group", label: __("Item Group"), fieldtype: "Link", options: "Item Group" },
		{ fieldname: "item_code", label: __("Item", null, "Acceptance Item"), fieldtype: "Link", options: "Item" },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
	],

	formatter(value, row, column, data, default_formatter) {
		const name = column.fieldname;
		if (data && ["satisfaction", "timeliness", "quality", "needs_met", "score", "margin"].includes(name)) {
			if (value === null || value === undefined) return "–";
		}
		let text = default_formatter(value, row, column, data);
		if (data?.few && name === "satisfaction")
			text = `<span class="text-muted" title="${__("Few answers")}">${text}</span>`;
		const names = data?.names?.[name];
		if (names?.length) {
			const tone = ["low", "detractors"].includes(name) ? "text-danger" : "";
			text = salesflow_std.report_links.list(value, "Satisfaction Survey", names, tone);
		}
		return data?.is_total ? `<b>${text}</b>` : text;
	},
};
