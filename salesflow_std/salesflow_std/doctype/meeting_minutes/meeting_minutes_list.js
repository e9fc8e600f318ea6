// Minutes in the list: whether those who took part have them.
frappe.listview_settings["Meeting Minutes"] = {
	add_fields: ["sent_on", "meeting_type"],
	hide_name_column: true,
	get_indicator: (doc) =>
		doc.sent_on
			? [__("Sent", null, "Meeting Minutes"), "green", "sent_on,is,set"]
			: [__("Not Sent", null, "Meeting Minutes"), "orange", "sent_on,is,not set"],
};
