// The shipped models are called by their names in the reader's language.
frappe.listview_settings["Scoring Model"] = {
	hide_name_column: true,
	formatters: { model_name: (value) => __(value) },
};
