// What reviewers and customer want otherwise (S3): taken over, or left with a word why.
frappe.provide("salesflow");

if (!salesflow.proposal_corrections) {
	const esc = (text) => frappe.utils.escape_html(text || "");

	salesflow.proposal_corrections = {
		show(frm) {
			const wrapper = $(frm.fields_dict.corrections.wrapper);
			wrapper.find(".sf-corrections").remove();
			const open = (frm.doc.corrections || []).filter((row) => row.state === "Open");
			if (!open.length || !salesflow.proposal_form.editable(frm)) return;
			const list = $(`<ul class="sf-corrections list-unstyled"></ul>`).prependTo(wrapper);
			for (const row of open) this.draw(frm, row).appendTo(list);
		},

		draw(frm, row) {
			const line = $(`<li class="sf-correction"><span class="sf-correction-text">${esc(row.correction)}</span></li>`);
			const source =
				row.source_name &&
				`<a href="/app/${frappe.router.slug(row.source_doctype)}/${encodeURIComponent(row.source_name)}">${esc(row.source_name)}</a>`;
			const from = [esc(row.said_by), source].filter(Boolean).join(" · ");
			if (from) line.append(` <span class="text-muted">${from}</span>`);
			const actions = $(`<span class="sf-cover-actions"></span>`).appendTo(line);
			const button = (label, run) =>
				$(`<button type="button" class="btn btn-xs btn-default"></button>`).text(label).on("click", run).appendTo(actions);
			button(__("Take Over", null, "Proposal Correction"), () => this.answer(frm, row, { state: "Taken Over" })).addClass(
				"sf-take-over"
			);
			button(__("Leave", null, "Proposal Correction"), () => this.leave(frm, row)).addClass("sf-leave");
			return line;
		},

		leave(frm, row) {
			const dialog = new frappe.ui.Dialog({
				title: __("Leave as It Is"),
				fields: [
					{ fieldtype: "HTML", fieldname: "what", options: `<p><b>${esc(row.correction)}</b></p>` },
					{
						fieldtype: "Small Text",
						fieldname: "note",
						label: __("Reason", null, "Salesflow"),
						reqd: 1,
						description: __("Whoever asked for it will want to know."),
					},
				],
				primary_action_label: __("Leave", null, "Proposal Correction"),
				primary_action: ({ note }) => {
					dialog.hide();
					this.answer(frm, row, { state: "Left", note });
				},
			});
			dialog.show();
		},

		// Saved with the form: what was taken over is written there as well.
		answer(frm, row, values) {
			frappe.model.set_value(row.doctype, row.name, values).then(() => {
				frm.refresh_field("corrections");
				this.show(frm);
			});
		},
	};
}
