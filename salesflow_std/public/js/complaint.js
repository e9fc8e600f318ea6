// A complaint: until when it is to be settled, and how it is closed, with the customer's word (A4).
frappe.provide("salesflow");

if (!salesflow.complaint) {
	const API = "salesflow_std.api.complaint";
	const CLOSED = ["Resolved", "Closed"];
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

	salesflow.complaint = {
		refresh(frm) {
			frm.layout.wrapper.find(".sf-gate").remove();
			if (frm.is_new() || !frm.doc.sf_is_complaint) return;
			const settled = CLOSED.includes(frm.doc.status) && frm.doc.sf_settled_on;
			this.lock(frm, settled);
			this.show(frm, settled);
			if (settled || !frm.perm[0]?.write) return;
			// ERPNext's own button would be refused: it knows nothing of what the customer says.
			frm.remove_custom_button(__("Close"));
			frm.add_custom_button(__("Settled with the Customer", null, "Issue"), () => this.settle(frm))
				.removeClass("btn-default")
				.addClass("btn-primary");
		},

		// What the customer said stays as it was.
		lock(frm, settled) {
			for (const field of ["sf_customers_word", "sf_word_by", "sf_word_on"]) {
				frm.set_df_property(field, "read_only", settled ? 1 : 0);
			}
			frm.set_df_property("sf_is_complaint", "read_only", frm.doc.sf_survey ? 1 : 0);
		},

		show(frm, settled) {
			const { colour, head } = settled ? this.settled(frm.doc) : this.open(frm.doc);
			const lines = [`<div>${head}</div>`];
			if (frm.doc.sf_survey) {
				const link = frappe.utils.get_form_link("Satisfaction Survey", frm.doc.sf_survey, true, esc(frm.doc.sf_survey));
				lines.push(`<div class="small">${__("The customer complained in {0}.", [link])}</div>`);
			}
			frm.layout.show_message(`<div class="sf-gate">${lines.join("")}</div>`, colour, true);
			frm.layout.wrapper.find(".form-message").has(".sf-gate").addClass("sf-gate");
		},

		settled(doc) {
			const on = doc.sf_word_on ? frappe.datetime.str_to_user(doc.sf_word_on) : "";
			const head = __("Settled, said {0} on {1}: {2}", [esc(doc.sf_word_by), on, esc(doc.sf_customers_word)]);
			return { colour: "green", head };
		},

		open(doc) {
			const late = doc.sf_close_by && doc.sf_close_by < frappe.datetime.system_datetime();
			const until = doc.sf_close_by ? salesflow.graded_form.when(doc.sf_close_by) : "–";
			const who = esc(frappe.user.full_name(doc.sf_responsible));
			const head = late
				? __("A complaint, late since {0}; {1} is responsible. It is closed with the customer's word.", [until, who])
				: __("A complaint, to be settled by {0}; {1} is responsible. It is closed with the customer's word.", [until, who]);
			return { colour: late ? "red" : "orange", head };
		},

		settle(frm) {
			const saved = frm.is_dirty() ? frm.save() : Promise.resolve();
			return saved.then(() => {
				const dialog = new frappe.ui.Dialog({
					title: __("Settled with the Customer", null, "Issue"),
					fields: this.fields(frm.doc),
					primary_action_label: __("Close the Complaint", null, "Issue"),
					primary_action: (values) => {
						dialog.disable_primary_action();
						return frappe
							.xcall(`${API}.settle`, { name: frm.docname, ...values })
							.then(() => {
								dialog.hide();
								return frm.reload_doc();
							})
							.catch(() => dialog.enable_primary_action());
					},
				});
				dialog.show();
			});
		},

		// By the name that people know, not by that of the record.
		person: ({ contact }) => (contact && frappe.utils.get_link_title("Contact", contact)) || contact,

		fields: (doc) => [
			{
				fieldname: "word",
				fieldtype: "Small Text",
				label: __("The Customer's Word", null, "Issue"),
				description: __("In the customer's own words: what do they say now?"),
				default: doc.sf_customers_word,
				reqd: 1,
			},
			{
				fieldname: "by",
				fieldtype: "Data",
				label: __("Said By", null, "Issue"),
				default: doc.sf_word_by || salesflow.complaint.person(doc),
				reqd: 1,
			},
			{
				fieldname: "on",
				fieldtype: "Date",
				label: __("Said On", null, "Issue"),
				default: doc.sf_word_on || frappe.datetime.get_today(),
				reqd: 1,
			},
		],

		// From a customer's form: what they complained of by phone or in a meeting.
		customer(frm) {
			if (frm.is_new() || !frappe.model.can_create("Issue")) return;
			frm.add_custom_button(__("Complaint", null, "Issue"), () => this.begin(frm.doc), __("Create"));
		},

		// Not by route options: they leave out what is not copied.
		begin({ name, customer_name }) {
			frappe.model.with_doctype("Issue", () => {
				const made = frappe.model.get_new_doc("Issue");
				Object.assign(made, { customer: name, customer_name, sf_is_complaint: 1 });
				frappe.set_route("Form", "Issue", made.name);
			});
		},
	};

	frappe.ui.form.on("Issue", { refresh: (frm) => salesflow.complaint.refresh(frm) });
	frappe.ui.form.on("Customer", { refresh: (frm) => salesflow.complaint.customer(frm) });
}
