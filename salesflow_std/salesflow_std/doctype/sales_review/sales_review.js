// The sheet of a meeting: its headline, where each number leads, what is missing, and the steps of the meeting (M6).
frappe.provide("salesflow");

if (!salesflow.sales_review) {
	const API = "salesflow_std.api.sales_review";
	const STATUS = { Prepared: "blue", "In Meeting": "orange", Kept: "green" };
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
	const word = (text) => (text ? __(text, null, "Sales Review") : "");
	// Tables are drawn before the form is told that it has been refreshed.
	const sheet_of = (frm) => frm?.doc.__onload?.sheet || {};
	const said = (row) => sheet_of(cur_frm).rows?.[row?.name] || {};

	salesflow.sales_review = {
		refresh(frm) {
			shared().place(frm).remove();
			frm.sheet = sheet_of(frm);
			this.headline(frm);
			if (frm.is_new()) return;
			const { status } = frm.doc;
			const kept = status === "Kept";
			frm.page.set_indicator(word(status), STATUS[status]);
			if (kept) frm.disable_save();
			else frm.enable_save();
			for (const table of ["progress", "goals", "reasons", "deals", "last_actions", "actions"]) {
				frm.set_df_property(table, "read_only", kept ? 1 : 0);
			}
			for (const field of ["what_worked", "what_did_not", "plan", "send_to_team"]) {
				frm.set_df_property(field, "read_only", kept ? 1 : 0);
			}
			// What is counted or was agreed is talked about; nobody adds to it.
			for (const table of ["progress", "goals", "last_actions"]) {
				const { grid } = frm.get_field(table);
				grid.cannot_add_rows = grid.cannot_delete_rows = true;
				grid.df.cannot_add_rows = grid.df.cannot_delete_rows = true;
				grid.refresh();
			}
			frm.toggle_display("section_5", Boolean((frm.doc.last_actions || []).length));
			frm.toggle_display("section_7", frm.doc.kind === "Monthly" || Boolean(frm.doc.plan || frm.doc.what_worked));
			shared().strip(frm, this.facts(frm));
			if (!frm.sheet.may_write) return;
			if (status === "Prepared") {
				this.button(frm, __("Begin Meeting"), () => this.step(frm, "begin"), true);
			}
			if (!kept) {
				if ((frm.doc.last_actions || []).some((row) => (row.status || "Open") === "Open")) {
					this.button(frm, __("Carry Over What Is Not Done"), () => this.carry(frm));
				}
				this.button(frm, __("Refresh Numbers"), () => this.step(frm, "refresh"));
				this.button(frm, __("Keep", null, "Sales Review"), () => this.keep(frm), status === "In Meeting");
				this.missing(frm);
			} else {
				if (frm.sheet.may_reopen) this.button(frm, __("Open Again"), () => this.reopen(frm));
				this.button(frm, __("Send to the Team"), () => this.send(frm));
			}
		},

		facts({ doc, sheet }) {
			const user_date = frappe.datetime.str_to_user;
			const name = (user) => esc((sheet.people || {})[user] || frappe.user.full_name(user));
			const facts = [
				pill(STATUS[doc.status], word(doc.status)),
				`${user_date(doc.from_date)} – ${user_date(doc.to_date)}`,
				__("led by {0}", [name(doc.manager)], "Sales Review"),
			];
			if (doc.status === "Kept") {
				facts.push(__("Kept on {0} by {1}", [user_date(doc.kept_on), esc(frappe.user.full_name(doc.kept_by))]));
			} else if (doc.counted_on) {
				facts.push(__("counted on {0}", [user_date(doc.counted_on)], "Sales Review"));
			}
			if (doc.previous) {
				facts.push(
					`<a href="/app/sales-review/${encodeURIComponent(doc.previous)}">${__("Review Before", null, "Sales Review")}</a>`
				);
			}
			return facts;
		},

		// The few numbers that the meeting begins with, in colours, and who is behind.
		headline(frm) {
			const place = frm.get_field("meeting").$wrapper.empty();
			const sheet = frm.sheet;
			if (!(sheet.headline || []).length) {
				frm.toggle_display("meeting_section", false);
				return;
			}
			frm.toggle_display("meeting_section", true);
			const tiles = sheet.headline
				.map(
					(one) =>
						`<div class="sf-meet-tile"><div class="text-muted small">${esc(one.label)}</div>` +
						`<div class="sf-meet-value sf-meet-${one.tone}">${esc(one.value)}</div>` +
						`<div class="text-muted small">${esc(one.note)}</div></div>`
				)
				.join("");
			const not_proposed = (sheet.not_proposed || []).map(
				(one) =>
					`<li>${pill("gray", __("Not proposed"))} ${esc(one.sales_person)} <span class="text-muted">${esc(
						one.why
					)}</span></li>`
			);
			const coaching = (sheet.coaching || [])
				.map(
					(one) =>
						`<li>${pill(one.tone, esc(one.label))} <a href="/app/coaching-record/${encodeURIComponent(one.name)}">${esc(
							one.sales_person
						)}</a> <span class="text-muted">${esc(one.month)} · ${esc(one.status)}</span></li>`
				)
				.concat(not_proposed)
				.join("");
			place.append(
				`<div class="sf-meet"><div class="sf-meet-tiles">${tiles}</div>` +
					(coaching
						? `<div class="sf-meet-coaching"><b>${__("Coaching and Recognition")}</b><ul class="list-unstyled mb-0">${coaching}</ul></div>`
						: "") +
					`</div>`
			);
		},

		missing(frm) {
			shared().checklist(frm, frm.sheet.missing || [], {
				title: __("Still missing: {0}", [(frm.sheet.missing || []).length]),
				ready: __("Everything is there to keep it"),
				go: ({ fieldname }) => frm.scroll_to_field(fieldname),
			});
		},

		button(frm, label, run, primary) {
			// What is refused, the server has said.
			shared().button(frm, label, () => Promise.resolve(run()).catch(() => {}), primary);
		},

		// Each step works on what is stored.
		async stored(frm) {
			if (frm.is_dirty()) await frm.save();
		},

		async step(frm, method) {
			await this.stored(frm);
			await frappe.xcall(`${API}.${method}`, { review: frm.docname });
			await frm.reload_doc();
		},

		async carry(frm) {
			await this.step(frm, "carry_over");
			frm.scroll_to_field("actions");
		},

		async keep(frm) {
			await this.stored(frm);
			if ((frm.sheet.missing || []).length) {
				shared().place(frm).find(".sf-missing").prop("open", true);
				frm.scroll_to_field(frm.sheet.missing[0].fieldname);
			}
			await frappe.xcall(`${API}.keep`, { review: frm.docname });
			frappe.show_alert({ message: __("Kept", null, "Sales Review"), indicator: "green" });
			await frm.reload_doc();
		},

		async send(frm) {
			const { sent } = await frappe.xcall(`${API}.send`, { review: frm.docname });
			frappe.show_alert({ message: __("Sent to {0} people", [sent]), indicator: sent ? "green" : "orange" });
			await frm.reload_doc();
		},

		async reopen(frm) {
			const run = async (reason) => {
				await frappe.xcall(`${API}.reopen`, { review: frm.docname, reason });
				await frm.reload_doc();
			};
			if (!frm.sheet.reason_needed) return run();
			shared().ask_reason(
				{
					title: __("Open Again"),
					html: __("The sheet was kept on an earlier day. The reason stays on its timeline."),
					action: __("Open Again"),
				},
				run
			);
		},
	};

	const form = salesflow.sales_review;
	// Whole numbers without the currency's sign: the headline names it, and columns are narrow.
	const money = (value) => format_number(flt(value), null, 0);
	const formatters = {
		"Sales Review Progress": {
			achievement: (value, df, options, row) => {
				if (!flt(row?.target)) return `<span class="text-muted">–</span>`;
				const { pace, label } = said(row);
				const tone = { Ahead: "green", Behind: "red", "On Track": "blue" }[pace] || "gray";
				return `<span class="indicator-pill no-indicator-dot ${tone}" title="${esc(label)}">${esc(
					String(Math.round(value))
				)} %</span>`;
			},
			target: (value) => (flt(value) ? money(value) : "–"),
			actual: money,
			open_value: money,
			expected: (value) => `${Math.round(value || 0)} %`,
			touches_missed: (value) => (value ? `<span class="text-danger">${cint(value)}</span>` : "0"),
		},
		"Sales Review Goal": {
			goal: (name, df, options, row) => {
				const { title, route } = said(row);
				return route ? `<a href="${esc(route)}" class="sf-opens">${esc(title)}</a>` : esc(name);
			},
			target: (value, df, options, row) => esc(said(row).target),
			actual: (value, df, options, row) => {
				const { actual, deals } = said(row);
				return deals ? `<a href="${esc(deals)}" class="sf-opens">${esc(actual)}</a>` : "";
			},
			words: (value, df, options, row) => {
				const { words = value, tone } = said(row);
				return words ? `<span class="sf-meet-${tone}">${esc(words)}</span>` : "";
			},
		},
		"Sales Review Reason": {
			kind: (reason) => (reason ? esc(__(reason, null, "Sales Review Reason")) : ""),
			value: (value) => (flt(value) ? money(value) : "–"),
			about: (value, df, options, row) => esc(said(row).about ?? value ?? ""),
			times: (value, df, options, row) => {
				const { route } = said(row);
				return route ? `<a href="${esc(route)}" class="sf-opens">${cint(value)}</a>` : String(cint(value));
			},
		},
		"Sales Review Deal": {
			// The customer says which deal it is; the number only leads there.
			opportunity: (name) =>
				name ? `<a href="/app/opportunity/${encodeURIComponent(name)}" class="sf-opens">…${esc(name.slice(-5))}</a>` : "",
			amount: money,
			stage: (stage) => (stage ? esc(__(stage)) : ""),
			why: (value, df, options, row) => esc(said(row).why ?? value ?? "").replace(/\n/g, "<br>"),
		},
		"Sales Review Action": {
			responsible: (user) => (user ? esc(sheet_of(cur_frm).people?.[user] || frappe.user.full_name(user)) : ""),
			status: (value) => {
				const tone = { Open: "orange", Done: "green", Dropped: "gray", "Carried Over": "blue" }[value] || "gray";
				return value
					? `<span class="sf-meet-${tone}">${esc(__(value, null, "Sales Review Action"))}</span>`
					: "";
			},
		},
	};
	for (const [doctype, fields] of Object.entries(formatters)) {
		for (const [fieldname, formatter] of Object.entries(fields)) {
			const df = frappe.meta.get_docfield(doctype, fieldname);
			if (df) df.formatter = formatter;
		}
	}

	frappe.ui.form.on("Sales Review", {
		setup(frm) {
			const colleagues = () => ({ filters: { enabled: 1, user_type: "System User" } });
			frm.set_query("responsible", "actions", colleagues);
			frm.set_query("manager", colleagues);
			frm.set_query("sales_person", () => ({ filters: { is_group: 1 } }));
			// The grid opens a row wherever it is clicked; a number opens its records.
			frm.$wrapper.on("click", "a.sf-opens", (event) => {
				event.stopPropagation();
				event.preventDefault();
				window.open($(event.currentTarget).attr("href"), "_blank");
			});
		},
		refresh: (frm) => form.refresh(frm),
	});
}
