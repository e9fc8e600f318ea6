// Lead: the first touch that ERPNext cannot see, and leads that look the same.
frappe.ui.form.on("Lead", {
	onload(frm) {
		// Frappe adds the time zone to the description and would look for a translation of both together.
		const captured = frm.get_docfield("sf_captured_on");
		captured.description = __(captured.description, null, "Lead");
		frm.refresh_field("sf_captured_on");
	},
	refresh(frm) {
		if (frm.is_new()) return;
		const waiting = ["Not Yet", "Overdue"].includes(frm.doc.sf_first_touch_status);
		// A planned first touch is finished with its outcome, by the button on the strip.
		if (waiting && !frm.doc.sf_next_touch_on && frm.perm[0]?.write) {
			frm.add_custom_button(__("First Touch Done"), () => ask_for_first_touch(frm));
		}
		show_duplicates(frm);
	},
});

function ask_for_first_touch(frm) {
	frappe.prompt(
		{
			fieldname: "on",
			fieldtype: "Datetime",
			label: __("When was the lead reached?"),
			// The server says what time it is: the clock of this machine may be wrong.
			description: __("Left empty: now."),
		},
		({ on }) =>
			frappe
				.xcall("salesflow_std.api.lead.touched", { name: frm.docname, on })
				.then(() => salesflow.graded_form.show_new_state(frm)),
		__("First Touch Done"),
		__("Save")
	);
}

function show_duplicates(frm) {
	if (frm.doc.sf_invalid_reason) return;
	frappe.xcall("salesflow_std.api.lead.duplicates", { name: frm.docname }).then((rows) => {
		if (!rows.length || frm.docname !== frm.doc.name) return;
		const links = rows.map((row) => {
			const text = frappe.utils.escape_html(row.title ? `${row.title} (${row.name})` : row.name);
			const link = row.readable ? `<a href="/app/lead/${encodeURIComponent(row.name)}">${text}</a>` : text;
			return `${link}: ${row.same.map((kind) => __(kind)).join(", ")}`;
		});
		frm.layout.wrapper.find(".sf-strip .sf-duplicates").remove();
		frm.layout.wrapper
			.find(".sf-strip")
			.append(
				`<div class="sf-duplicates"><span class="indicator-pill orange">${__(
					"Looks like a duplicate"
				)}</span> ${links.join(" · ")}</div>`
			);
	});
}
