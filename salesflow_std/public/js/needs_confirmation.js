// The customer's word on a needs record (N4): sending the summary, taking it back, writing down what was said by
// phone. How it stands is shown above the form; a link's token never comes here.
frappe.provide("salesflow");

if (!salesflow.needs_confirmation) {
	const API = "salesflow_std.api.needs";
	const word = (value) => __(value, null, "Needs Record");
	const esc = (text) => frappe.utils.escape_html(text || "");
	const when = (time) => frappe.datetime.str_to_user(time);

	salesflow.needs_confirmation = {
		refresh(frm) {
			if (frm.is_new()) return;
			this.show_state(frm);
			this.show_verdicts(frm);
			this.add_buttons(frm);
		},

		add_buttons(frm) {
			const doc = frm.doc;
			const actions = frm.layout.wrapper.find(".sf-strip .sf-actions");
			actions.find(".sf-confirmation").remove();
			if (!frm.perm[0]?.write || doc.next_version) return;
			const button = (label, run, primary) =>
				$(`<button type="button" class="sf-confirmation btn btn-xs ${primary ? "btn-primary" : "btn-default"}"></button>`)
					.text(label)
					.on("click", run)
					.appendTo(actions);
			if (doc.status === "Talked") button(__("Send to Customer"), () => this.ask_to_send(frm), true);
			if (["Talked", "Sent"].includes(doc.status)) {
				button(__("Confirmed by Phone…"), () => this.ask_for_answer(frm));
			}
			if (doc.status === "Sent") button(__("Take Back"), () => this.take_back(frm));
		},

		// The record is saved first: what goes out is what was written.
		saved(frm) {
			return Promise.resolve(frm.sf_talk?.settle()).then(() => (frm.is_dirty() ? frm.save() : null));
		},

		ask_to_send(frm) {
			this.saved(frm)
				.then(() => frappe.xcall(`${API}.preview`, { name: frm.docname }))
				.then((preview) => {
					if (preview.missing.length) return this.show_missing(frm, preview.missing);
					const dialog = new frappe.ui.Dialog({
						title: __("Send to Customer"),
						size: "large",
						fields: [{ fieldtype: "HTML", fieldname: "mail" }],
						primary_action_label: __("Send", null, "Salesflow"),
						primary_action: () => {
							dialog.disable_primary_action();
							this.change(frm, "send", {}, __("Sent. The answer comes to you by e-mail and as a notification."))
								.then(() => dialog.hide())
								.catch(() => {}) // the server has said why
								.finally(() => dialog.enable_primary_action());
						},
					});
					this.fill_preview(dialog.fields_dict.mail.$wrapper, preview);
					this.ctrl_enter(dialog);
					dialog.show();
				});
		},

		// Ctrl+Enter confirms wherever the focus stands.
		ctrl_enter(dialog) {
			dialog.$wrapper.on("keydown", (e) => {
				if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.isDefaultPrevented()) {
					e.preventDefault();
					const button = dialog.get_primary_btn();
					if (!button.prop("disabled")) button.trigger("click");
				}
			});
			dialog.$wrapper.one("shown.bs.modal", () => dialog.get_primary_btn().trigger("focus"));
		},

		fill_preview(body, preview) {
			const language = { zh: "中文", en: "English" }[preview.language] || preview.language;
			const facts = [
				[__("To", null, "Salesflow"), preview.to],
				[__("Language"), language],
				[__("Subject", null, "Salesflow"), preview.subject],
				[word("Link Valid Until"), when(preview.expires_on)],
			];
			body.addClass("sf-needs-preview").html(
				`<dl style="display: grid; grid-template-columns: max-content 1fr; gap: 2px 12px">
					${facts.map(([label, value]) => `<dt class="text-muted">${esc(label)}</dt><dd style="margin: 0; overflow-wrap: anywhere">${esc(value)}</dd>`).join("")}
				</dl>`
			);
			// The mail has styles of its own, and nothing in it may run here.
			$(`<iframe sandbox="" style="width: 100%; height: 50vh; border: 1px solid var(--border-color); border-radius: 8px; background: #fff"></iframe>`)
				.attr("title", __("Preview"))
				.attr("srcdoc", `<meta charset="utf-8"><body style="font: 14px/1.5 sans-serif; margin: 12px">${preview.html}</body>`)
				.appendTo(body);
			$(`<p class="text-muted small"></p>`)
				.text(__("The link itself is in the mail to the customer only. Ctrl+Enter sends."))
				.appendTo(body);
		},

		// What is missing, each with the way to the field.
		show_missing(frm, missing) {
			const dialog = new frappe.ui.Dialog({
				title: __("Something Is Missing"),
				fields: [{ fieldtype: "HTML", fieldname: "body" }],
			});
			const body = dialog.fields_dict.body.$wrapper.addClass("sf-needs-missing");
			body.append($("<p></p>").text(__("This needs summary cannot go to the customer yet:")));
			const list = $("<ul></ul>").appendTo(body);
			for (const gap of missing) {
				const line = $("<li></li>").appendTo(list);
				// Both are HTML already.
				$(`<a href="#"></a>`)
					.html(gap.what)
					.on("click", (e) => {
						e.preventDefault();
						dialog.hide();
						salesflow.needs_form.go_to(frm, gap);
					})
					.appendTo(line);
				line.append(": ", $("<span></span>").html(gap.why));
			}
			dialog.show();
		},

		take_back(frm) {
			frappe.confirm(
				__("The link in the mail to {0} ends, and the record can be changed again.", [esc(frm.doc.sent_to)]),
				() => this.change(frm, "take_back", {}, __("Taken back.")).catch(() => {})
			);
		},

		ask_for_answer(frm) {
			const rows = frm.doc.needs || [];
			this.saved(frm).then(() => {
				const dialog = new frappe.ui.Dialog({
					title: __("Answer of the Customer"),
					fields: [
						{
							fieldname: "verdict",
							fieldtype: "Select",
							label: __("The Customer Says", null, "Customer Need"),
							options: ["Confirmed", "Corrected", "Refused"].map((value) => ({ value, label: word(value) })),
							default: "Confirmed",
							reqd: 1,
						},
						{
							fieldname: "channel",
							fieldtype: "Select",
							label: word("Answered By Way Of"),
							options: ["Phone", "In Person", "E-mail"].map((value) => ({ value, label: word(value) })),
							default: "Phone",
							reqd: 1,
						},
						{ fieldtype: "Column Break" },
						{ fieldname: "by", fieldtype: "Data", label: word("Answered By"), default: frm.doc.contact_name, reqd: 1 },
						{
							fieldname: "on",
							fieldtype: "Datetime",
							label: word("Answered On"),
							default: frappe.datetime.now_datetime(),
							reqd: 1,
						},
						{ fieldtype: "Section Break" },
						{
							fieldname: "comment",
							fieldtype: "Small Text",
							label: word("Comment"),
							mandatory_depends_on: 'eval:doc.verdict == "Refused"',
						},
						{
							fieldtype: "Section Break",
							label: __("Corrections"),
							depends_on: 'eval:doc.verdict == "Corrected"',
						},
						...rows.map((row) => ({
							fieldname: `need_${row.need_key}`,
							fieldtype: "Small Text",
							// As it was put to the customer.
							label: `${row.idx}. ${esc((row.vague && row.concrete) || row.need)}`,
						})),
					],
					primary_action_label: __("Save", null, "Salesflow"),
					primary_action: (values) => {
						const corrections = {};
						for (const row of rows) {
							const text = values[`need_${row.need_key}`];
							if (text) corrections[row.need_key] = text;
						}
						const { verdict, by, on, channel, comment } = values;
						dialog.disable_primary_action();
						this.change(frm, "record_answer", { verdict, by, on, channel, comment, corrections }, __("Written down."))
							.then(() => dialog.hide())
							.catch(() => {}) // the server has said why
							.finally(() => dialog.enable_primary_action());
					},
				});
				this.ctrl_enter(dialog);
				dialog.show();
			});
		},

		change(frm, method, args, message) {
			return frappe.xcall(`${API}.${method}`, { name: frm.docname, ...args }).then((answer) => {
				frappe.show_alert({ message, indicator: "green" });
				if (answer.next_version) {
					frappe.set_route("Form", "Needs Record", answer.next_version);
					return;
				}
				return frm.reload_doc();
			});
		},

		// A line of its own under the status: what was sent, and what came back.
		show_state(frm) {
			const doc = frm.doc;
			const strip = frm.layout.wrapper.find(".sf-strip");
			strip.find(".sf-needs-state").remove();
			const said = [];
			if (doc.sent_on && doc.status !== "Talked") {
				said.push(__("Sent to {0} on {1}", [`<b>${esc(doc.sent_to)}</b>`, when(doc.sent_on)]));
			}
			if (doc.answered_on) {
				said.push(
					__("answered by {0} on {1} ({2})", [
						`<b>${esc(doc.answered_by)}</b>`,
						when(doc.answered_on),
						esc(word(doc.answer_channel || "")),
					])
				);
			} else if (doc.status === "Sent") {
				said.push(__("link valid until {0}", [when(doc.link_expires_on)]));
			}
			if (doc.answer_comment) said.push(`“${esc(doc.answer_comment)}”`);
			if (!said.length) return;
			strip.append(
				`<div class="sf-needs-state w-100" style="overflow-wrap: anywhere">${said.join(" · ")}</div>`
			);
		},

		// Which needs the customer has agreed to, and which were corrected.
		show_verdicts(frm) {
			const grid = frm.fields_dict.needs?.grid;
			if (!grid) return;
			for (const row of grid.grid_rows || []) {
				const cell = row.wrapper.find(".data-row [data-fieldname='need']").first();
				row.wrapper.find(".sf-verdict").remove();
				const { verdict, correction } = row.doc;
				if (!verdict || !cell.length) continue;
				const tone = verdict === "Agreed" ? "green" : "orange";
				$(`<span class="sf-verdict indicator-pill no-indicator-dot ${tone}"></span>`)
					.text(__(verdict, null, "Customer Need"))
					.attr("title", correction || "")
					.appendTo(cell);
			}
		},
	};

	frappe.ui.form.on("Needs Record", {
		refresh: (frm) => salesflow.needs_confirmation.refresh(frm),
	});
}
