// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Contract").fields) {
	if (["sf_state", "sf_renewal_outcome"].includes(df.fieldname)) {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Contract")) : "");
	}
}
