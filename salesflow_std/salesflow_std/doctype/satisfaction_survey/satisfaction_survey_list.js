// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Satisfaction Survey").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Satisfaction Survey")) : "");
	}
}

// Surveys in the list: what is late, what waits, who is not content (A3).
frappe.listview_settings["Satisfaction Survey"] = {
	add_fields: ["status", "due_on", "is_low", "has_problem", "satisfaction"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "To Send" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Salesflow"), "red", "status,=,To Send|due_on,<,Now"];
		}
		if (doc.status === "Answered" && doc.is_low) {
			return [__("Low", null, "Satisfaction Survey"), "red", "status,=,Answered|is_low,=,1"];
		}
		const colours = { "To Send": "orange", Sent: "blue", Answered: "green" };
		const colour = colours[doc.status] || "gray";
		return [__(doc.status, null, "Satisfaction Survey"), colour, `status,=,${doc.status}`];
	},
};
