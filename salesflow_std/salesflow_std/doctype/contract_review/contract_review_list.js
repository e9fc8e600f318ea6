// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Contract Review").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Contract Review")) : "");
	}
}

// Clause reviews in the list: what is late, what is open, what came of the rest.
frappe.listview_settings["Contract Review"] = {
	add_fields: ["status", "due_on"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Open" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Salesflow"), "red", "status,=,Open|due_on,<,Today"];
		}
		const colours = { Open: "blue", Approved: "green", "Changes Asked": "orange", Rejected: "red", Withdrawn: "gray" };
		return [__(doc.status, null, "Contract Review"), colours[doc.status], `status,=,${doc.status}`];
	},
};
