// Where a deal stands: the stages of its sales process on top of Lead, Opportunity and Quotation, what each asks for,
// and the way to what is still missing (M1). One request after the form stands; its moves are in stage_move.js.
frappe.provide("salesflow");

if (!salesflow.path_bar) {
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const PATH = "salesflow_std.api.stage_path.path";
	let bars = 0;

	const icon = (name) => `<span class="sf-path-icon" aria-hidden="true">${frappe.utils.icon(name, "xs")}</span>`;

	class PathBar {
		constructor(frm) {
			this.frm = frm;
			this.name = frm.docname;
			this.id = `sf-path-${++bars}`;
			this.root = $(`<nav class="sf-path sf-path-waiting" aria-label="${__("Stages", null, "Salesflow")}">
				<div class="sf-path-bar"><ol class="sf-path-steps"></ol><div class="sf-path-actions"></div></div>
				<div class="sf-path-panel" id="${this.id}" role="region" hidden></div></nav>`);
			this.steps = this.root.find(".sf-path-steps");
			this.actions = this.root.find(".sf-path-actions");
			this.panel = this.root.find(".sf-path-panel");
			this.root.on("click", ".sf-path-steps button", (e) => this.toggle(e.currentTarget.dataset.stage));
			this.root.on("click", ".sf-path-missing", () => this.toggle(this.data.stage));
			this.root.on("click", "[data-field]", (e) => this.go_to_field(e));
			this.root.on("click", "[data-move]", (e) => this.move(e.currentTarget.dataset));
			this.root.on("keydown", (e) => this.on_key(e));
		}

		place() {
			this.frm.layout.wrapper.prepend(this.root);
		}

		load() {
			const { doctype } = this.frm;
			return frappe.xcall(PATH, { doctype, name: this.name }).then((data) => this.show(data));
		}

		// What was shown stays until the answer is there; a document outside every process has no bar.
		show(data) {
			if (this.frm.sf_path !== this) return;
			this.data = data;
			this.root.removeClass("sf-path-waiting").toggleClass("sf-path-none", !data.stages.length);
			this.root.toggleClass("sf-path-closed", Boolean(data.closed));
			this.steps.html(data.stages.map((stage) => this.step(stage)).join(""));
			this.draw_actions();
			this.open_stage = this.stage(this.open_stage) ? this.open_stage : null;
			this.draw_panel();
			this.bring_into_view();
		}

		stage(name) {
			return this.data.stages.find((stage) => stage.name === name);
		}

		// Only the row is scrolled, never the page; a part of the stage before stays in sight.
		bring_into_view() {
			const steps = this.steps[0];
			const current = steps.querySelector("[aria-current]");
			if (current) steps.scrollLeft = current.parentElement.offsetLeft - steps.offsetLeft - 28;
		}

		step(stage) {
			const late = stage.state === "current" && stage.late;
			const mark = { done: "tick", skipped: "arrow-right" }[stage.state];
			const said = [stage.label, this.state_word(stage), this.detail(stage)].filter(Boolean).join(", ");
			const colour = late ? "sf-path-late" : stage.state === "current" && stage.is_won ? "sf-path-won" : "";
			return `<li class="sf-path-step sf-path-${stage.state} ${colour}">
				<button type="button" data-stage="${esc(stage.name)}" aria-expanded="false" aria-controls="${this.id}"
					aria-label="${esc(said)}" title="${esc(said)}" ${stage.state === "current" ? 'aria-current="step"' : ""}>
					<span class="sf-path-name">${mark ? icon(mark) : ""}<span>${esc(stage.label)}</span></span>
					<span class="sf-path-detail">${esc(this.detail(stage))}</span>
				</button></li>`;
		}

		state_word(stage) {
			return {
				done: __("done", null, "Stage"),
				current: __("current", null, "Stage"),
				ahead: __("ahead", null, "Stage"),
				skipped: __("skipped", null, "Stage"),
			}[stage.state];
		}

		detail(stage) {
			if (stage.state === "current") return this.time_in_stage(stage);
			if (stage.state === "done" && stage.stay_hours) return this.days(stage.stay_days);
			return stage.state === "skipped" ? __("skipped", null, "Stage") : "";
		}

		days(count) {
			return count < 1 ? __("under 1 day") : count < 2 ? __("1 day") : __("{0} days", [Math.floor(count)]);
		}

		// The time that is left says more than the time that has passed; without a limit that is all there is.
		time_in_stage(stage) {
			if (this.data.closed) return this.data.closed;
			if (!stage.due) return stage.entered_on ? this.days(stage.stay_days) : "";
			const left = salesflow.graded_form.time_left(stage.due);
			return left.late ? __("{0} over the limit", [left.text]) : __("{0} left", [left.text], "Stage");
		}

		draw_actions() {
			const { data } = this;
			const parts = [];
			if (data.document.is_other) {
				const { doctype, name } = data.document;
				parts.push(`<span class="text-muted">${__(doctype)}</span> ${frappe.utils.get_form_link(doctype, name, true, esc(name))}`);
			} else if (data.handed_on) {
				const { doctype, name } = data.handed_on;
				const link = frappe.utils.get_form_link(doctype, name, true, esc(name));
				parts.push(`<span class="text-muted">${__("goes on in")}</span> ${link}`);
			}
			if (data.missing) {
				const text = data.missing === 1 ? __("1 still missing") : __("{0} still missing", [data.missing]);
				parts.push(`<button type="button" class="btn btn-xs btn-link sf-path-missing">${text}</button>`);
			}
			const next = data.next && this.stage(data.next);
			if (next && (next.may_move || data.hands_on)) {
				const label = data.hands_on ? __("Make Opportunity") : __("Move to {0}", [next.label]);
				parts.push(this.button(label, next, data.missing ? "btn-default" : "btn-primary"));
			}
			this.actions.html(parts.join(" "));
		}

		button(label, stage, kind, override) {
			return `<button type="button" class="btn btn-xs ${kind} sf-path-move" data-move="${esc(stage.name)}"
				${override ? 'data-override="1"' : ""}>${esc(label)}</button>`;
		}

		// The panel under the bar

		toggle(name) {
			this.open_stage = this.open_stage === name ? null : name;
			this.draw_panel();
		}

		close() {
			const opener = this.steps.find("[aria-expanded=true]");
			this.open_stage = null;
			this.draw_panel();
			opener.trigger("focus");
		}

		draw_panel() {
			const stage = this.open_stage && this.stage(this.open_stage);
			this.steps.find("button").each((_i, button) => {
				button.setAttribute("aria-expanded", String(button.dataset.stage === this.open_stage));
			});
			this.panel.prop("hidden", !stage);
			if (!stage) return this.panel.empty();
			this.panel.attr("aria-label", stage.label).html(`<div class="sf-path-head">
				<strong>${esc(stage.label)}</strong> ${this.facts(stage)}
				<button type="button" class="btn btn-xs btn-link sf-path-close" aria-label="${__("Close", null, "Salesflow")}">${frappe.utils.icon(
				"close",
				"xs"
			)}</button></div>
				<div class="sf-path-columns"><div>${this.words(stage)}</div><div>${this.gates(stage)}</div></div>
				${this.moves(stage)}`);
			this.panel.find(".sf-path-close").on("click", () => this.close());
		}

		facts(stage) {
			const day = (time) => esc(salesflow.graded_form.when(time));
			const facts = [
				stage.owner_role && __("Owner: {0}", [esc(stage.owner_role)]),
				stage.entered_on && __("since {0}", [day(stage.entered_on)], "Stage"),
				stage.left_on && __("until {0}", [day(stage.left_on)], "Stage"),
				stage.stay_hours && __("{0} working hours", [format_number(stage.stay_hours, null, 1)]),
				stage.limit && __("at most {0}", [esc(stage.limit)]),
			];
			const known = facts.filter(Boolean).map((text) => `<span>${text}</span>`);
			if (stage.due && stage.state === "current") {
				known.push(`<span class="${stage.late ? "sf-path-over" : ""}">${__("due {0}", [day(stage.due)], "Stage")}</span>`);
			}
			return `<span class="sf-path-facts">${known.join("")}</span>`;
		}

		words(stage) {
			const parts = [];
			if (stage.guidance) parts.push(`<p>${esc(stage.guidance).replace(/\n/g, "<br>")}</p>`);
			if (stage.outputs.length) {
				const rows = stage.outputs.map((text) => `<li>${esc(text)}</li>`).join("");
				parts.push(`<div class="sf-path-title">${__("Outputs")}</div><ul class="sf-path-outputs">${rows}</ul>`);
			}
			if (stage.key_fields.length) {
				parts.push(`<div class="sf-path-title">${__("Key Fields")}</div><ul class="sf-path-list sf-path-fields">
					${stage.key_fields.map((field) => this.key_field(field, stage)).join("")}</ul>`);
			}
			return parts.join("") || `<p class="text-muted">${__("Nothing is said of this stage.")}</p>`;
		}

		key_field(field, stage) {
			const own = stage.lives_on === this.frm.doctype && !this.data.document.is_other;
			const here = own && !field.filled && !this.frm.fields_dict[field.fieldname]?.df.read_only;
			const label = here
				? `<button type="button" class="sf-path-go" data-field="${esc(field.fieldname)}">${esc(field.label)}</button>`
				: esc(field.label);
			return this.item(field.filled, label);
		}

		// `met`: true, false, or null where nobody has asked yet.
		item(met, html, more = "") {
			const said = met ? __("there", null, "Stage") : met === false ? __("missing", null, "Stage") : "";
			return `<li class="${met ? "sf-path-met" : met === false ? "sf-path-unmet" : ""}"><span class="sf-path-box"
				aria-hidden="true">${met ? "✓" : ""}</span>${said ? `<span class="sr-only">${said}: </span>` : ""}<span>${html}${more}</span></li>`;
		}

		// Of the current stage with what the next asks on entering: together they are what a move needs.
		gates(stage) {
			const { data } = this;
			const next = stage.name === data.stage && data.next && this.stage(data.next);
			const lists = [
				[__("To enter {0}", [esc(stage.label)]), stage.name === data.stage ? [] : stage.gates, "Entering"],
				[__("To leave {0}", [esc(stage.label)]), stage.gates, "Leaving"],
				...(next ? [[__("To enter {0}", [esc(next.label)]), next.gates, "Entering"]] : []),
			];
			const html = lists.map(([title, gates, moment]) => this.gate_list(title, gates.filter((gate) => gate.moment === moment)));
			const told = html.join("") + stage.passed_over.map((row) => this.passed(row)).join("");
			return told || `<p class="text-muted">${__("This stage asks for nothing more.")}</p>`;
		}

		gate_list(title, gates) {
			if (!gates.length) return "";
			const rows = gates.map((gate) => this.gate(gate)).join("");
			return `<div class="sf-path-title">${title}</div><ul class="sf-path-list">${rows}</ul>`;
		}

		gate(gate) {
			const warns = gate.mode === "Warn" ? ` <span class="text-muted">(${__("recommended")})</span>` : "";
			return this.item(gate.met, salesflow.gate_link(gate) + warns, salesflow.gate_words(gate));
		}

		// What let a stage be left although gates were not met.
		passed(row) {
			const title = row.reason
				? __("{0} let it pass: {1}", [esc(row.by), esc(row.reason)])
				: __("Passed although something was missing");
			const unmet = row.unmet.map((text) => `<li>${esc(text)}</li>`).join("");
			return `<div class="sf-path-passed">${title}${unmet ? `<ul class="sf-path-outputs">${unmet}</ul>` : ""}</div>`;
		}

		// Besides the move to the next stage, whose button is on the bar.
		moves(stage) {
			const { data } = this;
			const buttons = [];
			if (stage.name === data.stage) {
				const next = data.next && this.stage(data.next);
				if ((next?.may_move || data.hands_on) && data.missing && data.may_override) {
					buttons.push(this.button(__("Move with Override"), next, "btn-default", true));
				}
			} else if (stage.may_move && stage.name !== data.next) {
				const label = stage.direction === "Back" ? __("Go Back to {0}", [stage.label]) : __("Move to {0}", [stage.label]);
				buttons.push(this.button(label, stage, "btn-default"));
			}
			return buttons.length ? `<div class="sf-path-moves">${buttons.join(" ")}</div>` : "";
		}

		// What the user does

		go_to_field(e) {
			e.preventDefault();
			this.frm.scroll_to_field(e.currentTarget.dataset.field);
		}

		move({ move, override }) {
			salesflow.graded_form.with_dialogs(() =>
				salesflow.stage_move.start(this.frm, this.stage(move), this.data, Boolean(override))
			);
		}

		on_key(e) {
			if (e.key === "Escape" && this.open_stage) {
				e.stopPropagation();
				return this.close();
			}
			const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
			const buttons = this.steps.find("button").get();
			const at = buttons.indexOf(document.activeElement);
			if (!step || at < 0) return;
			e.preventDefault();
			buttons[at + step]?.focus();
		}
	}

	salesflow.path_bar = {
		refresh(frm) {
			if (frm.is_new() || frm.sf_path?.name !== frm.docname) {
				frm.sf_path?.root.remove();
				frm.sf_path = null;
			}
			if (frm.is_new()) return;
			const bar = (frm.sf_path = frm.sf_path || new PathBar(frm));
			bar.place();
			setTimeout(() => frm.sf_path === bar && bar.load());
		},
	};

	for (const doctype of ["Lead", "Opportunity", "Quotation"]) {
		frappe.ui.form.on(doctype, { refresh: (frm) => salesflow.path_bar.refresh(frm) });
	}
}
