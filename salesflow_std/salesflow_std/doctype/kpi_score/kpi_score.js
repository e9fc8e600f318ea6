// KPI Score: what a closed month has brought; read only.
for (const df of frappe.get_meta("KPI Score Line")?.fields || []) {
	if (df.fieldname === "measure") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "KPI Weight")) : "");
	}
}

frappe.ui.form.on("KPI Score", {
	refresh(frm) {
		frm.disable_form();
		frm.disable_save();
		frm.set_intro("");
		if (!frm.doc.sales_person) {
			frm.set_intro(
				frm.doc.status === "Reopened"
					? __("The month is open again. The reason is told below.")
					: __("What belongs to no sales person, and that the month is closed."),
				"blue"
			);
		} else if (!frm.doc.is_scored) {
			frm.set_intro(__("There was no target to score."), "blue");
		}
		frm.add_custom_button(__("KPI Scores"), () =>
			frappe.set_route("query-report", "KPI Scores", {
				company: frm.doc.company,
				from_date: frm.doc.month,
				to_date: frm.doc.month,
				...(frm.doc.sales_person ? { sales_person: frm.doc.sales_person } : {}),
			})
		);
	},
});
