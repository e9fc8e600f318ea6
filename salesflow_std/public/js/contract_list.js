// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Contract").fields) {
	if (df.fieldname === "sf_state") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Contract")) : "");
	}
}
