// What report scripts include: a number opens what is behind it, as a list or in the same report; one button leads back.
frappe.provide("salesflow_std");

salesflow_std.report_links = {
	// A number that opens the documents of these names as a list.
	list(text, doctype, names, tone = "") {
		return this._link(text, "open_list", tone, { doctype, names: JSON.stringify(names) });
	},

	open_list(link) {
		frappe.route_options = { name: ["in", JSON.parse(link.dataset.names)] };
		frappe.set_route("List", link.dataset.doctype, "List");
	},

	// A number that opens its records in the same report, which has the filter `records`, and `records_group` where one
	// is given.
	records(text, records, tone = "", group = undefined) {
		return this._link(text, "open_records", tone, { records, ...(group === undefined ? {} : { group }) });
	},

	open_records(link) {
		const { records, group } = link.dataset;
		frappe.query_report.set_filter_value(group === undefined ? { records } : { records_group: group, records });
	},

	// The button back from the records, to be called when the report is loaded; `way_back_shown` after each refresh.
	way_back(report, label) {
		const back = { records: "", ...(report.get_filter("records_group", false) ? { records_group: "" } : {}) };
		report.page.add_inner_button(label, () => report.set_filter_value(back));
		report.sf_way_back = label;
		this.way_back_shown(report);
	},

	way_back_shown(report) {
		report.page.inner_toolbar
			.find(`[data-label="${encodeURIComponent(report.sf_way_back)}"]`)
			.toggle(Boolean(report.get_filter_value("records")));
	},

	// `text` is HTML already.
	_link(text, opens, tone, data) {
		const attributes = Object.entries(data).map(
			([name, value]) => `data-${name}="${frappe.utils.escape_html(value)}"`
		);
		return `<a class="${tone}" ${attributes.join(" ")} onclick="salesflow_std.report_links.${opens}(this)">${text}</a>`;
	},
};
