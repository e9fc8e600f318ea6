// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Cadence Policy").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Cadence Policy")) : "");
	}
}

// The shipped policies are called by their names in the reader's language.
frappe.listview_settings["Cadence Policy"] = {
	formatters: { name: (value) => __(value) },
};
