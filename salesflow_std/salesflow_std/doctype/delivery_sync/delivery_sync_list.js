// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Delivery Sync").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Delivery Sync")) : "");
	}
}

// Weeks of deliveries in the list: what is late, how those stand that were told (A1).
frappe.listview_settings["Delivery Sync"] = {
	add_fields: ["status", "due_on", "health"],
	hide_name_column: true,
	get_indicator(doc) {
		const word = (text) => __(text, null, "Delivery Sync");
		if (doc.status === "Due" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Salesflow"), "red", "status,=,Due|due_on,<,Today"];
		}
		if (doc.status === "Done" && doc.health) {
			const colours = { "On Track": "green", "At Risk": "orange", Late: "red" };
			return [word(doc.health), colours[doc.health], `status,=,Done|health,=,${doc.health}`];
		}
		return [word(doc.status), { Due: "blue", Done: "green", Missed: "red" }[doc.status], `status,=,${doc.status}`];
	},
};
