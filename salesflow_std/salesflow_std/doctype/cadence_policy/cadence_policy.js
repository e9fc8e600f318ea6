// Cadence Policy: a new default beside a tuned policy, as with scoring models.
frappe.ui.form.on("Cadence Policy", {
	refresh(frm) {
		if (frm.is_new()) return;
		// The texts of shipped policies are records; whoever edits one sees beside it how the others read it.
		const { description } = frm.doc;
		const said = description ? __(description) : "";
		frm.set_df_property("description", "description", said === description ? "" : said);
		frm.add_custom_button(__("Follow-ups"), () =>
			frappe.set_route("List", "Follow Up", { policy: frm.docname, status: "Planned" })
		);
	},
});

// Where the steps are shown, not edited: Frappe looks their words up without the table, and their goals not at all.
for (const df of frappe.get_meta("Cadence Step")?.fields || []) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Cadence Step")) : "");
	} else if (df.fieldname === "goal") {
		df.formatter = (goal) => (goal ? frappe.utils.escape_html(__(goal)) : "");
	}
}
