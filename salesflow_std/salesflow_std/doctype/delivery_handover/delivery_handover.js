// The handover of a won deal: what is missing, who has taken over, the kick-off (C4, C5).
frappe.provide("salesflow");

if (!salesflow.delivery_handover) {
	const API = "salesflow_std.api.delivery_handover";
	const COLOURS = { Draft: "orange", "Handed Over": "blue", Acknowledged: "green", Started: "green" };
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const asked = () => frappe.datetime.system_datetime();

	salesflow.delivery_handover = {
		refresh(frm) {
			shared().place(frm).remove();
			if (frm.is_new()) return;
			frm.page.set_indicator(__(frm.doc.status, null, "Delivery Handover"), COLOURS[frm.doc.status]);
			frm.sheet = frm.doc.__onload?.sheet || {};
			frm.may_write = Boolean(frm.perm[0]?.write);
			shared().strip(frm, this.facts(frm));
			this.missing(frm);
			this.buttons(frm);
		},

		when: (time) => esc(salesflow.graded_form.when(time)),

		facts(frm) {
			const { doc, sheet } = frm;
			const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
			const facts = [];
			if (doc.status === "Draft" && doc.due_on) {
				const late = doc.due_on < asked();
				const text = late ? __("To be handed over since {0}") : __("To be handed over by {0}");
				facts.push(pill(late ? "red" : "blue", text.replace("{0}", this.when(doc.due_on))));
			}
			if (doc.status === "Handed Over" && sheet.waiting?.length) {
				facts.push(pill("orange", __("Waiting for {0}", [esc(sheet.waiting.join(", "))])));
			}
			if (doc.status === "Acknowledged") facts.push(pill("green", __("All have taken over")));
			if (doc.status === "Started") facts.push(pill("green", __("Kick-off held on {0}", [this.when(doc.kick_off_held_on)])));
			else if (doc.kick_off_on) facts.push(__("Kick-off on {0}", [this.when(doc.kick_off_on)]));
			const paid = format_currency(doc.paid_amount, doc.currency);
			facts.push(doc.paid_on ? __("Paid so far: {0}", [paid]) : __("Nothing paid yet"));
			return facts;
		},

		missing(frm) {
			const { doc, sheet } = frm;
			const rows = [];
			const go = ({ fieldname }) => frm.scroll_to_field(fieldname);
			if (doc.status === "Draft") {
				for (const name of sheet.unmanned || []) {
					rows.push({
						fieldname: "receivers",
						what: __("Nobody takes over for {0}", [name]),
						why: __("needed before it is handed over"),
					});
				}
				for (const name of sheet.not_there || []) {
					rows.push({
						fieldname: "documents",
						what: __("{0} is not there", [name]),
						why: __("belongs to it; the handover does not wait for it"),
					});
				}
			} else if (doc.status === "Acknowledged") {
				for (const point of sheet.open_points || []) {
					rows.push({ ...point, why: __("settled at the kick-off") });
				}
			} else if (sheet.lacks_project) {
				rows.push({
					fieldname: "project",
					what: __("There is no project"),
					why: __("with it begins the weekly synchronisation of the delivery"),
				});
			}
			if (rows.length) {
				shared().checklist(frm, rows, { title: __("Still missing: {0}", [rows.length]), ready: "", go });
			}
		},

		buttons(frm) {
			const { doc, sheet } = frm;
			const open = (sheet.mine || []).filter((row) => !row.acknowledged);
			if (doc.status !== "Draft" && open.length) {
				shared().button(frm, __("Acknowledge", null, "Delivery Handover"), () => this.acknowledge(frm, open), true);
			}
			if (doc.status !== "Draft" && sheet.mine?.length) {
				shared().button(frm, __("Ask Back", null, "Delivery Handover"), () => this.ask_back(frm));
			}
			if (frm.may_write && doc.status === "Draft") {
				shared().button(frm, __("Hand Over", null, "Delivery Handover"), () => this.hand_over(frm), true);
			}
			if (frm.may_write && doc.status === "Acknowledged") {
				shared().button(frm, __("Kick-off Held", null, "Delivery Handover"), () => this.held(frm), true);
			}
			if (frm.may_write && doc.kick_off_on && !doc.kick_off_minutes && frappe.model.can_create("Meeting Minutes")) {
				shared().button(frm, __("Write Minutes"), () => this.minutes(frm));
			}
			if (sheet.may_make_project) {
				shared().button(frm, __("Make Project"), () => this.run(frm, "make_project"));
			}
			if (frm.may_write) {
				shared().button(frm, __("Refresh Documents"), () => this.run(frm, "refresh"));
			}
		},

		// What is asked about is what is stored.
		async run(frm, method, args = {}) {
			if (frm.is_dirty()) await frm.save();
			await frappe.xcall(`${API}.${method}`, { handover: frm.docname, ...args });
			await frm.reload_doc();
		},

		hand_over(frm) {
			const names = [...new Set((frm.doc.receivers || []).map((row) => frappe.user.full_name(row.user)))];
			const text = names.length
				? __("{0} are told by notice and e-mail, and may read all documents of this handover.", [
						`<b>${esc(names.join(", "))}</b>`,
				  ])
				: __("Nobody takes over yet.");
			frappe.confirm(text, () => this.run(frm, "hand_over"));
		},

		acknowledge(frm, open) {
			const lines = open.map((row) =>
				row.instead_of ? __("{0}, in place of {1}", [esc(row.function), esc(row.instead_of)]) : esc(row.function)
			);
			shared().ask_reason(
				{
					title: __("Take Over", null, "Delivery Handover"),
					html: __("You take over for {0}.", [`<b>${lines.join(", ")}</b>`]),
					action: __("Acknowledge", null, "Delivery Handover"),
					description: __("A comment, if you like. The responsible reads it."),
					optional: true,
				},
				(comment) => this.run(frm, "acknowledge", { comment })
			).set_df_property("reason", "label", __("Comment"));
		},

		ask_back(frm) {
			shared().ask_reason(
				{
					title: __("Ask Back", null, "Delivery Handover"),
					html: __("{0} reads your question.", [
						`<b>${esc(frappe.user.full_name(frm.doc.allocated_to || frm.doc.owner))}</b>`,
					]),
					action: __("Send", null, "Salesflow"),
				},
				(question) => this.run(frm, "ask_back", { question })
			).set_df_property("reason", "label", __("Question Back", null, "Handover Receiver"));
		},

		held(frm) {
			const { doc } = frm;
			const dialog = new frappe.ui.Dialog({
				title: __("Kick-off Held", null, "Delivery Handover"),
				fields: [
					{
						fieldtype: "Datetime",
						fieldname: "held_on",
						label: __("Kick-off Held On", null, "Delivery Handover"),
						default: doc.kick_off_on && doc.kick_off_on < asked() ? doc.kick_off_on : asked(),
						reqd: 1,
					},
					{
						fieldtype: "Link",
						fieldname: "minutes",
						options: "Meeting Minutes",
						label: __("Meeting Minutes"),
						default: doc.kick_off_minutes,
						// Those of this deal, the newest among them.
						get_query: () => ({
							filters: { reference_name: ["in", [doc.opportunity, doc.customer].filter(Boolean)] },
						}),
					},
				],
				primary_action_label: __("Save", null, "Salesflow"),
				primary_action: (values) =>
					this.run(frm, "kick_off_held", values)
						.then(() => dialog.hide())
						.catch(() => {}), // the server has said why
			});
			dialog.show();
		},

		minutes(frm) {
			const about = frm.doc.opportunity ? ["Opportunity", frm.doc.opportunity] : ["Customer", frm.doc.customer];
			frappe.new_doc("Meeting Minutes", {
				reference_doctype: about[0],
				reference_name: about[1],
				event: frm.doc.kick_off_event,
			});
		},
	};

	// Frappe looks the words of a Select, and names of doctypes, up without the table where they are not edited.
	const words = {
		"Handover Receiver": (word) => __(word, null, "Handover Receiver"),
		"Handover Document": (word) => __(word),
		"Handover Contact": (word) => __(word, null, "Handover Contact"),
	};
	for (const table of Object.keys(words)) {
		for (const df of frappe.get_meta(table)?.fields || []) {
			if (df.fieldtype === "Select" || df.options === "DocType") {
				df.formatter = (word) => (word ? frappe.utils.escape_html(words[table](word)) : "");
			}
		}
	}

	const form = salesflow.delivery_handover;
	frappe.ui.form.on("Delivery Handover", {
		setup(frm) {
			frm.set_query("contract", () => ({ filters: { docstatus: 1, is_signed: 1, party_type: "Customer" } }));
			for (const field of ["sales_order", "project"]) {
				frm.set_query(field, () => ({ filters: { customer: frm.doc.customer } }));
			}
			frm.set_query("user", "receivers", () => ({ filters: { enabled: 1, user_type: "System User" } }));
			frm.set_query("user", "contacts", () => ({ filters: { enabled: 1, user_type: "System User" } }));
			frm.set_query("contact", "contacts", () => ({
				query: "frappe.contacts.doctype.contact.contact.contact_query",
				filters: { link_doctype: "Customer", link_name: frm.doc.customer },
			}));
		},
		refresh: (frm) => form.refresh(frm),
	});

	// A contact or colleague brings name and address along.
	frappe.ui.form.on("Handover Contact", {
		async contact(frm, doctype, name) {
			const row = locals[doctype][name];
			if (!row.contact) return;
			const { message } = await frappe.db.get_value("Contact", row.contact, [
				"full_name",
				"designation",
				"email_id",
				"mobile_no",
				"phone",
			]);
			frappe.model.set_value(doctype, name, {
				person: message.full_name,
				position: message.designation,
				email_id: message.email_id,
				phone: message.mobile_no || message.phone,
			});
		},
		user(frm, doctype, name) {
			const row = locals[doctype][name];
			if (row.user) {
				frappe.model.set_value(doctype, name, {
					person: frappe.user.full_name(row.user),
					email_id: frappe.user_info(row.user).email,
				});
			}
		},
	});
}
