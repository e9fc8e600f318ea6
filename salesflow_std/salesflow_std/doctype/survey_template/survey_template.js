// Frappe looks the words of a Select up without the table where they are not edited.
for (const df of frappe.get_meta("Survey Question")?.fields || []) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Survey Question")) : "");
	}
}
