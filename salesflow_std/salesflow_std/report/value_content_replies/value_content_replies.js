frappe.query_reports["Value Content Replies"] = {
	filters: [
		{
			fieldname: "kind",
			label: __("Kind", null, "Value Content"),
			fieldtype: "Select",
			options: ["", "Case", "Policy Digest", "Event", "Trend Report", "Product News", "Greeting"].map((value) => ({
				value,
				label: value ? __(value, null, "Value Content") : "",
			})),
		},
		{ fieldname: "industry", label: __("Industry"), fieldtype: "Link", options: "Industry Type" },
		{ fieldname: "content_language", label: __("Language"), fieldtype: "Link", options: "Language" },
	],
};
