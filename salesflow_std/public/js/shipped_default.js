// A newer default beside a tuned record: compare, take it, or keep one's own.
(() => {
	for (const doctype of ["Scoring Model", "Cadence Policy", "Sales Process", "Survey Template", "KPI Scheme"]) {
		frappe.ui.form.on(doctype, { refresh: (frm) => frm.is_new() || offer_new_default(frm) });
	}

	function offer_new_default(frm) {
		frappe
			.xcall("salesflow_std.api.shipped_defaults.offer", { doctype: frm.doctype, name: frm.docname })
			.then((offer) => {
				if (!offer) return;
				frm.dashboard.clear_headline();
				frm.dashboard.set_headline(
					`<div class="sf-offer">${__("A new default is available. Yours stays until you take it.")}
					<a class="sf-compare" href="#">${__("Compare")}</a></div>`
				);
				frm.layout.wrapper.find(".sf-compare").on("click", (e) => {
					e.preventDefault();
					compare(frm, offer);
				});
			});
	}

	function compare(frm, offer) {
		const esc = (value) => frappe.utils.escape_html(String(value ?? "–"));
		const dialog = new frappe.ui.Dialog({
			title: __("Yours and the New Default"),
			size: "large",
			fields: [
				{
					fieldtype: "HTML",
					fieldname: "body",
					options: `<table class="table table-sm"><thead><tr><th>${__("Field")}</th><th>${__("Yours")}</th>
						<th>${__("New default")}</th></tr></thead><tbody>${offer.differences
							.map(
								(row) =>
									`<tr><td>${esc(row.label)}</td><td>${esc(row.yours)}</td><td>${esc(row.shipped)}</td></tr>`
							)
							.join("")}</tbody></table>`,
				},
			],
			primary_action_label: __("Take the New Default"),
			primary_action: () => answer("take"),
			secondary_action_label: __("Keep Mine"),
			secondary_action: () => answer("keep"),
		});
		const answer = (method) => {
			dialog.hide();
			frappe
				.xcall(`salesflow_std.api.shipped_defaults.${method}`, { entry: offer.name })
				.then(() => frm.reload_doc());
		};
		dialog.show();
	}
})();
