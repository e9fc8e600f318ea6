// Follow-ups in the calendar, on the day they are due.
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
		return { Done: "success", Missed: "danger", Cancelled: "default" }[event.status] || "standard";
	},
};
