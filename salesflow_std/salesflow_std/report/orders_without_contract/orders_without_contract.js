// Orders without Contract: overrides, warnings and exempt orders, by company and rep (C3).
frappe.query_reports["Orders without Contract"] = {
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
			fieldname: "standing",
			label: __("Order and Contract", null, "Sales Order"),
			fieldtype: "Select",
			options: ["", "Overridden", "Warned", "Exempt", "Not Asked"].map((value) => ({
				value,
				label: value && __(value, null, "Sales Order"),
			})),
		},
	],
};
