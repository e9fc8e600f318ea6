// Customers at Risk: every reason opens the records behind it.
{% include "salesflow_std/public/js/report_links.js" %}

const RISK_REASONS = [
	"Complaint Late",
	"Low Mark",
	"Silent",
	"Delivery Late",
	"Contract Ended without a Word",
	"Loss Analysis Open",
	"Complaint Open",
	"Would Not Recommend",
	"High Risk in Delivery",
	"Contract Ending, Not Asked",
	"Invoice Overdue",
	"Falling Activity",
	"Weekly Sync Missed",
	"Care Missed",
];
const RISK_COLOURS = { High: "red", Medium: "orange", Low: "gray" };

const risk_options = (values) => [
	"",
	...values.map((value) => ({ value, label: __(value, null, "Customers at Risk") })),
];

frappe.query_reports["Customers at Risk"] = {
	filters: [
		{
			fieldname: "band",
			label: __("Risk", null, "Customers at Risk"),
			fieldtype: "Select",
			options: risk_options(["High", "Medium", "Low"]),
		},
		{
			fieldname: "reason",
			label: __("Reason", null, "Customers at Risk"),
			fieldtype: "Select",
			options: risk_options(RISK_REASONS),
		},
		{
			fieldname: "tier",
			label: __("Tier", null, "Customer"),
			fieldtype: "Select",
			options: [
				"",
				{ value: "Strategic", label: __("Strategic", null, "Customer") },
				{ value: "Core", label: __("Core", null, "Customer") },
				{ value: "Ordinary", label: __("Ordinary", null, "Customer") },
			],
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "team", label: __("Team", null, "Complaint"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "rep", label: __("Account Manager"), fieldtype: "Link", options: "User" },
		{ fieldname: "item_group", label: __("Item Group"), fieldtype: "Link", options: "Item Group" },
		{ fieldname: "customer", label: __("Customer"), fieldtype: "Link", options: "Customer" },
	],

	formatter(value, row, column, data, default_formatter) {
		const escape = frappe.utils.escape_html;
		if (!data) return default_formatter(value, row, column, data);
		if (column.fieldname === "label")
			return frappe.utils.get_form_link("Customer", data.customer, true, escape(value));
		if (column.fieldname === "band_label")
			return `<span class="indicator-pill ${RISK_COLOURS[data.band]} no-indicator-dot">${escape(value)}</span>`;
		if (column.fieldname === "reasons")
			return `<span class="sf-opens">${data.links.map(risk_link).join(" · ")}</span>`;
		return default_formatter(value, row, column, data);
	},
};

const risk_link = ({ label, doctype, names }) => {
	const escape = frappe.utils.escape_html;
	if (names.length === 1) return frappe.utils.get_form_link(doctype, names[0], true, escape(label));
	return salesflow_std.report_links.list(`${escape(label)} ×${names.length}`, doctype, names);
};
