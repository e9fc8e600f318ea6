// Closing on Opportunity and Quotation: final intent, and the contract that is due after it (C1).
frappe.provide("salesflow");

if (!salesflow.contract_making) {
	const API = "salesflow_std.api.contract";
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

	salesflow.contract_making = {
		refresh(frm) {
			if (frm.is_new() || frm.doc.docstatus === 2) return;
			if (frm.doctype === "Opportunity") this.intent_buttons(frm);
			if (frm.doc.sf_contract && frappe.model.can_read("Contract")) {
				frm.add_custom_button(__("Open Contract"), () => frappe.set_route("Form", "Contract", frm.doc.sf_contract));
			} else if (frappe.model.can_create("Contract") && frm.doc.status !== "Lost") {
				// While it is due nobody should have to look for it.
				const due = Boolean(frm.doc.sf_contract_due);
				const button = frm.add_custom_button(__("Make Contract"), () => this.make(frm), due ? null : __("Create"));
				if (due) button?.removeClass("btn-default").addClass("btn-primary");
			}
		},

		intent_buttons(frm) {
			if (!frm.perm[0]?.write || ["Lost", "Closed"].includes(frm.doc.status)) return;
			if (!frm.doc.sf_final_intent_on) {
				frm.add_custom_button(__("Record Final Intent"), () => this.record(frm), __("Closing"));
			} else {
				frm.add_custom_button(__("Take Back Final Intent"), () => this.take_back(frm), __("Closing"));
			}
		},

		// What is not saved would be lost at the reload.
		saved(frm) {
			return frm.is_dirty() ? frm.save() : Promise.resolve();
		},

		record(frm) {
			const dialog = new frappe.ui.Dialog({
				title: __("Record Final Intent"),
				fields: [
					{
						fieldname: "on",
						fieldtype: "Datetime",
						label: __("When"),
						default: frappe.datetime.system_datetime(),
						reqd: 1,
					},
					{
						fieldname: "said_by",
						fieldtype: "Data",
						label: __("Said By", null, "Opportunity"),
						default: frm.doc.contact_display || "",
						description: __("Who said it at the customer."),
						reqd: 1,
					},
					{
						fieldname: "words",
						fieldtype: "Small Text",
						label: __("What They Said", null, "Opportunity"),
						description: __("In their words. The contract is due from then on."),
						reqd: 1,
					},
				],
				primary_action_label: __("Record", null, "Salesflow"),
				primary_action: (values) => {
					dialog.disable_primary_action();
					return frappe
						.xcall(`${API}.record_final_intent`, { opportunity: frm.docname, ...values })
						.then((found) => {
							dialog.hide();
							frappe.show_alert({
								message: __("The contract is due by {0}.", [frappe.datetime.str_to_user(found.contract_due)]),
								indicator: "green",
							});
							return frm.reload_doc();
						})
						.catch(() => dialog.enable_primary_action());
				},
			});
			this.saved(frm).then(() => dialog.show());
		},

		take_back(frm) {
			const dialog = new frappe.ui.Dialog({
				title: __("Take Back Final Intent"),
				fields: [
					{
						fieldname: "reason",
						fieldtype: "Small Text",
						label: __("Reason", null, "Contract Review"),
						description: __("Kept in the timeline, with what was recorded."),
						reqd: 1,
					},
				],
				primary_action_label: __("Take Back", null, "Salesflow"),
				primary_action: ({ reason }) =>
					frappe.xcall(`${API}.withdraw_final_intent`, { opportunity: frm.docname, reason }).then(() => {
						dialog.hide();
						return frm.reload_doc();
					}),
			});
			this.saved(frm).then(() => dialog.show());
		},

		make(frm) {
			const deal = { doctype: frm.doctype, name: frm.docname };
			return this.saved(frm)
				.then(() => frappe.xcall(`${API}.of`, deal))
				.then((found) => {
					if (found.contract) return frappe.set_route("Form", "Contract", found.contract);
					return found.customer ? this.ask_template(deal) : this.run(deal);
				});
		},

		ask_template(deal) {
			const dialog = new frappe.ui.Dialog({
				title: __("Make Contract"),
				fields: [
					{
						fieldtype: "HTML",
						options: `<p>${esc(
							__("Party, amount, payment terms, delivery period, scope and after-sales are taken from the approved proposal.")
						)}</p>`,
					},
					{
						fieldname: "template",
						fieldtype: "Link",
						options: "Contract Template",
						label: __("Contract Template"),
						description: __("Its text becomes the contract's. Without one it is that of the proposal."),
					},
				],
				primary_action_label: __("Make Contract"),
				primary_action: ({ template }) => {
					dialog.disable_primary_action();
					return this.run({ ...deal, template })
						.then(() => dialog.hide())
						.catch(() => dialog.enable_primary_action());
				},
			});
			dialog.show();
		},

		run(args) {
			return frappe.xcall(`${API}.make`, args).then(({ name, made }) => {
				if (!made) frappe.show_alert({ message: __("This deal has a contract already."), indicator: "blue" });
				return frappe.set_route("Form", "Contract", name);
			});
		},
	};

	for (const doctype of ["Opportunity", "Quotation"]) {
		frappe.ui.form.on(doctype, { refresh: (frm) => salesflow.contract_making.refresh(frm) });
	}
}
