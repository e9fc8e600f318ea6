// Follow-ups in the list: what is overdue at a glance, goals in the reader's language.
frappe.listview_settings["Follow Up"] = {
	add_fields: ["status", "due_on", "kind", "goal", "channel"],
	hide_name_column: true,
	filters: [["status", "=", "Planned"]],
	formatters: {
		goal: (value) => (value ? frappe.utils.escape_html(__(value)) : ""),
	},
	get_indicator(doc) {
		if (doc.status === "Planned" && doc.due_on && doc.due_on < frappe.datetime.system_datetime()) {
			return [__("Overdue", null, "Follow Up"), "red", "status,=,Planned|due_on,<,Today"];
		}
		const colours = { Planned: "blue", Done: "green", Missed: "red", Cancelled: "gray" };
		return [__(doc.status, null, "Follow Up"), colours[doc.status], `status,=,${doc.status}`];
	},
};
