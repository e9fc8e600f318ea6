// "Needs Talk" on Lead, Opportunity, Prospect and Customer, and what the company's talks have come to (N1-N4).
frappe.provide("salesflow");

if (!salesflow.needs_links) {
	const API = "salesflow_std.api.needs_talk";

	salesflow.needs_links = {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_read("Needs Record")) return;
			if (frappe.model.can_create("Needs Record") && frm.perm[0]?.write && !frm.doc.sf_invalid_reason) {
				const begin = () => this.begin(frm);
				frm.add_custom_button(__("Needs Talk"), begin, __("Create"));
				// The plus sign among the connections.
				frm.make_methods = { ...frm.make_methods, "Needs Record": begin };
			}
			const asked = frm.docname;
			frappe.xcall(`${API}.of`, { doctype: frm.doctype, name: asked }).then((found) => {
				if (frm.docname === asked) this.show(frm, found);
			});
		},

		begin(frm) {
			frappe.new_doc("Needs Record", {
				reference_doctype: frm.doctype,
				reference_name: frm.docname,
			});
		},

		// In the head of the customer profile.
		place: (frm) => frm.layout.wrapper.find(".sf-profile-needs"),

		// A company without a talk has nothing to show.
		show(frm, found) {
			if (!found.records) return this.place(frm).empty();
			const esc = frappe.utils.escape_html;
			const form = (name, text) => `<a href="/app/needs-record/${encodeURIComponent(name)}">${esc(text)}</a>`;
			const parts = [];
			if (found.current) {
				const day = frappe.datetime.str_to_user(found.current.answered_on, false, true) || "";
				parts.push(
					`<span class="indicator-pill green">${__("Needs confirmed")}</span> ${form(found.current.name, day || found.current.name)}`
				);
			}
			if (found.open) {
				const due = found.open.summary_due_on;
				const late = due && due < frappe.datetime.system_datetime();
				const text = late ? __("Needs summary overdue") : __("Needs talk open");
				parts.push(
					`<span class="indicator-pill ${late ? "red" : "blue"}">${text}</span> ${form(found.open.name, found.open.name)}`
				);
			}
			parts.push(`<a class="sf-needs-all" href="#">${__("All needs talks of this company ({0})", [found.records])}</a>`);
			const place = this.place(frm).html(parts.map((part) => `<span>${part}</span>`).join(""));
			place.find(".sf-needs-all").on("click", (event) => {
				event.preventDefault();
				frappe.set_route("List", "Needs Record", "List", { customer_profile: found.profile });
			});
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Prospect", "Customer"]) {
		frappe.ui.form.on(doctype, {
			refresh(frm) {
				salesflow.needs_links.refresh(frm);
			},
		});
	}
}
