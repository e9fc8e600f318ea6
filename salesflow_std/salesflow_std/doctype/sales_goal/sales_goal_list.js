// The title is kept in English, and said in the reader's language.
frappe.listview_settings["Sales Goal"] = {
	add_fields: ["stage", "measure", "status", "sales_person"],
	hide_name_column: true,
	get_indicator(doc) {
		const colour = { Open: "blue", Met: "green", Missed: "red", Cancelled: "gray" }[doc.status];
		return [__(doc.status, null, "Sales Goal"), colour, `status,=,${doc.status}`];
	},
	formatters: {
		title(value, field, doc) {
			const period = (value || "").split(" · ")[2];
			return [__(doc.stage), __(doc.measure), period, doc.sales_person].filter(Boolean).join(" · ");
		},
	},
};
