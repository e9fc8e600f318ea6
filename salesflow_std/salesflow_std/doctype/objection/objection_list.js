// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
for (const df of frappe.get_meta("Objection").fields) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Objection")) : "");
	}
}

// Objections in the list: whose reply is late, what waits for an outcome, what is settled.
frappe.listview_settings["Objection"] = {
	formatters: {
		kind(word) {
			const shown = frappe.utils.escape_html(__(word, null, "Objection"));
			return `<span class="filterable ellipsis" data-filter="kind,=,${word}">${shown}</span>`;
		},
	},
	add_fields: ["status", "reply_due_on"],
	hide_name_column: true,
	get_indicator(doc) {
		const now = frappe.datetime.system_datetime();
		if (doc.status === "Open" && doc.reply_due_on && doc.reply_due_on < now) {
			return [__("Reply Overdue", null, "Objection"), "red", "status,=,Open|reply_due_on,<,Now"];
		}
		const colours = { Open: "orange", Answered: "blue", Settled: "green", "Not Settled": "gray" };
		return [__(doc.status, null, "Objection"), colours[doc.status], `status,=,${doc.status}`];
	},
};
