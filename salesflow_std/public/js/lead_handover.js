// The hand-over of a lead to an account manager (L12): offering it, and answering an offer, on the forms of
// Lead and Lead Handover.
frappe.provide("salesflow");

if (!salesflow.handover) {
	const API = "salesflow_std.api.handover";

	salesflow.handover = {
		on_lead(frm) {
			if (frm.is_new()) return;
			frappe.xcall(`${API}.state`, { lead: frm.docname }).then((state) => {
				if (frm.docname !== frm.doc.name) return;
				this.show_offer(frm, state.open);
				frm.remove_custom_button(__("Hand Over…"), __("Action"));
				if (state.may_offer) {
					frm.add_custom_button(__("Hand Over…"), () => this.ask_for_offer(frm), __("Action"));
				}
			});
		},

		// A line of its own under the grade.
		show_offer(frm, offer) {
			const strip = frm.layout.wrapper.find(".sf-strip");
			strip.find(".sf-handover").remove();
			if (!offer) return;
			const esc = frappe.utils.escape_html;
			const on = (time) => salesflow.graded_form.when(time);
			const [from, to] = [offer.from_name, offer.to_name].map((name) => `<b>${esc(name)}</b>`);
			const said = offer.answer_due
				? __("{0} offers this lead to {1}, answer due {2}", [from, to, on(offer.answer_due)])
				: __("{0} offers this lead to {1}", [from, to]);
			const pill = offer.overdue
				? `<span class="indicator-pill red">${__("Answer overdue")}</span>`
				: `<span class="indicator-pill blue">${__("Hand-over offered")}</span>`;
			const line = $(`<div class="sf-handover w-100 d-flex flex-wrap align-items-center" style="gap: 6px 12px">
					<span>${pill} ${said}</span>
					<a href="/app/lead-handover/${encodeURIComponent(offer.name)}">${__("First conversation")}</a>
				</div>`).appendTo(strip);
			const button = (label, run, primary) =>
				$(`<button type="button" class="btn btn-xs ${primary ? "btn-primary" : "btn-default"}"></button>`)
					.text(label)
					.on("click", run)
					.appendTo(line);
			const done = () =>
				salesflow.graded_form.show_new_state(frm).then(() => frm.is_dirty() && this.on_lead(frm));
			if (offer.may_answer) {
				button(__("Accept", null, "Salesflow"), () => this.accept(offer.name).then(done), true);
				button(__("Return…", null, "Salesflow"), () => this.give_back(offer.name, done));
			}
			if (offer.may_withdraw) {
				button(__("Withdraw", null, "Salesflow"), () => this.withdraw(offer.name).then(done));
			}
		},

		ask_for_offer(frm) {
			frappe.xcall(`${API}.draft`, { lead: frm.docname }).then((draft) => {
				if (draft.missing.length) return this.show_missing(frm, draft);
				const dialog = new frappe.ui.Dialog({
					title: __("Hand Over to an Account Manager"),
					size: "large",
					fields: [
						{
							fieldname: "to_user",
							fieldtype: "Link",
							options: "User",
							label: __("Account Manager", null, "Lead Handover"),
							reqd: 1,
							only_select: 1,
							get_query: () => ({ query: `${API}.account_managers`, filters: { lead: frm.docname } }),
						},
						{
							fieldname: "conversation",
							fieldtype: "Text Editor",
							label: __("Record of the First Conversation", null, "Lead Handover"),
							default: draft.conversation,
							reqd: 1,
						},
						{ fieldname: "notes", fieldtype: "Small Text", label: __("Notes", null, "Lead Handover") },
					],
					primary_action_label: __("Offer", null, "Salesflow"),
					primary_action: (values) =>
						frappe.xcall(`${API}.offer`, { lead: frm.docname, ...values }).then(() => {
							dialog.hide();
							frappe.show_alert({ message: __("Offered. Until the answer the lead stays yours."), indicator: "green" });
							salesflow.handover.on_lead(frm);
						}),
				});
				dialog.show();
			});
		},

		// What is missing, each with the way to put it right.
		show_missing(frm, draft) {
			const esc = frappe.utils.escape_html;
			const ways = {
				score: [__("Score the lead"), () => salesflow.graded_form.score(frm)],
			};
			const by_hand = frm.custom_buttons[__("First Touch Done")];
			if (frm.doc.sf_next_touch_on || by_hand) {
				ways.first_touch = [
					__("Record the first touch"),
					() => (frm.doc.sf_next_touch_on ? salesflow.graded_form.finish_touch(frm) : by_hand.click()),
				];
			}
			const dialog = new frappe.ui.Dialog({
				title: __("Not Ready for a Hand-over"),
				fields: [{ fieldtype: "HTML", fieldname: "body" }],
			});
			const body = dialog.fields_dict.body.$wrapper.addClass("sf-handover-missing");
			for (const { place, text } of draft.missing) {
				const line = $(`<p>${esc(text)} </p>`).appendTo(body);
				const [label, go] = ways[place] || [];
				if (!label) continue;
				$(`<button type="button" class="btn btn-xs btn-default"></button>`)
					.text(label)
					.on("click", () => {
						dialog.hide();
						go();
					})
					.appendTo(line);
			}
			body.append(`<p class="text-muted">${esc(draft.rule)}</p>`);
			dialog.show();
		},

		accept(name) {
			return frappe.xcall(`${API}.accept`, { name }).then((answer) => {
				const message = answer.next_touch_on
					? __("The lead is yours. Its next touch is due {0}.", [
							salesflow.graded_form.when(answer.next_touch_on),
					  ])
					: __("The lead is handed over.");
				frappe.show_alert({ message, indicator: "green" });
			});
		},

		give_back(name, done) {
			frappe.prompt(
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Why Returned", null, "Lead Handover"), reqd: 1 },
				({ reason }) => frappe.xcall(`${API}.give_back`, { name, reason }).then(done),
				__("Return the Lead"),
				__("Return", null, "Salesflow")
			);
		},

		withdraw(name) {
			return frappe.xcall(`${API}.withdraw`, { name });
		},

		on_handover(frm) {
			frm.set_query("to_user", () => ({
				query: `${API}.account_managers`,
				filters: { lead: frm.doc.lead },
			}));
			// The indicator says it; the field would say it in ERPNext's words for goods.
			frm.toggle_display("status", false);
			if (frm.is_new()) return;
			frm.disable_save();
			frm.add_custom_button(__("Open the lead"), () => frappe.set_route("Form", "Lead", frm.doc.lead));
			if (frm.doc.status !== "Offered") return;
			const user = frappe.session.user;
			const manages = ["Sales Manager", "Sales Master Manager", "System Manager"].some((role) =>
				frappe.user.has_role(role)
			);
			const done = () => frm.reload_doc();
			if (manages || user === frm.doc.from_user) {
				frm.add_custom_button(__("Withdraw", null, "Salesflow"), () => this.withdraw(frm.docname).then(done));
			}
			if (manages || user === frm.doc.to_user) {
				frm.add_custom_button(__("Return…", null, "Salesflow"), () => this.give_back(frm.docname, done));
				const accept = __("Accept", null, "Salesflow");
				frm.add_custom_button(accept, () => this.accept(frm.docname).then(done));
				frm.change_custom_button_type(accept, null, "primary");
			}
		},

		// A hand-over that is begun from its own form starts with what is known, too.
		propose(frm) {
			if (!frm.is_new() || !frm.doc.lead || frm.doc.conversation) return;
			frappe.xcall(`${API}.draft`, { lead: frm.doc.lead }).then((draft) => {
				if (draft.conversation && !frm.doc.conversation) frm.set_value("conversation", draft.conversation);
			});
		},
	};

	frappe.ui.form.on("Lead", {
		refresh(frm) {
			salesflow.handover.on_lead(frm);
		},
	});
	frappe.ui.form.on("Lead Handover", {
		refresh(frm) {
			salesflow.handover.on_handover(frm);
		},
		lead(frm) {
			salesflow.handover.propose(frm);
		},
	});
}
