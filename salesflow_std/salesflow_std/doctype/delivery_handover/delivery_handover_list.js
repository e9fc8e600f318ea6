// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Delivery Handover").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Delivery Handover")) : "");
	}
}

// Handovers in the list: what is late, what waits, what has started (C5).
frappe.listview_settings["Delivery Handover"] = {
	add_fields: ["status", "due_on"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Draft" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Salesflow"), "red", "status,=,Draft|due_on,<,Today"];
		}
		const colours = { Draft: "orange", "Handed Over": "blue", Acknowledged: "green", Started: "green" };
		return [__(doc.status, null, "Delivery Handover"), colours[doc.status], `status,=,${doc.status}`];
	},
};
