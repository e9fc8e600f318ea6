// Account plans in the list: which ones wait for a review.
frappe.listview_settings["Account Plan"] = {
	add_fields: ["status", "next_review_on"],
	hide_name_column: true,
	get_indicator(doc) {
		const late = doc.next_review_on && doc.next_review_on <= frappe.datetime.get_today();
		if (doc.status === "Active" && late) {
			return [__("Review Due"), "red", "status,=,Active|next_review_on,<=,Today"];
		}
		const shown = {
			Active: [__("Active", null, "Account Plan"), "blue"],
			Completed: [__("Completed", null, "Account Plan"), "green"],
			Cancelled: [__("Cancelled", null, "Account Plan"), "gray"],
		}[doc.status];
		return shown && [...shown, `status,=,${doc.status}`];
	},
};
