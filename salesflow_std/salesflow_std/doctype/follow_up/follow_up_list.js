// Where a follow-up is shown, not edited, its words are in the reader's language. Frappe looks those of a Select up
// without the doctype; goals and reasons are stored in English.
for (const df of frappe.get_meta("Follow Up").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Follow Up")) : "");
	} else if (["reference_doctype", "goal", "cancel_reason"].includes(df.fieldname)) {
		df.formatter = (value) => (value ? frappe.utils.escape_html(__(value)) : "");
	}
}

// In the list, what is overdue at a glance.
frappe.listview_settings["Follow Up"] = {
	add_fields: ["status", "due_on", "kind", "goal", "channel"],
	hide_name_column: true,
	filters: [["status", "=", "Planned"]],
	get_indicator(doc) {
		if (doc.status === "Planned" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Follow Up"), "red", "status,=,Planned|due_on,<,Today"];
		}
		const colours = { Planned: "blue", Done: "green", Missed: "red", Cancelled: "gray" };
		return [__(doc.status, null, "Follow Up"), colours[doc.status], `status,=,${doc.status}`];
	},
};
