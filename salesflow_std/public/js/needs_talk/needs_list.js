import { composing, esc, grow } from "./talk.js";

// The needs as they are heard: a line each, marked by single keys (N3, P3).
const CHOICES = {
	explicitness: { key: "E", options: ["Explicit", "Implicit"] },
	nature: { key: "R", options: ["Rigid", "Value-adding"] },
	priority: { key: "P", options: ["Must", "Expected", "Deferrable"] },
};
const API = "salesflow_std.api.needs_talk";

export class NeedsList {
	constructor(talk) {
		this.talk = talk;
		this.box = talk.body.find(".sf-talk-needs");
	}

	get book() {
		return this.talk.book;
	}

	get rows() {
		return this.book.rows("needs");
	}

	draw() {
		this.box.empty();
		$(`<div class="sf-kind"><b>${__("Needs")}</b> <span class="text-muted">${this.rows.length || ""}</span></div>`).appendTo(this.box);
		this.rows.forEach((row) => this.box.append(this.line(row)));
		if (this.talk.editable) {
			$(`<button type="button" class="btn btn-xs btn-default sf-add-need"></button>`)
				.text(__("Add a need"))
				.on("click", () => this.add_empty())
				.appendTo(this.box);
		} else if (!this.rows.length) {
			this.box.append(`<p class="text-muted">${__("No need was written down.")}</p>`);
		}
		this.show_hints();
	}

	add_empty() {
		// One empty line is enough.
		const empty = this.rows.find((row) => !(row.need || "").trim());
		if (empty) {
			this.at(this.spot("n", empty))?.focus();
			return true;
		}
		return this.add({ need: "", said_by: this.talk.frm.doc.contact_name || "" });
	}

	add(values) {
		const row = this.book.add("needs", {
			explicitness: "Explicit",
			nature: "Rigid",
			priority: "Must",
			match_score: 0,
			vague: 0,
			...values,
		});
		if (values.need) this.book.touch("needs", row);
		this.draw();
		this.talk.grow();
		const area = this.at(this.spot("n", row));
		area?.focus();
		area?.scrollIntoView({ block: "nearest" });
		return true;
	}

	// By the row's number: the first save gives the rows other names.
	spot(part, row) {
		return `${part}:${this.rows.findIndex((other) => other.name === row.name)}`;
	}

	at(place) {
		return this.box[0].querySelector(`[data-at="${CSS.escape(place)}"]`);
	}

	focus(index, field) {
		const row = this.rows[index];
		if (!row) return false;
		const at = this.at(this.spot({ concrete: "c", need: "n" }[field] || "m", row));
		if (!at) return false;
		at.focus();
		at.scrollIntoView({ block: "center" });
		return true;
	}

	line(row) {
		const box = $(`<div class="sf-need" data-need="${esc(row.name)}"></div>`);
		if (!this.talk.editable) {
			box.append($(`<div class="sf-need-text"></div>`).text(row.need));
			if (row.concrete) box.append($(`<div class="text-muted"></div>`).text(row.concrete));
			return box.append(this.marks(row, box), this.answer_of(row));
		}
		$(`<textarea class="form-control sf-need-text" rows="1"></textarea>`)
			.attr({ "data-at": this.spot("n", row), "aria-label": __("Need"), placeholder: __("What the customer wants") })
			.val(row.need || "")
			.on("input", (event) => {
				this.write(row, { need: event.target.value });
				grow(event.target);
			})
			.on("keydown", (event) => this.on_text_key(event, row))
			.appendTo(box);
		$(`<button type="button" class="btn btn-xs btn-link text-muted sf-remove" tabindex="-1">×</button>`)
			.attr({ title: __("Remove this need"), "aria-label": __("Remove this need") })
			.on("click", () => {
				this.book.remove(this.current(row));
				this.draw();
				this.talk.grow();
			})
			.appendTo(box);
		box.append(this.marks(row, box), `<div class="sf-hint"></div>`);
		$(`<textarea class="form-control sf-concrete" rows="1"></textarea>`)
			.attr({
				"data-at": this.spot("c", row),
				"aria-label": __("Made concrete: scenario and measure"),
				placeholder: __("Made concrete: scenario and measure"),
			})
			.val(row.concrete || "")
			.on("input", (event) => {
				this.write(row, { concrete: event.target.value });
				grow(event.target);
			})
			.toggle(Boolean(row.vague))
			.appendTo(box);
		const said = [row.evidence, row.said_by, row.said_on && frappe.datetime.str_to_user(row.said_on)];
		const text = said.filter(Boolean).join(" · ");
		if (text) box.append($(`<div class="sf-evidence text-muted"></div>`).text(text));
		return box.append(this.answer_of(row));
	}

	// What the customer has said to it in the version before (N4).
	answer_of(row) {
		if (!row.correction) return "";
		const box = $(`<div class="sf-correction"><b>${__("The customer says:")}</b> <span></span> </div>`);
		box.find("span").text(row.correction);
		if (!this.talk.editable || this.talk.frm.is_new()) return box;
		const button = (label, take, style) =>
			$(`<button type="button" class="btn btn-xs ${style}"></button>`)
				.text(label)
				.on("click", () => this.adopt(row, take))
				.appendTo(box);
		button(__("Adopt"), 1, "btn-primary");
		button(__("Leave as it is"), 0, "btn-default");
		return box;
	}

	async adopt(row, take) {
		await this.book.send();
		if (this.book.waiting) return;
		await frappe.xcall(`${API}.adopt`, { record: this.talk.frm.docname, row: row.name, take });
		this.talk.frm.reload_doc();
	}

	marks(row, box) {
		const editable = this.talk.editable;
		const bar = $(`<div class="sf-marks" role="group"></div>`).attr({
			"data-at": this.spot("m", row),
			"aria-label": __("Marks of this need"),
		});
		const pill = (label, on, run, title, style = "") => {
			if (!editable) return on ? $(`<span class="sf-pill"></span>`).text(label).attr("aria-pressed", true).appendTo(bar) : null;
			return $(`<button type="button" class="sf-pill ${style}" tabindex="-1"></button>`)
				.text(label)
				.attr({ "aria-pressed": Boolean(on), title })
				.on("click", run)
				.appendTo(bar);
		};
		for (const [field, { key, options }] of Object.entries(CHOICES)) {
			const group = options.map((option) =>
				pill(__(option, null, "Customer Need"), row[field] === option, () => this.mark(row, { [field]: option }, box), __("Key {0}", [key]))
			);
			group.at(-1)?.addClass("sf-last");
		}
		for (let score = 1; score <= 5; score++) {
			const on = Number(row.match_score) === score;
			pill(
				editable ? String(score) : __("Match {0}", [score]),
				on,
				() => this.mark(row, { match_score: on ? 0 : score }, box),
				__("Match: how well we meet it"),
				score === 5 ? "sf-score sf-last" : "sf-score"
			);
		}
		pill(__("Vague", null, "Customer Need"), row.vague, () => this.mark(row, { vague: row.vague ? 0 : 1 }, box), __("Key {0}", ["V"]));
		if (editable) bar.attr("tabindex", 0).on("keydown", (event) => this.on_mark_key(event, row, box));
		return bar;
	}

	on_mark_key(event, row, box) {
		if (event.altKey || event.ctrlKey || event.metaKey || composing(event)) return;
		const key = event.key.toUpperCase();
		const next = (field) => {
			const { options } = CHOICES[field];
			return { [field]: options[(options.indexOf(row[field]) + 1) % options.length] };
		};
		let values = null;
		row = this.current(row);
		const field = Object.keys(CHOICES).find((name) => CHOICES[name].key === key);
		if (field) values = next(field);
		else if (/^[1-5]$/.test(key)) values = { match_score: Number(key) };
		else if (key === "V") values = { vague: row.vague ? 0 : 1 };
		else if (key === "ENTER") {
			event.preventDefault();
			event.stopPropagation();
			return row.vague && !row.concrete ? this.focus(this.rows.indexOf(row), "concrete") : this.next_line(row);
		}
		if (!values) return;
		event.preventDefault();
		event.stopPropagation();
		this.mark(row, values, box);
	}

	on_text_key(event, row) {
		if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
		event.preventDefault();
		event.stopPropagation();
		this.next_line(row);
	}

	next_line(row) {
		const next = this.rows[this.rows.indexOf(this.current(row)) + 1];
		if (next) this.at(this.spot("n", next))?.focus();
		else this.add_empty();
	}

	// The form may have read its rows anew since the line was drawn.
	current(row) {
		return this.book.find("needs", row.name) || row;
	}

	write(row, values) {
		const own = this.current(row);
		Object.assign(own, values);
		this.book.touch("needs", own);
	}

	mark(row, values, box) {
		this.write(row, values);
		const focused = box[0].contains(document.activeElement);
		const line = this.line(this.current(row));
		box.replaceWith(line);
		line.find("textarea").each((i, area) => grow(area));
		if (focused) line.find(".sf-marks")[0].focus();
		this.show_hints();
	}

	// Words like "user-friendly": a hint, and one click marks the need. Nothing is marked by itself.
	show_hints() {
		const hints = this.talk.frm.doc.__onload?.hints || {};
		for (const line of this.box.find(".sf-need").get()) {
			const row = this.book.find("needs", line.dataset.need);
			const hint = row && !row.vague && hints[row.name];
			const box = $(line).find(".sf-hint").empty();
			if (!hint) continue;
			box.text(hint.word ? __("“{0}” is vague: what exactly, and how is it measured?", [hint.word]) : __("This is short: what exactly, and how is it measured?"));
			$(`<button type="button" class="btn btn-xs btn-link" tabindex="-1"></button>`)
				.text(__("Mark as vague"))
				.on("click", () => {
					this.mark(row, { vague: 1 }, $(line));
					this.at(this.spot("c", row))?.focus();
				})
				.appendTo(box);
		}
	}
}
