// All of a customer's facts in one go (P5): true, changed or unknown, one after the other, saved whole or not at all.
const KEEPING = "salesflow_std.api.keeping";

frappe.pages["confirm-facts"].on_page_load = (wrapper) => {
	wrapper.sf_page = new ConfirmFacts(wrapper);
};
frappe.pages["confirm-facts"].on_page_show = (wrapper) => wrapper.sf_page.show();

class ConfirmFacts {
	constructor(wrapper) {
		this.wrapper = $(wrapper);
		this.page = frappe.ui.make_app_page({ parent: wrapper, title: __("Confirm Facts"), single_column: true });
		this.body = $(`<div class="sf-facts"></div>`).appendTo(this.page.main);
		this.bind();
	}

	// Coming and going ------------------------------------------------------------------------------------

	show() {
		const [, doctype, name] = frappe.get_route();
		if (!doctype || !name) return this.ask_whose();
		const same = this.doctype === doctype && this.name === name;
		// What somebody is in the middle of answering stays.
		if (same && this.answered()) return;
		Object.assign(this, { doctype, name });
		this.load();
	}

	load() {
		const asked = (this.asked = (this.asked || 0) + 1);
		const { doctype, name } = this;
		return frappe.xcall(`${KEEPING}.facts`, { doctype, name }).then((sheet) => {
			if (asked !== this.asked) return;
			this.sheet = sheet;
			this.facts = sheet.groups.flatMap((group) => group.facts);
			this.answers = {};
			this.errors = {};
			this.render();
		});
	}

	ask_whose() {
		this.sheet = null;
		this.page.clear_actions();
		this.body.html(`<p class="text-muted">${__("Open this page from a customer, a prospect or a lead.")}</p>`);
	}

	answered() {
		return Boolean(this.sheet && Object.keys(this.answers).length);
	}

	// The sheet -------------------------------------------------------------------------------------------

	render() {
		const { sheet } = this;
		const esc = frappe.utils.escape_html;
		this.page.set_title(__("Confirm Facts"));
		const link = `/app/${frappe.router.slug(sheet.doctype)}/${encodeURIComponent(sheet.name)}`;
		const groups = sheet.groups.map((group) => this.group(group)).join("");
		this.body.html(`
			<div class="sf-facts-head">
				<h2><a href="${link}">${esc(sheet.title)}</a></h2>
				<div class="text-muted">${this.story()}</div>
			</div>
			${groups}
			<div class="sf-facts-foot">
				<span class="sf-facts-count" role="status" aria-live="polite"></span>
				<span class="sf-facts-buttons"></span>
			</div>
			<p class="sf-facts-keys text-muted">${this.keys()}</p>`);
		this.page.clear_actions();
		if (sheet.may_write) this.render_buttons();
		else this.body.find(".sf-facts-count").text(__("You may look at these facts, not change them."));
		this.facts.forEach((fact) => this.render_fact(fact));
		this.body.find(".sf-fact-row").first().trigger("focus");
	}

	// When these facts were looked at last, and when they are due.
	story() {
		const state = this.sheet.state;
		const day = (time) => frappe.datetime.str_to_user(time, false, true);
		const told = [];
		if (state.reviewed_on) told.push(__("Reviewed on {0}", [day(state.reviewed_on)]));
		if (state.confirmed_on) {
			const name = frappe.utils.escape_html(state.confirmed_with || "");
			told.push(__("Confirmed on {0} with {1}", [day(state.confirmed_on), name]));
		}
		if (!told.length) told.push(__("Not reviewed yet"));
		if (state.confirm_due) told.push(__("confirmation due {0}", [day(state.confirm_due)]));
		return told.join(" · ");
	}

	keys() {
		const key = (text) => `<kbd>${text}</kbd>`;
		return __("{0} true and on · {1} change · {2} unknown · {3} finish", [
			key("Enter"),
			key("E"),
			key("U"),
			key("Ctrl+Enter"),
		]);
	}

	group(group) {
		const esc = frappe.utils.escape_html;
		let of = null;
		const rows = group.facts.map((fact) => {
			const title =
				fact.of && fact.of !== of ? `<h4><span>${esc(fact.of)}</span>${this.left_button(fact)}</h4>` : "";
			of = fact.of;
			return `${title}<div class="sf-fact-row" role="group" tabindex="0" data-key="${esc(fact.key)}"
				aria-label="${esc(fact.label)}"></div>`;
		});
		return `<section data-group="${group.key}"><h3>${esc(group.label)}</h3>${rows.join("")}</section>`;
	}

	// Who left is marked and replaced from here.
	left_button(fact) {
		const [kind, name] = fact.key.split(":");
		if (!fact.editable || !["contact", "chain"].includes(kind)) return "";
		return `<button type="button" class="btn btn-xs btn-default" data-left="${kind}"
			data-name="${frappe.utils.escape_html(fact.key.slice(kind.length + 1, fact.key.lastIndexOf(":")))}">${__(
			"Left the Company…"
		)}</button>`;
	}

	row(key) {
		return this.body.find(".sf-fact-row").filter((_i, row) => row.dataset.key === key);
	}

	render_fact(fact) {
		const esc = frappe.utils.escape_html;
		const answer = this.answers[fact.key];
		const state = answer?.state || "";
		const error = this.errors[fact.key];
		const value = state === "changed" ? this.shown(fact, answer.value) : fact.shown;
		const button = (name, label, on) =>
			`<button type="button" tabindex="-1" class="btn btn-xs btn-default" data-state="${name}" aria-pressed="${
				state === name
			}" ${on ? "" : "disabled"}>${label}</button>`;
		const may = this.sheet.may_write;
		const old = state === "changed" && fact.shown ? `<s class="text-muted">${esc(fact.shown)}</s> ` : "";
		const shown = value ? esc(value) : `<span class="text-muted">${__("not known")}</span>`;
		const row = this.row(fact.key).attr("data-answer", state).toggleClass("sf-wrong", Boolean(error));
		row.html(`
			<span class="sf-fact-label">${esc(fact.label)}</span>
			<span class="sf-fact-value">${old}${
			fact.route && !fact.editable ? `<a tabindex="-1" href="${esc(fact.route)}">${shown}</a>` : shown
		}</span>
			<span class="sf-fact-states" role="group">
				${may ? button("true", __("True", null, "Salesflow"), fact.shown) : ""}
				${may && fact.editable ? button("changed", __("Change", null, "Salesflow"), true) : ""}
				${may ? button("unknown", __("Unknown", null, "Salesflow"), true) : ""}
			</span>
			${error ? `<span class="sf-fact-error text-danger">${esc(error)}</span>` : ""}`);
		this.count();
	}

	shown(fact, value) {
		if (fact.fieldtype === "Check") return cint(value) ? __("Yes", null, "Salesflow") : __("No", null, "Salesflow");
		if (fact.fieldtype === "Select") return fact.options.find((o) => o.value === value)?.label || value || "";
		if (fact.fieldtype === "Date") return value ? frappe.datetime.str_to_user(value) : "";
		if (fact.fieldtype === "Tags") return (value || []).map((tag) => __(tag)).join(", ");
		if (["Currency", "Float", "Int"].includes(fact.fieldtype)) return value ? format_number(flt(value), null, 2) : "";
		return value || "";
	}

	count() {
		if (!this.sheet.may_write) return;
		const open = this.facts.filter((fact) => !this.answers[fact.key]).length;
		const text = open ? __("{0} of {1} facts without an answer", [open, this.facts.length]) : __("All answered");
		this.body.find(".sf-facts-count").text(text);
	}

	render_buttons() {
		const foot = this.body.find(".sf-facts-buttons");
		const button = (label, run, primary) =>
			$(`<button type="button" class="btn btn-sm ${primary ? "btn-primary" : "btn-default"}"></button>`)
				.text(label)
				.on("click", run)
				.appendTo(foot);
		button(__("All True"), () => this.all_true()).addClass("sf-all-true");
		button(__("Reviewed", null, "Salesflow"), () => this.save()).addClass("sf-reviewed");
		button(__("Confirmed with the Customer"), () => this.ask_with_whom(), true).addClass("sf-confirmed");
	}

	// Answering -------------------------------------------------------------------------------------------

	bind() {
		this.body.on("click", "[data-state]", (event) => {
			const row = $(event.currentTarget).closest(".sf-fact-row");
			this.answer(row[0].dataset.key, event.currentTarget.dataset.state);
		});
		this.body.on("click", "[data-left]", (event) => this.left(event.currentTarget.dataset));
		this.wrapper.on("keydown", (event) => this.on_key(event));
	}

	on_key(event) {
		if (!this.sheet?.may_write || $(".modal.show").length) return;
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
			event.preventDefault();
			this.close_editor();
			return this.finish();
		}
		const row = $(event.target);
		// Only on a fact itself: in a field the keys are the field's.
		if (!row.is(".sf-fact-row") || event.ctrlKey || event.metaKey || event.altKey) return;
		const act = { Enter: "true", e: "changed", E: "changed", u: "unknown", U: "unknown" }[event.key];
		if (!act) return;
		event.preventDefault();
		this.answer(row[0].dataset.key, act);
	}

	answer(key, state) {
		const fact = this.facts.find((one) => one.key === key);
		if (!this.sheet.may_write || (state === "changed" && !fact.editable)) return;
		this.close_editor(key);
		delete this.errors[key];
		if (state === "changed") return this.edit(fact);
		this.answers[key] = { state: this.honest(fact, state), was: fact.value };
		this.render_fact(fact);
		this.next(key);
	}

	// What is not known cannot be true.
	honest(fact, state) {
		return state === "true" && !fact.shown ? "unknown" : state;
	}

	next(key) {
		const rows = this.body.find(".sf-fact-row");
		const following = rows.get(rows.index(this.row(key)) + 1);
		if (following) following.focus();
		else this.body.find(".sf-facts-buttons button").first().trigger("focus");
	}

	all_true() {
		this.close_editor();
		for (const fact of this.facts) {
			if (this.answers[fact.key]) continue;
			this.answers[fact.key] = { state: this.honest(fact, "true"), was: fact.value };
			this.render_fact(fact);
		}
		this.body.find(".sf-confirmed").trigger("focus");
	}

	// The value's own control in place of the value; Enter takes it, Escape leaves it as it was.
	edit(fact) {
		const row = this.row(fact.key);
		const place = row.find(".sf-fact-value").empty();
		const current = this.answers[fact.key]?.state === "changed" ? this.answers[fact.key].value : fact.value;
		const tags = fact.fieldtype === "Tags";
		const of_company = fact.fieldtype === "Link" && fact.options === "Contact";
		const control = frappe.ui.form.make_control({
			parent: place,
			df: {
				fieldname: "value",
				label: fact.label,
				fieldtype: tags ? "MultiSelectList" : fact.fieldtype,
				options: fact.options,
				only_select: 1,
				filter_description: of_company ? this.still_there() : undefined,
				get_data: tags ? (text) => frappe.db.get_link_options("Customer Tag", text) : undefined,
				get_query: of_company ? () => this.people() : undefined,
			},
			only_input: true,
			render_input: true,
		});
		control.set_value(tags ? [...(current || [])] : current ?? "");
		this.editor = { fact, control };
		place.on("keydown", (event) => {
			// A list that is open takes the Enter itself.
			const open = ".awesomplete ul:not([hidden]) [aria-selected=true], .dropdown-menu.show";
			const list = place.find(open).length;
			if (event.key === "Escape") {
				event.stopPropagation();
				this.drop_editor();
				this.render_fact(fact);
				row.trigger("focus");
			} else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !list) {
				event.preventDefault();
				event.stopPropagation();
				this.close_editor();
				this.next(fact.key);
			}
		});
		const begin = () =>
			tags ? control.$wrapper.find(".form-control").first().trigger("click") : control.$input?.trigger("focus");
		setTimeout(begin, 50);
	}

	people() {
		const { doctype, name } = this;
		return { query: `${KEEPING}.people`, filters: { doctype, name } };
	}

	still_there() {
		return __("Contacts who are still there");
	}

	// The calendar of a date hangs on the page, not on its control.
	drop_editor() {
		this.editor?.control.datepicker?.destroy();
		this.editor = null;
	}

	close_editor() {
		if (!this.editor) return;
		const { fact, control } = this.editor;
		let value = fact.fieldtype === "Tags" ? [...(control.values || [])] : control.get_input_value();
		if (["Date", "Currency", "Float", "Int"].includes(fact.fieldtype)) value = control.parse(value);
		if (fact.fieldtype === "Check") value = cint(value);
		this.drop_editor();
		const same = JSON.stringify(value || "") === JSON.stringify(fact.value || "");
		this.answers[fact.key] = same
			? { state: this.honest(fact, "true"), was: fact.value }
			: { state: "changed", was: fact.value, value };
		this.render_fact(fact);
	}

	left({ left, name }) {
		const again = () => this.load();
		const title = this.facts.find((fact) => fact.key.startsWith(`${left}:${name}:`)).of;
		const opts =
			left === "contact"
				? { contact: name, title, on_done: again }
				: { customer_profile: this.sheet.profile, row: name, title, on_done: again };
		frappe.require("salesflow_std.bundle.js", () => salesflow.contact_left(opts));
	}

	// Finishing -------------------------------------------------------------------------------------------

	// By the keyboard: what is due. The quarterly confirmation includes the monthly review.
	finish() {
		const due = this.sheet.state.confirm_due;
		return due && due <= frappe.datetime.get_today() ? this.ask_with_whom() : this.save();
	}

	complete() {
		this.close_editor();
		const open = this.facts.find((fact) => !this.answers[fact.key]);
		if (!open) return true;
		frappe.show_alert({
			message: __("Some facts have no answer yet. Press All True, or say what has changed or is unknown."),
			indicator: "orange",
		});
		this.row(open.key).trigger("focus");
		return false;
	}

	ask_with_whom() {
		if (!this.complete()) return;
		const dialog = new frappe.ui.Dialog({
			title: __("Confirmed with the Customer"),
			fields: [
				{
					fieldname: "contact",
					fieldtype: "Link",
					options: "Contact",
					label: __("With", null, "Salesflow"),
					only_select: 1,
					filter_description: this.still_there(),
					get_query: () => this.people(),
				},
				{
					fieldname: "with",
					fieldtype: "Data",
					label: __("Or by name"),
					depends_on: "eval:!doc.contact",
					mandatory_depends_on: "eval:!doc.contact",
				},
				{
					fieldname: "channel",
					fieldtype: "Select",
					label: __("Channel", null, "Follow Up"),
					options: this.sheet.channels,
					default: this.sheet.channels[0].value,
					reqd: 1,
				},
				{
					fieldname: "on",
					fieldtype: "Date",
					label: __("On", null, "Salesflow"),
					default: frappe.datetime.get_today(),
					max_date: new Date(),
					reqd: 1,
				},
			],
			primary_action_label: __("Save"),
			primary_action: (values) => this.save(values).then((saved) => dialog.hide() && saved),
		});
		dialog.show();
	}

	save(confirmed) {
		if (!this.complete()) return Promise.resolve(false);
		const { doctype, name, answers } = this;
		return new Promise((done) =>
			frappe.call({
				method: `${KEEPING}.save`,
				args: { doctype, name, answers, confirmed },
				freeze: true,
				callback: ({ message }) => {
					frappe.show_alert({ message: this.saved(message, confirmed), indicator: "green" });
					done(true);
					this.load();
				},
				error: (answer) => {
					this.errors = answer?.fact_errors || {};
					this.facts.forEach((fact) => this.render_fact(fact));
					const first = this.facts.find((fact) => this.errors[fact.key]);
					if (first) this.row(first.key)[0].scrollIntoView({ block: "center" });
					done(false);
				},
			})
		);
	}

	saved({ changed }, confirmed) {
		const said = confirmed ? __("Confirmed with the customer.") : __("Reviewed.");
		return changed ? `${said} ${__("{0} facts changed.", [changed])}` : said;
	}
}
