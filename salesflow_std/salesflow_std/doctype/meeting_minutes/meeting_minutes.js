// Meeting minutes, written while people talk: who is there with two clicks, rows by keyboard, what follows in view.
(() => {
	const API = "salesflow_std.api.minutes";
	const esc = (text) => frappe.utils.escape_html(text || "");
	const word = (text) => __(text, null, "Meeting Minutes");
	const today = () => frappe.datetime.get_today();
	const late = (row) => row.status === "Open" && row.due_on && row.due_on < today();

	// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
	frappe.meta.get_docfield("Minutes Participant", "side").formatter = (side) =>
		side ? esc(__(side, null, "Minutes Participant")) : "";
	frappe.meta.get_docfield("Minutes Feedback", "kind").formatter = (kind) =>
		kind ? esc(__(kind, null, "Minutes Feedback")) : "";
	frappe.meta.get_docfield("Minutes Action", "status").formatter = (status) =>
		status ? esc(__(status, null, "Minutes Action")) : "";
	frappe.meta.get_docfield("Minutes Action", "due_on").formatter = (value, df, options, row) => {
		const text = value ? frappe.datetime.str_to_user(value) : "";
		return row && late(row) ? `<span class="text-danger font-weight-bold">${text}</span>` : text;
	};

	// Above the form ---------------------------------------------------------------------------------------

	const strip = (frm) => {
		frm.layout.wrapper.find(".sf-strip").remove();
		if (frm.is_new()) return;
		const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
		const actions = frm.doc.actions || [];
		const open = actions.filter((row) => row.status === "Open").length;
		const overdue = actions.filter(late).length;
		const facts = [];
		if (actions.length) {
			facts.push(pill(open ? "blue" : "green", __("{0} of {1} actions open", [open, actions.length])));
		}
		if (overdue) {
			facts.push(pill("red", overdue === 1 ? __("1 action overdue") : __("{0} actions overdue", [overdue])));
		}
		const { sent_on, sent_to } = frm.doc;
		if (!sent_on) facts.push(pill("orange", word("Not Sent")));
		else {
			facts.push(pill("green", word("Sent")));
			facts.push(__("to {0} on {1}", [esc(sent_to), frappe.datetime.str_to_user(sent_on)]));
		}
		if (frm.doc.__onload?.changed_since_sent) facts.push(pill("orange", __("Changed since it was sent")));
		const html = facts.map((fact) => `<span class="sf-fact">${fact}</span>`).join("");
		frm.layout.wrapper.prepend(`<div class="sf-strip" role="status">${html}</div>`);
	};

	// What each action has become, on its row.
	const show_tasks = (frm) => {
		for (const row of frm.fields_dict.actions.grid.grid_rows || []) {
			const cell = row.wrapper.find(".data-row [data-fieldname='status'] .static-area").first();
			row.wrapper.find(".sf-task").remove();
			const { todo, follow_up } = row.doc;
			const link = (route, name, text) =>
				` <a class="sf-task small text-muted" href="/app/${route}/${encodeURIComponent(name)}">${text}</a>`;
			if (todo) cell.append(link("todo", todo, __("ToDo")));
			if (follow_up) cell.append(link("follow-up", follow_up, __("Follow Up")));
		}
	};

	// Who is there -----------------------------------------------------------------------------------------

	const is_there = (frm, person) =>
		(frm.doc.participants || []).some(
			(row) =>
				(person.contact && row.contact === person.contact) ||
				(person.user && row.user === person.user) ||
				(!person.contact && !person.user && row.person === person.person)
		);

	const add_people = (frm, people) => {
		// The empty row that a new table begins with.
		const blank = (frm.doc.participants || []).filter((row) => !row.person && !row.contact && !row.user);
		for (const row of blank) frappe.model.clear_doc(row.doctype, row.name);
		frm.doc.participants = (frm.doc.participants || []).filter((row) => !blank.includes(row));
		for (const { chosen, ...person } of people) {
			if (!is_there(frm, person)) frm.add_child("participants", { ...person, present: 1 });
		}
		(frm.doc.participants || []).forEach((row, i) => (row.idx = i + 1));
		frm.refresh_field("participants");
		frm.dirty();
	};

	const known_people = (frm) => {
		const { reference_doctype: doctype, reference_name: name } = frm.doc;
		return name ? frappe.xcall(`${API}.participants`, { doctype, name }) : Promise.resolve([]);
	};

	const add_contacts = (frm) => {
		if (!frm.doc.reference_name) {
			frappe.show_alert({ message: __("Say first which document the meeting was about."), indicator: "orange" });
			return;
		}
		known_people(frm).then((people) => {
			const others = people.filter((person) => person.side === "Customer" && !is_there(frm, person));
			if (!others.length) {
				frappe.show_alert(__("There are no more contacts of this customer. Type the person into the table."));
				return;
			}
			const dialog = new frappe.ui.Dialog({
				title: __("Add from Contacts"),
				fields: others.map((person, i) => ({
					fieldname: `person_${i}`,
					fieldtype: "Check",
					label: esc([person.person, person.position, person.email_id].filter(Boolean).join(" · ")),
				})),
				primary_action_label: __("Add", null, "Salesflow"),
				primary_action: (values) => {
					add_people(
						frm,
						others.filter((person, i) => values[`person_${i}`])
					);
					dialog.hide();
				},
			});
			dialog.show();
		});
	};

	const add_colleague = (frm) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Add Colleague"),
			fields: [
				{
					fieldname: "user",
					fieldtype: "Link",
					options: "User",
					label: __("User", null, "Minutes Participant"),
					reqd: 1,
					get_query: enabled_users,
				},
			],
			primary_action_label: __("Add", null, "Salesflow"),
			primary_action: ({ user }) =>
				frappe.xcall(`${API}.colleague`, { user }).then((person) => {
					if (person) add_people(frm, [person]);
					dialog.hide();
				}),
		});
		dialog.show();
	};

	const enabled_users = () => ({ filters: { enabled: 1, user_type: "System User" } });

	// New minutes from the list begin with whom the document names.
	const begin = (frm) => {
		if (!frm.is_new() || !frm.doc.reference_name) return;
		if ((frm.doc.participants || []).some((row) => row.person)) return;
		const asked = frm.doc.reference_name;
		known_people(frm).then((people) => {
			if (frm.doc.reference_name !== asked) return;
			add_people(
				frm,
				people.filter((person) => person.chosen)
			);
		});
	};

	// Sending ----------------------------------------------------------------------------------------------

	const ask_to_send = (frm) =>
		Promise.resolve(frm.is_dirty() ? frm.save() : null)
			.then(() => frappe.xcall(`${API}.preview`, { name: frm.docname }))
			.then((preview) => {
				if (!preview.letters.length) {
					frappe.msgprint({
						title: __("Cannot Be Sent"),
						message: __("None of the participants has an e-mail address. Add the addresses to the table of participants."),
					});
					return;
				}
				show_send(frm, preview);
			});

	const show_send = (frm, preview) => {
		const dialog = new frappe.ui.Dialog({
			title: __("Send to Participants"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "letters" }],
			primary_action_label: preview.changed ? __("Send the New Text") : __("Send", null, "Salesflow"),
			primary_action: () => {
				const recipients = dialog.$wrapper
					.find(".sf-recipient:checked")
					.map((i, box) => box.value)
					.get();
				if (!recipients.length) {
					frappe.show_alert({ message: __("Choose who gets the minutes."), indicator: "orange" });
					return;
				}
				dialog.disable_primary_action();
				frappe
					.xcall(`${API}.send`, { name: frm.docname, recipients, again: preview.changed ? 1 : 0 })
					.then(({ sent }) => {
						dialog.hide();
						frappe.show_alert({
							message: sent.length ? __("Sent to {0}.", [esc(sent.join(", "))]) : __("They have these minutes already."),
							indicator: sent.length ? "green" : "blue",
						});
						return frm.reload_doc();
					})
					.catch(() => {}) // the server has said why
					.finally(() => dialog.enable_primary_action());
			},
		});
		const body = dialog.fields_dict.letters.$wrapper.addClass("sf-minutes-preview");
		if (preview.changed) {
			$(`<p class="text-warning" role="alert"></p>`)
				.text(
					__("These minutes were sent on {0} and have changed since; whoever is ticked gets the new text.", [
						frappe.datetime.str_to_user(preview.sent_on),
					])
				)
				.appendTo(body);
		}
		preview.letters.forEach((letter) => fill_letter(body, letter));
		if (preview.without_email.length) {
			$(`<p class="text-muted small"></p>`)
				.text(__("Without an e-mail address: {0}", [preview.without_email.join(", ")]))
				.appendTo(body);
		}
		dialog.$wrapper.on("keydown", (e) => {
			if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.isDefaultPrevented()) {
				e.preventDefault();
				dialog.get_primary_btn().not(":disabled").trigger("click");
			}
		});
		dialog.show();
	};

	const fill_letter = (body, letter) => {
		const language = { zh: "中文", en: "English" }[letter.language] || letter.language;
		const side = letter.side === "Customer" ? __("To the customer") : __("To our people");
		const part = $(`<section style="margin-bottom: 20px"></section>`).appendTo(body);
		$(`<h5></h5>`).text(`${side} · ${language}`).appendTo(part);
		for (const { email, person, blocked, sent } of letter.recipients) {
			const mine = email === frappe.session.user_email;
			const label = $(`<label class="checkbox" style="display: flex; align-items: center; gap: 8px; margin: 0 0 4px; font-weight: normal"></label>`);
			$(`<input type="checkbox" class="sf-recipient">`)
				.val(email)
				.prop({ disabled: Boolean(blocked) || sent, checked: !blocked && !sent && !mine })
				.appendTo(label);
			const text = $("<span></span>").text(`${person} <${email}>`).appendTo(label);
			if (sent) text.append(` <span class="text-muted">${__("has it")}</span>`);
			if (blocked) text.append(` <span class="text-danger">${blocked}</span>`);
			label.appendTo(part);
		}
		$(`<p class="text-muted" style="margin: 6px 0; overflow-wrap: anywhere"></p>`).text(letter.subject).appendTo(part);
		// The mail has styles of its own, and nothing in it may run here.
		$(`<iframe sandbox="" style="width: 100%; height: 38vh; border: 1px solid var(--border-color); border-radius: 8px; background: #fff"></iframe>`)
			.attr("title", letter.subject)
			.attr("srcdoc", `<meta charset="utf-8"><body style="font: 14px/1.5 sans-serif; margin: 12px">${letter.html}</body>`)
			.appendTo(part);
	};

	// The form ---------------------------------------------------------------------------------------------

	const of_customer = (frm, doctype) => {
		const { customer_profile, reference_doctype, reference_name } = frm.doc;
		if (doctype === "Solution Proposal") {
			const shown = { status: ["in", ["Approved", "Superseded"]] };
			const own = customer_profile ? { customer_profile } : { reference_doctype, reference_name };
			return { filters: frm.doc.meeting_type === "Presentation" ? { ...own, ...shown } : own };
		}
		if (reference_doctype === "Opportunity") return { filters: { opportunity: reference_name } };
		return { filters: { quotation_to: reference_doctype, party_name: reference_name } };
	};

	frappe.ui.form.on("Meeting Minutes", {
		setup(frm) {
			frm.set_query("proposal", () => of_customer(frm, "Solution Proposal"));
			frm.set_query("quotation", () => of_customer(frm, "Quotation"));
			frm.set_query("written_by", enabled_users);
			frm.set_query("user", "participants", enabled_users);
			frm.set_query("allocated_to", "actions", enabled_users);
			frm.set_query("contact", "participants", () => {
				const { reference_doctype, reference_name } = frm.doc;
				if (!["Lead", "Customer", "Prospect"].includes(reference_doctype) || !reference_name) return {};
				return {
					query: "frappe.contacts.doctype.contact.contact.contact_query",
					filters: { link_doctype: reference_doctype, link_name: reference_name },
				};
			});
		},
		onload_post_render(frm) {
			const grid = frm.fields_dict.participants.grid;
			grid.add_custom_button(__("Add from Contacts"), () => add_contacts(frm));
			grid.add_custom_button(__("Add Colleague"), () => add_colleague(frm));
		},
		refresh(frm) {
			strip(frm);
			show_tasks(frm);
			begin(frm);
			if (!frm.is_new() && frm.perm[0]?.write) {
				frm.add_custom_button(__("Send to Participants"), () => ask_to_send(frm));
			}
			if (frm.doc.reference_name && !frm.is_new()) {
				frm.add_custom_button(
					__(frm.doc.reference_doctype),
					() => frappe.set_route("Form", frm.doc.reference_doctype, frm.doc.reference_name),
					__("View")
				);
			}
		},
		reference_name: begin,
	});

	const fill = (frm, cdt, cdn, person) => {
		const row = locals[cdt][cdn];
		for (const field of ["side", "person", "position", "email_id"]) {
			if (person?.[field] && row[field] !== person[field]) frappe.model.set_value(cdt, cdn, field, person[field]);
		}
	};

	frappe.ui.form.on("Minutes Participant", {
		contact(frm, cdt, cdn) {
			const { contact } = locals[cdt][cdn];
			if (!contact) return;
			frappe.db.get_value("Contact", contact, ["full_name", "designation", "email_id"]).then(({ message: found }) =>
				fill(frm, cdt, cdn, {
					side: "Customer",
					person: found.full_name,
					position: found.designation,
					email_id: found.email_id,
				})
			);
		},
		user(frm, cdt, cdn) {
			const { user } = locals[cdt][cdn];
			if (user) frappe.xcall(`${API}.colleague`, { user }).then((person) => fill(frm, cdt, cdn, person));
		},
	});

	frappe.ui.form.on("Minutes Action", {
		actions_add(frm, cdt, cdn) {
			const row = locals[cdt][cdn];
			if (!row.allocated_to) {
				frappe.model.set_value(cdt, cdn, "allocated_to", frm.doc.written_by || frappe.session.user);
			}
			if (!row.due_on) {
				const days = (frm.doc.actions || []).filter((other) => other.due_on && other.name !== cdn).map((other) => other.due_on);
				frappe.model.set_value(cdt, cdn, "due_on", days.pop() || frappe.datetime.add_days(today(), 7));
			}
		},
	});
})();
