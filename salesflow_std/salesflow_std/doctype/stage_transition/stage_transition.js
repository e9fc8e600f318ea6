// Stage Transition: a record of the log, read only.
frappe.ui.form.on("Stage Transition", {
	refresh(frm) {
		frm.disable_form();
		frm.disable_save();
	},
});
