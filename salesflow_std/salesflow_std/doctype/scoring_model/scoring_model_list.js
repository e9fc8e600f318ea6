// The shipped models are called by their names in the reader's language.
frappe.listview_settings["Scoring Model"] = {
	formatters: { model_name: (value) => __(value) },
};
