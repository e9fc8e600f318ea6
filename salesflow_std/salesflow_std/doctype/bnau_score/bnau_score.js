// BNAU Score: usually made by the Score button; made here, the model's dimensions come as lines.
frappe.ui.form.on("BNAU Score", {
	setup(frm) {
		frm.set_query("reference_doctype", () => ({
			filters: { name: ["in", ["Lead", "Opportunity", "Customer"]] },
		}));
		frm.set_query("scoring_model", () => ({
			filters: { applies_to: frm.doc.reference_doctype, enabled: 1, automatic: 0 },
		}));
	},
	refresh(frm) {
		if (!frm.is_new()) frm.disable_form();
	},
	reference_name: put_lines,
	scoring_model: put_lines,
});

function put_lines(frm) {
	const { reference_doctype: doctype, reference_name: name, scoring_model } = frm.doc;
	if (!frm.is_new() || !doctype || !name) return;
	frappe.xcall("salesflow_std.api.scoring.form", { doctype, name, scoring_model }).then((form) => {
		frm.clear_table("lines");
		for (const d of form.dimensions) {
			frm.add_child("lines", { dimension: d.code, label: d.label, weight: d.weight, points: d.points });
		}
		frm.refresh_field("lines");
	});
}
