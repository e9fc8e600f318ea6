// Why a customer has fallen silent, step by step: causes, offer, outcome (P6).
frappe.provide("salesflow");

if (!salesflow.loss_analysis) {
	const API = "salesflow_std.api.loss_analysis";
	const COLOURS = { Open: "orange", Analysed: "orange", "Offer Made": "blue", "Won Back": "green", "Given Up": "gray" };
	const UNDER_WAY = ["Open", "Analysed", "Offer Made"];
	const word = (text) => __(text, null, "Loss Analysis");
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;

	salesflow.loss_analysis = {
		setup(frm) {
			frm.set_query("opportunity", () => ({ filters: { opportunity_from: "Customer", party_name: frm.doc.customer || "" } }));
			frm.set_query("quotation", () => ({ filters: { quotation_to: "Customer", party_name: frm.doc.customer || "" } }));
			frm.set_query("allocated_to", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		},

		refresh(frm) {
			shared().place(frm).remove();
			if (frm.is_new()) return;
			const { doc } = frm;
			frm.page.set_indicator(word(doc.status), COLOURS[doc.status]);
			shared().strip(frm, this.facts(doc));
			if (!frm.perm[0]?.write || !UNDER_WAY.includes(doc.status)) return;
			const step = { Open: "Analysed", Analysed: "Offer Made" }[doc.status];
			if (step === "Analysed") shared().button(frm, __("Causes Are Found"), () => this.move(frm, step), true);
			if (step === "Offer Made") shared().button(frm, __("Offer Was Made"), () => this.move(frm, step), true);
			shared().button(frm, __("Give Up", null, "Loss Analysis"), () => this.give_up(frm));
			this.make_buttons(frm);
		},

		facts(doc) {
			const when = (time) => esc(salesflow.graded_form.when(time));
			const day = (date) => esc(frappe.datetime.str_to_user(date));
			const facts = [];
			if (["Open", "Analysed"].includes(doc.status) && doc.due_on) {
				const late = doc.due_on < frappe.datetime.system_datetime();
				const text = doc.status === "Open" ? __("Find the causes by {0}") : __("Make an offer by {0}");
				facts.push(`<span class="indicator-pill ${late ? "red" : "blue"}">${text.replace("{0}", when(doc.due_on))}</span>`);
			} else if (doc.status === "Offer Made") {
				facts.push(__("An order of the customer wins them back by itself."));
			} else if (doc.outcome_on) {
				facts.push(`${esc(word(doc.status))} ${day(doc.outcome_on)}`);
			}
			return facts;
		},

		make_buttons(frm) {
			const group = __("Create");
			if (!frm.doc.opportunity && frappe.model.can_create("Opportunity")) {
				frm.add_custom_button(__("Opportunity"), () => this.make_opportunity(frm), group);
			}
			if (!frm.doc.quotation && frappe.model.can_create("Quotation")) {
				frm.add_custom_button(__("Quotation"), () => this.make_quotation(frm), group);
			}
		},

		saved(frm) {
			return frm.is_dirty() ? frm.save() : Promise.resolve();
		},

		move(frm, status, values = {}) {
			return this.saved(frm)
				.then(() => frappe.xcall(`${API}.move`, { analysis: frm.docname, status, ...values }))
				.then(() => frm.reload_doc());
		},

		give_up(frm) {
			return shared().ask_reason(
				{
					title: __("Give Up", null, "Loss Analysis"),
					html: __("Nobody tries to win this customer back any more."),
					action: __("Give Up", null, "Loss Analysis"),
					description: __("What the next one can learn from it."),
				},
				(reason) => this.move(frm, "Given Up", { outcome_note: reason })
			);
		},

		make_opportunity(frm) {
			return this.saved(frm)
				.then(() => frappe.xcall(`${API}.make_opportunity`, { analysis: frm.docname }))
				.then((name) => frappe.set_route("Form", "Opportunity", name));
		},

		// Of the opportunity where there is one; the gates of a quotation are asked there as ever.
		make_quotation(frm) {
			const { opportunity, customer } = frm.doc;
			const [method, source_name] = opportunity
				? ["erpnext.crm.doctype.opportunity.opportunity.make_quotation", opportunity]
				: ["erpnext.selling.doctype.customer.customer.make_quotation", customer];
			return this.saved(frm).then(() => frappe.model.open_mapped_doc({ method, source_name }));
		},
	};

	// Frappe looks the words of a Select up without the table where they are not edited.
	for (const df of frappe.get_meta("Loss Cause")?.fields || []) {
		if (df.fieldtype === "Select") df.formatter = (cause) => (cause ? esc(__(cause, null, "Loss Cause")) : "");
	}

	frappe.ui.form.on("Loss Analysis", {
		setup: (frm) => salesflow.loss_analysis.setup(frm),
		refresh: (frm) => salesflow.loss_analysis.refresh(frm),
	});
}
