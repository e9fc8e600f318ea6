// The shipped policies are called by their names in the reader's language.
frappe.listview_settings["Cadence Policy"] = {
	formatters: { name: (value) => __(value) },
};
