// Objections where they are heard: recorded in a few keys on Lead, Opportunity, Prospect, Customer, Quotation and
// Solution Proposal, and shown there as long as they are open (S4). `salesflow_std.objections.show(frm)` shows them.
frappe.provide("salesflow_std");

if (!salesflow_std.objections) {
	const help = () => salesflow_std.objection_help;
	const esc = (text) => frappe.utils.escape_html(text || "");
	const SHORT = 90;
	// The strip of these says it; the others have their list among the connections.
	const SHOWN_ON = ["Opportunity", "Quotation", "Solution Proposal"];

	salesflow_std.objections = {
		refresh(frm) {
			if (frm.is_new() || !frappe.model.can_read("Objection")) return;
			if (this.may_record(frm)) {
				const record = () => this.record(frm);
				frm.add_custom_button(__("Objection"), record, __("Create"));
				// The plus sign among the connections.
				frm.make_methods = { ...frm.make_methods, Objection: record };
			}
			if (SHOWN_ON.includes(frm.doctype)) this.show(frm);
		},

		may_record: (frm) =>
			frappe.model.can_create("Objection") &&
			!frm.doc.sf_invalid_reason &&
			frm.doc.docstatus !== 2 &&
			(frm.doctype === "Solution Proposal" || frm.perm[0]?.write),

		// The open ones of a document as a strip above its form; none, no strip.
		show(frm) {
			if (frm.is_new() || !frappe.model.can_read("Objection")) return Promise.resolve();
			const asked = frm.docname;
			return frappe
				.xcall(`${help().API}.open_for`, { doctype: frm.doctype, name: asked }, "GET")
				.then((rows) => frm.docname === asked && this.draw(frm, rows));
		},

		draw(frm, rows) {
			frm.layout.wrapper.find(".sf-objections").remove();
			if (!rows.length) return;
			const strip = $(`<div class="sf-objections" role="status"></div>`);
			strip.append(`<span class="sf-objections-title">${__("Open Objections")}</span>`);
			if (this.may_record(frm)) {
				$(`<button type="button" class="btn btn-xs btn-default sf-record-objection"></button>`)
					.text(__("Record Objection"))
					.on("click", () => this.record(frm))
					.appendTo(strip);
			}
			for (const row of rows) strip.append(this.line(row));
			const grade = frm.layout.wrapper.children(".sf-strip").last();
			grade.length ? grade.after(strip) : frm.layout.wrapper.prepend(strip);
		},

		line(row) {
			const [colour, text] = this.standing(row);
			const said = row.objection.length > SHORT ? `${row.objection.slice(0, SHORT)}…` : row.objection;
			const about = [help().word(row.kind), row.competitor, help().word(row.verdict)].filter(Boolean).map(esc).join(" · ");
			return `<a class="sf-objection" href="/app/objection/${encodeURIComponent(row.name)}">
				<span class="indicator-pill ${colour}">${text}</span> <b>${about}</b> <span>${esc(said)}</span></a>`;
		},

		// How an objection stands: colour and words. Times of the server are the site's.
		standing(row) {
			if (row.status === "Answered") return ["blue", help().word("Answered")];
			if (row.status !== "Open") return [row.status === "Settled" ? "green" : "gray", help().word(row.status)];
			const until = row.reply_due_on ? this.when(row.reply_due_on) : "";
			const late = row.late ?? (row.reply_due_on && row.reply_due_on < frappe.datetime.system_datetime());
			if (late) return ["red", __("Reply overdue since {0}", [until])];
			const today = frappe.datetime.system_datetime().slice(0, 10);
			return [
				(row.reply_due_on || "").startsWith(today) ? "orange" : "yellow",
				__("Reply promised until {0}", [until]),
			];
		},

		// A time of the site as the user writes times, to the minute.
		when(time) {
			const local = frappe.datetime.convert_to_user_tz(time);
			return moment(local).format(`${frappe.datetime.get_user_date_fmt().toUpperCase()} HH:mm`);
		},

		// A few fields and the keyboard: kind, Tab, what was said, Ctrl+Enter.
		record(frm) {
			const about = () => ({
				doctype: frm.doctype,
				name: frm.docname,
				kind: dialog.get_value("kind"),
				competitor: dialog.get_value("competitor"),
			});
			const dialog = new frappe.ui.Dialog({
				title: __("Record Objection"),
				fields: this.fields(() => changed()),
				primary_action_label: __("Save", null, "Salesflow"),
				primary_action: (values) => this.save(frm, dialog, values),
			});
			const hints = dialog.fields_dict.hints.$wrapper;
			const part = help().mount_search(dialog.fields_dict.scripts.$wrapper, about, (script) => {
				dialog.sf_script = script.name;
				dialog.set_value("answer", help().with_answer(dialog.get_value("answer"), script));
				dialog.fields_dict.answer.$input.trigger("focus");
			});
			const judge = (verdict) => {
				dialog.sf_verdict = verdict;
				help().mark(hints, verdict);
			};
			const changed = () => {
				help().show_hints(hints, dialog.get_value("kind"), dialog.sf_verdict, judge);
				if (dialog.get_value("find")) part.search();
			};
			help().ctrl_enter(dialog);
			dialog.show();
			changed();
			return dialog;
		},

		fields(changed) {
			const word = help().word;
			return [
				{
					fieldname: "kind",
					fieldtype: "Select",
					label: word("Kind"),
					options: help().options(help().KINDS),
					default: "Price",
					reqd: 1,
					onchange: changed,
				},
				{
					fieldname: "competitor",
					fieldtype: "Link",
					label: word("Competitor"),
					options: "Competitor",
					depends_on: 'eval:doc.kind=="Competitor"',
					mandatory_depends_on: 'eval:doc.kind=="Competitor"',
					description: frappe.model.can_create("Competitor")
						? ""
						: __("Not in the list? Ask who may add competitors, and choose another kind until then."),
					onchange: changed,
				},
				{
					fieldname: "objection",
					fieldtype: "Small Text",
					label: word("What the Customer Said"),
					max_height: "76px", // all of it fits on a screen
					reqd: 1,
				},
				{ fieldname: "hints", fieldtype: "HTML" },
				{ fieldtype: "Section Break" },
				{
					fieldname: "find",
					fieldtype: "Check",
					label: __("Find a Script"),
					onchange: changed,
				},
				{ fieldname: "scripts", fieldtype: "HTML", depends_on: "find" },
				{
					fieldname: "answer",
					fieldtype: "Small Text",
					label: __("Answer Now", null, "Objection"),
					max_height: "110px",
					description: __("Left empty, a reply is promised."),
				},
				{
					fieldname: "reply_due_on",
					fieldtype: "Datetime",
					label: word("Reply Promised Until"),
					description: __("Left empty, the standard's period counts."),
					depends_on: "eval:!doc.answer",
				},
			];
		},

		save(frm, dialog, values) {
			const { kind, objection, competitor, answer, reply_due_on } = values;
			dialog.disable_primary_action();
			return frappe
				.xcall(`${help().API}.record`, {
					doctype: frm.doctype,
					name: frm.docname,
					kind,
					objection,
					verdict: dialog.sf_verdict,
					competitor: kind === "Competitor" ? competitor : null,
					answer,
					script: answer ? dialog.sf_script : null,
					reply_due_on: answer ? null : reply_due_on,
				})
				.then((told) => {
					dialog.hide();
					const [, text] = this.standing(told);
					frappe.show_alert({ message: `${__("Objection written down.")} ${text}`, indicator: "green" });
					return this.show(frm);
				})
				.catch(() => {}) // the server has said why
				.finally(() => dialog.enable_primary_action());
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Prospect", "Customer", "Quotation", "Solution Proposal"]) {
		frappe.ui.form.on(doctype, {
			refresh: (frm) => salesflow_std.objections.refresh(frm),
		});
	}
}
