// The form of a needs record: strip, checklist, versions, calendar (N1-N4). The talk itself is in needs_talk.bundle.js.
frappe.provide("salesflow");

if (!salesflow.needs_form) {
	const API = "salesflow_std.api.needs_talk";
	const EDITABLE = ["Planned", "Talked"];
	const esc = (text) => frappe.utils.escape_html(text || "");
	const shared = salesflow.versioned_form;

	salesflow.needs_form = {
		editable(frm) {
			return EDITABLE.includes(frm.doc.status) && Boolean(frm.perm[0]?.write);
		},

		refresh(frm) {
			this.strip(frm);
			this.freeze(frm);
			this.buttons(frm);
			frappe.require(["needs_talk.bundle.js", "needs_talk.bundle.css"], () => salesflow.NeedsTalk.show(frm));
		},

		strip(frm) {
			shared.place(frm).remove();
			if (frm.is_new()) return;
			const doc = frm.doc;
			// The status stands beside the title.
			const facts = [shared.version(doc)];
			if (doc.status === "Talked" && doc.summary_due_on) {
				const left = salesflow.graded_form.time_left(doc.summary_due_on);
				facts.push(
					left.late
						? `<span class="indicator-pill red">${__("Summary overdue by {0}", [left.text])}</span>`
						: `<span class="indicator-pill blue">${__("Summary due within {0}", [left.text])}</span>`
				);
			}
			if (doc.status === "Planned" && doc.planned_on) {
				facts.push(__("Talk planned for {0}", [salesflow.graded_form.when(doc.planned_on)]));
			}
			if (doc.event) facts.push(`<a href="/app/event/${encodeURIComponent(doc.event)}">${__("In the calendar")}</a>`);
			shared.strip(frm, facts);
			this.checklist(frm);
			// After the first note the strip is drawn without the form.
			salesflow.needs_confirmation?.add_buttons(frm);
		},

		// What is still missing before the summary may go out, each with the way there.
		checklist(frm, missing) {
			shared.place(frm).find(".sf-missing").remove();
			if (missing) (frm.doc.__onload = frm.doc.__onload || {}).missing = missing;
			missing = missing || frm.doc.__onload?.missing || [];
			if (!EDITABLE.includes(frm.doc.status) || !frm.doc.talked_on) return;
			shared.checklist(frm, missing, {
				title: __("Missing before the summary can go out: {0}", [missing.length]),
				ready: __("Ready for the summary"),
				go: (gap) => this.go_to(frm, gap),
			});
		},

		go_to(frm, gap) {
			if (gap.row && frm.sf_talk?.focus_need(gap.row - 1, gap.fieldname)) return;
			if (gap.fieldname === "needs" && frm.sf_talk?.focus_new_need()) return;
			frm.scroll_to_field(gap.row ? "needs" : gap.fieldname);
		},

		// What was sent stays as it was sent; the server says so too.
		freeze(frm) {
			const frozen = !EDITABLE.includes(frm.doc.status) && !frm.is_new();
			shared.freeze(frm, frozen);
			// Before anything is sent there is nothing to see there.
			frm.toggle_display("decision_chain", frm.doc.decision_chain?.length > 0);
			frm.toggle_display("chain_html", !frozen);
			frm.toggle_reqd("short_notice_reason", false);
		},

		buttons(frm) {
			if (frm.is_new()) return;
			const button = (label, run) => shared.button(frm, label, run);
			const doc = frm.doc;
			if (!frm.perm[0]?.write) return;
			if (doc.status === "Planned" && doc.planned_on && !doc.event && frappe.model.can_create("Event")) {
				button(__("Put in the Calendar"), () => this.book(frm));
			}
			if (!EDITABLE.includes(doc.status) && !doc.next_version) {
				button(__("New Version", null, "Needs Record"), () => this.new_version(frm)).addClass("sf-new-version");
			}
		},

		book(frm) {
			if (frm.is_dirty()) {
				frappe.show_alert({ message: __("Save first, so that the calendar has the right time."), indicator: "orange" });
				return;
			}
			frappe.xcall(`${API}.book`, { record: frm.docname }).then(() => {
				frappe.show_alert({ message: __("The talk is in your calendar."), indicator: "green" });
				frm.reload_doc();
			});
		},

		new_version(frm) {
			frappe.confirm(
				__("Begin a new version? It takes over what was said, and its summary is due anew. The customer's link to this version ends."),
				() =>
					frappe
						.xcall(`${API}.new_version`, { record: frm.docname })
						.then(({ name }) => frappe.set_route("Form", "Needs Record", name))
			);
		},

		// A new record begins with what the document knows; what somebody has typed stays.
		propose(frm) {
			const { reference_doctype: doctype, reference_name: name } = frm.doc;
			if (!frm.is_new() || !doctype || !name) return;
			frappe.xcall(`${API}.start`, { doctype, name }).then((known) => {
				if (frm.doc.reference_name !== name) return;
				frm.sf_notice_days = known.notice_days;
				for (const [field, value] of Object.entries(known.contact)) {
					// Frappe has filled in the site's language, which need not be the customer's.
					if (field === "language" || !frm.doc[field]) frm.set_value(field, value);
				}
				frm.set_intro(__("A needs talk with {0}", [esc(known.title)]), "blue");
				frm.sf_talk?.load();
			});
		},

		// N1: the reason is asked for while the day is chosen, not after.
		notice(frm) {
			const { planned_on, agreed_on } = frm.doc;
			const wanted = frm.doc.__onload?.notice_days ?? frm.sf_notice_days ?? 0;
			const short =
				planned_on &&
				frappe.datetime.get_day_diff(planned_on.slice(0, 10), agreed_on || frappe.datetime.nowdate()) < wanted;
			frm.toggle_display("short_notice_reason", Boolean(short || frm.doc.short_notice_reason));
		},
	};

	const form = salesflow.needs_form;
	frappe.ui.form.on("Needs Record", {
		setup(frm) {
			frm.set_query("contact", () => ({
				query: "frappe.contacts.doctype.contact.contact.contact_query",
				filters: { link_doctype: frm.doc.reference_doctype, link_name: frm.doc.reference_name },
			}));
		},
		refresh(frm) {
			form.refresh(frm);
			form.notice(frm);
			if (frm.is_new() && !frm.sf_asked) {
				frm.sf_asked = frm.docname;
				form.propose(frm);
			}
		},
		reference_name: (frm) => form.propose(frm),
		planned_on: (frm) => form.notice(frm),
		agreed_on: (frm) => form.notice(frm),
		language: (frm) => frm.sf_talk?.load(),
		contact_role: (frm) => frm.sf_talk?.load(),
		validate: (frm) => frm.sf_talk?.settle(),
		// Hidden text has no height to grow to.
		on_tab_change: (frm) => frm.sf_talk?.grow(),
		after_save: (frm) => frm.sf_talk?.saved_with_form(),
	});
}
