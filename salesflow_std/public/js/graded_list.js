// The grade in the lists of Lead, Opportunity and Customer, in its colour.
frappe.provide("salesflow");

salesflow.graded_list = {
	pill(doctype, grade, stale) {
		const colour = ((frappe.boot.salesflow || {}).colours || {})[doctype]?.[grade] || "gray";
		const title = stale ? __("Review due") : __("Grade", null, "Salesflow");
		return `<span class="indicator-pill no-indicator-dot ${colour} sf-grade ${stale ? "sf-stale" : ""}"
			title="${title}">${frappe.utils.escape_html(grade)}${stale ? " ?" : ""}</span>`;
	},

	setup(doctype, more_fields = []) {
		const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
		settings.add_fields = [
			...new Set([...(settings.add_fields || []), "sf_grade", "sf_grade_stale", ...more_fields]),
		];
		settings.formatters = {
			...settings.formatters,
			sf_grade: (value, df, doc) => (value ? this.pill(doctype, value, doc.sf_grade_stale) : ""),
		};
		return settings;
	},
};

for (const doctype of ["Lead", "Opportunity", "Customer"]) {
	if (frappe.listview_settings[doctype]) salesflow.graded_list.setup(doctype);
}
