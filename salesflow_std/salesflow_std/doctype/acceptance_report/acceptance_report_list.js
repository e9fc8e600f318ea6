// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Acceptance Report").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Acceptance Report")) : "");
	}
}

// Acceptances in the list: drafts are still to be signed (A2).
frappe.listview_settings["Acceptance Report"] = {
	add_fields: ["result", "docstatus"],
	hide_name_column: true,
	has_indicator_for_draft: true,
	get_indicator(doc) {
		if (doc.docstatus === 0) return [__("To Be Signed", null, "Acceptance Report"), "orange", "docstatus,=,0"];
		if (doc.docstatus === 2) return [__("Cancelled", null, "Salesflow"), "red", "docstatus,=,2"];
		const colours = { Accepted: "green", "Accepted with Open Points": "orange", "Not Accepted": "red" };
		return [__(doc.result, null, "Acceptance Report"), colours[doc.result], `result,=,${doc.result}`];
	},
};
