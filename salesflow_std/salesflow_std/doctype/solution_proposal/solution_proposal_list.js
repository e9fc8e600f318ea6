// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Solution Proposal").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Solution Proposal")) : "");
	}
}

// Solution proposals in the list: how each stands, and what it comes to in its own currency.
frappe.listview_settings["Solution Proposal"] = {
	add_fields: ["status", "version", "currency", "grand_total", "next_version"],
	hide_name_column: true,
	get_indicator(doc) {
		const colours = {
			Draft: "gray",
			"Review Requested": "blue",
			"In Review": "purple",
			Approved: "green",
			"Changes Asked": "orange",
			Rejected: "red",
			Superseded: "gray",
		};
		return [__(doc.status, null, "Solution Proposal"), colours[doc.status], `status,=,${doc.status}`];
	},
	formatters: {
		grand_total: (amount, df, doc) => format_currency(amount, doc.currency),
	},
	onload(list) {
		salesflow.add_list_filters(list, [
			[__("My solution proposals"), { allocated_to: frappe.session.user, status: ["!=", "Superseded"] }],
			[__("Being reviewed"), { status: ["in", ["Review Requested", "In Review"]] }],
			[__("Changes asked for"), { status: ["in", ["Changes Asked", "Rejected"]] }],
			[__("Approved proposals"), { status: "Approved" }],
		]);
	},
};
