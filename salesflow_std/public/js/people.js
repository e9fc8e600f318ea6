// Contact: who left the company is marked and replaced, never deleted (P5).
frappe.ui.form.on("Contact", {
	refresh(frm) {
		if (frm.is_new()) return;
		const done = () => frm.reload_doc();
		const opts = { contact: frm.docname, title: frm.doc.full_name, on_done: done };
		const open = () => frappe.require("salesflow_std.bundle.js", () => salesflow.contact_left(opts));
		if (frm.doc.sf_left_on) {
			show_who_left(frm);
			frm.add_custom_button(__("Left the Company…"), open);
		} else if (frm.perm[0]?.write) {
			frm.add_custom_button(__("Left the Company…"), open);
		}
	},
});

function show_who_left(frm) {
	const day = frappe.datetime.str_to_user(frm.doc.sf_left_on);
	const successor = frm.doc.sf_replaced_by;
	if (!successor) {
		frm.set_intro(__("Left the company on {0}; nobody replaces them yet.", [day]), "orange");
		return;
	}
	frappe.db.get_value("Contact", successor, "full_name").then(({ message }) => {
		if (frm.docname !== frm.doc.name) return;
		const name = frappe.utils.escape_html(message?.full_name || successor);
		const link = `<a href="/app/contact/${encodeURIComponent(successor)}">${name}</a>`;
		frm.set_intro(__("Left the company on {0}; replaced by {1}.", [day, link]), "orange");
	});
}
