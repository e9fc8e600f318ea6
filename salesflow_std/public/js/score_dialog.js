// The score dialog: one line per dimension with the rubric's words as buttons (L5), and what the points mean
// before they are saved (L6, L7). Digits 1-5 choose and go on to the next line, P takes the points that the best
// target customer profile proposes (L4), Enter saves.
frappe.provide("salesflow");

salesflow.ScoreDialog = class ScoreDialog {
	constructor(frm) {
		this.frm = frm;
		this.subject = { doctype: frm.doctype, name: frm.docname };
		frappe.xcall("salesflow_std.api.scoring.form", this.subject).then((form) => this.show(form));
	}

	show(form) {
		this.form = form;
		this.dialog = new frappe.ui.Dialog({
			title: __("Score {0}", [frappe.utils.escape_html(this.frm.get_title())]),
			size: "extra-large",
			fields: [{ fieldtype: "HTML", fieldname: "sheet" }],
			primary_action_label: __("Save Score"),
			primary_action: () => this.save(),
		});
		this.body = this.dialog.fields_dict.sheet.$wrapper.addClass("sf-score-sheet");
		this.body.html(
			form.dimensions.map((d, i) => this.line(d, i)).join("") +
				`<div class="sf-reason"><input type="text" class="form-control input-sm" maxlength="500"
					placeholder="${__("Reason, if the grade changes (optional)")}"
					aria-label="${__("Reason")}"></div>
				<div class="sf-outcome" aria-live="polite"></div>`
		);
		this.bind();
		this.dialog.show();
		this.dialog.$wrapper.one("shown.bs.modal", () => this.focus(0));
		this.preview();
	}

	line(dimension, i) {
		const esc = frappe.utils.escape_html;
		const buttons = [1, 2, 3, 4, 5]
			.map((points) => {
				const id = `sf-${this.frm.doctype}-${i}-${points}`.replace(/\s/g, "-");
				const text = esc(dimension.levels[points] || "");
				return `<input type="radio" name="sf-${i}" id="${id}" value="${points}" class="sf-radio"
						${dimension.points === points ? "checked" : ""}>
					<label for="${id}" class="sf-level"><b>${points}</b><span>${text}</span></label>`;
			})
			.join("");
		const weighs = salesflow.number(dimension.weight);
		const weight = dimension.weight === 1 ? "" : `<small class="text-muted">× ${weighs}</small>`;
		return `<fieldset class="sf-line" data-index="${i}" data-code="${esc(dimension.code)}">
				<legend>${esc(dimension.label)} ${weight}</legend>
				<div class="sf-levels" role="radiogroup" aria-label="${esc(dimension.label)}">${buttons}</div>
				${this.proposal(dimension.proposal)}
				<input type="text" class="form-control input-xs sf-evidence" maxlength="500"
					placeholder="${__("Evidence: who said what, and when (optional)")}"
					aria-label="${__("Evidence for {0}", [esc(dimension.label)])}">
			</fieldset>`;
	}

	// Nothing is taken by itself: the button says what it would fill in, a person presses it.
	proposal(proposed) {
		if (!proposed) return "";
		const text = `${proposed.points} · ${proposed.target}: ${proposed.text}`;
		return `<button type="button" class="btn btn-xs btn-default sf-proposal" title="${__(
			"Take the points that {0} proposes",
			[frappe.utils.escape_html(proposed.target)]
		)}"><kbd>P</kbd> ${frappe.utils.escape_html(text)}</button>`;
	}

	take(line) {
		const { proposal } = this.form.dimensions[line.data("index")];
		if (!proposal) return false;
		line.find(`.sf-radio[value=${proposal.points}]`).prop("checked", true).trigger("change");
		const evidence = line.find(".sf-evidence");
		const written = evidence.val().trim();
		if (!written.includes(proposal.evidence)) {
			evidence.val([written, proposal.evidence].filter(Boolean).join("; "));
		}
		return true;
	}

	bind() {
		this.body.on("click", ".sf-proposal", (e) => {
			const line = $(e.currentTarget).closest(".sf-line");
			this.take(line);
			this.focus(line.data("index") + 1);
		});
		this.body.on("change", ".sf-radio", () => this.preview());
		this.body.on("keydown", ".sf-radio", (e) => {
			if (e.ctrlKey || e.altKey || e.metaKey) return;
			if (e.key.toLowerCase() === "p") {
				const line = $(e.currentTarget).closest(".sf-line");
				if (this.take(line)) {
					e.preventDefault();
					this.focus(line.data("index") + 1);
				}
				return;
			}
			if (!/^[1-5]$/.test(e.key)) return;
			e.preventDefault();
			const line = $(e.currentTarget).closest(".sf-line");
			line.find(`.sf-radio[value=${e.key}]`).prop("checked", true).trigger("change");
			this.focus(line.data("index") + 1);
		});
		this.body.on("keydown", "input", (e) => {
			if (e.key === "Enter") {
				e.preventDefault();
				e.stopPropagation();
				this.save();
			}
		});
	}

	focus(index) {
		const line = this.body.find(`.sf-line[data-index=${index}]`);
		if (!line.length) return this.dialog.get_primary_btn().trigger("focus");
		const checked = line.find(".sf-radio:checked");
		(checked.length ? checked : line.find(".sf-radio").first()).trigger("focus");
	}

	points() {
		const points = {};
		this.body.find(".sf-line").each((_, line) => {
			const value = $(line).find(".sf-radio:checked").val();
			if (value) points[$(line).attr("data-code")] = Number(value);
		});
		return points;
	}

	evidence() {
		const evidence = {};
		this.body.find(".sf-line").each((_, line) => {
			const text = $(line).find(".sf-evidence").val().trim();
			if (text) evidence[$(line).attr("data-code")] = text;
		});
		return evidence;
	}

	// Answers may overtake one another on a slow line; only the newest counts.
	preview() {
		const asked = (this.asked = (this.asked || 0) + 1);
		return frappe
			.xcall("salesflow_std.api.scoring.preview", {
				...this.subject,
				points: this.points(),
				scoring_model: this.form.model,
			})
			.then((outcome) => {
				if (asked === this.asked) this.show_outcome(outcome);
			});
	}

	show_outcome(outcome) {
		this.outcome = outcome;
		const box = this.body.find(".sf-outcome");
		if (outcome.missing.length) {
			box.html(`<span class="text-muted">${__("Still open: {0}", [outcome.missing.join(", ")])}</span>`);
			return;
		}
		const parts = [
			`<span class="indicator-pill no-indicator-dot ${outcome.colour} sf-grade sf-big">${frappe.utils.escape_html(
				outcome.grade
			)}</span>`,
			`<b>${__("{0} of {1} points", [salesflow.number(outcome.total), salesflow.number(outcome.most)])}</b>`,
			...this.meaning(outcome),
		];
		if (outcome.previous_grade && outcome.previous_grade !== outcome.grade && !outcome.frozen_grade) {
			parts.push(__("until now {0}", [frappe.utils.escape_html(outcome.previous_grade)]));
		}
		box.html(parts.map((part) => `<span>${part}</span>`).join("") + this.next_grade(outcome));
	}

	meaning(outcome) {
		const on = (time) => `<b>${salesflow.graded_form.when(time)}</b>`;
		if (outcome.frozen_grade) {
			return [__("The grade stays {0} for now: a manager has set it.", [outcome.frozen_grade])];
		}
		if (outcome.nurture) {
			return [__("Nurture pool, next light touch {0}", [on(outcome.next_touch_on)])];
		}
		if (outcome.first_touched_on) {
			return [__("First touch was on {0}", [on(outcome.first_touched_on)])];
		}
		if (!outcome.first_touch_due) return [];
		const left = salesflow.graded_form.time_left(outcome.first_touch_due);
		return [
			left.late
				? `<span class="text-danger">${__("First touch was due {0}", [on(outcome.first_touch_due)])}</span>`
				: __("First touch by {0}, in {1}", [on(outcome.first_touch_due), left.text]),
		];
	}

	next_grade(outcome) {
		return outcome.next ? `<div class="sf-next">${salesflow.next_grade_text(outcome.next)}</div>` : "";
	}

	save() {
		const outcome = this.outcome;
		const points = this.points();
		const open = this.form.dimensions.findIndex((d) => !(d.code in points));
		if (open >= 0) {
			frappe.show_alert({
				message: __("Still open: {0}", [this.form.dimensions[open].label]),
				indicator: "orange",
			});
			return this.focus(open);
		}
		this.dialog.disable_primary_action();
		return frappe
			.xcall("salesflow_std.api.scoring.score", {
				...this.subject,
				points,
				evidence: this.evidence(),
				scoring_model: this.form.model,
				reason: this.body.find(".sf-reason input").val().trim() || null,
			})
			.then((result) => {
				this.dialog.hide();
				return salesflow.graded_form.show_new_state(
					this.frm,
					__("Grade {0}, score {1}", [result.grade, salesflow.number(result.score)])
				);
			})
			.catch(() => this.dialog.enable_primary_action());
	}
};

// "To A: 3 points more, for example Need 5 (Pain clear ...)"
salesflow.next_grade_text = (next) => {
	const esc = frappe.utils.escape_html;
	const raises = (rows) =>
		rows.map((row) => esc(`${row.label} ${row.points}`) + (row.text ? ` (${esc(row.text)})` : "")).join(" + ");
	const missing = salesflow.number(next.missing);
	let text = __("To {0}: {1} more", [esc(next.grade), missing]);
	if (next.alone.length) {
		text += ", " + __("by one of: {0}", [next.alone.map((row) => raises([row])).join("; ")]);
	} else if (next.steps.length) {
		text += ", " + __("for example {0}", [raises(next.steps)]);
	}
	return text;
};
