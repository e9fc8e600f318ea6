// The grade on top of Lead, Opportunity and Customer: what it is, what it asks for, and the Score button.
// The dialogs are in salesflow_std.bundle.js and come when somebody asks for them.
frappe.provide("salesflow");

if (!salesflow.graded_form) {
	salesflow.graded_form = {
		colour(doctype, grade) {
			return ((frappe.boot.salesflow || {}).colours || {})[doctype]?.[grade] || "gray";
		},

		pill(doctype, grade) {
			const colour = this.colour(doctype, grade);
			return `<span class="indicator-pill no-indicator-dot ${colour} sf-grade">${frappe.utils.escape_html(
				grade
			)}</span>`;
		},

		with_dialogs(run) {
			frappe.require("salesflow_std.bundle.js", run);
		},

		// Both times are the site's wall clock, so their difference needs no time zone.
		time_left(until) {
			const minutes = moment(until).diff(moment(frappe.datetime.system_datetime()), "minutes");
			const away = Math.abs(minutes);
			let text;
			if (away < 60) text = __("{0} minutes", [away]);
			else if (away < 72 * 60) text = __("{0} hours", [Math.round(away / 60)]);
			else text = __("{0} days", [Math.round(away / 1440)]);
			return { late: minutes < 0, text };
		},

		// A time of the site as the user writes times, to the minute.
		when(time) {
			const local = frappe.datetime.convert_to_user_tz(time);
			return moment(local).format(`${frappe.datetime.get_user_date_fmt().toUpperCase()} HH:mm`);
		},

		may_score(frm) {
			return (
				!frm.is_new() &&
				frm.perm[0]?.write &&
				frappe.model.can_create("BNAU Score") &&
				!frm.doc.sf_invalid_reason &&
				!this.automatic(frm)
			);
		},

		// Graded by its own fields: nobody scores it.
		automatic(frm) {
			if (frm.doctype !== "Opportunity") return false;
			const models = (frappe.boot.salesflow || {}).automatic || [];
			return frm.doc.sf_scoring_model ? models.includes(frm.doc.sf_scoring_model) : models.length > 0;
		},

		refresh(frm) {
			frm.layout.wrapper.find(".sf-strip").remove();
			if (frm.is_new()) return;
			const may_score = this.may_score(frm);
			const strip = $(`<div class="sf-strip" role="status"></div>`);
			strip.append(this.facts(frm).map((html) => `<span class="sf-fact">${html}</span>`).join(""));
			strip.on("click", ".sf-fit", () => salesflow.show_fit(frm));
			const actions = $(`<span class="sf-actions"></span>`).appendTo(strip);
			const button = (label, run, primary) =>
				$(`<button type="button" class="btn btn-xs ${primary ? "btn-primary" : "btn-default"}"></button>`)
					.text(label)
					.on("click", run)
					.appendTo(actions);
			if (may_score) {
				button(__("Score", null, "Salesflow"), () => this.score(frm), !frm.doc.sf_grade).addClass("sf-score");
				if (frm.doc.sf_grade_stale) {
					button(__("Still True"), () => this.review(frm)).attr(
						"title",
						__("The facts behind the grade have not changed.")
					);
				}
			}
			if (frm.doc.sf_next_touch_on && frm.perm[0]?.write) {
				button(__("Touch Done"), () => this.finish_touch(frm)).addClass("sf-touch-done");
			}
			if (frm.doc.sf_grade || frm.doc.sf_points || this.automatic(frm)) {
				button(__("Why?"), () => this.explain(frm)).addClass("sf-why");
			}
			const path = frm.layout.wrapper.children(".sf-path");
			if (path.length) path.after(strip);
			else frm.layout.wrapper.prepend(strip);
		},

		facts(frm) {
			const doc = frm.doc;
			const facts = [];
			if (doc.sf_invalid_reason) {
				facts.push(
					`<span class="indicator-pill gray">${__("Invalid")}</span> ${__(doc.sf_invalid_reason, null, "Lead")}`
				);
				return facts;
			}
			if (doc.sf_grade) {
				const score = format_number(doc.sf_score, null, Number.isInteger(doc.sf_score) ? 0 : 2);
				facts.push(`${this.pill(frm.doctype, doc.sf_grade)} ${__("Score {0}", [score])}`);
			} else {
				facts.push(`<span class="indicator-pill gray">${__("Not graded")}</span>`);
			}
			if (doc.sf_fit) facts.push(salesflow.fit_pill(doc));
			if (doc.sf_grade_frozen_until) {
				const until = frappe.datetime.str_to_user(doc.sf_grade_frozen_until);
				facts.push(`${frappe.utils.icon("lock", "xs")} ${__("fixed until {0}", [until])}`);
			}
			if (doc.sf_grade_stale) {
				facts.push(`<span class="indicator-pill orange">${__("Review due")}</span>`);
			}
			facts.push(...this.touch_facts(doc), ...this.plan_facts(doc));
			if (doc.sf_late_entry) {
				facts.push(`<span class="indicator-pill yellow">${__("Entered late")}</span>`);
			}
			return facts;
		},

		touch_facts(doc) {
			const on = (time) => this.when(time);
			const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
			switch (doc.sf_first_touch_status) {
				case "Not Yet":
				case "Overdue": {
					const left = this.time_left(doc.sf_first_touch_due);
					return left.late
						? [pill("red", __("First touch overdue by {0}", [left.text]))]
						: [pill("blue", __("First touch within {0}", [left.text])) + " " + on(doc.sf_first_touch_due)];
				}
				case "Met":
					return [pill("green", __("First touch in time")) + " " + on(doc.sf_first_touched_on)];
				case "Missed":
					return [pill("red", __("First touch too late")) + " " + on(doc.sf_first_touched_on)];
			}
			return [];
		},

		// What the plan asks for next; while the first touch is open, its countdown says it.
		plan_facts(doc) {
			const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
			const facts = doc.sf_in_nurture ? [pill("purple", __("Nurture pool"))] : [];
			if (doc.sf_next_touch_on && !["Not Yet", "Overdue"].includes(doc.sf_first_touch_status)) {
				const left = this.time_left(doc.sf_next_touch_on);
				const day = frappe.datetime.str_to_user(doc.sf_next_touch_on, false, true);
				facts.push(
					left.late
						? pill("red", __("Touch overdue by {0}", [left.text]))
						: pill("blue", __("Next touch {0}", [day]))
				);
			}
			return facts;
		},

		// The open touch of the document, asked for when somebody has done it.
		finish_touch(frm) {
			frappe
				.xcall("salesflow_std.api.follow_up.plan_of", { doctype: frm.doctype, name: frm.docname })
				.then(({ open }) => {
					const touch = open.find((row) => row.kind !== "New Score");
					if (!touch) return frappe.show_alert(__("No further touch is planned."));
					const about = { reference_doctype: frm.doctype, reference_name: frm.docname };
					this.with_dialogs(
						() => new salesflow.FollowUpDialog({ ...touch, ...about }, () => this.show_new_state(frm))
					);
				});
		},

		score(frm) {
			this.with_dialogs(() => new salesflow.ScoreDialog(frm));
		},

		explain(frm) {
			this.with_dialogs(() => new salesflow.GradeDialog(frm));
		},

		review(frm) {
			frappe
				.xcall("salesflow_std.api.scoring.review", { doctype: frm.doctype, name: frm.docname })
				.then(() => this.show_new_state(frm, __("Reviewed: the grade holds.")));
		},

		// The state comes fresh from the server; what the user has typed into the form stays.
		show_new_state(frm, message) {
			if (message) frappe.show_alert({ message, indicator: "green" });
			if (!frm.is_dirty()) return frm.reload_doc();
			// Not frappe.db.get_doc: it would put the saved document in place of the one being typed into.
			const saved = frappe.xcall("frappe.client.get", { doctype: frm.doctype, name: frm.docname });
			return saved.then((fresh) => {
				for (const df of frm.meta.fields) {
					if (df.fieldname.startsWith("sf_") && df.read_only) {
						frm.doc[df.fieldname] = fresh[df.fieldname];
					}
				}
				frm.refresh_fields();
				this.refresh(frm);
			});
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Customer"]) {
		frappe.ui.form.on(doctype, {
			setup(frm) {
				frappe.ui.keys.add_shortcut({
					shortcut: "shift+g",
					action: () => salesflow.graded_form.may_score(frm) && salesflow.graded_form.score(frm),
					page: frm.page,
					description: __("Score", null, "Salesflow"),
					ignore_inputs: false,
				});
			},
			refresh(frm) {
				salesflow.graded_form.refresh(frm);
			},
		});
	}
}
