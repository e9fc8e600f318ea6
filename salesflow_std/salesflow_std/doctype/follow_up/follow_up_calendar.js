// Follow-ups in the calendar, on the day they are due in the reader's time zone; those with customers are the care
// calendar (P6). What nobody made in time stays in sight, struck out.
(() => {
	const API = "salesflow_std.api.customer_care";
	const COLOURS = { Done: "success", Missed: "danger", Cancelled: "gray" };
	const word = (status) => __(status, null, "Follow Up");

	// Whose touches, and whether of customers alone: choices of the page's menu that are filters of the list.
	function set(fields, filters) {
		const area = cur_list.filter_area;
		return Promise.all(fields.map((field) => area.remove(field))).then(() => area.add(filters));
	}

	function offer_choices() {
		const list = cur_list;
		if (!list || list.doctype !== "Follow Up" || list.sf_has_choices) return;
		list.sf_has_choices = true;
		const whose = __("Whose", null, "Care Calendar");
		const button = (label, run, group) => list.page.add_inner_button(label, run, group);
		const users = (names) => set(["allocated_to"], [["Follow Up", "allocated_to", ...names]]);
		button(__("Mine", null, "Care Calendar"), () => users(["=", frappe.session.user]), whose);
		button(__("Everybody's", null, "Care Calendar"), () => set(["allocated_to"], []), whose);
		button(__("Customers Only", null, "Care Calendar"), () =>
			set(["reference_doctype"], [["Follow Up", "reference_doctype", "=", "Customer"]])
		);
		frappe.xcall(`${API}.team`).then((team) => {
			if (team.length < 2) return;
			button(__("My Team's", null, "Care Calendar"), () => users(["in", team.map((one) => one.user)]), whose);
			for (const { user, full_name } of team.slice(1)) {
				button(frappe.utils.escape_html(full_name), () => users(["=", user]), whose);
			}
		});
	}

	frappe.views.calendar["Follow Up"] = {
		field_map: { start: "due_on", end: "due_on", id: "name", title: "title", status: "status", allDay: "allDay" },
		gantt: false,
		get_events_method: "salesflow_std.api.follow_up.events",
		filters: [
			{ fieldtype: "Link", fieldname: "allocated_to", options: "User", label: __("Allocated To") },
			{
				fieldtype: "Select",
				fieldname: "status",
				options: ["", "Planned", "Done", "Missed", "Cancelled"],
				label: __("Status"),
			},
		],
		get_css_class(event) {
			if (event.status === "Planned" && event.overdue) return "warning";
			return COLOURS[event.status] || "default";
		},
		options: {
			// The calendar has its own name for simplified Chinese; on a phone it is as long as it is.
			locale: frappe.boot.lang === "zh" ? "zh-cn" : frappe.boot.lang,
			...(frappe.is_mobile() ? { height: "auto" } : {}),
			viewRender: offer_choices,
			eventRender(event, element) {
				element.attr("title", [event.title, word(event.status), event.who].filter(Boolean).join(" · "));
				element.toggleClass("sf-skipped", event.status === "Missed");
			},
		},
	};
})();
