// The way to the page that confirms all of a customer's facts in one go (P5).
frappe.provide("salesflow");

if (!salesflow.confirm_facts) {
	salesflow.confirm_facts = (doctype, name) => frappe.set_route("confirm-facts", doctype, name);

	for (const doctype of ["Lead", "Prospect", "Customer", "Opportunity"]) {
		frappe.ui.form.on(doctype, {
			refresh(frm) {
				if (frm.is_new()) return;
				frm.page.add_menu_item(__("Confirm Facts"), () => salesflow.confirm_facts(frm.doctype, frm.docname));
			},
		});
	}

	frappe.ui.form.on("Customer Profile", {
		refresh(frm) {
			if (frm.is_new()) return;
			frm.add_custom_button(__("Confirm Facts"), () =>
				frappe
					.xcall("salesflow_std.api.keeping.page_of_profile", { customer_profile: frm.docname })
					.then(({ doctype, name }) => salesflow.confirm_facts(doctype, name))
			);
		},
	});
}
