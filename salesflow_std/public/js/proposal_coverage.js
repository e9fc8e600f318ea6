// How far the needs are answered (S1): each with what is missing, the way there, and what a manager may leave open.
frappe.provide("salesflow");

if (!salesflow.proposal_coverage) {
	const esc = (text) => frappe.utils.escape_html(text || "");
	const COLOURS = { Covered: "green", Partly: "orange", Open: "orange", Waived: "gray" };
	const PRIORITIES = { Must: "red", Expected: "blue", Deferrable: "gray" };

	const priority_word = (priority) => __(priority, null, "Proposal Answer");
	// Where what is missing is written.
	const FIELDS = { feature: "feature", value: "value", number: "value", case: "case_content" };
	const pill = (colour, text) => `<span class="indicator-pill no-indicator-dot ${colour}">${text}</span>`;

	salesflow.proposal_coverage = {
		show(frm) {
			const place = $(frm.fields_dict.coverage_html.wrapper).empty();
			const { rows: told = [] } = this.told(frm);
			const rows = told.filter((row) => this.line(frm, row.name));
			this.needs_changed(frm, place);
			if (!rows.length) return;
			$(`<div class="sf-coverage-sum"></div>`).html(this.sum(rows)).appendTo(place);
			const list = $(`<ul class="sf-coverage ${this.told(frm).may_waive ? "sf-may-waive" : ""}"></ul>`).appendTo(place);
			for (const row of rows) list.append(this.draw(frm, row));
			this.link_cases(frm, list);
		},

		told: (frm) => salesflow.proposal_form.told(frm, "coverage", {}),

		line: (frm, name) => (frm.doc.answers || []).find((line) => line.name === name),

		sum(rows) {
			const of_state = (state) => rows.filter((row) => row.state === state);
			const parts = Object.keys(COLOURS)
				.map(of_state)
				.filter((found) => found.length)
				.map((found) => `${esc(found[0].state_label)}: ${found.length}`);
			const blocking = rows.filter((row) => row.blocks).length;
			if (blocking) parts.unshift(pill("red", __("Must-needs still open: {0}", [blocking])));
			return parts.map((part) => `<span>${part}</span>`).join("");
		},

		draw(frm, row) {
			const line = this.line(frm, row.name);
			const open = salesflow.proposal_form.editable(frm);
			const item = $(`<li class="sf-cover ${row.blocks ? "sf-cover-blocks" : ""}"></li>`);
			item.append(
				`<span class="sf-cover-state">${pill(row.blocks ? "red" : COLOURS[row.state], esc(row.state_label))}
					${pill(PRIORITIES[line.priority] || "gray", priority_word(line.priority))}</span>`
			);
			$(`<a href="#" class="sf-cover-need"></a>`)
				.text(line.need)
				.on("click", (event) => this.go(event, frm, row, FIELDS[row.lack_codes[0]] || "feature"))
				.appendTo(item);
			const lacks = $(`<span class="sf-cover-lacks"></span>`).appendTo(item);
			if (row.lacks.length) lacks.append(`<span class="text-muted">${__("missing:")}</span> `);
			row.lacks.forEach((lack, place) => {
				if (place) lacks.append(" · ");
				if (!open) return lacks.append(document.createTextNode(lack));
				$(`<a href="#"></a>`)
					.text(lack)
					.on("click", (event) => this.go(event, frm, row, FIELDS[row.lack_codes[place]]))
					.appendTo(lacks);
			});
			if (line.case_content) lacks.append(`<span class="sf-case" data-case="${esc(line.case_content)}"></span>`);
			if (row.waived_on) {
				$(`<span class="sf-cover-waiver text-muted"></span>`)
					.text(__("{0} left it open: {1}", [row.waived_by || "", row.waive_reason || ""]))
					.appendTo(item);
			}
			this.buttons(frm, row, line).appendTo(item);
			return item;
		},

		go(event, frm, row, fieldname) {
			event.preventDefault();
			salesflow.proposal_form.open_row(frm, "answers", row.name, fieldname);
		},

		// Who may leave a must-need open, the server says; it checks again.
		buttons(frm, row, line) {
			const place = $(`<span class="sf-cover-actions"></span>`);
			if (!this.told(frm).may_waive) return place;
			const button = (label, run) =>
				$(`<button type="button" class="btn btn-xs btn-default"></button>`).text(label).on("click", run).appendTo(place);
			if (row.waived_on) {
				button(__("Take Back"), () => this.change(frm, "take_back_waiver", { answer: line.name }));
			} else if (row.blocks) {
				button(__("Waive"), () => this.waive(frm, line)).addClass("sf-waive");
			}
			return place;
		},

		waive(frm, line) {
			salesflow.versioned_form.ask_reason(
				{
					title: __("Leave a Must-Need Open"),
					html: `<b>${esc(line.need)}</b>`,
					action: __("Waive"),
					description: __("The reviewers see it; the customer does not."),
				},
				(reason) => this.change(frm, "waive", { answer: line.name, reason })
			);
		},

		change(frm, method, args) {
			return salesflow.proposal_form
				.saved(frm)
				.then(() => frappe.xcall(`${salesflow.proposal_form.API}.${method}`, { name: frm.docname, ...args }))
				.then((told) => frm.reload_doc().then(() => told));
		},

		// Other needs are confirmed than those that stand here, or none were taken over.
		needs_changed(frm, place) {
			const gap = salesflow.proposal_form.told(frm, "missing", []).find((gap) => gap.fieldname === "needs_record");
			if (!gap) return;
			const hint = $(`<div class="sf-needs-changed"></div>`).append(pill("orange", esc(gap.what)));
			hint.append(` <span>${esc(gap.why)}</span> `);
			if (salesflow.proposal_form.editable(frm)) {
				$(`<button type="button" class="btn btn-xs btn-default sf-refresh-needs"></button>`)
					.text(__("Take Over the Needs"))
					.on("click", () => this.refresh_needs(frm))
					.appendTo(hint);
			}
			hint.appendTo(place);
		},

		refresh_needs(frm) {
			return this.change(frm, "refresh_needs", {}).then((record) => {
				if (!record) frappe.show_alert({ message: __("The customer has confirmed no needs yet."), indicator: "orange" });
			});
		},

		// The case with its file, and its language where the customer speaks another.
		link_cases(frm, list) {
			const names = [...new Set((frm.doc.answers || []).map((line) => line.case_content).filter(Boolean))];
			if (!names.length || !frappe.model.can_read("Value Content")) return;
			frappe.db
				.get_list("Value Content", {
					filters: { name: ["in", names] },
					fields: ["name", "title", "attachment", "content_language"],
					limit: names.length,
				})
				.then((cases) => {
					for (const found of cases) {
						list.find(".sf-case")
							.filter((_, part) => part.dataset.case === found.name)
							.html(this.case_link(frm, found));
					}
				});
		},

		case_link(frm, found) {
			const parts = [
				`<a href="/app/value-content/${encodeURIComponent(found.name)}">${esc(found.title)}</a>`,
			];
			if (found.attachment) {
				parts.push(
					`<a href="${esc(found.attachment)}" target="_blank" rel="noopener" title="${__("The file of the case")}">${frappe.utils.icon("attachment", "xs")}</a>`
				);
			}
			const short = (language) => (language || "").split("-")[0];
			if (found.content_language && frm.doc.language && short(found.content_language) !== short(frm.doc.language)) {
				parts.push(pill("yellow", __("in another language")));
			}
			return parts.join(" ");
		},
	};
}
