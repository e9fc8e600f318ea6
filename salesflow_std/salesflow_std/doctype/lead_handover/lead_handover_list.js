// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Lead Handover").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Lead Handover")) : "");
	}
}

// Hand-overs in the list: what waits for an answer, and for how long already.
frappe.listview_settings["Lead Handover"] = {
	add_fields: ["status", "answer_due"],
	hide_name_column: true,
	get_indicator(doc) {
		const late = doc.answer_due && doc.answer_due < frappe.datetime.system_datetime();
		if (doc.status === "Offered" && late) {
			return [__("Unanswered", null, "Lead Handover"), "red", "status,=,Offered|answer_due,<,Today"];
		}
		const shown = {
			Offered: [__("Offered", null, "Lead Handover"), "blue"],
			Accepted: [__("Accepted", null, "Lead Handover"), "green"],
			Returned: [__("Returned", null, "Lead Handover"), "orange"],
			Withdrawn: [__("Withdrawn", null, "Lead Handover"), "gray"],
		}[doc.status];
		return shown && [...shown, `status,=,${doc.status}`];
	},
};
