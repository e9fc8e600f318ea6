// Cadence Policy: a new default beside a tuned policy, as with scoring models.
frappe.ui.form.on("Cadence Policy", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("Follow-ups"), () =>
			frappe.set_route("List", "Follow Up", { policy: frm.docname, status: "Planned" })
		);
	},
});
