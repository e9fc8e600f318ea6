// A deal's contract: what legal says of its clauses, who has signed, and the scan (C2, C3).
frappe.provide("salesflow");

if (!salesflow.contract) {
	const API = "salesflow_std.api.contract";
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const COLOURS = {
		Drafted: "orange",
		"In Clause Review": "blue",
		"Clauses Approved": "green",
		Signed: "green",
	};

	salesflow.contract = {
		refresh(frm) {
			frm.layout.wrapper.find(".sf-gate").remove();
			if (frm.is_new() || frm.doc.party_type !== "Customer" || frm.doc.docstatus === 2) return;
			const name = frm.docname;
			frappe.xcall(`${API}.standing`, { contract: name }).then((found) => {
				if (frm.docname === name && found.of_deal) this.show(frm, found);
			});
		},

		show(frm, found) {
			frm.layout.wrapper.find(".sf-gate").remove();
			if (frm.doc.docstatus < 2 && found.state) {
				frm.page.set_indicator(__(found.state, null, "Contract"), COLOURS[found.state]);
			}
			const html = this.lines(frm, found);
			if (html) frm.layout.show_message(`<div class="sf-gate">${html}</div>`, this.colour(found), true);
			frm.layout.wrapper.find(".form-message").has(".sf-gate").addClass("sf-gate");
			this.buttons(frm, found);
		},

		colour(found) {
			if (["Clauses Approved", "Signed"].includes(found.state)) return "green";
			return found.state === "In Clause Review" ? "blue" : "orange";
		},

		lines(frm, found) {
			const { review } = found;
			const link = review && frappe.utils.get_form_link("Contract Review", review.name, true, esc(review.name));
			if (found.state === "Clauses Approved") {
				const approved = review ? __("Clauses approved with {0}.", [link]) : __("Clauses approved.");
				return `<div>${approved}</div><div class="small">${this.next_signature(frm)}</div>`;
			}
			if (!found.says) return "";
			const differences = (found.differences || []).map(
				(row) => `<li>${esc(row.what)}: <s>${esc(this.short(row.before))}</s> → ${esc(this.short(row.after))}</li>`
			);
			const list = differences.length
				? `<div class="mt-1">${__("Differs from the approved proposal:")}</div><ul class="mb-1">${differences.join("")}</ul>`
				: "";
			return `<div>${found.says}</div>${list}<div class="small">${esc(found.why)}</div>`;
		},

		// Who signs for us, submits; a rep may not, and would look for the button.
		next_signature(frm) {
			if (!frm.doc.is_signed) return __("Next: record the customer's signature.");
			return frm.perm[0]?.submit
				? __("The customer has signed. Submit the contract to sign for us.")
				: __("The customer has signed. Next: whoever signs for us submits the contract.");
		},

		short(text) {
			const line = String(text || "–").replace(/\s+/g, " ");
			return line.length > 140 ? `${line.slice(0, 140)}…` : line;
		},

		buttons(frm, found) {
			const { may, review } = found;
			const primary = (button) => button?.removeClass("btn-default").addClass("btn-primary");
			if (may.ask) {
				primary(frm.add_custom_button(__("Ask for Clause Review"), () => this.ask(frm)));
			}
			if (review && review.status === "Open") {
				frm.add_custom_button(__("Open Clause Review"), () => frappe.set_route("Form", "Contract Review", review.name));
			}
			if (may.take_back) frm.add_custom_button(__("Take Back Clause Review"), () => this.take_back(frm, review));
			if (may.sign) frm.add_custom_button(__("Customer Has Signed"), () => this.sign(frm), __("Signature"));
			if (may.scan) {
				const signed = found.state === "Signed";
				const button = frm.add_custom_button(__("Attach Scan"), () => this.scan(frm), signed ? null : __("Signature"));
				if (signed) primary(button);
			}
		},

		saved(frm) {
			return frm.is_dirty() ? frm.save() : Promise.resolve();
		},

		// A dialog whose answer goes to `method`, and then the form is read anew.
		dialog(frm, { title, fields, label, method, args }) {
			const dialog = new frappe.ui.Dialog({
				title,
				fields,
				primary_action_label: label,
				primary_action: (values) => {
					dialog.disable_primary_action();
					return frappe
						.xcall(`${API}.${method}`, { ...args, ...values })
						.then(() => {
							dialog.hide();
							return frm.reload_doc();
						})
						.catch(() => dialog.enable_primary_action());
				},
			});
			return dialog.show();
		},

		ask(frm) {
			return this.saved(frm).then(() =>
				this.dialog(frm, {
					title: __("Ask for Clause Review"),
					fields: [
						{
							fieldname: "note",
							fieldtype: "Small Text",
							label: __("Note to the Reviewer", null, "Contract Review"),
							description: __("Legal is told by e-mail. When the clauses change afterwards, they are asked again."),
						},
					],
					label: __("Ask", null, "Salesflow"),
					method: "ask_for_review",
					args: { contract: frm.docname },
				})
			);
		},

		take_back(frm, review) {
			return this.dialog(frm, {
				title: __("Take Back Clause Review"),
				fields: [
					{
						fieldname: "reason",
						fieldtype: "Small Text",
						label: __("Reason", null, "Contract Review"),
						reqd: review.status === "Approved" ? 1 : 0,
					},
				],
				label: __("Take Back", null, "Salesflow"),
				method: "take_back",
				args: { review: review.name },
			});
		},

		sign(frm) {
			return this.saved(frm).then(() =>
				this.dialog(frm, {
					title: __("Customer Has Signed"),
					fields: [
						{
							fieldname: "signee",
							fieldtype: "Data",
							label: __("Signed by (Customer)"),
							default: frm.doc.signee || "",
							reqd: 1,
						},
						{
							fieldname: "on",
							fieldtype: "Datetime",
							label: __("When"),
							default: frappe.datetime.system_datetime(),
							reqd: 1,
						},
					],
					label: __("Record", null, "Salesflow"),
					method: "sign",
					args: { contract: frm.docname },
				})
			);
		},

		scan(frm) {
			return new frappe.ui.FileUploader({
				doctype: "Contract",
				docname: frm.docname,
				folder: "Home/Attachments",
				make_attachments_public: false,
				restrictions: { allowed_file_types: ["image/*", "application/pdf"] },
				on_success: (file) =>
					frappe
						.xcall(`${API}.attach_scan`, { contract: frm.docname, file_url: file.file_url })
						.then(() => frm.reload_doc()),
			});
		},
	};

	frappe.ui.form.on("Contract", {
		refresh: (frm) => salesflow.contract.refresh(frm),
	});
}
