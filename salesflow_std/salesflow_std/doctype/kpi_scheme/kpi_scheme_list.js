// The shipped schemes are called by their names in the reader's language.
for (const df of frappe.get_meta("KPI Scheme").fields) {
	if (df.fieldtype === "Select") df.formatter = (word) => (word ? frappe.utils.escape_html(__(word)) : "");
}

frappe.listview_settings["KPI Scheme"] = {
	hide_name_column: true,
	formatters: { scheme_name: (value) => __(value) },
};
