// How well a company fits the target customer profiles (L4), on Lead, Prospect, Customer and Opportunity.
// The dialog is in salesflow_std.bundle.js and comes when somebody asks for it.
frappe.provide("salesflow");

if (!salesflow.show_fit) {
	salesflow.show_fit = (frm) =>
		frappe.require("salesflow_std.bundle.js", () => new salesflow.FitDialog(frm));

	salesflow.percent = (value) => `${format_number(value, null, Number.isInteger(value) ? 0 : 1)}%`;

	salesflow.fit_colour = (percent) => (percent >= 75 ? "green" : percent >= 40 ? "blue" : "gray");

	salesflow.fit_pill = (doc) => {
		const colour = salesflow.fit_colour(doc.sf_fit);
		const title = frappe.utils.escape_html(doc.sf_target_profile || "");
		return `<button type="button" class="indicator-pill no-indicator-dot ${colour} sf-fit" title="${title}">${__(
			"Fit {0}",
			[salesflow.percent(doc.sf_fit)]
		)}</button>`;
	};

	for (const doctype of ["Lead", "Prospect", "Customer", "Opportunity"]) {
		frappe.ui.form.on(doctype, {
			refresh(frm) {
				if (frm.is_new() || !frappe.model.can_read("Target Customer Profile")) return;
				frm.page.add_menu_item(__("Fit to Target Profiles"), () => salesflow.show_fit(frm));
				// The others have it in the strip with the grade.
				if (doctype === "Prospect" && frm.doc.sf_fit) {
					frm.dashboard
						.add_indicator(
							__("Fits {0}: {1}", [
								frappe.utils.escape_html(frm.doc.sf_target_profile),
								salesflow.percent(frm.doc.sf_fit),
							]),
							salesflow.fit_colour(frm.doc.sf_fit)
						)
						.css("cursor", "pointer")
						.on("click", () => salesflow.show_fit(frm));
				}
			},
		});
	}
}
