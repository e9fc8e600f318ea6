// ERPNext's "Set as Lost" asks as well whether a competitor was involved, and what was learned.
frappe.provide("salesflow");

if (!salesflow.lost_deal) {
	salesflow.lost_deal = {
		FIELDS: ["sf_no_competitor", "sf_learned"],

		// ERPNext keeps its dialog to itself until it is shown.
		asked(frm) {
			const extend = () => cur_dialog?.fields_dict?.lost_reason && this.extend(frm, cur_dialog);
			if (!extend()) $(document).one("shown.bs.modal", extend);
		},

		extend(frm, dialog) {
			if (dialog.fields_dict.sf_learned) return true;
			dialog.add_fields([
				{ fieldname: "sf_no_competitor", fieldtype: "Check", label: __("No Competitor Involved") },
				{
					fieldname: "sf_learned",
					fieldtype: "Small Text",
					label: __("What Was Learned"),
					description: __("What would we do otherwise next time? Others find it by searching."),
				},
			]);
			const { sf_no_competitor, competitors } = dialog.fields_dict;
			sf_no_competitor.$wrapper.insertAfter(competitors.$wrapper);
			for (const field of this.FIELDS) dialog.set_value(field, frm.doc[field]);
			// They go along with the document that ERPNext sends.
			dialog.$wrapper.on("input change", () => Object.assign(frm.doc, this.values(dialog)));
			return true;
		},

		values: (dialog) => ({
			sf_no_competitor: dialog.get_value("sf_no_competitor") ? 1 : 0,
			sf_learned: dialog.get_value("sf_learned") || "",
		}),
	};
}

for (const doctype of ["Opportunity", "Quotation"]) {
	frappe.ui.form.on(doctype, { set_as_lost_dialog: (frm) => salesflow.lost_deal.asked(frm) });
}
