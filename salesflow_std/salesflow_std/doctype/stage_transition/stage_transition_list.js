// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Stage Transition").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Stage Transition")) : "");
	}
}

// Stage Transitions in the list: what was passed over is seen at once.
frappe.listview_settings["Stage Transition"] = {
	add_fields: ["direction", "is_bypass", "override_reason", "unmet", "was_late", "reference_doctype"],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.is_bypass) return [__("Past the Gates", null, "Stage Transition"), "red", "is_bypass,=,1"];
		if (doc.override_reason) {
			return [__("Override", null, "Stage Transition"), "orange", "override_reason,is,set"];
		}
		if (doc.unmet) return [__("Warned", null, "Stage Transition"), "yellow", "unmet,is,set"];
		const colours = { Entered: "blue", Forward: "green", Skipped: "purple", Back: "gray" };
		return [__(doc.direction, null, "Stage Transition"), colours[doc.direction], `direction,=,${doc.direction}`];
	},
};
