// Coaching and recognition in the list (M6).
frappe.listview_settings["Coaching Record"] = {
	add_fields: ["status"],
	get_indicator: ({ status }) => {
		const tone = { Proposed: "orange", Confirmed: "blue", Done: "green", Dismissed: "gray" }[status];
		return [__(status, null, "Coaching Record"), tone, `status,=,${status}`];
	},
};
