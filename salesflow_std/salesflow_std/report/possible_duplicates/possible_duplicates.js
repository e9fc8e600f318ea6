// Possible Duplicates: customers, prospects, leads and contacts by what they share.
frappe.query_reports["Possible Duplicates"] = {
	filters: [
		{
			fieldname: "document_type",
			label: __("Document Type", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Customer", label: __("Customer") },
				{ value: "Prospect", label: __("Prospect", null, "Salesflow") },
				{ value: "Lead", label: __("Lead") },
				{ value: "Contact", label: __("Contact", null, "Salesflow") },
			],
		},
		{
			fieldname: "same",
			label: __("The Same", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Name", label: __("Name", null, "Possible Duplicates") },
				{ value: "Tax ID", label: __("Tax ID", null, "Salesflow") },
				{ value: "Website", label: __("Website", null, "Salesflow") },
				{ value: "E-mail", label: __("E-mail", null, "Salesflow") },
				{ value: "Phone", label: __("Phone", null, "Salesflow") },
			],
		},
	],

	// A group reads as one: its number and what it shares stand on its first row.
	formatter(value, row, column, data, default_formatter) {
		const rows = frappe.query_report.data || [];
		const before = rows[rows.indexOf(data) - 1];
		if (["group", "same", "value"].includes(column.fieldname) && before?.group === data?.group) return "";
		return default_formatter(value, row, column, data);
	},
};
