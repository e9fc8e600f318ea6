// The stage as a field of Lead and Opportunity: what it offers, and the reason where a change needs one (M1).
(() => {
	const CHOSEN_BY = ["company", "territory", "opportunity_type", "request_type", "market_segment"];

	function setup(frm) {
		frm.set_query("sf_stage", () => ({
			query: "salesflow_std.api.stage_path.stages_to_choose",
			filters: {
				reference_doctype: frm.doctype,
				...(frm.is_new()
					? Object.fromEntries(CHOSEN_BY.map((field) => [field, frm.doc[field]]))
					: { name: frm.docname }),
			},
		}));
	}

	// The path bar has told which ways ask for a reason; what it does not know, the server asks for at the save.
	function ask_for_reason(frm) {
		const path = frm.sf_path?.data;
		if (!path?.stages.length || frm.is_new()) return;
		const wanted = stage_asked(frm, path);
		const stage = path.stages.find((row) => row.name === wanted);
		frm.doc.__asks_stage_reason = Boolean(stage?.asks_reason);
		if (!stage?.asks_reason && frm.doc.sf_stage_reason) frm.set_value("sf_stage_reason", "");
		frm.layout.refresh_dependency();
		frm.refresh_field("sf_stage_reason");
	}

	function stage_asked(frm, path) {
		if (frm.doc.sf_stage && frm.doc.sf_stage !== path.stage) return frm.doc.sf_stage;
		const finer = frm.doc.sales_stage;
		return path.counts_as[finer] || finer;
	}

	for (const doctype of ["Lead", "Opportunity"]) {
		frappe.ui.form.on(doctype, { setup, sf_stage: ask_for_reason });
	}
	frappe.ui.form.on("Opportunity", {
		sales_stage: ask_for_reason,
		// ERPNext would fill in the user's word for "Sales", which on a site set up in another language is no type, so
		// that nothing can be saved. Left empty, it is filled in when the opportunity is saved.
		onload(frm) {
			if (frm.is_new() && frm.doc.opportunity_type === undefined) frm.doc.opportunity_type = null;
		},
	});
})();
