// Whom a customer has sent, and what came of it; a referral becomes a lead (A5). For Customer and Satisfaction Survey.
frappe.provide("salesflow");

if (!salesflow.referral) {
	const API = "salesflow_std.api.referral";
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const COLOURS = { Opportunity: "blue", Won: "green", Lost: "gray" };

	salesflow.referral = {
		customer(frm) {
			if (frm.is_new()) return;
			this.show(frm, { customer: frm.docname });
			this.button(frm, { customer: frm.docname }, __("Create"));
		},

		survey(frm) {
			const doc = frm.doc;
			if (frm.is_new() || doc.status !== "Answered" || !doc.customer) return;
			this.show(frm, { survey: doc.name });
			// Who complains is not asked to recommend us.
			if ((doc.is_low || doc.has_problem) && !doc.would_refer) return;
			this.button(frm, {
				customer: doc.customer,
				survey: doc.name,
				referrer: doc.answered_by || doc.person,
				note: doc.referral,
				wanted: doc.would_refer && !doc.referral_lead,
			});
		},

		button(frm, about, group) {
			if (!frappe.model.can_create("Lead")) return;
			const button = frm.add_custom_button(__("Referral", null, "Lead"), () => this.make(frm, about), group);
			if (about.wanted) button.removeClass("btn-default").addClass("btn-primary");
		},

		show(frm, about) {
			const name = frm.docname;
			frappe.xcall(`${API}.of`, about).then((rows) => {
				if (frm.docname !== name || !rows.length) return;
				frm.layout.wrapper.find(".sf-referrals").closest(".form-dashboard-section").remove();
				frm.dashboard.add_section(
					`<div class="sf-referrals">${rows.map((row) => this.line(row)).join("")}</div>`,
					__("Referrals")
				);
				frm.dashboard.show();
			});
		},

		line(row) {
			const link = frappe.utils.get_form_link("Lead", row.name, true, esc(row.title));
			const came = row.outcome ? __(row.outcome, null, "Lead") : __("Lead");
			const facts = [row.referrer, frappe.datetime.str_to_user(row.on)].filter(Boolean).map(esc).join(" · ");
			return `<div class="mb-1">${link}
				<span class="indicator-pill no-indicator-dot ${COLOURS[row.outcome] || "orange"} ml-2">${esc(came)}</span>
				<span class="text-muted small ml-2">${facts}</span></div>`;
		},

		make(frm, { customer, survey, referrer, note }) {
			const dialog = new frappe.ui.Dialog({
				title: __("Whom Do They Refer?"),
				fields: [
					{ fieldname: "company_name", fieldtype: "Data", label: __("Company Referred") },
					{ fieldname: "person", fieldtype: "Data", label: __("Person Referred") },
					{ fieldname: "email_id", fieldtype: "Data", options: "Email", label: __("E-mail", null, "Salesflow") },
					{ fieldname: "phone", fieldtype: "Data", options: "Phone", label: __("Phone", null, "Salesflow") },
					{
						fieldname: "referrer",
						fieldtype: "Data",
						label: __("Who Refers Them"),
						description: __("The person at the customer."),
						default: referrer || "",
					},
					{
						fieldname: "note",
						fieldtype: "Small Text",
						label: __("What Was Said of Them"),
						default: note || "",
					},
				],
				primary_action_label: __("Make Lead"),
				primary_action: (values) => {
					dialog.disable_primary_action();
					return frappe
						.xcall(`${API}.make_lead`, { customer, survey, ...values })
						.then((lead) => {
							dialog.hide();
							if (!lead.made) frappe.show_alert(__("They have referred this one before; here it is."));
							return frappe.set_route("Form", "Lead", lead.name);
						})
						.catch(() => dialog.enable_primary_action());
				},
			});
			return dialog.show();
		},
	};

	frappe.ui.form.on("Customer", { refresh: (frm) => salesflow.referral.customer(frm) });
	frappe.ui.form.on("Satisfaction Survey", { refresh: (frm) => salesflow.referral.survey(frm) });
}
