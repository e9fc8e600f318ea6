import { Notebook, key_of } from "./notebook.js";
import { NeedsList } from "./needs_list.js";

frappe.provide("salesflow");

const API = "salesflow_std.api.needs_talk";
const KINDS = ["Situation", "Problem", "Implication", "Need-payoff"];
const LETTERS = { Situation: "S", Problem: "P", Implication: "I", "Need-payoff": "N" };
export const esc = (text) => frappe.utils.escape_html(text ?? "");
export const grow = (area) => {
	if (!area.offsetParent) return;
	area.style.height = "auto";
	area.style.height = `${area.scrollHeight + 2}px`;
};
// While a Chinese word is being composed, Enter belongs to the input method.
export const composing = (event) => event.isComposing || event.keyCode === 229;

salesflow.NeedsTalk = class NeedsTalk {
	// One form serves all records; each record has a talk of its own.
	static show(frm) {
		if (frm.sf_talk?.docname === frm.docname) return frm.sf_talk.refresh();
		frm.sf_talk = new NeedsTalk(frm);
	}

	constructor(frm) {
		this.frm = frm;
		this.docname = frm.docname;
		this.questions = [];
		this.moods = [];
		this.skipped = new Set();
		this.build();
		this.book = new Notebook(frm, (state, details) => this.tell(state, details), () => this.draw());
		this.needs = new NeedsList(this);
		this.book.restore();
		this.refresh();
		this.load();
	}

	get editable() {
		return salesflow.needs_form.editable(this.frm) || this.frm.is_new();
	}

	build() {
		this.body = $(`<div class="sf-talk">
			<div class="sf-talk-head">
				<span class="sf-talk-when"></span>
				<span class="sf-talk-state text-muted" role="status"></span>
				<details class="sf-talk-keys">
					<summary>${__("Keys")}</summary>
					<ul class="list-unstyled"></ul>
				</details>
			</div>
			<div class="sf-talk-note"></div>
			<div class="sf-talk-body">
				<div class="sf-talk-questions"></div>
				<div class="sf-talk-needs"></div>
			</div>
		</div>`);
		const keys = [
			["Enter", __("next question")],
			["Shift+Enter", __("new line")],
			["Alt+N", __("note a need from the answer, or from what is marked in it")],
			["Tab", __("from a need to its marks; there:")],
			["E", __("explicit or implicit")],
			["R", __("rigid or value-adding")],
			["P", __("priority")],
			["1–5", __("match")],
			["V", __("vague")],
		];
		this.body.find(".sf-talk-keys ul").html(keys.map(([key, text]) => `<li><kbd>${key}</kbd> ${text}</li>`).join(""));
		this.frm.get_field("talk_html").$wrapper.empty().append(this.body);
		// Frappe's own shortcuts and the grid's do not listen here.
		this.body.on("keydown", "textarea, input, .sf-marks", (event) => this.on_key(event));
	}

	load() {
		const { doc } = this.frm;
		if (!doc.reference_doctype || !doc.reference_name) return;
		const about = this.frm.is_new() ? {} : { record: doc.name };
		frappe
			.xcall(`${API}.propose`, {
				...about,
				doctype: doc.reference_doctype,
				name: doc.reference_name,
				language: doc.language,
				contact_role: doc.contact_role,
			})
			.then((found) => {
				this.questions = found.questions;
				this.moods = found.moods;
				this.refresh();
			});
	}

	// Drawing ---------------------------------------------------------------------------------------------

	refresh() {
		if (!this.book) return;
		this.book.take_up();
		this.draw();
	}

	draw() {
		const place = this.place();
		this.draw_when();
		this.draw_questions();
		this.needs.draw();
		this.grow();
		this.back_to(place);
		if (this.editable) {
			const steady = ["failed", "conflict", "kept", "restored", "saving"].includes(this.state);
			this.tell(this.book.waiting && !steady ? "typing" : this.state || "ready", this.details);
		} else this.tell("frozen");
	}

	grow() {
		this.body.find("textarea").each((i, area) => grow(area));
	}

	// Where the cursor stands, so that drawing anew does not take it away.
	place() {
		const at = document.activeElement;
		if (!at || !this.body[0].contains(at) || !at.dataset.at) return null;
		return { at: at.dataset.at, from: at.selectionStart, to: at.selectionEnd };
	}

	back_to(place) {
		if (!place) return;
		const at = this.body[0].querySelector(`[data-at="${CSS.escape(place.at)}"]`);
		if (!at) return;
		at.focus({ preventScroll: true });
		if (at.setSelectionRange) at.setSelectionRange(place.from, place.to);
	}

	draw_when() {
		const doc = this.frm.doc;
		const box = this.body.find(".sf-talk-when").empty();
		if (doc.talked_on) {
			box.text(__("Talked on {0}", [salesflow.graded_form.when(doc.talked_on)]));
		} else if (this.editable) {
			$(`<button type="button" class="btn btn-xs btn-primary sf-talked-now"></button>`)
				.text(__("Talked Now"))
				.on("click", () => this.talked_now())
				.appendTo(box);
		}
	}

	talked_now() {
		frappe.xcall(`${API}.now`).then((time) => {
			this.book.set_talked_on(time);
			this.draw_when();
		});
	}

	// The proposed questions with their answers, then what was asked beyond them.
	cards() {
		const rows = this.book.rows("answers");
		const cards = this.questions.map((question) => {
			const row = rows.find((r) => r.spin_question === question.name || r.question === question.question);
			return { ...question, row };
		});
		const shown = new Set(cards.map((card) => card.row).filter(Boolean));
		for (const row of rows) {
			if (!shown.has(row)) cards.push({ name: row.spin_question, kind: row.kind, question: row.question, row });
		}
		return cards.filter((card) => this.editable || card.row?.answer);
	}

	draw_questions() {
		const box = this.body.find(".sf-talk-questions").empty();
		const cards = this.cards();
		this.card_of = new Map();
		for (const kind of KINDS) {
			const of_kind = cards.filter((card) => card.kind === kind);
			if (!of_kind.length && !this.editable) continue;
			const head = $(
				`<div class="sf-kind"><span class="sf-letter sf-letter-${LETTERS[kind]}">${LETTERS[kind]}</span> <b>${__(kind, null, "SPIN Question")}</b></div>`
			).appendTo(box);
			if (this.editable) {
				$(`<button type="button" class="btn btn-xs btn-link"></button>`)
					.text(__("Own question"))
					.on("click", () => this.ask_own(kind, head))
					.appendTo(head);
			}
			for (const card of of_kind) {
				if (this.skipped.has(card.question) && !card.row?.answer) continue;
				box.append(this.card(card));
			}
		}
		const hidden = cards.filter((card) => this.skipped.has(card.question) && !card.row?.answer);
		if (hidden.length) {
			$(`<button type="button" class="btn btn-xs btn-link"></button>`)
				.text(__("Show {0} skipped questions", [hidden.length]))
				.on("click", () => {
					this.skipped.clear();
					this.draw();
				})
				.appendTo(box);
		}
		if (!cards.length && !this.editable) box.html(`<p class="text-muted">${__("Nothing was written down.")}</p>`);
	}

	card(card) {
		const answer = card.row?.answer || "";
		const box = $(`<div class="sf-q ${answer ? "sf-answered" : ""}">
			<label class="sf-q-text">${esc(card.question)}${
			card.for ? ` <span class="text-muted sf-for">${esc(card.for)}</span>` : ""
		}</label></div>`);
		if (!this.editable) return box.append($(`<div class="sf-q-answer"></div>`).text(answer));
		const at = `q:${card.question}`;
		const area = $(`<textarea class="form-control" rows="1"></textarea>`)
			.attr({ "data-at": at, "aria-label": card.question, placeholder: __("As the customer says it") })
			.val(answer)
			.on("input", (event) => {
				this.answer(card, { answer: event.target.value });
				grow(event.target);
				box.toggleClass("sf-answered", Boolean(event.target.value));
			});
		box.append(area);
		this.card_of.set(area[0], card);
		const foot = $(`<div class="sf-q-foot"></div>`).appendTo(box);
		for (const mood of this.moods) {
			const on = card.row?.mood === mood.name;
			$(`<button type="button" class="sf-pill"></button>`)
				.text(mood.label)
				.attr("aria-pressed", on)
				.on("click", (event) => {
					const set = event.target.getAttribute("aria-pressed") !== "true";
					$(event.target).siblings(".sf-pill").attr("aria-pressed", false);
					event.target.setAttribute("aria-pressed", set);
					this.answer(card, { mood: set ? mood.name : "" });
				})
				.appendTo(foot);
		}
		const right = $(`<span class="sf-q-right"></span>`).appendTo(foot);
		$(`<button type="button" class="btn btn-xs btn-link sf-note-need"></button>`)
			.text(__("Note a need"))
			// The selection in the answer would be gone by the time of the click.
			.on("mousedown", (event) => event.preventDefault())
			.on("click", () => this.need_from(area[0]))
			.appendTo(right);
		if (!answer) {
			$(`<button type="button" class="btn btn-xs btn-link text-muted"></button>`)
				.text(__("Skip", null, "Needs Record"))
				.on("click", () => this.skip(card, area[0]))
				.appendTo(right);
		}
		return box;
	}

	answer(card, values) {
		if (!card.row) {
			const { kind, question, name } = card;
			card.row = this.book.find("answers", name || question);
			card.row = card.row || this.book.add("answers", { kind, question, spin_question: name || null });
		}
		// The form may have read its rows anew since the card was drawn.
		const row = this.book.find("answers", key_of("answers", card.row)) || card.row;
		Object.assign(row, values);
		this.book.touch("answers", row);
	}

	ask_own(kind, head) {
		if (this.body.find(".sf-own").length) this.body.find(".sf-own").remove();
		const box = $(`<div class="sf-own"><input type="text" class="form-control input-sm"></div>`).insertAfter(head);
		const input = box.find("input").attr("placeholder", __("Type the question and press Enter"));
		input.on("keydown", (event) => {
			if (event.key === "Escape") return box.remove();
			if (event.key !== "Enter" || composing(event)) return;
			event.preventDefault();
			event.stopPropagation();
			const question = input.val().trim();
			if (!question) return;
			const card = { kind, question };
			if (!this.book.find("answers", question)) this.answer(card, { answer: "" });
			this.draw();
			this.body[0].querySelector(`[data-at="${CSS.escape(`q:${question}`)}"]`)?.focus();
		});
		input[0].focus();
	}

	skip(card, area) {
		const next = this.after(area);
		this.skipped.add(card.question);
		const at = next?.dataset.at;
		this.draw();
		if (at) this.body[0].querySelector(`[data-at="${CSS.escape(at)}"]`)?.focus();
	}

	after(area) {
		const areas = [...this.body[0].querySelectorAll(".sf-q textarea")];
		return areas[areas.indexOf(area) + 1];
	}

	// Keys ------------------------------------------------------------------------------------------------

	on_key(event) {
		if (composing(event)) return;
		if (event.altKey && event.code === "KeyN") {
			event.preventDefault();
			event.stopPropagation();
			this.need_from(event.target);
		} else if (event.key === "Enter" && !event.shiftKey && this.card_of.has(event.target)) {
			event.preventDefault();
			event.stopPropagation();
			const next = this.after(event.target);
			if (next) {
				next.focus();
				next.scrollIntoView({ block: "nearest" });
			} else this.needs.add_empty();
		}
	}

	// P3: a need with its evidence: what was asked, who said it, when.
	need_from(area) {
		const card = this.card_of.get(area);
		if (!card) return this.needs.add_empty();
		const marked = area.value.slice(area.selectionStart, area.selectionEnd).trim();
		const text = marked || area.value.trim();
		const doc = this.frm.doc;
		this.needs.add({
			need: text,
			evidence: card.question,
			said_by: doc.contact_name || "",
			said_on: (doc.talked_on || frappe.datetime.now_date()).slice(0, 10),
		});
	}

	focus_need(index, field) {
		return this.show_tab() && this.needs.focus(index, field);
	}

	focus_new_need() {
		return this.show_tab() && this.needs.add_empty();
	}

	show_tab() {
		this.frm.scroll_to_field("talk_html");
		const tab = this.frm.get_field("talk_html").tab;
		if (tab) tab.set_active();
		return true;
	}

	// The form's own saving -------------------------------------------------------------------------------

	settle() {
		return this.book.settle();
	}

	saved_with_form() {
		this.docname = this.frm.docname;
		this.book.saved_with_form();
		// At once: the next key is typed into the rows that the server has named.
		this.draw();
	}

	// What is saved and what is not ------------------------------------------------------------------------

	tell(state, details = {}) {
		if (!this.body) return;
		if (this.book && !this.book.here) return;
		this.state = state;
		this.details = details;
		const box = this.body.find(".sf-talk-state");
		const clock = () => moment(frappe.datetime.now_datetime()).format("HH:mm");
		const said = {
			ready: "",
			frozen: __("This version was sent; it is not changed any more."),
			typing: __("Not saved yet…"),
			saving: __("Saving…"),
			saved: this.saved_at && __("Saved {0}", [this.saved_at]),
			restored: __("Text that had not been saved was put back."),
			merged: __("{0} has changed the record; both changes are kept.", [details.by]),
			kept: __("Choose the document first. Until then your text is kept on this computer."),
			failed: __("Not saved. Your text is kept on this computer; it is tried again."),
			conflict: __("Not saved: {0} has written into the same place.", [details.by]),
		};
		if (state === "saved") {
			this.saved_at = details.told ? this.saved_at : clock();
			said.saved = __("Saved {0}", [this.saved_at]);
			if (details.missing && !details.told) this.after_save(details);
			this.details = { told: true };
		}
		if (state === "failed" && details.refused) {
			said.failed = `${__("Not saved. Your text is kept on this computer.")} ${frappe.utils.html2text?.(details.message) || ""}`;
		}
		box.text(said[state] || "").toggleClass("sf-bad", ["failed", "conflict", "kept"].includes(state));
		this.note(state, details);
	}

	note(state, details) {
		const note = this.body.find(".sf-talk-note").empty();
		if (state === "failed" && details.refused) {
			note.append($(`<div class="alert alert-warning"></div>`).html(frappe.dom.remove_script_and_style(details.message || "")));
		}
		if (state !== "conflict") return;
		const box = $(`<div class="alert alert-warning"><p>${__("{0} has written here meanwhile:", [esc(details.by)])}</p></div>`);
		for (const { table, key, text } of details.both) {
			const line = $(`<p class="sf-theirs"></p>`).text(text || __("(empty)"));
			$(`<button type="button" class="btn btn-xs btn-default"></button>`)
				.text(__("Take theirs"))
				.on("click", () => {
					const row = this.book.find(table, key);
					if (row) row[table === "answers" ? "answer" : "need"] = text;
					this.book.dirty[table].delete(key);
					line.remove();
					this.draw();
					if (!box.find(".sf-theirs").length) this.book.go_on();
				})
				.appendTo(line);
			box.append(line);
		}
		$(`<button type="button" class="btn btn-xs btn-primary"></button>`)
			.text(__("Keep mine"))
			.on("click", () => this.book.go_on())
			.appendTo(box);
		note.append(box);
	}

	// What follows on the form from what the server has written down.
	after_save(answer) {
		const frm = this.frm;
		frm.doc.__onload = { ...frm.doc.__onload, missing: answer.missing, hints: answer.hints };
		salesflow.needs_form.strip(frm);
		salesflow.needs_form.buttons(frm);
		frm.toolbar.set_indicator();
		this.needs.show_hints();
		for (const field of ["status", "summary_due_on"]) frm.refresh_field(field);
		for (const table of ["answers", "needs"]) {
			const grid = frm.get_field(table).grid;
			if (!grid.wrapper[0].contains(document.activeElement)) frm.refresh_field(table);
		}
	}
};
