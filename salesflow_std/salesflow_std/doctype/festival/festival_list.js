// Festivals in the order in which they come; the shipped ones by their names in the reader's language.
frappe.listview_settings["Festival"] = {
	add_fields: ["enabled", "next_on"],
	hide_name_column: true,
	formatters: { festival_name: (name) => __(name) },
	get_indicator(doc) {
		return doc.enabled
			? [__("Greeted", null, "Festival"), "green", "enabled,=,1"]
			: [__("Not Greeted", null, "Festival"), "gray", "enabled,=,0"];
	},
};
