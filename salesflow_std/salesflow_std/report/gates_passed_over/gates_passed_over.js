// Gates Passed Over: overrides, warnings and bypasses, by company, process and rep.
frappe.query_reports["Gates Passed Over"] = {
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
		{
			fieldname: "kind",
			label: __("How", null, "Salesflow"),
			fieldtype: "Select",
			options: ["", ...["Past the Gates", "Override", "Warned"].map((value) => ({ value, label: __(value, null, "Stage Transition") }))],
		},
		{ fieldname: "responsible", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "sales_process", label: __("Sales Process"), fieldtype: "Link", options: "Sales Process" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],
};
