// A review: its outcome, who is still missing, what everybody said (S2). Decided on the page My Reviews.
frappe.ui.form.on("Proposal Review", {
	refresh(frm) {
		frappe.require("salesflow_std.bundle.js", () => {
			const { name } = frm.doc;
			const route = () => frappe.set_route("my-reviews", name);
			salesflow.reviews.ask("sheet", { review: name }).then((sheet) => {
				if (frm.docname !== name) return;
				const { may } = sheet;
				const on_done = () => frm.reload_doc();
				if (may.decide) frm.add_custom_button(__("Give My Opinion"), route).removeClass("btn-default").addClass("btn-primary");
				else frm.add_custom_button(__("See the Whole Proposal"), route);
				if (may.recall) frm.add_custom_button(__("Recall the Review"), () => salesflow.reviews.recall({ review: name, on_done }));
				if (may.withdraw) frm.add_custom_button(__("Withdraw Approval"), () => salesflow.reviews.withdraw({ review: name, on_done }));
				frm.set_intro("");
				frm.set_intro(...salesflow.reviews.headline(sheet));
				readable(frm, sheet);
			});
		});
	},
});

// The rows as people read them, in place of the tables.
function readable(frm, sheet) {
	const shown = { opinions: salesflow.reviews.seats(sheet.opinions, sheet.groups), comments: salesflow.reviews.comments(sheet.comments) };
	// Hiding a table hides its section, whichever of them is hidden last.
	for (const field of Object.keys(shown)) frm.toggle_display(field, false);
	for (const [field, html] of Object.entries(shown)) {
		const section = frm.fields_dict[`${field}_section`];
		const body = section?.wrapper?.find(".section-body").first();
		if (!body?.length) continue;
		section.wrapper.removeClass("hide-control empty-section").show();
		body.children(".sf-readable").remove();
		$(`<div class="sf-readable w-100 px-3"></div>`).html(html || `<p class="text-muted">${__("No comments.")}</p>`).appendTo(body);
	}
}
