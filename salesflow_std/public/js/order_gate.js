// How a Sales Order stands before the gate of the contract, and the override (C3).
frappe.provide("salesflow");

if (!salesflow.order_gate) {
	const API = "salesflow_std.api.order_gate";
	const esc = (text) => frappe.utils.escape_html(text || "");

	salesflow.order_gate = {
		refresh(frm) {
			frm.layout.wrapper.find(".sf-gate").remove();
			if (frm.is_new()) return;
			const asked = frm.docname;
			frappe.xcall(`${API}.standing`, { order: asked }).then((found) => {
				if (frm.docname === asked) this.show(frm, found);
			});
		},

		show(frm, found) {
			frm.layout.wrapper.find(".sf-gate").remove();
			const html = this.lines(found);
			if (html) frm.layout.show_message(`<div class="sf-gate">${html}</div>`, this.colour(found), true);
			// Frappe's frame goes with what it frames.
			frm.layout.wrapper.find(".form-message").has(".sf-gate").addClass("sf-gate");
			if (found.may_override) {
				frm.add_custom_button(__("Override", null, "Salesflow"), () => this.override(frm, found));
			}
		},

		colour(found) {
			if (found.state === "Signed") return "green";
			if (found.state === "Exempt") return "blue";
			return found.state === "Missing" && found.enforcement !== "Warn" ? "red" : "orange";
		},

		lines(found) {
			if (found.state === "Signed") {
				return found.contract
					? __("Signed with contract {0}.", [
							frappe.utils.get_form_link("Contract", found.contract, true, esc(found.contract)),
					  ])
					: __("Its contract is signed.");
			}
			if (found.state === "Exempt") return __("This order needs no contract.");
			if (found.state === "Warned") return __("Submitted without a signed contract.");
			if (found.state === "Overridden") {
				return __("{0} let this order pass without a signed contract: {1}", [esc(found.given_by), esc(found.reason)]);
			}
			if (!found.says) return "";
			return `<div>${found.says}</div><div class="small">${esc(found.why)}</div>`;
		},

		override(frm, found) {
			// What is asked about is what is stored.
			if (frm.is_dirty()) {
				frappe.msgprint({ title: __("Not Saved"), message: __("Save the order first."), indicator: "orange" });
				return;
			}
			const name = frm.docname;
			const dialog = new frappe.ui.Dialog({
				title: __("Let This Order Pass"),
				fields: [
					{ fieldtype: "HTML", options: `<p>${this.lines(found)}</p>` },
					{
						fieldtype: "Small Text",
						fieldname: "reason",
						label: __("Override Reason", null, "Sales Order"),
						reqd: 1,
						description: __("Kept and reported. It holds for this customer and exactly these totals."),
					},
				],
				primary_action_label: __("Override", null, "Salesflow"),
				primary_action: ({ reason }) =>
					frappe.xcall(`${API}.override`, { order: name, reason }).then(() => {
						dialog.hide();
						if (frm.docname === name) frm.reload_doc();
					}),
			});
			dialog.show();
		},
	};

	// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
	const standing = frappe.meta.get_docfield("Sales Order", "sf_contract_standing");
	if (standing) {
		standing.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Sales Order")) : "");
	}

	frappe.ui.form.on("Sales Order", {
		refresh(frm) {
			salesflow.order_gate.refresh(frm);
		},
	});
}
