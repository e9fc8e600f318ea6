// Salesflow Settings: each choice of a model offers only those that grade such documents.
frappe.ui.form.on("Salesflow Settings", {
	setup(frm) {
		const fields = {
			lead_scoring_model: "Lead",
			opportunity_scoring_model: "Opportunity",
			customer_scoring_model: "Customer",
		};
		for (const [field, doctype] of Object.entries(fields)) {
			frm.set_query(field, () => ({ filters: { applies_to: doctype, enabled: 1 } }));
		}
		frm.set_query("scoring_model", "company_scoring_models", (doc, cdt, cdn) => ({
			filters: { applies_to: locals[cdt][cdn].applies_to, enabled: 1 },
		}));
	},
});

// Where the rows are shown, not edited, Frappe looks the words of a Select up without the table.
for (const df of frappe.get_meta("Handover Team")?.fields || []) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Handover Team")) : "");
	}
}
