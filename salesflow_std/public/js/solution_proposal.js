// The form of a solution proposal: the strip, what is missing before review, the next step, pickers (S1-S3).
// Coverage, items and versions have files of their own; what a review asks for is in proposal_review.js.
frappe.provide("salesflow");

if (!salesflow.proposal_form) {
	const API = "salesflow_std.api.proposal";
	const EDITABLE = ["Draft"];
	// A review has answered: what changes goes into a new version.
	const ANSWERED = ["Approved", "Changes Asked", "Rejected"];
	const shared = salesflow.versioned_form;

	salesflow.proposal_form = {
		API,

		editable: (frm) => EDITABLE.includes(frm.doc.status) && Boolean(frm.perm[0]?.write),

		// Server words of the form as it was last saved.
		told: (frm, key, otherwise) => frm.doc.__onload?.[key] ?? otherwise,

		refresh(frm) {
			this.begin_with_solution(frm);
			this.strip(frm);
			shared.freeze(frm, !EDITABLE.includes(frm.doc.status) && !frm.is_new());
			this.grow(frm);
			salesflow.proposal_coverage?.show(frm);
			salesflow.proposal_items?.refresh(frm);
			salesflow.proposal_corrections?.show(frm);
		},

		// Whom it is for is known; what is written stands in the second tab.
		begin_with_solution(frm) {
			if (frm.is_new() || frm.sf_opened === frm.docname) return;
			frm.sf_opened = frm.docname;
			frm.layout.tabs?.find((tab) => tab.df.fieldname === "solution_tab")?.set_active();
		},

		strip(frm) {
			shared.place(frm).remove();
			if (frm.is_new()) return;
			shared.strip(frm, this.facts(frm));
			this.buttons(frm);
			if (EDITABLE.includes(frm.doc.status)) this.checklist(frm);
			// Drawn anew, the strip asks for the review's buttons again.
			$(frm.wrapper).trigger("sf-strip", [frm]);
		},

		// Texts are as high as what stands in them.
		grow(frm) {
			for (const fieldname of ["situation", "solution", "value", "service_terms"]) {
				const input = frm.fields_dict[fieldname].$input;
				if (!input) continue;
				const fit = () => input.css("height", "").css({ height: Math.max(90, input[0].scrollHeight + 2), minHeight: 0 });
				input.attr("rows", 3).css("height", 90).off("input.sf").on("input.sf", fit);
				if (input.is(":visible")) fit();
			}
		},

		facts(frm) {
			const doc = frm.doc;
			const facts = [shared.version(doc)];
			if (doc.grand_total) facts.push(`<b>${salesflow.proposal_items.money(frm, doc.grand_total)}</b>`);
			for (const quotation of this.told(frm, "quotations", [])) {
				const name = frappe.utils.escape_html(quotation.name || quotation);
				facts.push(`<a href="/app/quotation/${encodeURIComponent(quotation.name || quotation)}">${name}</a>`);
			}
			return facts;
		},

		checklist(frm) {
			const missing = this.told(frm, "missing", []);
			shared.checklist(frm, missing, {
				title: __("Missing before the review: {0}", [missing.length]),
				ready: __("Ready for review"),
				go: (gap) => this.go_to(frm, gap),
			});
		},

		// With `table`, `row` is the row's place in it from 1 on, and `fieldname` a field of the row.
		go_to(frm, { fieldname, table, row }) {
			const line = table && (frm.doc[table] || [])[row - 1];
			if (line) this.open_row(frm, table, line.name, fieldname);
			else frm.scroll_to_field(fieldname);
		},

		// A row in its own window, the cursor where it is needed.
		open_row(frm, table, name, fieldname) {
			frm.scroll_to_field(table, false);
			const row = frm.fields_dict[table].grid.get_row(name);
			if (!row) return;
			row.toggle_view(true, () => {
				const field = row.grid_form?.fields_dict[fieldname];
				// Frappe puts the cursor into the first field, half a second later.
				if (field) setTimeout(() => field.set_focus(), 600);
			});
		},

		buttons(frm) {
			const doc = frm.doc;
			const button = (label, run, primary) => shared.button(frm, label, run, primary);
			const write = frm.perm[0]?.write;
			if (doc.next_version && !EDITABLE.includes(doc.status)) {
				button(
					__("Open Version {0}", [doc.version + 1]),
					() => frappe.set_route("Form", doc.doctype, doc.next_version),
					doc.status !== "Approved"
				);
			}
			if (doc.status === "Approved" && write && frappe.model.can_create("Quotation")) {
				button(__("Make Quotation"), () => this.make_quotation(frm), true).addClass("sf-make-quotation");
			}
			if (ANSWERED.includes(doc.status) && !doc.next_version && write) {
				button(__("New Version", null, "Solution Proposal"), () => this.new_version(frm), doc.status !== "Approved").addClass(
					"sf-new-version"
				);
			}
			salesflow.proposal_versions?.add_buttons(frm);
		},

		// What the server does is done to what was written.
		saved: (frm) => (frm.is_dirty() ? frm.save() : Promise.resolve()),

		make_quotation(frm) {
			return frappe
				.xcall(`${API}.make_quotation`, { name: frm.docname })
				.then((name) => frappe.set_route("Form", "Quotation", name));
		},

		new_version(frm) {
			shared.ask_reason(
				{
					title: __("New Version", null, "Solution Proposal"),
					html: __("The new version takes over all of this one, and what reviewers and customer have asked for as corrections. It is reviewed again."),
					action: __("New Version", null, "Solution Proposal"),
					optional: true,
				},
				(reason) =>
					frappe
						.xcall(`${API}.new_version`, { name: frm.docname, reason })
						.then((name) => frappe.set_route("Form", "Solution Proposal", name))
			);
		},

		// Frappe looks the words of a Select up without the doctype where they are shown in a grid.
		words() {
			const says = (doctype, say) => {
				for (const df of frappe.get_meta(doctype).fields) {
					if (df.fieldtype === "Select") df.formatter = (word) => (word ? frappe.utils.escape_html(say(word)) : "");
				}
			};
			says("Proposal Answer", (priority) => __(priority, null, "Proposal Answer"));
			says("Proposal Correction", (state) => __(state, null, "Proposal Correction"));
		},

		queries(frm) {
			const company = () => frm.doc.company;
			frm.set_query("needs_record", () => ({
				filters: { status: "Confirmed", ...(frm.doc.customer_profile ? { customer_profile: frm.doc.customer_profile } : {}) },
			}));
			frm.set_query("case_content", "answers", () => ({
				filters: { kind: "Case", enabled: 1, company: ["in", ["", company()]] },
			}));
			frm.set_query("item", "answers", () => ({
				query: "erpnext.controllers.queries.item_query",
				filters: { is_sales_item: 1 },
			}));
			frm.set_query("selling_price_list", () => ({ filters: { selling: 1, enabled: 1 } }));
			frm.set_query("taxes_and_charges", () => ({ filters: { company: company(), disabled: 0 } }));
			frm.set_query("tc_name", () => ({ filters: { selling: 1, disabled: 0 } }));
			frm.set_query("allocated_to", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		},

		// The text comes with the template's name; what somebody wrote before is asked for.
		terms(frm) {
			if (!frm.doc.tc_name) return;
			const fetch = () =>
				frappe
					.xcall("erpnext.setup.doctype.terms_and_conditions.terms_and_conditions.get_terms_and_conditions", {
						template_name: frm.doc.tc_name,
						doc: frm.doc,
					})
					.then((text) => frm.set_value("terms", text));
			const written = $("<div>").html(frm.doc.terms || "").text().trim();
			if (!written || frm.sf_terms === frm.doc.terms) return fetch().then(() => (frm.sf_terms = frm.doc.terms));
			frappe.confirm(__("Replace the text of the terms by that of {0}?", [frappe.utils.escape_html(frm.doc.tc_name)]), fetch);
		},
	};

	const form = salesflow.proposal_form;
	frappe.ui.form.on("Solution Proposal", {
		setup(frm) {
			form.words();
			form.queries(frm);
		},
		refresh: (frm) => form.refresh(frm),
		tc_name: (frm) => form.terms(frm),
		// Hidden text has no height to grow to.
		on_tab_change: (frm) => form.grow(frm),
	});
}
