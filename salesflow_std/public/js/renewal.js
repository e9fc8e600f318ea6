// A contract that ends: the customer is asked for renewal, and what they say is kept (A5).
frappe.provide("salesflow");

if (!salesflow.renewal) {
	const API = "salesflow_std.api.renewal";
	const WANTS = "Wants to Renew";
	const ANSWERS = [WANTS, "Later", "Not Renewed"];

	salesflow.renewal = {
		setup(frm) {
			frm.set_query("sf_renews", () => ({
				filters: {
					party_type: "Customer",
					party_name: frm.doc.party_name || "",
					docstatus: 1,
					name: ["!=", frm.docname],
				},
			}));
		},

		refresh(frm) {
			const doc = frm.doc;
			if (frm.is_new() || doc.docstatus !== 1 || !doc.is_signed || doc.party_type !== "Customer") return;
			if (!doc.end_date) return;
			this.indicate(frm);
			if (!frm.perm[0]?.write) return;
			const group = __("Renewal", null, "Contract");
			const opportunity = doc.sf_renewal_opportunity;
			if (opportunity) {
				frm.add_custom_button(__("Open Renewal Opportunity"), () => this.open(opportunity), group);
			}
			if (doc.sf_renewal_outcome === "Renewed") return;
			if (!doc.sf_renewal_asked_on || doc.sf_renewal_outcome === "Later") {
				frm.add_custom_button(__("Customer Was Asked"), () => this.asked(frm), group);
			}
			frm.add_custom_button(__("Customer's Answer"), () => this.answer(frm), group);
		},

		// How the renewal stands, on top of the form.
		indicate(frm) {
			const { end_date, sf_renewal_due: due, sf_renewal_asked_on: asked, sf_renewal_outcome: outcome } = frm.doc;
			const day = (date) => frappe.datetime.str_to_user(date);
			const today = frappe.datetime.get_today();
			if (outcome === "Renewed") frm.dashboard.add_indicator(__("Renewed", null, "Contract"), "green");
			else if (outcome === "Not Renewed") frm.dashboard.add_indicator(__("Not Renewed", null, "Contract"), "gray");
			else if (due > today) frm.dashboard.add_indicator(__("Ask for renewal on {0}", [day(due)]), "blue");
			else if (asked && outcome !== "Later") {
				frm.dashboard.add_indicator(__("Asked for renewal on {0}", [day(asked)]), end_date < today ? "red" : "blue");
			} else if (due && (outcome === "Later" || end_date >= today)) {
				frm.dashboard.add_indicator(__("Ask for renewal: ends on {0}", [day(end_date)]), "orange");
			}
		},

		open(opportunity) {
			return frappe.set_route("Form", "Opportunity", opportunity);
		},

		// What is not saved would be lost at the reload.
		saved(frm) {
			return frm.is_dirty() ? frm.save("Update") : Promise.resolve();
		},

		asked(frm) {
			return this.saved(frm)
				.then(() => frappe.xcall(`${API}.ask`, { contract: frm.docname }))
				.then(() => frm.reload_doc());
		},

		fields() {
			return [
				{
					fieldname: "answer",
					fieldtype: "Select",
					label: __("What the Customer Says"),
					options: ANSWERS.map((value) => ({ value, label: __(value, null, "Contract") })),
					default: WANTS,
					reqd: 1,
				},
				{
					fieldname: "about",
					fieldtype: "HTML",
					depends_on: `eval:doc.answer=='${WANTS}'`,
					options: `<p class="text-muted small">${__(
						"An opportunity is opened with amount and end of this contract. Renewed it is when the contract that is made of it is signed."
					)}</p>`,
				},
				{
					fieldname: "on",
					fieldtype: "Date",
					label: __("Ask Again On"),
					depends_on: "eval:doc.answer=='Later'",
					mandatory_depends_on: "eval:doc.answer=='Later'",
				},
				{
					fieldname: "note",
					fieldtype: "Small Text",
					label: __("In Their Words"),
					depends_on: `eval:doc.answer!='${WANTS}'`,
					mandatory_depends_on: `eval:doc.answer!='${WANTS}'`,
				},
			];
		},

		answer(frm) {
			const dialog = new frappe.ui.Dialog({
				title: __("Customer's Answer on Renewal"),
				fields: this.fields(),
				primary_action_label: __("Record", null, "Salesflow"),
				primary_action: (values) => {
					dialog.disable_primary_action();
					return this.send(frm, values)
						.then((opportunity) => {
							dialog.hide();
							return opportunity ? this.open(opportunity) : frm.reload_doc();
						})
						.catch(() => dialog.enable_primary_action());
				},
			});
			return this.saved(frm).then(() => dialog.show());
		},

		// The renewal opportunity, where there is one to go on with.
		send(frm, { answer, on, note }) {
			const contract = frm.docname;
			if (answer === WANTS) return frappe.xcall(`${API}.make_opportunity`, { contract });
			const sent =
				answer === "Later"
					? frappe.xcall(`${API}.put_off`, { contract, on, note })
					: frappe.xcall(`${API}.decline`, { contract, note });
			return sent.then(() => null);
		},
	};

	frappe.ui.form.on("Contract", {
		setup: (frm) => salesflow.renewal.setup(frm),
		refresh: (frm) => salesflow.renewal.refresh(frm),
	});
}
