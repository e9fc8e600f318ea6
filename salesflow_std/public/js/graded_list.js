// The grade in the lists of Lead, Opportunity and Customer, in its colour.
frappe.provide("salesflow");

salesflow.graded_list = {
	pill(doctype, grade, stale) {
		const colour = ((frappe.boot.salesflow || {}).colours || {})[doctype]?.[grade] || "gray";
		const title = stale ? __("Review due") : __("Grade", null, "Salesflow");
		return `<span class="indicator-pill no-indicator-dot ${colour} sf-grade ${stale ? "sf-stale" : ""}"
			title="${title}">${frappe.utils.escape_html(grade)}${stale ? " ?" : ""}</span>`;
	},

	// How long the first touch may still take, or how long it is overdue (L7).
	countdown(doc) {
		if (!["Not Yet", "Overdue"].includes(doc.sf_first_touch_status) || !doc.sf_first_touch_due) return "";
		const minutes = moment(doc.sf_first_touch_due).diff(moment(frappe.datetime.system_datetime()), "minutes");
		const hours = Math.abs(minutes) / 60;
		const text = hours < 72 ? __("{0} h", [Math.round(hours)]) : __("{0} d", [Math.round(hours / 24)], "Salesflow");
		const title =
			minutes < 0 ? __("First touch overdue by {0}", [text]) : __("First touch within {0}", [text]);
		return `<span class="sf-countdown ${minutes < 0 ? "text-danger" : "text-muted"}" title="${title}">${
			minutes < 0 ? "−" : ""
		}${text}</span>`;
	},

	setup(doctype, more_fields = []) {
		const settings = (frappe.listview_settings[doctype] = frappe.listview_settings[doctype] || {});
		settings.add_fields = [
			...new Set([...(settings.add_fields || []), "sf_grade", "sf_grade_stale", ...more_fields]),
		];
		settings.formatters = {
			...settings.formatters,
			sf_grade: (value, df, doc) =>
				value ? this.pill(doctype, value, doc.sf_grade_stale) + this.countdown(doc) : "",
		};
		if (!settings.sf_shows_grade) {
			settings.sf_shows_grade = true;
			const onload = settings.onload;
			settings.onload = (list) => {
				onload?.(list);
				this.show_grade(list);
			};
		}
		return settings;
	},

	// A window of up to 1366 pixels has room for four columns, and the grade would be the fifth. It comes right
	// after the status, unless the users have chosen their columns.
	show_grade(list) {
		if (list.view_name !== "List") return;
		const setup_columns = list.setup_columns.bind(list);
		list.setup_columns = () => {
			setup_columns();
			const grade = frappe.meta.get_docfield(list.doctype, "sf_grade");
			if (list.list_view_settings?.fields || !grade?.in_list_view) return;
			const is_grade = (column) => column.df?.fieldname === "sf_grade";
			const columns = list.columns.filter((column) => !is_grade(column));
			if (columns.length === list.columns.length) {
				const last = columns.findLastIndex((c) => c.type === "Field" && c.df.fieldname !== "name");
				if (last >= 0) columns.splice(last, 1);
			}
			const before = columns.findIndex((column) => column.type === "Field");
			columns.splice(before < 0 ? columns.length : before, 0, { type: "Field", df: grade });
			list.columns = columns;
		};
		list.setup_columns();
		list.render_header(true);
	},
};

for (const doctype of ["Lead", "Opportunity", "Customer"]) {
	if (frappe.listview_settings[doctype]) salesflow.graded_list.setup(doctype);
}
