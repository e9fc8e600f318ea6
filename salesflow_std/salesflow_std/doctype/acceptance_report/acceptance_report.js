// The acceptance of a delivery: what is missing, the signatures of both sides on the phone, what came of it (A2).
frappe.provide("salesflow");

if (!salesflow.acceptance_report) {
	const COLOURS = { Accepted: "green", "Accepted with Open Points": "orange", "Not Accepted": "red" };
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;

	salesflow.acceptance_report = {
		refresh(frm) {
			shared().place(frm).remove();
			// A pad within the form takes a finger that scrolls for a signature: it is signed in the dialog.
			for (const field of ["our_signature", "customer_signature"]) frm.set_df_property(field, "read_only", 1);
			if (frm.is_new()) return;
			frm.sheet = frm.doc.__onload?.sheet || {};
			shared().strip(frm, this.facts(frm));
			this.missing(frm);
			this.buttons(frm);
		},

		facts({ doc, sheet }) {
			const facts = [];
			if (doc.result) facts.push(pill(COLOURS[doc.result], esc(__(doc.result, null, "Acceptance Report"))));
			if (doc.docstatus === 0) {
				for (const [field, signed, open] of [
					["our_signature", __("We have signed"), __("We have not signed")],
					["customer_signature", __("The customer has signed"), __("The customer has not signed")],
				]) {
					if (!doc.scan) facts.push(doc[field] ? pill("green", signed) : pill("gray", open));
				}
				if (doc.scan) facts.push(pill("green", __("The scan is attached")));
			}
			if (doc.docstatus !== 1) return facts;
			const open = sheet.open || 0;
			if (doc.points?.length) {
				facts.push(open ? pill("orange", __("Open points left: {0}", [open])) : pill("green", __("All open points are settled")));
			}
			if (doc.finance_told_on) {
				facts.push(__("Finance told on {0}", [esc(salesflow.graded_form.when(doc.finance_told_on))]));
			}
			if (doc.survey) {
				facts.push(
					`<a href="/app/satisfaction-survey/${encodeURIComponent(doc.survey)}">${__("Satisfaction Survey")}</a>`
				);
			}
			return facts;
		},

		missing(frm) {
			const { doc, sheet } = frm;
			if (doc.docstatus) return;
			const rows = (sheet.missing || []).map((row) => ({ ...row, why: __("needed before it is submitted") }));
			for (const what of sheet.left_out || []) {
				rows.push({
					fieldname: "items",
					what,
					why: __("agreed, and not in this report"),
				});
			}
			shared().checklist(frm, rows, {
				title: __("Still missing: {0}", [rows.length]),
				ready: __("Nothing is missing: the report can be submitted"),
				go: ({ fieldname }) => this.go(frm, fieldname),
			});
		},

		go(frm, fieldname) {
			if (fieldname === "our_signature") return this.sign(frm, "our");
			if (fieldname === "customer_signature") return this.sign(frm, "customer");
			return frm.scroll_to_field(fieldname);
		},

		buttons(frm) {
			const { doc, sheet } = frm;
			if (doc.docstatus || !frm.perm[0]?.write) return;
			if ((sheet.left_out || []).length) {
				shared().button(frm, __("Add What Was Agreed"), () => this.add_scope(frm));
			}
			if (doc.items?.some((row) => !row.result)) {
				shared().button(frm, __("Accept the Rest"), () => this.accept_rest(frm));
			}
			if (doc.scan) return;
			shared().button(frm, __("Sign for Us"), () => this.sign(frm, "our"), !doc.our_signature);
			shared().button(frm, __("Customer Signs"), () => this.sign(frm, "customer"), !doc.customer_signature);
		},

		async add_scope(frm) {
			if (frm.is_dirty()) await frm.save();
			await frappe.xcall("salesflow_std.api.acceptance.add_scope", { report: frm.docname });
			await frm.reload_doc();
		},

		accept_rest(frm) {
			for (const row of frm.doc.items) {
				if (!row.result) frappe.model.set_value(row.doctype, row.name, "result", "Accepted");
			}
			const result = frm.doc.points?.length ? "Accepted with Open Points" : "Accepted";
			if (!frm.doc.result) frm.set_value("result", result);
			frm.refresh_field("items");
		},

		// A pad as wide as the screen, handed over to whoever signs. What they sign is what is stored.
		async sign(frm, side) {
			if (frm.is_dirty()) await frm.save();
			const ours = side === "our";
			const { doc } = frm;
			const lines = (doc.items || [])
				.map((row) => {
					const result = row.result ? __(row.result, null, "Acceptance Item") : "–";
					return `<li>${esc(row.deliverable)}: <b>${esc(result)}</b></li>`;
				})
				.join("");
			const points = (doc.points || []).map((row) => `<li>${esc(row.point)}</li>`).join("");
			const open = points ? `<p class="mb-1">${__("Open Points", null, "Acceptance Report")}</p><ul>${points}</ul>` : "";
			const result = doc.result ? esc(__(doc.result, null, "Acceptance Report")) : "–";
			const dialog = new frappe.ui.Dialog({
				title: ours ? __("Sign for Us") : __("Customer Signs"),
				fields: [
					{
						fieldtype: "HTML",
						fieldname: "about",
						options: `<p><b>${esc(doc.title)}</b> · ${result}</p><ul>${lines}</ul>${open}`,
					},
					ours
						? {
								fieldtype: "Link",
								options: "User",
								fieldname: "who",
								label: __("For Us", null, "Acceptance Report"),
								default: doc.our_signatory || frappe.session.user,
								get_query: () => ({ filters: { enabled: 1, user_type: "System User" } }),
								reqd: 1,
						  }
						: {
								fieldtype: "Data",
								fieldname: "who",
								label: __("For the Customer", null, "Acceptance Report"),
								default: doc.customer_signatory,
								reqd: 1,
						  },
					{ fieldtype: "Signature", fieldname: "drawing", label: __("Signature", null, "Acceptance Report") },
				],
				primary_action_label: __("Sign", null, "Salesflow"),
				primary_action: async ({ who, drawing }) => {
					if (!drawing) return frappe.show_alert({ message: __("Please sign in the field."), indicator: "orange" });
					const who_field = ours ? "our_signatory" : "customer_signatory";
					dialog.hide();
					await frm.set_value({
						[who_field]: who,
						[`${side}_signature`]: drawing,
						[`${side}_signed_on`]: frappe.datetime.get_today(),
					});
					return frm.save();
				},
			});
			dialog.show();
			return dialog;
		},
	};

	// Frappe looks the words of a Select up without the table where they are not edited.
	const words = {
		"Acceptance Item": (result) => __(result, null, "Acceptance Item"),
		"Acceptance Point": (side) => __(side, null, "Acceptance Point"),
	};
	for (const table of Object.keys(words)) {
		for (const df of frappe.get_meta(table)?.fields || []) {
			if (df.fieldtype === "Select") df.formatter = (word) => (word ? esc(words[table](word)) : "");
		}
	}

	const form = salesflow.acceptance_report;
	frappe.ui.form.on("Acceptance Report", {
		setup(frm) {
			const of_customer = () => ({ filters: frm.doc.customer ? { customer: frm.doc.customer } : {} });
			for (const field of ["project", "handover"]) frm.set_query(field, of_customer);
			frm.set_query("sales_order", () => ({ filters: { ...of_customer().filters, docstatus: 1 } }));
			frm.set_query("contract", () => ({
				filters: {
					party_type: "Customer",
					docstatus: 1,
					...(frm.doc.customer ? { party_name: frm.doc.customer } : {}),
				},
			}));
			frm.set_query("contact", () => ({
				query: "frappe.contacts.doctype.contact.contact.contact_query",
				filters: { link_doctype: "Customer", link_name: frm.doc.customer },
			}));
			const colleagues = () => ({ filters: { enabled: 1, user_type: "System User" } });
			for (const field of ["allocated_to", "our_signatory"]) frm.set_query(field, colleagues);
			frm.set_query("user", "points", colleagues);
		},
		refresh: (frm) => form.refresh(frm),
		async contact(frm) {
			if (!frm.doc.contact || frm.doc.customer_signatory) return;
			const { message } = await frappe.db.get_value("Contact", frm.doc.contact, "full_name");
			if (message?.full_name) frm.set_value("customer_signatory", message.full_name);
		},
	});
}
