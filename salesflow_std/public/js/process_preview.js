// What a lead or an opportunity would be asked by a sales process, as its form stands now (M1).
frappe.provide("salesflow");

if (!salesflow.process_preview) {
	const API = "salesflow_std.api.sales_process";
	const esc = (text) => frappe.utils.escape_html(text || "");

	salesflow.process_preview = {
		open(frm) {
			const doctypes = [...new Set((frm.doc.stages || []).map((row) => row.lives_on))].filter(Boolean);
			const dialog = new frappe.ui.Dialog({
				title: __("What a Document Would Be Asked"),
				size: "large",
				fields: [
					{
						fieldname: "reference_doctype",
						fieldtype: "Select",
						label: __("Document Type", null, "Sales Process"),
						options: doctypes.map((value) => ({ value, label: __(value) })),
						default: doctypes.includes("Opportunity") ? "Opportunity" : doctypes[0],
						onchange: () => dialog.set_value("reference_name", null),
					},
					{ fieldtype: "Column Break" },
					{
						fieldname: "reference_name",
						fieldtype: "Dynamic Link",
						label: __("Document", null, "Sales Process"),
						options: "reference_doctype",
						get_options: () => dialog.get_value("reference_doctype"),
						onchange: () => this.ask(frm, dialog),
					},
					{ fieldtype: "Section Break" },
					{ fieldname: "answer", fieldtype: "HTML" },
				],
			});
			dialog.show();
			this.show(dialog, null);
		},

		ask(frm, dialog) {
			const [doctype, name] = ["reference_doctype", "reference_name"].map((field) => dialog.get_value(field));
			if (!doctype || !name) return this.show(dialog, null);
			// What is not saved yet is tried out as well.
			const about = frm.is_dirty() ? { draft: frm.doc } : { process: frm.docname };
			return frappe
				.xcall(`${API}.preview`, { doctype, name, ...about })
				.then((told) => dialog.get_value("reference_name") === name && this.show(dialog, told));
		},

		show(dialog, told) {
			const place = dialog.get_field("answer").$wrapper;
			if (!told) {
				place.html(`<p class="text-muted">${__("Choose a document to see which gates it meets.")}</p>`);
				return;
			}
			place.html(told.map((part) => this.part(part)).join("") || `<p>${__("No gate is asked.")}</p>`);
		},

		part({ stage, moment, gates }) {
			const head =
				moment === "Entering" ? __("Entering {0}", [__(stage)]) : __("Leaving {0}", [__(stage)]);
			return `<div class="sf-preview-part"><h5>${esc(head)}</h5>${gates
				.map((gate) => this.gate(gate))
				.join("")}</div>`;
		},

		gate(gate) {
			const colour = gate.met ? "green" : gate.mode === "Block" ? "red" : "orange";
			const state = gate.met ? __("Met", null, "Sales Process Gate") : gate.mode === "Block" ? __("Blocks") : __("Warns");
			const link = gate.route
				? ` <a href="${esc(gate.route)}" target="_blank">${__("Open", null, "Action")}</a>`
				: "";
			const rule = gate.rule ? ` <span class="text-muted">${esc(gate.rule)}</span>` : "";
			return `<div class="sf-preview-gate" style="margin: 0 0 var(--margin-sm)">
				<span class="indicator-pill ${colour}">${state}</span> <b>${esc(gate.gate)}</b>${rule}
				<div class="small">${[gate.what, gate.why].filter(Boolean).map(esc).join("<br>")}${link}</div>
			</div>`;
		},
	};
}
