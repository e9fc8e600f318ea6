// "Solution Proposal" on Lead, Opportunity, Prospect and Customer, and on the needs the customer has confirmed (S1).
frappe.provide("salesflow");

if (!salesflow.proposal_links) {
	const API = "salesflow_std.api.proposal";

	salesflow.proposal_links = {
		refresh(frm) {
			if (frm.is_new() || !frm.perm[0]?.write || !frappe.model.can_create("Solution Proposal")) return;
			if (frm.doc.sf_invalid_reason) return;
			if (frm.doctype === "Needs Record" && frm.doc.status !== "Confirmed") return;
			const open = () => this.open(frm);
			frm.add_custom_button(__("Solution Proposal"), open, __("Create"));
			// The plus sign among the connections.
			frm.make_methods = { ...frm.make_methods, "Solution Proposal": open };
		},

		// The draft that is being written, or a new one.
		open(frm) {
			// Needs were said about a document, and so is the proposal.
			const of_needs = frm.doctype === "Needs Record";
			const doctype = of_needs ? frm.doc.reference_doctype : frm.doctype;
			const name = of_needs ? frm.doc.reference_name : frm.docname;
			frappe
				.xcall(`${API}.make`, { doctype, name })
				.then((name) => frappe.set_route("Form", "Solution Proposal", name));
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Prospect", "Customer", "Needs Record"]) {
		frappe.ui.form.on(doctype, {
			refresh: (frm) => salesflow.proposal_links.refresh(frm),
		});
	}
}
