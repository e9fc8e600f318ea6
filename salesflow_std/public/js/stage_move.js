// Moving a document to another stage: what is missing, the reason where one is asked for, the override (M1).
frappe.provide("salesflow");

const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
const API = "salesflow_std.api.stages";

salesflow.stage_move = {
	// `stage` and `path` as the path bar has them. What is asked about is what is stored, so changes are saved first.
	async start(frm, stage, path, override) {
		if (frm.is_dirty()) await frm.save();
		const about = { doctype: frm.doctype, name: frm.docname, to_stage: stage.name };
		const found = await frappe.xcall(`${API}.check`, about);
		const unmet = found.filter((gate) => !gate.met && gate.mode === "Block");
		if (unmet.length) return this.show_missing(frm, about, stage, unmet, path.may_override, override);
		// A lead goes on as an opportunity, by ERPNext's own button.
		if (path.hands_on === stage.lives_on) return frm.make_methods[path.hands_on]();
		if (stage.asks_reason) return this.ask_reason(frm, about, stage);
		return this.move(frm, about, stage);
	},

	show_missing(frm, about, stage, unmet, may_override, override) {
		const dialog = new frappe.ui.Dialog({
			title: override ? __("Move with Override") : __("Not Yet in {0}", [stage.label]),
			fields: [
				{ fieldtype: "HTML", options: this.missing_html(stage, unmet) },
				{
					fieldtype: "Small Text",
					fieldname: "reason",
					label: __("Reason", null, "Stage Transition"),
					description: __("Kept in the log and reported. It holds for this move only."),
					hidden: override ? 0 : 1,
					reqd: override ? 1 : 0,
				},
			],
		});
		if (override) this.offer_override(dialog, frm, about, stage);
		else if (may_override) {
			dialog.set_secondary_action_label(__("Move with Override"));
			dialog.set_secondary_action(() => {
				dialog.hide();
				this.show_missing(frm, about, stage, unmet, may_override, true);
			});
		}
		// A link leads away from the dialog.
		dialog.$wrapper.on("click", "a[href]", () => dialog.hide());
		dialog.show();
	},

	missing_html(stage, unmet) {
		const rows = unmet.map(
			(gate) =>
				`<li class="sf-path-unmet"><span class="sf-path-box" aria-hidden="true"></span><span>${salesflow.gate_link(
					gate
				)}${salesflow.gate_words(gate)}</span></li>`
		);
		return `<p>${__("Before {0}, this is still missing:", [esc(stage.label)])}</p>
			<ul class="sf-path-list sf-missing">${rows.join("")}</ul>`;
	},

	offer_override(dialog, frm, about, stage) {
		dialog.set_primary_action(__("Move with Override"), ({ reason }) => {
			// One reason for both where the move itself asks for one.
			const reasons = { override_reason: reason, ...(stage.asks_reason ? { reason } : {}) };
			this.move(frm, { ...about, ...reasons }, stage).then(() => dialog.hide());
		});
	},

	ask_reason(frm, about, stage) {
		const back = stage.direction === "Back";
		const dialog = new frappe.ui.Dialog({
			title: back ? __("Go Back to {0}", [stage.label]) : __("Move to {0}", [stage.label]),
			fields: [
				{
					fieldtype: "Small Text",
					fieldname: "reason",
					label: __("Reason", null, "Stage Transition"),
					description: back
						? __("Why does the deal go back? Kept in the log.")
						: __("Why is a stage skipped? Kept in the log."),
					reqd: 1,
				},
			],
			primary_action_label: back ? __("Go Back", null, "Stage") : __("Move", null, "Stage"),
			primary_action: ({ reason }) => this.move(frm, { ...about, reason }, stage).then(() => dialog.hide()),
		});
		dialog.show();
	},

	async move(frm, values, stage) {
		const moved = await frappe.xcall(`${API}.move`, { ...values, with_path: true });
		frappe.show_alert({ message: __("Now in {0}", [esc(stage.label)]), indicator: "green" });
		if (moved.doctype !== values.doctype) return frappe.set_route("Form", moved.doctype, moved.name);
		if (frm.docname !== values.name) return;
		// The bar stands in the new stage before the form is read anew, which takes its time.
		frm.sf_path?.show(moved.path);
		await frm.reload_doc();
	},
};
