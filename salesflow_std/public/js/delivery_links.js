// From a signed contract, and from its order, to the handover of the deal (C5).
frappe.provide("salesflow");

if (!salesflow.delivery_links) {
	const API = "salesflow_std.api.delivery_handover";

	salesflow.delivery_links = {
		contract(frm) {
			const doc = frm.doc;
			if (frm.is_new() || doc.docstatus !== 1 || !doc.is_signed || doc.party_type !== "Customer") return;
			this.add(frm, doc.name);
		},

		order(frm) {
			if (!frm.is_new() && frm.doc.docstatus === 1 && frm.doc.sf_contract) this.add(frm, frm.doc.sf_contract);
		},

		add(frm, contract) {
			if (!frappe.model.can_read("Delivery Handover")) return;
			frm.add_custom_button(__("Delivery Handover"), () => this.open(contract));
		},

		open(contract) {
			frappe
				.xcall(`${API}.make`, { contract })
				.then((made) => frappe.set_route("Form", "Delivery Handover", made.name));
		},
	};

	frappe.ui.form.on("Contract", { refresh: (frm) => salesflow.delivery_links.contract(frm) });
	frappe.ui.form.on("Sales Order", { refresh: (frm) => salesflow.delivery_links.order(frm) });
}
