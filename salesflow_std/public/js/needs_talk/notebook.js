// What is typed is put into the form's rows at once, kept on this computer until the server has it, and sent after
// a pause. Nothing is lost by a failing network, by somebody else's change, or by leaving the page.
const API = "salesflow_std.api.needs_talk.note";
const PAUSE = 1200;
const RETRY = 8000;
export const ANSWER_FIELDS = ["kind", "question", "answer", "mood", "spin_question"];
export const NEED_FIELDS = [
	"need", "explicitness", "nature", "priority", "match_score", "vague", "concrete", "evidence", "said_by", "said_on", "item",
]; // prettier-ignore

const TABLES = { answers: ["Needs Answer", ANSWER_FIELDS], needs: ["Customer Need", NEED_FIELDS] };

export const row_name = () => {
	const signs = "abcdefghijklmnopqrstuvwxyz0123456789";
	return Array.from(crypto.getRandomValues(new Uint8Array(10)), (n) => signs[n % 36]).join("");
};

const pick = (row, fields) => Object.fromEntries(fields.map((field) => [field, row[field] ?? null]));
// An answer is known by its question, a need by its row.
export const key_of = (table, row) => (table === "answers" ? row.spin_question || row.question : row.name);

export class Notebook {
	constructor(frm, tell, redraw) {
		this.frm = frm;
		this.tell = tell; // (state, details) => shows it
		this.redraw = redraw; // after rows of somebody else have come in
		this.dirty = { answers: new Map(), needs: new Map() };
		this.removed = new Set();
		this.talked_on = null;
		this.base = { answers: new Map(), needs: new Map() };
		this.read();
	}

	// Drafts ----------------------------------------------------------------------------------------------

	get place() {
		const doc = this.frm.doc;
		const is_new = this.here && this.frm.is_new();
		const what = is_new ? `new:${doc.reference_doctype}:${doc.reference_name}` : this.name;
		return `sf_needs_draft:${frappe.session.user}:${what}`;
	}

	// The form may show another record by now.
	get here() {
		return this.frm.doc.name === this.name;
	}

	keep() {
		try {
			if (this.kept_at && (!this.waiting || this.kept_at !== this.place)) localStorage.removeItem(this.kept_at);
			if (!this.waiting) return;
			this.kept_at = this.place;
			localStorage.setItem(
				this.place,
				JSON.stringify({
					at: frappe.datetime.now_datetime(),
					answers: [...this.dirty.answers],
					needs: [...this.dirty.needs],
					removed: [...this.removed],
					base: { answers: [...this.base.answers], needs: [...this.base.needs] },
				})
			);
		} catch (e) {
			// Private windows have no such place; the text is in the form still.
		}
	}

	// Text that was left here unsent; true where there is some.
	restore() {
		let kept = null;
		try {
			kept = JSON.parse(localStorage.getItem(this.place));
		} catch (e) {
			return false;
		}
		this.kept_at = this.place;
		if (!kept || (!kept.answers.length && !kept.needs.length && !kept.removed.length)) return false;
		this.dirty = { answers: new Map(kept.answers), needs: new Map(kept.needs) };
		this.removed = new Set(kept.removed);
		this.overlay(new Map(kept.base.answers), new Map(kept.base.needs));
		this.tell("restored", { at: kept.at });
		this.later(0);
		return true;
	}

	// Rows ------------------------------------------------------------------------------------------------

	rows(table) {
		return this.frm.doc[table] || [];
	}

	find(table, key) {
		return this.rows(table).find((row) => key_of(table, row) === key);
	}

	add(table, values, name) {
		const { doc } = this.frm;
		const unsaved = doc.__unsaved;
		const row = frappe.model.add_child(doc, TABLES[table][0], table);
		// What is written by itself leaves the form as it was.
		doc.__unsaved = unsaved;
		Object.assign(row, values);
		// A name of our own: a request that is sent twice writes one row.
		this.rename(row, name || row_name());
		return row;
	}

	// The form's Save would give a row that it takes for new another name.
	on_server(row) {
		delete row.__islocal;
		delete row.__unsaved;
	}

	rename(row, name) {
		delete locals[row.doctype][row.name];
		row.name = name;
		locals[row.doctype][name] = row;
	}

	remove(row) {
		frappe.model.clear_doc(row.doctype, row.name);
		this.frm.doc.needs = this.rows("needs").filter((other) => other.name !== row.name);
		this.rows("needs").forEach((other, i) => (other.idx = i + 1));
		this.dirty.needs.delete(row.name);
		this.removed.add(row.name);
		this.changed();
	}

	// Something was typed into a row.
	touch(table, row) {
		this.dirty[table].set(key_of(table, row), { name: row.name, ...pick(row, TABLES[table][1]) });
		this.changed();
	}

	set_talked_on(time) {
		this.frm.doc.talked_on = time;
		this.talked_on = time;
		this.frm.refresh_field("talked_on");
		this.changed(0);
	}

	get waiting() {
		return Boolean(this.dirty.answers.size || this.dirty.needs.size || this.removed.size || this.talked_on);
	}

	changed(pause = PAUSE) {
		this.keep();
		this.tell("typing");
		this.later(pause);
	}

	// What the form has read from the server: against this a conflict is seen.
	read() {
		this.name = this.frm.doc.name;
		this.modified = this.frm.doc.modified;
		this.base_fields = { ...this.frm.doc };
		for (const [table, [, fields]] of Object.entries(TABLES)) {
			this.base[table] = new Map(
				this.rows(table).map((row) => [key_of(table, row), JSON.stringify(pick(row, fields))])
			);
		}
	}

	// Puts what is still unsent back over rows that were read anew. Returns what somebody else has changed too.
	overlay(answers_before = this.base.answers, needs_before = this.base.needs) {
		const before = { answers: answers_before, needs: needs_before };
		const theirs = [];
		for (const [table, [, fields]] of Object.entries(TABLES)) {
			for (const [key, mine] of this.dirty[table]) {
				let row = this.find(table, key);
				const now = row && JSON.stringify(pick(row, fields));
				const text = table === "answers" ? "answer" : "need";
				if (row && now !== before[table].get(key) && (row[text] || "") !== (mine[text] || "")) {
					theirs.push({ table, key, text: row[text] });
				}
				if (!row) row = this.add(table, {}, mine.name);
				Object.assign(row, pick(mine, fields));
				this.dirty[table].set(key, { ...mine, name: row.name });
			}
		}
		for (const name of this.removed) {
			this.frm.doc.needs = this.rows("needs").filter((row) => row.name !== name);
		}
		return theirs;
	}

	// The form has read its rows anew: what is unsent goes on top.
	take_up() {
		const { frm, base } = this;
		if (!this.waiting) return this.read();
		if (frm.doc.modified === this.modified) return this.overlay();
		this.read();
		const both = this.overlay(base.answers, base.needs);
		if (!both.length) return;
		this.stopped = true;
		this.tell("conflict", { by: frappe.user.full_name(frm.doc.modified_by), both });
	}

	// Sending ---------------------------------------------------------------------------------------------

	later(pause) {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.send(), pause);
	}

	send() {
		clearTimeout(this.timer);
		if (this.under_way || !this.waiting || this.stopped) return this.under_way || Promise.resolve();
		this.under_way = (this.here && this.frm.is_new() ? this.first_save() : this.write()).finally(() => {
			this.under_way = null;
			if (this.again) {
				this.again = false;
				this.later(PAUSE);
			}
		});
		return this.under_way;
	}

	// The first save makes the record; all that the form holds goes with it. Not frm.save: it takes the cursor away.
	async first_save() {
		const { frm } = this;
		const doc = frm.doc;
		if (!doc.reference_doctype || !doc.reference_name) return this.tell("kept");
		this.tell("saving");
		this.gather();
		let told;
		try {
			told = await request("frappe.desk.form.save.savedocs", { doc: JSON.stringify(doc), action: "Save" });
		} catch (why) {
			return this.failed(why);
		}
		if (frm.doc !== doc) return localStorage.removeItem(this.kept_at); // the user has gone on; it is saved
		const name = told.docs[0].name;
		// The form stays on the tab on which one is typing.
		(frm.active_tab_map = frm.active_tab_map || {})[name] = frm.get_active_tab();
		frappe.ui.form.remove_old_form_route?.();
		frappe.model.sync(told);
		frm.docname = name;
		frm.doc = frappe.get_doc(frm.doctype, name);
		frm.sf_talk.saved_with_form();
		frm.refresh();
	}

	async write() {
		const sent = {
			answers: new Map(this.dirty.answers),
			needs: new Map(this.dirty.needs),
			removed: new Set(this.removed),
			talked_on: this.talked_on,
		};
		const complete = [...sent.needs.values()].filter((row) => (row.need || "").trim());
		if (!sent.answers.size && !complete.length && !sent.removed.size && !sent.talked_on) {
			return this.tell("saved"); // a need without a word yet
		}
		this.tell("saving");
		let answer;
		try {
			({ message: answer } = await request(API, {
				record: this.name,
				modified: this.modified,
				answers: [...sent.answers.values()],
				needs_rows: complete,
				removed: [...sent.removed],
				talked_on: sent.talked_on,
			}));
		} catch (why) {
			return this.failed(why);
		}
		if (answer.conflict) return this.here && this.conflict(answer); // else the draft waits for the next visit
		this.done(sent, answer);
	}

	failed({ status, message }) {
		// No connection, or a server that is being restarted: try again by itself. A refusal waits for the user.
		const refused = status && status < 500 && status !== 429 && status !== 408;
		this.tell("failed", { message: refused ? message : "", refused });
		if (!refused) this.later(RETRY);
	}

	done(sent, answer) {
		for (const table of ["answers", "needs"]) {
			for (const [key, row] of sent[table]) {
				if (table === "needs" && !(row.need || "").trim()) continue;
				if (this.dirty[table].get(key) === row) this.dirty[table].delete(key);
				const own = this.here && this.find(table, key);
				if (own) this.on_server(own);
				this.base[table].set(key, JSON.stringify(pick(row, TABLES[table][1])));
			}
		}
		sent.removed.forEach((name) => this.removed.delete(name));
		if (this.talked_on === sent.talked_on) this.talked_on = null;
		this.modified = answer.modified;
		if (this.here) {
			const state = {
				modified: answer.modified,
				status: answer.status,
				summary_due_on: answer.summary_due_on,
			};
			if (sent.talked_on) state.talked_on = this.talked_on || answer.talked_on;
			Object.assign(this.frm.doc, state);
			Object.assign(this.base_fields, state);
		}
		this.keep();
		this.tell("saved", answer);
		if (this.waiting) this.again = true;
	}

	// Somebody else has saved meanwhile: their rows come in, ours stay on top and are sent again, unless both have
	// written into the same place; then the user decides.
	conflict(answer) {
		const before = { answers: this.base.answers, needs: this.base.needs };
		const doc = this.frm.doc;
		for (const [field, value] of Object.entries(answer.fields)) {
			// What the user has not touched since is theirs now.
			if ((doc[field] ?? null) === (this.base_fields[field] ?? null)) doc[field] = value;
		}
		doc.modified = answer.modified;
		for (const table of ["answers", "needs"]) {
			const mine = new Set(this.dirty[table].keys());
			const theirs = answer[table].map((row) => row.name);
			for (const row of answer[table]) {
				const own = this.find(table, key_of(table, row));
				this.on_server(own ? Object.assign(own, row) : this.add(table, row, row.name));
			}
			this.frm.doc[table] = this.rows(table).filter(
				(row) => theirs.includes(row.name) || mine.has(key_of(table, row))
			);
		}
		this.read();
		const both = this.overlay(before.answers, before.needs);
		Object.assign(this.base_fields, answer.fields);
		this.frm.refresh_fields();
		this.keep();
		this.redraw();
		if (both.length) {
			this.stopped = true;
			this.tell("conflict", { by: answer.by, both });
		} else {
			this.tell("merged", { by: answer.by });
			this.again = true;
		}
	}

	go_on() {
		this.stopped = false;
		this.send();
	}

	// The form's own Save takes everything along: it waits for what is under way and does not cross it.
	async settle() {
		clearTimeout(this.timer);
		if (this.under_way) await this.under_way;
		if (!this.frm.is_new() && this.waiting) await this.send();
		clearTimeout(this.timer);
		this.again = false;
		this.gather();
	}

	// Leaves empty lines out, and remembers what goes with the form.
	gather() {
		const doc = this.frm.doc;
		doc.needs = this.rows("needs").filter((row) => (row.need || "").trim());
		doc.answers = this.rows("answers").filter((row) => (row.question || "").trim());
		for (const table of ["needs", "answers"]) doc[table].forEach((row, i) => (row.idx = i + 1));
		this.order = doc.needs.map((row) => row.name);
		this.with_form = { answers: new Map(this.dirty.answers), needs: new Map(this.dirty.needs) };
	}

	saved_with_form() {
		for (const table of ["answers", "needs"]) {
			for (const [key, row] of this.with_form?.[table] || []) {
				if (this.dirty[table].get(key) === row) this.dirty[table].delete(key);
			}
		}
		// The server has given the rows of a new record their names; what was typed meanwhile follows.
		this.rows("needs").forEach((row, i) => {
			const old = this.order?.[i];
			if (old && old !== row.name && this.dirty.needs.has(old)) {
				this.dirty.needs.set(row.name, { ...this.dirty.needs.get(old), name: row.name });
				this.dirty.needs.delete(old);
			}
		});
		this.removed.clear();
		this.talked_on = null;
		this.stopped = false;
		this.read();
		this.overlay();
		this.keep();
		this.tell("saved");
		if (this.waiting) this.later(PAUSE);
	}
}

// Not frappe.call: its message boxes would interrupt whoever is typing.
async function request(method, args) {
	const response = await fetch(`/api/method/${method}`, {
		method: "POST",
		headers: {
			"Content-Type": "application/json",
			Accept: "application/json",
			"X-Frappe-CSRF-Token": frappe.csrf_token,
		},
		body: JSON.stringify(args),
	});
	const told = await response.json().catch(() => ({}));
	if (!response.ok) throw { status: response.status, message: server_words(told) };
	return told;
}

function server_words(told) {
	try {
		const messages = JSON.parse(told._server_messages || "[]").map((text) => JSON.parse(text).message);
		return messages.join(" ") || told.exception || "";
	} catch (e) {
		return "";
	}
}
