// The grade in the lists of Lead, Opportunity and Customer, in its colour.
frappe.provide("salesflow");

salesflow.graded_list = {
	pill(doctype, grade, stale) {
		const colour = ((frappe.boot.salesflow || {}).colours || {})[doctype]?.[grade] || "gray";
		const title = stale ? __("Review due") : __("Grade", null, "Salesflow");
		return `<span class="indicator-pill no-indicator-dot ${colour} sf-grade ${stale ? "sf-stale" : ""}"
			title="${title}">${frappe.utils.escape_html(grade)}${stale ? " ?" : ""}</span>`;
	},

	// How far off a time of the site is: `{late, text}`, short.
	time_to(due) {
		const minutes = moment(due).diff(moment(frappe.datetime.system_datetime()), "minutes");
		const hours = Math.abs(minutes) / 60;
		const text = hours < 72 ? __("{0} h", [Math.round(hours)]) : __("{0} d", [Math.round(hours / 24)], "Salesflow");
		return { late: minutes < 0, text };
	},

	clock({ late, text }, title) {
		return `<span class="sf-countdown ${late ? "text-danger" : "text-muted"}" title="${title}">${
			late ? "−" : ""
		}${text}</span>`;
	},

	// How long the first touch may still take, or how long it is overdue (L7).
	countdown(doc) {
		if (!["Not Yet", "Overdue"].includes(doc.sf_first_touch_status) || !doc.sf_first_touch_due) return "";
		const time = this.time_to(doc.sf_first_touch_due);
		const title = time.late
			? __("First touch overdue by {0}", [time.text])
			: __("First touch within {0}", [time.text]);
		return this.clock(time, title);
	},

	// The stage; one that has taken longer than allowed is red and says by how much (M1).
	stage(doc) {
		if (!doc.sf_stage) return "";
		const late = Boolean(doc.sf_stage_late);
		const time = late && doc.sf_stage_due && this.time_to(doc.sf_stage_due);
		const title = time ? __("Longer in this stage than allowed, by {0}", [time.text]) : __("Stage", null, doc.doctype);
		return `<span class="indicator-pill no-indicator-dot ${late ? "red" : "gray"} sf-stage-pill ellipsis"
			title="${title}">${frappe.utils.escape_html(__(doc.sf_stage))}</span>${time ? this.clock(time, title) : ""}`;
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
				this.show_columns(list);
			};
		}
		return settings;
	},

	// Of documents that go through the stages of a sales process.
	setup_stages(doctype) {
		const settings = this.setup(doctype, ["sf_stage", "sf_stage_due", "sf_stage_late"]);
		settings.formatters.sf_stage = (value, df, doc) => this.stage({ ...doc, doctype });
		const onload = settings.onload;
		settings.onload = (list) => {
			onload?.(list);
			this.mark_late_cards(doctype);
		};
	},

	// Kanban knows formatters of fields only; the card's edge takes its colour from the mark.
	mark_late_cards(doctype) {
		const field = frappe.meta.get_docfield(doctype, "sf_stage_late");
		if (!field) return;
		field.formatter = (value) =>
			value
				? `<span class="indicator-pill no-indicator-dot red sf-late-mark">${__("Longer than allowed")}</span>`
				: "";
	},

	// A window of up to 1366 pixels has room for four columns, and ours would be the fifth and sixth. The grade and
	// the stage come right after the status, unless the users have chosen their columns; the grade in the last one's
	// place.
	show_columns(list) {
		if (list.view_name !== "List") return;
		const setup_columns = list.setup_columns.bind(list);
		list.setup_columns = () => {
			setup_columns();
			if (list.list_view_settings?.fields) return;
			const ours = ["sf_grade", "sf_stage"]
				.map((field) => frappe.meta.get_docfield(list.doctype, field))
				.filter((df) => df?.in_list_view);
			const is_ours = (column) => ours.some((df) => df.fieldname === column.df?.fieldname);
			const columns = list.columns.filter((column) => !is_ours(column));
			if (ours.length && columns.length === list.columns.length) {
				const last = columns.findLastIndex((c) => c.type === "Field" && c.df.fieldname !== "name");
				if (last >= 0) columns.splice(last, 1);
			}
			const before = columns.findIndex((column) => column.type === "Field");
			columns.splice(before < 0 ? columns.length : before, 0, ...ours.map((df) => ({ type: "Field", df })));
			list.columns = columns;
		};
		list.setup_columns();
		list.render_header(true);
	},
};

for (const doctype of ["Lead", "Opportunity", "Customer"]) {
	if (frappe.listview_settings[doctype]) salesflow.graded_list.setup(doctype);
}
for (const doctype of ["Lead", "Opportunity"]) {
	if (frappe.listview_settings[doctype]) salesflow.graded_list.setup_stages(doctype);
}
