// The grade in the lists of Lead, Opportunity and Customer, in its colour.
frappe.provide("salesflow");

// What the kanban boards of the stages show; Frappe reads only what lists ask for.
const ON_CARDS = {
	Lead: ["company_name", "lead_owner"],
	Opportunity: ["opportunity_amount", "currency", "expected_closing", "opportunity_owner"],
};

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

	// How long the first touch may still take, or how long it is overdue (L7).
	countdown(doc) {
		if (!["Not Yet", "Overdue"].includes(doc.sf_first_touch_status) || !doc.sf_first_touch_due) return "";
		const time = this.time_to(doc.sf_first_touch_due);
		const title = time.late
			? __("First touch overdue by {0}", [time.text])
			: __("First touch within {0}", [time.text]);
		return `<span class="sf-countdown ${time.late ? "text-danger" : "text-muted"}" title="${title}">${
			time.late ? "−" : ""
		}${time.text}</span>`;
	},

	// The stage; one that has taken longer than allowed is red (M1).
	stage(doc) {
		if (!doc.sf_stage) return "";
		const name = frappe.utils.escape_html(__(doc.sf_stage));
		const late = doc.sf_stage_late && doc.sf_stage_due;
		const title = late
			? __("Longer in this stage than allowed, by {0}", [this.time_to(doc.sf_stage_due).text])
			: name;
		return `<span class="indicator-pill no-indicator-dot ${
			doc.sf_stage_late ? "red" : "gray"
		} sf-stage-pill" title="${title}">${name}</span>`;
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
		const settings = this.setup(doctype, ["sf_stage", "sf_stage_due", "sf_stage_late", ...ON_CARDS[doctype]]);
		settings.formatters.sf_stage = (value, df, doc) => this.stage(doc);
		this.mark_late_cards(doctype);
	},

	// Kanban knows the formatters of fields, not those of lists; the card's edge takes its colour from the mark.
	mark_late_cards(doctype) {
		const field = frappe.meta.get_docfield(doctype, "sf_stage_late");
		if (!field) return;
		field.formatter = (value) =>
			value
				? `<span class="indicator-pill no-indicator-dot red sf-late-mark">${__("Longer than allowed")}</span>`
				: "";
	},

	// A window of up to 1366 pixels has room for four columns, and ours would be the fifth and sixth. Grade, stage
	// and tier come right after the status, unless the users have chosen their columns; the grade in the last one's
	// place.
	show_columns(list) {
		if (list.view_name !== "List") return;
		const setup_columns = list.setup_columns.bind(list);
		list.setup_columns = () => {
			setup_columns();
			if (list.list_view_settings?.fields) return;
			const ours = ["sf_grade", "sf_stage", "sf_tier"]
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
for (const doctype of Object.keys(ON_CARDS)) {
	if (frappe.listview_settings[doctype]) salesflow.graded_list.setup_stages(doctype);
}
