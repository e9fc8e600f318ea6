// A week of a delivery: what is missing, how it stood before, what was promised (A1).
frappe.provide("salesflow");

if (!salesflow.delivery_sync) {
	const API = "salesflow_std.api.delivery_sync";
	const STATUS = { Due: "blue", Done: "green", Missed: "red" };
	const HEALTH = { "On Track": "green", "At Risk": "orange", Late: "red" };
	const TOLD = ["health", "progress", "next_milestone_on", "done_this_week", "next_week", "customer_word"];
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = () => salesflow.versioned_form;
	const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
	const word = (text) => (text ? __(text, null, "Delivery Sync") : "");

	salesflow.delivery_sync = {
		// "At Risk, 60 %"
		standing: ({ health, progress }) =>
			pill(HEALTH[health] || "gray", `${esc(word(health))} · ${esc(String(flt(progress, 1)))} %`),

		refresh(frm) {
			shared().place(frm).remove();
			if (frm.is_new()) return;
			const due = frm.doc.status === "Due";
			frm.sheet = frm.doc.__onload?.sheet || {};
			frm.may_write = Boolean(frm.perm[0]?.write);
			frm.page.set_indicator(word(frm.doc.status), STATUS[frm.doc.status]);
			for (const field of TOLD) frm.set_df_property(field, "read_only", due ? 0 : 1);
			shared().strip(frm, this.facts(frm));
			if (due && frm.may_write) {
				shared().button(frm, __("Tell It", null, "Delivery Sync"), () => this.record(frm), true);
				this.missing(frm);
			}
			this.promises(frm);
		},

		facts({ doc, sheet }) {
			const when = (time) => esc(salesflow.graded_form.when(time));
			const facts = [];
			if (doc.status === "Due" && doc.due_on) {
				const late = doc.due_on < frappe.datetime.system_datetime();
				const text = late ? __("How the delivery stands was to be told by {0}") : __("Say by {0} how the delivery stands");
				facts.push(pill(late ? "red" : "blue", text.replace("{0}", when(doc.due_on))));
			} else if (doc.status === "Done") {
				facts.push(this.standing(doc));
				facts.push(__("Told on {0} by {1}", [when(doc.done_on), esc(frappe.user.full_name(doc.done_by))]));
			} else if (doc.status === "Missed") {
				facts.push(pill("red", __("Nobody has told this week")));
			}
			const before = sheet.before;
			if (before) {
				const link = `<a href="/app/delivery-sync/${encodeURIComponent(before.name)}">${esc(
					frappe.datetime.str_to_user(before.week_of)
				)}</a>`;
				facts.push(`${__("Week of {0}:", [link])} ${this.standing(before)}`);
			}
			return facts;
		},

		missing(frm) {
			const rows = (frm.sheet.missing || []).map((row) => ({ ...row, why: __("needed before it is told") }));
			shared().checklist(frm, rows, {
				title: __("Still missing: {0}", [rows.length]),
				ready: __("Everything is there to tell it"),
				go: ({ fieldname }) => frm.scroll_to_field(fieldname),
			});
		},

		promises(frm) {
			const rows = frm.sheet.promises || [];
			if (!rows.length) return;
			const list = $(
				`<details class="sf-missing w-100" open><summary>${pill(
					"orange",
					__("Promised earlier and still open: {0}", [rows.length])
				)}</summary><ul class="list-unstyled mb-0"></ul></details>`
			);
			for (const row of rows) {
				const path = row.todo
					? `/app/todo/${encodeURIComponent(row.todo)}`
					: `/app/delivery-sync/${encodeURIComponent(row.sync)}`;
				const late = row.due_on && row.due_on < frappe.datetime.get_today();
				const who = [row.user && frappe.user.full_name(row.user), row.due_on && frappe.datetime.str_to_user(row.due_on)];
				list.find("ul").append(
					`<li><a href="${path}">${esc(row.promise)}</a> · <span class="${late ? "text-danger" : "text-muted"}">${esc(
						who.filter(Boolean).join(" · ")
					)}${late ? ` (${__("Overdue", null, "Salesflow")})` : ""}</span></li>`
				);
			}
			shared().place(frm).append(list);
		},

		// What is told is what is stored.
		async record(frm) {
			if (frm.is_dirty()) await frm.save();
			await frappe.xcall(`${API}.record`, { sync: frm.docname });
			await frm.reload_doc();
		},
	};

	// Frappe looks the words of a Select up without the table where they are not edited.
	for (const df of frappe.get_meta("Delivery Sync Risk")?.fields || []) {
		if (df.fieldtype === "Select") {
			df.formatter = (level) => (level ? esc(__(level, null, "Delivery Sync Risk")) : "");
		}
	}

	const form = salesflow.delivery_sync;
	frappe.ui.form.on("Delivery Sync", {
		setup(frm) {
			frm.set_query("project", () => ({ filters: { status: "Open", customer: ["is", "set"] } }));
			const colleagues = () => ({ filters: { enabled: 1, user_type: "System User" } });
			for (const field of ["allocated_to", "delivery_user"]) frm.set_query(field, colleagues);
			for (const table of ["risks", "promises"]) frm.set_query("user", table, colleagues);
		},
		refresh: (frm) => form.refresh(frm),
	});
}
