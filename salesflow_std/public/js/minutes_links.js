// "Meeting Minutes" on the forms that a meeting is about: begins minutes with who took part and what was shown (S6).
frappe.provide("salesflow");

if (!salesflow.minutes_links) {
	salesflow.minutes_links = {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_create("Meeting Minutes") || !frm.perm[0]?.read) return;
			if (frm.doc.sf_invalid_reason) return;
			const begin = () => this.begin(frm.doctype, frm.docname);
			frm.add_custom_button(__("Meeting Minutes"), begin, __("Create"));
			// The plus sign among the connections.
			frm.make_methods = { ...frm.make_methods, "Meeting Minutes": begin };
		},

		begin(doctype, name) {
			return frappe
				.xcall("salesflow_std.api.minutes.make", { doctype, name })
				.then((doc) => {
					const [made] = frappe.model.sync(doc);
					frappe.set_route("Form", made.doctype, made.name);
				});
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Prospect", "Customer", "Solution Proposal", "Event"]) {
		frappe.ui.form.on(doctype, {
			refresh(frm) {
				if (doctype === "Event" && !salesflow.minutes_links.concerns(frm.doc)) return;
				salesflow.minutes_links.refresh(frm);
			},
		});
	}

	// An appointment that has begun, with somebody to sell to.
	salesflow.minutes_links.concerns = (event) =>
		event.starts_on <= frappe.datetime.system_datetime() &&
		(event.event_participants || []).some((row) =>
			["Lead", "Opportunity", "Prospect", "Customer"].includes(row.reference_doctype)
		);
}
