// Quotations without Review: overrides, warnings and small deals, by company, rep and way.
frappe.query_reports["Quotations without Review"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -3),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Until", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{
			fieldname: "kind",
			label: __("Passed By", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				"",
				{ value: "Override", label: __("Override", null, "Quotation Override") },
				{ value: "Warning", label: __("Warning", null, "Quotation Override") },
				{ value: "Small Deal", label: __("Small Deal", null, "Salesflow") },
			],
		},
	],
};
