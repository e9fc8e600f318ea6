// Lists of Lead, Prospect and Customer: tags are filtered by a pick from the library (P4).
frappe.provide("salesflow");

salesflow.tagged_list = {
	setup(doctype) {
		const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
		if (settings.sf_picks_tags) return;
		settings.sf_picks_tags = true;
		const onload = settings.onload;
		settings.onload = (list) => {
			onload?.(list);
			this.pick_tags(list);
		};
	},

	// The text of all tags stays what is compared; the pick only spares the typing.
	pick_tags(list) {
		const typed = list.page.fields_dict.sf_tags;
		if (!typed || typed.df.fieldtype === "Link") return;
		const value = typed.get_value();
		typed.$wrapper.remove();
		delete list.page.fields_dict.sf_tags;
		const field = list.page.add_field(
			{
				...typed.df,
				fieldtype: "Link",
				options: "Customer Tag",
				condition: "like",
				only_select: 1,
				onchange: () => list.filter_area.debounced_refresh_list_view(),
			},
			list.filter_area.standard_filters_wrapper
		);
		if (value) field.set_input(String(value).replaceAll("%", ""));
	},
};

// ERPNext's own settings of a list come before this file and take the place of what was set up earlier.
for (const doctype of ["Lead", "Prospect", "Customer"]) salesflow.tagged_list.setup(doctype);
