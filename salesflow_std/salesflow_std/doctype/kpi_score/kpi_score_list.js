// What is nobody's stands for the month itself.
for (const df of frappe.get_meta("KPI Score").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "KPI Score")) : "");
	}
}

frappe.listview_settings["KPI Score"] = {
	add_fields: ["status", "is_scored", "score"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Reopened") return [__("Reopened", null, "KPI Score"), "orange", "status,=,Reopened"];
		return [__("Closed", null, "KPI Score"), "green", "status,=,Closed"];
	},
};
