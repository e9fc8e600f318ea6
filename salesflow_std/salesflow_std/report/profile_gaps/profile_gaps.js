// Profile Gaps: every row opens its document.
frappe.query_reports["Profile Gaps"] = {
	filters: [
		{
			fieldname: "document_type",
			label: __("Document Type", null, "Salesflow"),
			fieldtype: "Select",
			options: ["", "Lead", "Customer"].map((value) => ({ value, label: value && __(value) })),
		},
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "below", label: __("Less Complete Than %"), fieldtype: "Int", default: 80 },
	],

	formatter(value, row, column, data, default_formatter) {
		if (data && value && column.fieldname === "document_type") return __(value);
		if (data && column.fieldname === "percent") return `${value} %`;
		return default_formatter(value, row, column, data);
	},
};
