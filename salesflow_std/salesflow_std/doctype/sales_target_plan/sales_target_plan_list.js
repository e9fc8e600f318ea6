// Which plan counts.
for (const df of frappe.get_meta("Sales Target Plan").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Sales Target Plan")) : "");
	}
}

frappe.listview_settings["Sales Target Plan"] = {
	add_fields: ["status"],
	hide_name_column: true,
	get_indicator(doc) {
		const colours = { Draft: "orange", Applied: "green", Replaced: "gray" };
		return [__(doc.status, null, "Sales Target Plan"), colours[doc.status], `status,=,${doc.status}`];
	},
};
