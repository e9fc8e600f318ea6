// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Objection Script").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Objection Script")) : "");
	}
}

// Scripts in the list: what mostly works, what mostly does not, what nobody has tried.
frappe.listview_settings["Objection Script"] = {
	formatters: {
		kind(word) {
			const shown = frappe.utils.escape_html(__(word, null, "Objection Script"));
			return `<span class="filterable ellipsis" data-filter="kind,=,${word}">${shown}</span>`;
		},
	},
	add_fields: ["enabled", "used", "success_rate"],
	hide_name_column: true,
	get_indicator(doc) {
		if (!doc.enabled) return [__("Disabled", null, "Objection Script"), "gray", "enabled,=,0"];
		if (!doc.used) return [__("Not Used Yet", null, "Objection Script"), "blue", "used,=,0|enabled,=,1"];
		if (doc.success_rate >= 50) {
			return [__("Mostly Settles It", null, "Objection Script"), "green", "success_rate,>=,50|enabled,=,1"];
		}
		return [
			__("Mostly Does Not", null, "Objection Script"),
			"orange",
			"success_rate,<,50|used,>,0|enabled,=,1",
		];
	},
};
