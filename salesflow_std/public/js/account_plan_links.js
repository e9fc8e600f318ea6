// The account plan of a lead, a prospect or a customer: opens the active one, or begins one (L10).
(() => {
	const open = (frm) =>
		frappe
			.xcall("salesflow_std.api.account_plan.of", { doctype: frm.doctype, name: frm.docname })
			.then(({ plan, owner, may_create }) => {
				if (plan) return frappe.set_route("Form", "Account Plan", plan);
				if (!may_create) return frappe.show_alert(__("There is no account plan yet."));
				frappe.new_doc("Account Plan", { party_type: frm.doctype, party: frm.docname, plan_owner: owner });
			});

	for (const doctype of ["Lead", "Prospect", "Customer"]) {
		frappe.ui.form.on(doctype, {
			refresh(frm) {
				if (frm.is_new() || !frappe.model.can_read("Account Plan")) return;
				frm.add_custom_button(__("Account Plan"), () => open(frm), __("View"));
			},
		});
	}
})();
