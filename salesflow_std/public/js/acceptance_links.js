// From project, handover, contract and order to the acceptance of what was delivered (A2).
frappe.provide("salesflow");

if (!salesflow.acceptance_links) {
	const SIGNED = { "Sales Order": (doc) => doc.docstatus === 1, Contract: (doc) => doc.docstatus === 1 && doc.is_signed };
	// Before a deal is handed over nothing is delivered.
	SIGNED["Delivery Handover"] = (doc) => doc.status !== "Draft";
	SIGNED.Project = (doc) => doc.customer && doc.status !== "Cancelled";

	salesflow.acceptance_links = {
		refresh(frm) {
			if (frm.is_new() || !SIGNED[frm.doctype](frm.doc)) return;
			if (frm.doctype === "Contract" && frm.doc.party_type !== "Customer") return;
			if (!frappe.model.can_create("Acceptance Report")) return;
			const begin = () => this.begin(frm.doctype, frm.docname);
			frm.add_custom_button(__("Acceptance Report"), begin, __("Create"));
			// The plus sign among the connections.
			frm.make_methods = { ...frm.make_methods, "Acceptance Report": begin };
		},

		// A draft that somebody has begun is opened, else a new report.
		async begin(doctype, name) {
			let report = await frappe.xcall("salesflow_std.api.acceptance.make", { doctype, name });
			if (report.__islocal) [report] = frappe.model.sync(report);
			frappe.set_route("Form", "Acceptance Report", report.name);
		},
	};

	for (const doctype of Object.keys(SIGNED)) {
		frappe.ui.form.on(doctype, { refresh: (frm) => salesflow.acceptance_links.refresh(frm) });
	}
}
