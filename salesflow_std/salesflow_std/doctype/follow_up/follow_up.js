// Follow Up: how it went, and for managers, who does it.
frappe.ui.form.on("Follow Up", {
	setup(frm) {
		frm.set_query("reference_doctype", () => ({ filters: { name: ["in", ["Lead", "Opportunity", "Customer"]] } }));
		frm.set_query("value_content", () => ({ filters: { enabled: 1 } }));
	},

	refresh(frm) {
		if (frm.is_new()) return;
		const { status, reference_doctype, reference_name } = frm.doc;
		show_translated_goal(frm);
		frm.add_custom_button(__("Open {0}", [__(reference_doctype)]), () =>
			frappe.set_route("Form", reference_doctype, reference_name)
		);
		if (frm.doc.event) {
			frm.add_custom_button(__("Open {0}", [__("Calendar Event")]), () => frappe.set_route("Form", "Event", frm.doc.event));
		}
		if (status !== "Planned") {
			frm.disable_form();
		} else if (frm.perm[0]?.write && frm.doc.kind !== "New Score") {
			frm.page.set_primary_action(__("Done", null, "Salesflow"), () => finish(frm));
		}
		if (may_reassign()) {
			frm.add_custom_button(__("Reassign", null, "Salesflow"), () => reassign(frm));
			// The link in the manager's mail leads straight to the question.
			if (new URLSearchParams(window.location.search).get("reassign") && !frm.sf_asked) {
				frm.sf_asked = true;
				reassign(frm);
			}
		}
	},
});

// The texts of shipped policies are records; whoever edits one sees beside it how the others read it.
function show_translated_goal(frm) {
	const value = frm.doc.goal;
	const said = value && frm.doc.status === "Planned" ? __(value) : "";
	frm.set_df_property("goal", "description", said === value ? "" : said);
}

function finish(frm) {
	const open = () =>
		frappe.require("salesflow_std.bundle.js", () => new salesflow.FollowUpDialog(frm.doc, () => frm.reload_doc()));
	return frm.is_dirty() ? frm.save().then(open) : open();
}

function may_reassign() {
	return ["Sales Manager", "Sales Master Manager", "System Manager"].some((role) => frappe.user.has_role(role));
}

function reassign(frm) {
	frappe.prompt(
		{
			fieldname: "user",
			fieldtype: "Link",
			label: __("New Owner", null, "Salesflow"),
			options: "User",
			reqd: 1,
			get_query: () => ({ query: "frappe.core.doctype.user.user.user_query" }),
			description: __("The document goes along with all its open follow-ups. Nothing becomes due later."),
		},
		({ user }) =>
			frappe
				.xcall("salesflow_std.api.follow_up.reassign", { name: frm.docname, user })
				.then(() => {
					frappe.show_alert({ message: __("Reassigned."), indicator: "green" });
					frm.reload_doc();
				}),
		__("Reassign {0}", [frappe.utils.escape_html(frm.doc.title || frm.doc.reference_name)]),
		__("Reassign", null, "Salesflow")
	);
}
