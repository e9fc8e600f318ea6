frappe.ui.form.on("Review Rule", {
	onload(frm) {
		// The desk fills in the user's company; a rule without one holds for all.
		if (frm.is_new() && !frm.doc.rule_name) frm.set_value("company", null);
	},
});
