// Market research in the list: how much of it rests on one source.
frappe.listview_settings["Market Research"] = {
	add_fields: ["status", "single_sources"],
	hide_name_column: true,
	get_indicator(doc) {
		return doc.status === "Completed"
			? [__("Completed", null, "Market Research"), "green", "status,=,Completed"]
			: [__("Draft", null, "Market Research"), "orange", "status,=,Draft"];
	},
	formatters: {
		single_sources(value) {
			if (!value) return "";
			return `<span class="indicator-pill no-indicator-dot yellow">${__("{0} on one source", [value])}</span>`;
		},
	},
};
