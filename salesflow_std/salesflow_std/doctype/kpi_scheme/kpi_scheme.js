// Frappe looks the words of a Select up without the table where they are not edited.
for (const df of frappe.get_meta("KPI Weight")?.fields || []) {
	if (df.fieldtype === "Select") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "KPI Weight")) : "");
	}
}

frappe.ui.form.on("KPI Scheme", {
	onload(frm) {
		// The desk fills in the user's company; a scheme without one holds for all.
		if (frm.is_new() && !frm.doc.scheme_name) frm.set_value("company", null);
	},
	refresh(frm) {
		total(frm);
	},
});

frappe.ui.form.on("KPI Weight", {
	weight: (frm) => total(frm),
	weights_remove: (frm) => total(frm),
	weights_add: (frm) => total(frm),
});

function total(frm) {
	const sum = (frm.doc.weights || []).reduce((all, row) => all + flt(row.weight), 0);
	frm.get_field("weights").set_description(
		Math.abs(sum - 100) < 0.005 ? "" : __("The weights add up to {0}, not to 100.", [format_number(sum, null, 2)])
	);
}
