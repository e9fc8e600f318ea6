// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Needs Record").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Needs Record")) : "");
	}
}

// Needs talks in the list: whose summary is late, what waits for the customer, what is confirmed.
frappe.listview_settings["Needs Record"] = {
	add_fields: ["status", "summary_due_on", "version"],
	hide_name_column: true,
	get_indicator(doc) {
		const now = frappe.datetime.system_datetime();
		if (doc.status === "Talked" && doc.summary_due_on && doc.summary_due_on < now) {
			return [__("Summary Overdue", null, "Needs Record"), "red", "status,=,Talked|summary_due_on,<,Today"];
		}
		const colours = {
			Planned: "blue",
			Talked: "orange",
			Sent: "purple",
			Confirmed: "green",
			Corrected: "yellow",
			Refused: "red",
			Superseded: "gray",
		};
		return [__(doc.status, null, "Needs Record"), colours[doc.status], `status,=,${doc.status}`];
	},
	onload(list) {
		salesflow.add_list_filters(list, [
			[__("Summary to send"), { status: "Talked" }],
			[__("Waits for the customer"), { status: "Sent" }],
			[__("Corrected by the customer"), { status: "Corrected" }],
			[__("My needs talks"), { allocated_to: frappe.session.user, status: ["!=", "Superseded"] }],
		]);
	},
};
