// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Loss Analysis").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Loss Analysis")) : "");
	}
}

// Loss analyses in the list: what is late, and how they stand (P6).
frappe.listview_settings["Loss Analysis"] = {
	add_fields: ["status", "due_on"],
	hide_name_column: true,
	get_indicator(doc) {
		const to_do = ["Open", "Analysed"].includes(doc.status);
		if (to_do && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Salesflow"), "red", "status,in,Open,Analysed|due_on,<,Today"];
		}
		const colours = { Open: "orange", Analysed: "orange", "Offer Made": "blue", "Won Back": "green", "Given Up": "gray" };
		return [__(doc.status, null, "Loss Analysis"), colours[doc.status], `status,=,${doc.status}`];
	},
};
