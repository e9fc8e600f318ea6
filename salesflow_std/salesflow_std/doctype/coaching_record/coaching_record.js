// Coaching and recognition: proposed by rule, decided here by a person (M6).
frappe.provide("salesflow");

if (!salesflow.coaching_record) {
	const API = "salesflow_std.api.coaching";
	const STATUS = { Proposed: "orange", Confirmed: "blue", Done: "green", Dismissed: "gray" };
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const word = (text) => (text ? __(text, null, "Coaching Record") : "");

	salesflow.coaching_record = {
		refresh(frm) {
			shared().place(frm).remove();
			frm.sheet = frm.doc.__onload?.sheet || {};
			frm.toggle_reqd("why", frm.is_new());
			if (frm.is_new()) return;
			const { status, kind } = frm.doc;
			frm.page.set_indicator(word(status), STATUS[status]);
			const open = ["Proposed", "Confirmed"].includes(status);
			if (frm.doc.facts) frm.set_df_property("why", "read_only", 1);
			for (const field of ["agreed", "follow_up_on", "tell_team", "outcome"]) {
				frm.set_df_property(field, "read_only", open && !frm.sheet.own ? 0 : 1);
			}
			const facts = [`<b>${esc(word(kind))}</b>`, esc(frm.sheet.why)];
			if (frm.doc.decided_on && frm.doc.decided_by) {
				const when = frappe.datetime.str_to_user(frm.doc.decided_on);
				facts.push(`${esc(frappe.user.full_name(frm.doc.decided_by))}, ${esc(when)}`);
			}
			shared().strip(frm, facts);
			if (!frm.sheet.may_decide) return;
			if (status === "Proposed") {
				shared().button(frm, __("Confirm", null, "Coaching Record"), () => this.confirm(frm), true);
				shared().button(frm, __("Dismiss", null, "Coaching Record"), () => this.dismiss(frm));
			} else if (status === "Confirmed" && kind === "Coaching") {
				shared().button(frm, __("What Came of It", null, "Coaching Record"), () => this.finish(frm), true);
			}
		},

		async call(frm, method, values) {
			await frappe.xcall(`${API}.${method}`, { record: frm.docname, ...values });
			await frm.reload_doc();
		},

		async confirm(frm) {
			if (frm.is_dirty()) await frm.save();
			const coaching = frm.doc.kind === "Coaching";
			const dialog = new frappe.ui.Dialog({
				title: word(frm.doc.kind),
				fields: [
					{
						fieldname: "agreed",
						fieldtype: "Small Text",
						label: coaching ? __("What Was Agreed", null, "Coaching Record") : __("Words for the Rep"),
						default: frm.doc.agreed,
						reqd: coaching ? 1 : 0,
					},
					coaching
						? {
								fieldname: "follow_up_on",
								fieldtype: "Date",
								label: __("Look Again On", null, "Coaching Record"),
								default: frm.doc.follow_up_on || frappe.datetime.add_days(frappe.datetime.get_today(), 28),
								reqd: 1,
						  }
						: {
								fieldname: "tell_team",
								fieldtype: "Check",
								label: __("Tell the Team", null, "Coaching Record"),
								default: frm.doc.tell_team,
						  },
					{ fieldname: "note", fieldtype: "Small Text", label: __("Why So Decided", null, "Coaching Record") },
				],
				primary_action_label: __("Confirm", null, "Coaching Record"),
				primary_action: async (values) => {
					await this.call(frm, "confirm", values);
					dialog.hide();
				},
			});
			dialog.show();
		},

		dismiss(frm) {
			shared().ask_reason(
				{
					title: __("Dismiss", null, "Coaching Record"),
					html: __("It does not come back for this month. The rep does not see it."),
					action: __("Dismiss", null, "Coaching Record"),
				},
				(reason) => this.call(frm, "dismiss", { reason })
			);
		},

		finish(frm) {
			frappe.prompt(
				[
					{
						fieldname: "outcome",
						fieldtype: "Small Text",
						label: __("What Came of It", null, "Coaching Record"),
						default: frm.doc.outcome,
						reqd: 1,
					},
				],
				(values) => this.call(frm, "finish", values),
				__("What Came of It", null, "Coaching Record")
			);
		},
	};

	frappe.ui.form.on("Coaching Record", { refresh: (frm) => salesflow.coaching_record.refresh(frm) });
}
