// Target Customer Profile: whom it finds, and whether all have been compared with it (L4).
frappe.ui.form.on("Target Customer Profile", {
	setup(frm) {
		// Of the tags only those that are pain points.
		frappe.db
			.get_list("Customer Tag Category", { filters: { used_for: "Pain Point" }, pluck: "name", limit: 0 })
			.then((categories) =>
				frm.set_query("pain_points", () => ({
					filters: { enabled: 1, category: ["in", categories.length ? categories : [""]] },
				}))
			);
	},

	refresh(frm) {
		if (frm.is_new()) return;
		const labels = {
			Lead: __("Matching Leads"),
			Prospect: __("Matching Prospects"),
			Customer: __("Matching Customers"),
		};
		for (const [doctype, label] of Object.entries(labels)) {
			if (!frappe.model.can_read(doctype)) continue;
			frm.add_custom_button(label, () =>
				frappe.set_route("List", doctype, { sf_target_profile: frm.docname })
			);
		}
		follow(frm);
	},

	after_save(frm) {
		follow(frm);
	},
});

// The job runs on a worker; asking now and then needs no connection to it and ends with the form.
function follow(frm) {
	if (frm.sf_following) return;
	const name = frm.docname;
	frm.sf_following = true;
	const ask = () =>
		frappe.xcall("salesflow_std.api.fit.matches", { target: name }).then((state) => {
			const here = frm.docname === name && frappe.get_route()[2] === name;
			if (here) show(frm, state);
			frm.sf_following = here && state.pending;
			if (!frm.sf_following) return;
			setTimeout(ask, 2000);
		});
	ask();
}

function show(frm, { counts, pending, compared_on }) {
	const words = {
		Lead: (n) => (n === 1 ? __("1 lead") : __("{0} leads", [format_number(n, null, 0)])),
		Prospect: (n) => (n === 1 ? __("1 prospect") : __("{0} prospects", [format_number(n, null, 0)])),
		Customer: (n) => (n === 1 ? __("1 customer") : __("{0} customers", [format_number(n, null, 0)])),
	};
	const readable = Object.keys(words).filter((doctype) => doctype in counts);
	const parts = readable.map((doctype) => words[doctype](counts[doctype]));
	let text = __("Best match of {0}.", [parts.join(", ")]);
	if (!frm.doc.enabled) text = __("Disabled: nothing is compared with it.");
	if (pending) text += " " + __("All are being compared anew.");
	frm.dashboard.clear_headline();
	frm.dashboard.set_headline_alert(
		`<span class="sf-matches">${text}</span>`,
		pending ? "orange" : frm.doc.enabled ? "blue" : "gray"
	);
	if (compared_on && compared_on !== frm.doc.refitted_on) {
		frm.doc.refitted_on = compared_on;
		frm.refresh_field("refitted_on");
	}
}
