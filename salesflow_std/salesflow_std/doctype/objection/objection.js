// An objection: how to tell whether it is meant, an answer from the library, and what came of it (S4, S5).
(() => {
	const help = () => salesflow_std.objection_help;
	const word = (value) => help().word(value);
	const call = (frm, method, args, message) =>
		frappe.xcall(`${help().API}.${method}`, { name: frm.docname, ...args }).then(() => {
			frappe.show_alert({ message, indicator: "green" });
			return frm.reload_doc();
		});
	const CLOSED = ["Settled", "Not Settled"];

	frappe.ui.form.on("Objection", {
		onload(frm) {
			// Frappe adds the time zone to the description and would look for a translation of both together.
			const due = frm.get_docfield("reply_due_on");
			due.description = __(due.description, null, "Objection");
			frm.refresh_field("reply_due_on");
		},

		setup(frm) {
			frm.set_query("script", () => ({ filters: { enabled: 1, ...(frm.doc.kind ? { kind: frm.doc.kind } : {}) } }));
			frm.set_query("quotation", () => ({
				filters:
					frm.doc.reference_doctype === "Opportunity"
						? { opportunity: frm.doc.reference_name }
						: { quotation_to: frm.doc.reference_doctype, party_name: frm.doc.reference_name },
			}));
			frm.set_query("proposal", () => ({
				filters: {
					reference_doctype: frm.doc.reference_doctype,
					reference_name: frm.doc.reference_name,
				},
			}));
		},

		refresh(frm) {
			show_hints(frm);
			show_standing(frm);
			const closed = CLOSED.includes(frm.doc.status);
			for (const df of frm.meta.fields) {
				if (closed && !df.read_only && df.fieldname !== "allocated_to") {
					frm.set_df_property(df.fieldname, "read_only", 1);
				}
			}
			if (!closed && frm.perm[0]?.write) frm.add_custom_button(__("Find a Script"), () => find(frm));
			if (frm.is_new() || !frm.perm[0]?.write) return;
			if (closed) {
				frm.add_custom_button(__("Take Up Again"), () => call(frm, "reopen", {}, __("Taken up again.")));
				return;
			}
			if (frm.doc.status === "Open") frm.add_custom_button(__("Answer", null, "Objection"), () => give_answer(frm));
			frm.add_custom_button(word("Settled"), () => close(frm, true));
			frm.add_custom_button(word("Not Settled"), () => close(frm, false));
		},

		kind: (frm) => show_hints(frm),
		verdict: (frm) => show_hints(frm),
	});

	function show_hints(frm) {
		const may = frm.perm[0]?.write && !CLOSED.includes(frm.doc.status);
		const choose = may && ((verdict) => frm.set_value("verdict", verdict));
		help().show_hints(frm.fields_dict.hints_html.$wrapper, frm.doc.kind, frm.doc.verdict, choose);
	}

	function show_standing(frm) {
		frm.dashboard.clear_headline();
		if (frm.is_new()) return;
		const { status, reply_due_on } = frm.doc;
		const late = status === "Open" && reply_due_on && reply_due_on < frappe.datetime.system_datetime();
		if (status !== "Open" || !reply_due_on) return;
		const until = frappe.datetime.str_to_user(reply_due_on);
		frm.dashboard.set_headline(
			`<span class="indicator-pill ${late ? "red" : "orange"}">${
				late ? __("Reply overdue since {0}", [until]) : __("Reply promised until {0}", [until])
			}</span>`
		);
	}

	const about = (frm) => ({
		kind: frm.doc.kind,
		competitor: frm.doc.competitor,
		...(frm.doc.reference_name ? { doctype: frm.doc.reference_doctype, name: frm.doc.reference_name } : {}),
	});

	function find(frm) {
		help().find(about(frm), (script) => {
			frm.set_value("script", script.name);
			frm.set_value("answer", help().with_answer(frm.doc.answer, script));
			frm.scroll_to_field("answer");
		});
	}

	// What was written into the form goes first.
	const saved = (frm) => (frm.is_dirty() ? frm.save() : Promise.resolve());

	function ask(frm, title, fields, run) {
		const dialog = new frappe.ui.Dialog({
			title,
			fields,
			primary_action_label: __("Save", null, "Salesflow"),
			primary_action: (values) => {
				dialog.disable_primary_action();
				saved(frm)
					.then(() => run(values))
					.then(() => dialog.hide())
					.catch(() => {}) // the server has said why
					.finally(() => dialog.enable_primary_action());
			},
		});
		help().ctrl_enter(dialog);
		return dialog;
	}

	function give_answer(frm) {
		// What is written into the form already is the answer.
		if (frm.is_dirty() && frm.doc.answer) return frm.save();
		let script = null;
		const dialog = ask(
			frm,
			__("Answer", null, "Objection"),
			[
				{ fieldname: "scripts", fieldtype: "HTML" },
				{ fieldname: "answer", fieldtype: "Text", label: word("Answer"), reqd: 1 },
			],
			({ answer }) => call(frm, "answer", { answer, script }, __("Answer written down."))
		);
		const part = help().mount_search(dialog.fields_dict.scripts.$wrapper, () => about(frm), (found) => {
			script = found.name;
			dialog.set_value("answer", help().with_answer(dialog.get_value("answer"), found));
		});
		dialog.$wrapper.one("shown.bs.modal", part.focus);
		dialog.show();
		part.search();
	}

	function close(frm, settled) {
		const fields = [
			{
				fieldname: "verdict",
				fieldtype: "Select",
				label: word("Genuine or a Stall"),
				options: [{ value: "", label: "" }, ...help().options(["Genuine", "Stall"])],
				default: frm.doc.verdict,
				reqd: 1,
			},
			{
				fieldname: "outcome",
				fieldtype: "Small Text",
				label: word("What Came of It"),
				default: frm.doc.outcome,
				reqd: settled ? 0 : 1,
			},
		];
		if (settled && !frm.doc.answer) {
			fields.unshift({ fieldname: "answer", fieldtype: "Small Text", label: word("Answer"), reqd: 1 });
		}
		ask(frm, settled ? word("Settled") : word("Not Settled"), fields, (values) =>
			call(frm, "close", { settled: settled ? 1 : 0, ...values }, __("Closed, and its script is counted."))
		).show();
	}
})();
