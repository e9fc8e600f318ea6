// Ready-made filters in the menu of a list.
frappe.provide("salesflow");

// `shown`: [[label, {field: value | [operator, value]}]]
salesflow.add_list_filters = (list, shown) => {
	for (const [label, filters] of shown) {
		list.page.add_menu_item(label, () => {
			list.filter_area.clear(false).then(() => {
				const rows = Object.entries(filters).map(([field, value]) => [
					list.doctype,
					field,
					...(Array.isArray(value) ? value : ["=", value]),
				]);
				list.filter_area.add(rows);
			});
		});
	}
};
