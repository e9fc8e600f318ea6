// My Day: what a rep has to do now, the riskiest first. One click opens a document, two finish a touch with its
// outcome and show the next. The order and the counts come from api/my_day.py.
frappe.provide("salesflow");

frappe.pages["my-day"].on_page_load = (wrapper) => {
	wrapper.my_day = new salesflow.MyDay(wrapper);
};

frappe.pages["my-day"].on_page_show = (wrapper) => wrapper.my_day.show();

salesflow.MyDay = class MyDay {
	constructor(wrapper) {
		this.wrapper = $(wrapper);
		this.page = frappe.ui.make_app_page({
			parent: wrapper,
			title: __("My Day"),
			single_column: true,
		});
		this.only = null;
		this.body = $(`<div class="sf-my-day">
			<div class="sf-day-head"></div>
			<div class="sf-day-pills" role="group" aria-label="${__("Show only")}"></div>
			<div class="sf-day-lists"></div>
			<div class="sf-day-sections"></div>
			<div class="sf-day-foot"></div>
			<div class="sr-only" role="status" aria-live="polite"></div>
		</div>`).appendTo(this.page.main);
		this.part = (name) => this.body.children(`.sf-day-${name}`);
		this.page.set_secondary_action(__("Refresh", null, "Salesflow"), () => this.refresh(), "refresh");
		this.bind();
		this.explain_keys();
	}

	// Coming and going ------------------------------------------------------------------------------------

	show() {
		const user = frappe.get_route()[1] || null;
		if (user !== this.asked_user) {
			this.asked_user = user;
			this.data = null;
			this.only = null;
			this.open = null;
			this.part("lists").empty();
		}
		this.refresh();
		clearInterval(this.ticking);
		clearInterval(this.polling);
		this.ticking = setInterval(() => this.visible() && this.tick(), 30 * 1000);
		this.polling = setInterval(() => this.visible() && !this.busy() && this.refresh(), 60 * 1000);
	}

	visible() {
		return !document.hidden && this.wrapper.is(":visible");
	}

	// Nothing is taken away from under somebody who is about to finish a touch.
	busy() {
		return Boolean(this.open) || $(".modal.show").length > 0;
	}

	// Answers may overtake one another; only the newest counts.
	refresh() {
		const asked = (this.asked = (this.asked || 0) + 1);
		return frappe.xcall("salesflow_std.api.my_day.get", { user: this.asked_user }).then((data) => {
			if (asked !== this.asked || this.open) return;
			this.take(data);
			this.render();
		});
	}

	take(data) {
		this.data = data;
		this.taken = Date.now();
		const touches = data.items.map((item) => ({ ...item, key: item.name }));
		const stale = data.stale.flatMap((part) =>
			part.rows.map((row) => ({
				key: `${part.doctype} ${row.name}`,
				group: "stale",
				kind: "Stale Grade",
				doctype: part.doctype,
				docname: row.name,
				title: row.title || row.name,
				grade: row.grade,
				due_on: row.review_due,
				automatic: (frappe.boot.salesflow?.automatic || []).includes(row.scoring_model),
			}))
		);
		// What was finished a moment ago still says so, and nothing else.
		this.items = [...touches, ...stale].filter((item) => !this.finished?.has(item.key));
	}

	// Managers land on their team; a day of its own they open from there.
	shows_team() {
		return Boolean(this.data.reps && !this.asked_user && this.data.reps.length);
	}

	render() {
		this.render_head();
		const team = this.shows_team();
		this.part("pills").toggle(!team);
		this.part("foot").toggle(!team);
		this.render_sections();
		if (team) return this.render_team();
		this.render_pills();
		this.render_lists();
		this.render_foot();
		this.tick();
	}

	// Times -----------------------------------------------------------------------------------------------

	// The site's clock, whatever the clock of this machine says.
	now() {
		return moment(this.data.now).add(Date.now() - this.taken, "milliseconds");
	}

	minutes_to(time) {
		return Math.floor(moment(time).diff(this.now(), "seconds") / 60);
	}

	span(minutes) {
		const away = Math.abs(minutes);
		const hours = Math.round(away / 60);
		const days = Math.round(away / 1440);
		if (away < 60) return away === 1 ? __("1 minute") : __("{0} minutes", [away]);
		if (away < 48 * 60) return hours === 1 ? __("1 hour") : __("{0} hours", [hours]);
		return __("{0} days", [days]);
	}

	in_words(date, options) {
		return new Intl.DateTimeFormat((frappe.boot.lang || "en").replace("_", "-"), options).format(date);
	}

	local(time) {
		return moment(frappe.datetime.convert_to_user_tz(moment(time).format("YYYY-MM-DD HH:mm:ss")));
	}

	// "14:00", "Tue 14:00", "24-11-2026 14:00"
	when(time) {
		const local = this.local(time);
		const today = this.local(this.now());
		const days = local.clone().startOf("day").diff(today.startOf("day"), "days");
		const hour = local.format("HH:mm");
		if (days === 0) return hour;
		if (Math.abs(days) < 7) return `${this.in_words(local.toDate(), { weekday: "short" })} ${hour}`;
		return `${this.date(local)} ${hour}`;
	}

	date(local) {
		return local.format(frappe.datetime.get_user_date_fmt().toUpperCase());
	}

	// "Tue, Nov 24", as the user's language writes it
	day(time) {
		return this.in_words(this.local(time).toDate(), { weekday: "short", month: "short", day: "numeric" });
	}

	// Why a row is here -------------------------------------------------------------------------------------

	reason(item) {
		const minutes = this.minutes_to(item.due_on);
		const late = minutes < 0;
		const span = this.span(minutes);
		const when = this.when(item.due_on);
		const tone = late ? "red" : item.group === "today" ? "orange" : "blue";
		switch (item.kind) {
			case "First Touch":
				if (late) return ["red", __("First touch overdue by {0}", [span])];
				return [minutes < 8 * 60 ? "orange" : "blue", __("First touch within {0}", [span])];
			case "Reply": {
				if (!item.since) return [tone, __("Reply to answer by {0}", [when])];
				const since = this.when(item.since);
				if (late) return ["red", __("Reply since {0}, not answered", [since])];
				return [tone, __("Reply since {0}, answer within {1}", [since, span])];
			}
			case "Promise":
				return [tone, late ? __("Promised for {0}, not kept", [when]) : __("Promised for {0}", [when])];
			case "Meeting":
				return [tone, late ? __("Meeting was at {0}", [when]) : __("Meeting at {0}", [when])];
			case "Stale Grade":
				return ["yellow", item.due_on ? __("Review due since {0}", [this.day(item.due_on)]) : __("Review due")];
		}
		return [tone, late ? __("Overdue by {0}", [span]) : __("Due by {0}", [when])];
	}

	tick() {
		if (!this.data || this.shows_team()) return;
		for (const item of this.items) {
			const pill = this.row(item.key).find(".sf-reason-pill");
			if (!pill.length) continue;
			const [tone, text] = this.reason(item);
			if (pill.text() === text) continue;
			pill.attr("class", `indicator-pill no-indicator-dot sf-reason-pill ${tone}`).text(text);
			this.row(item.key).attr("data-tone", tone);
			this.row(item.key).attr("aria-label", this.name_of(item));
		}
	}

	// Head, pills, foot -------------------------------------------------------------------------------------

	render_head() {
		const esc = frappe.utils.escape_html;
		const data = this.data;
		const today = this.in_words(this.local(this.now()).toDate(), {
			weekday: "long",
			month: "long",
			day: "numeric",
		});
		const own = data.user === frappe.session.user;
		const team = this.shows_team();
		const counts = data.counts;
		let line;
		if (team) line = __("{0} reps", [data.reps.length]);
		else if (!counts.total) line = __("Nothing is waiting");
		else line = counts.total === 1 ? __("1 touch waits") : __("{0} touches wait", [counts.total]);
		if (!team && !own) line = `${data.user_name} · ${line}`;
		this.part("head").html(
			`<div><h2>${esc(today)}</h2><div class="text-muted">${esc(line)}</div></div>`
		);
		this.page.set_title(own || team ? __("My Day") : __("{0}'s Day", [data.user_name]));
		if (!data.reps || !data.reps.length) return;
		const pick = $(`<select class="form-control input-sm sf-rep" aria-label="${__("Whose day")}"></select>`);
		const option = (value, label) => $("<option>").val(value).text(label).appendTo(pick);
		option("", __("My team"));
		option(frappe.session.user, __("My own day"));
		for (const rep of data.reps) {
			if (rep.user !== frappe.session.user) option(rep.user, rep.user_name);
		}
		pick.val(team ? "" : data.user).appendTo(this.part("head"));
	}

	pills() {
		const counts = this.data.counts;
		return [
			["overdue", __("Overdue", null, "Salesflow"), counts.overdue, "red"],
			["today", __("Due today"), counts.today, "orange"],
			["first_touches", __("First touches"), counts.first_touches, "blue"],
			["replies", __("Replies", null, "Salesflow"), counts.replies, "purple"],
			["promises", __("Promises"), counts.promises, "green"],
			["stale", __("Grades to review"), counts.stale, "yellow"],
		];
	}

	render_pills() {
		const focused = this.part("pills").find(":focus").data("only");
		const buttons = this.pills().map(
			([only, label, count, tone]) =>
				`<button type="button" class="btn sf-pill" data-only="${only}" data-tone="${count ? tone : ""}"
					aria-pressed="${this.only === only}"><b>${count}</b> ${label}</button>`
		);
		this.part("pills").html(buttons.join(""));
		if (focused) this.part("pills").find(`[data-only=${focused}]`).trigger("focus");
	}

	wanted(item) {
		switch (this.only) {
			case "overdue":
			case "today":
			case "stale":
				return item.group === this.only;
			case "first_touches":
				return item.kind === "First Touch";
			case "replies":
				return item.kind === "Reply";
			case "promises":
				return item.kind === "Promise" || item.kind === "Meeting";
		}
		return true;
	}

	render_foot() {
		const days = this.data.next_due.filter((day) => day.count);
		const key = (label) => `<kbd>${label}</kbd>`;
		const keys = `<span class="sf-keys text-muted">
			${key("↑")} ${key("↓")} ${__("move", null, "Salesflow")}
			${key("↵")} ${__("open", null, "Salesflow")}
			${key("D")} ${__("done", null, "Salesflow")}
			<button type="button" class="btn btn-xs btn-link sf-help">${key("?")} ${__("all keys")}</button></span>`;
		const next = days.map((day) => `<span class="sf-next-day">${this.day(`${day.date} 12:00:00`)} <b>${day.count}</b></span>`);
		const coming = next.length
			? `<div class="sf-next-days"><span class="text-muted">${__("Coming up")}</span>${next.join("")}</div>`
			: "";
		this.part("foot").html(coming + keys);
	}

	// The rows ----------------------------------------------------------------------------------------------

	row(key) {
		return this.part("lists").find(".sf-touch").filter((_, row) => row.dataset.key === key);
	}

	item(row) {
		return this.items.find((item) => item.key === $(row).attr("data-key"));
	}

	groups() {
		const counts = this.data.counts;
		return [
			["overdue", __("Overdue", null, "Salesflow"), counts.overdue],
			["today", __("Due today"), counts.today],
			["soon", __("Countdowns"), counts.soon],
			["stale", __("Grades to review"), counts.stale],
		];
	}

	// Rows that stay are left where they are, so that neither focus nor scrolling is lost.
	render_lists() {
		const lists = this.part("lists");
		const items = this.items.filter((item) => this.wanted(item));
		lists.children(".sf-empty, .sf-team, .sf-more").remove();
		for (const [group, label, total] of this.groups()) {
			const of_group = items.filter((item) => item.group === group);
			let section = lists.children(`[data-group=${group}]`);
			if (!section.length) {
				section = $(`<section data-group="${group}"><h3></h3><ul role="list"></ul><p class="sf-more"></p></section>`);
				section.find("ul").attr("aria-label", label);
				lists.append(section);
			}
			section.find("h3").html(`${label} <span class="text-muted">${of_group.length ? total : ""}</span>`);
			section.find(".sf-more").html(this.only && group !== "stale" ? "" : this.more(group, of_group.length, total));
			this.render_rows(section.find("ul")[0], of_group);
			section.toggle(section.find("ul").children().length > 0);
		}
		if (this.only && this.only !== "stale") {
			// Those of one kind stand in several groups.
			const more = this.more(this.only, items.length, this.data.counts[this.only]);
			if (more) $(`<p class="sf-more"></p>`).text(more).appendTo(lists);
		}
		if (!lists.find(".sf-touch").length) lists.append(this.empty());
		this.rove();
	}

	render_rows(list, items) {
		const keys = new Set(items.map((item) => item.key));
		for (const row of [...list.children]) {
			if (!keys.has(row.dataset.key) && !row.classList.contains("sf-finished")) row.remove();
		}
		const rows = new Map([...list.children].map((row) => [row.dataset.key, row]));
		let place = list.firstElementChild;
		const skip = () => {
			while (place?.classList.contains("sf-finished")) place = place.nextElementSibling;
		};
		for (const item of items) {
			skip();
			const told = JSON.stringify(item);
			let row = rows.get(item.key);
			if (row && row.dataset.told !== told) {
				const focused = row === document.activeElement;
				const fresh = this.make_row(item, told);
				row.replaceWith(fresh);
				if (place === row) place = fresh;
				row = fresh;
				if (focused) row.focus();
			}
			row = row || this.make_row(item, told);
			if (row === place) place = place.nextElementSibling;
			else list.insertBefore(row, place);
		}
	}

	make_row(item, told) {
		const [tone] = this.reason(item);
		const row = $(`<li class="sf-touch" role="listitem" tabindex="-1"></li>`);
		row.attr({ "data-key": item.key, "data-tone": tone, "data-told": told, "data-kind": item.kind });
		row.attr("aria-label", this.name_of(item)).html(this.row_html(item));
		return row[0];
	}

	name_of(item) {
		return [item.title || this.hidden_title(), item.grade, this.reason(item)[1]].filter(Boolean).join(", ");
	}

	hidden_title() {
		return __("A document you may not see");
	}

	row_html(item) {
		const esc = frappe.utils.escape_html;
		const [tone, why] = this.reason(item);
		const title = item.docname
			? `<a class="sf-open" href="${frappe.utils.get_form_link(item.doctype, item.docname)}">${esc(item.title)}</a>`
			: `<span class="text-muted">${frappe.utils.icon("lock", "xs")} ${this.hidden_title()}</span>`;
		const about = [];
		if (item.contact && item.contact !== item.title) about.push(esc(item.contact));
		if (item.doctype !== "Lead") about.push(this.doctype_label(item.doctype));
		const facts = this.facts(item).map((fact) => `<span>${fact}</span>`);
		return `<div class="sf-touch-grade">${this.grade(item)}</div>
			<div class="sf-touch-main">
				<div class="sf-touch-title">${title}<span class="text-muted">${about.join(" · ")}</span></div>
				<div class="sf-touch-facts">
					<span class="indicator-pill no-indicator-dot sf-reason-pill ${tone}">${esc(why)}</span>
					${facts.join("")}
				</div>
			</div>
			<div class="sf-touch-actions">${this.actions(item).join("")}</div>
			<div class="sf-panel" hidden></div>`;
	}

	grade(item) {
		if (!item.grade) return `<span class="text-muted" aria-hidden="true">–</span>`;
		const colour = frappe.boot.salesflow?.colours?.[item.doctype]?.[item.grade] || "gray";
		const stale = item.stale ? " ?" : "";
		const title = item.stale ? __("Review due") : __("Grade {0}", [frappe.utils.escape_html(item.grade)]);
		return `<span class="indicator-pill no-indicator-dot ${colour} sf-grade" title="${title}">${
			frappe.utils.escape_html(item.grade) + stale
		}</span>`;
	}

	facts(item) {
		const esc = frappe.utils.escape_html;
		const facts = [];
		if (item.channel) {
			const icons = {
				"E-mail": "mail",
				Phone: "call",
				Visit: "map",
				"Online Meeting": "users",
				Message: "message-1",
			};
			facts.push(`${frappe.utils.icon(icons[item.channel] || "comment", "xs")} ${this.word(item.channel)}`);
		}
		if (item.goal) facts.push(esc(item.goal));
		if (item.reply) facts.push(`<i>${esc(frappe.ellipsis(item.reply, 60))}</i>`);
		if (item.value_kind) facts.push(`${frappe.utils.icon("tag", "xs")} ${this.word(item.value_kind)}`);
		if (item.phone) {
			facts.push(`<a href="${this.dial(item.phone)}">${esc(item.phone)}</a>`);
		}
		if (item.missed > 1) {
			facts.push(`<b class="text-danger">${__("{0} missed in a row", [item.missed])}</b>`);
		} else if (item.missed) {
			facts.push(`<b class="text-danger">${__("the last one was missed")}</b>`);
		}
		if (item.stands_in_for) facts.push(__("for {0}, who is away", [esc(item.stands_in_for)]));
		return facts;
	}

	dial(phone) {
		return `tel:${phone.replace(/[^\d+]/g, "")}`;
	}

	// A word of a follow-up, as its form says it.
	word(value) {
		return frappe.utils.escape_html(this.plain_word(value));
	}

	plain_word(value) {
		return __(value, null, "Follow Up");
	}

	doctype_label(doctype) {
		return frappe.utils.escape_html(__(doctype));
	}

	actions(item) {
		if (!item.docname) return [];
		const about = frappe.utils.escape_html(item.title);
		const button = (action, label, style) =>
			`<button type="button" class="btn btn-sm ${style}" data-action="${action}" tabindex="-1"
				aria-label="${label}: ${about}">${label}</button>`;
		const score = item.doctype === "Lead" || item.doctype === "Customer" || !item.automatic;
		if (item.kind === "Stale Grade") {
			if (item.automatic) return [button("open", __("Open", null, "Salesflow"), "btn-default")];
			return [
				button("score", __("Score", null, "Salesflow"), "btn-default"),
				button("review", __("Still True"), "btn-default"),
			];
		}
		if (item.kind === "New Score" && score) {
			return [
				button("score", __("Score", null, "Salesflow"), "btn-default"),
				button("review", __("Still True"), "btn-default"),
			];
		}
		const buttons = [];
		if (item.channel === "Phone" && item.phone) {
			const label = __("Call", null, "Salesflow");
			buttons.push(
				`<a class="btn btn-sm btn-default" href="${this.dial(item.phone)}" tabindex="-1"
					aria-label="${label}: ${about}">${label}</a>`
			);
		}
		if (item.channel === "E-mail" || item.kind === "Reply") {
			buttons.push(button("write", __("Write", null, "Salesflow"), "btn-default"));
		}
		buttons.push(button("finish", __("Done", null, "Salesflow"), "btn-default sf-done"));
		return buttons;
	}

	more(group, shown, total) {
		if (group === "stale" && shown) {
			const links = this.data.stale
				.filter((part) => part.total > part.rows.length)
				.map((part) => {
					const query = `${part.owner_field}=${encodeURIComponent(this.data.user)}&sf_grade_stale=1`;
					const list = `/app/${frappe.router.slug(part.doctype)}/view/list?${query}`;
					return `<a href="${list}">${__("All {0}", [part.total])}: ${this.doctype_label(part.doctype)}</a>`;
				});
			return links.join(" · ");
		}
		if (!shown || shown >= total) return "";
		return __("The {0} most at risk of {1}. More come up as you finish these.", [shown, total]);
	}

	// What waits beside the touches: each row leads to where it is done.
	render_sections() {
		const esc = frappe.utils.escape_html;
		const row = (item) => {
			const why = `<span class="indicator-pill no-indicator-dot ${item.tone}">${esc(item.why)}</span>`;
			return `<li><a href="${esc(item.route)}">${esc(item.title)}</a> ${why}
				<span class="text-muted">${esc(item.detail || "")}</span></li>`;
		};
		const sections = (this.only ? [] : this.data.sections).map((section) => {
			const more = section.total > section.rows.length && section.all;
			return `<section data-section="${section.key}">
				<h3>${esc(section.label)} <span class="text-muted">${section.total}</span></h3>
				<ul>${section.rows.map(row).join("")}</ul>
				${more ? `<p class="sf-more"><a href="${esc(section.all)}">${__("All {0}", [section.total])}</a></p>` : ""}
			</section>`;
		});
		this.part("sections").html(sections.join(""));
	}

	empty() {
		const text = this.only
			? __("Nothing of that kind.")
			: __("All done. Nobody is waiting for you today.");
		const icon = frappe.utils.icon(this.only ? "filter" : "tick", "lg");
		return `<div class="sf-empty text-muted">${icon}<div>${text}</div></div>`;
	}

	// The team ------------------------------------------------------------------------------------------------

	render_team() {
		const esc = frappe.utils.escape_html;
		const columns = [
			["late_first_touches", __("Late first touches"), "red"],
			["late_replies", __("Late replies"), "red"],
			["overdue", __("Overdue", null, "Salesflow"), "red"],
			["today", __("Due today"), "orange"],
			["soon", __("Next 7 days"), ""],
		];
		const head = columns.map(([, label]) => `<th scope="col">${label}</th>`).join("");
		const rows = this.data.reps.map((rep) => {
			const cells = columns.map(
				([key, label, tone]) =>
					`<td data-label="${label}"><span class="sf-number" data-tone="${rep[key] ? tone : ""}">${
						rep[key] || "·"
					}</span></td>`
			);
			const name = rep.user === frappe.session.user ? __("My own day") : rep.user_name;
			const avatar = frappe.avatar(rep.user, "avatar-small");
			return `<tr><th scope="row"><a href="/app/my-day/${encodeURIComponent(rep.user)}" data-user="${esc(
				rep.user
			)}">${avatar}<span>${esc(name)}</span></a></th>${cells.join("")}</tr>`;
		});
		this.part("lists").html(
			`<table class="sf-team"><thead><tr><th scope="col">${__("Rep")}</th>${head}</tr></thead>
				<tbody>${rows.join("")}</tbody></table>`
		);
	}

	// Clicks --------------------------------------------------------------------------------------------------

	bind() {
		const lists = this.part("lists");
		this.part("pills").on("click", ".sf-pill", (e) => {
			const only = $(e.currentTarget).data("only");
			this.only = this.only === only ? null : only;
			this.close();
			this.render_pills();
			this.render_lists();
		});
		this.part("head").on("change", ".sf-rep", (e) => {
			const user = $(e.currentTarget).val();
			user ? frappe.set_route("my-day", user) : frappe.set_route("my-day");
		});
		this.part("foot").on("click", ".sf-help", () => frappe.ui.keys.show_keyboard_shortcut_dialog());
		lists.on("click", ".sf-team tbody tr", (e) => {
			if ($(e.target).closest("a").length) return;
			frappe.set_route("my-day", $(e.currentTarget).find("a").data("user"));
		});
		lists.on("click", "[data-action]", (e) => this.act($(e.currentTarget).data("action"), e.currentTarget));
		lists.on("focusin", ".sf-touch", (e) => this.rove($(e.currentTarget)));
		lists.on("click", "[data-outcome]", (e) => this.choose($(e.currentTarget)));
		lists.on("click", "[data-what]", (e) => this.not_interested($(e.currentTarget)));
		lists.on("click", "[data-next]", (e) => this.finish({ next_on: $(e.currentTarget).data("next") }));
		lists.on("click", ".sf-save", () => this.save());
		lists.on("click", ".sf-reassign", () => this.reassign());
		lists.on("keydown", ".sf-panel input", (e) => {
			if (e.key !== "Enter" || e.isComposing || $(e.target).closest("[data-fieldtype=Link]").length) return;
			e.preventDefault();
			if (this.open?.outcome) this.save();
		});
		$(document).on("keydown", (e) => this.on_key(e));
	}

	act(action, element) {
		const row = $(element).closest(".sf-touch");
		const item = this.item(row);
		if (!item || !item.docname) return;
		switch (action) {
			case "open":
				return this.open_document(item);
			case "finish":
				return this.open?.key === item.key ? this.close(true) : this.open_panel(item);
			case "write":
				return this.write(item);
			case "review":
				return this.review(item, row);
			case "score":
				return this.score(item);
		}
	}

	open_document(item) {
		if (item.docname) frappe.set_route("Form", item.doctype, item.docname);
	}

	// The form's own score dialog, as soon as the form is there.
	score(item) {
		$(document).one("form-refresh.sf_my_day", (_, frm) => {
			if (frm.doctype !== item.doctype || frm.docname !== item.docname) return;
			const form = salesflow.graded_form;
			if (form?.may_score(frm)) form.score(frm);
		});
		this.open_document(item);
	}

	review(item, row) {
		const buttons = row.find("button").prop("disabled", true);
		return frappe
			.xcall("salesflow_std.api.scoring.review", { doctype: item.doctype, name: item.docname })
			.then(() => this.settle(item, __("Reviewed: the grade holds.")))
			.catch(() => buttons.prop("disabled", false));
	}

	// Finishing a touch -----------------------------------------------------------------------------------------

	// A number is the same on every row, so that fingers learn it. Whether a customer is lost is not said by one touch.
	outcomes(item) {
		const outcomes = [
			"Reached",
			"Sent",
			"No Answer",
			"Call Later",
			"Meeting Agreed",
			"Meeting Held",
			"Wrong Contact",
		];
		return item.doctype === "Customer" ? outcomes : [...outcomes, "Not Interested"];
	}

	likely(item) {
		if (item.kind === "Meeting" || item.channel === "Visit" || item.channel === "Online Meeting") {
			return "Meeting Held";
		}
		return item.channel === "E-mail" || item.channel === "Message" ? "Sent" : "Reached";
	}

	open_panel(item) {
		this.close();
		this.open = { key: item.key, item, outcome: null };
		const row = this.row(item.key).addClass("sf-expanded");
		const likely = this.likely(item);
		const outcomes = this.outcomes(item).map(
			(outcome, i) =>
				`<button type="button" class="btn btn-sm ${outcome === likely ? "btn-primary" : "btn-default"}"
					data-outcome="${outcome}" aria-pressed="false"><kbd aria-hidden="true">${i + 1}</kbd>${this.word(
					outcome
				)}</button>`
		);
		const channels = ["E-mail", "Phone", "Visit", "Online Meeting", "Message"].map(
			(channel) =>
				`<option value="${channel}" ${channel === item.channel ? "selected" : ""}>${this.word(channel)}</option>`
		);
		row.find(".sf-panel")
			.html(
				`<div class="sf-outcomes" role="group" aria-label="${__("What came of it?")}">${outcomes.join("")}</div>
				<div class="sf-ask" hidden></div>
				<div class="sf-details">
					<label><span>${__("Note", null, "Salesflow")}</span>
						<input type="text" class="form-control input-sm" name="note" maxlength="1000"
							placeholder="${__("What was said (optional)")}"></label>
					<label><span>${__("By", null, "Salesflow")}</span>
						<select class="form-control input-sm" name="channel">
							${item.channel ? "" : '<option value=""></option>'}${channels.join("")}</select></label>
					<label class="sf-next-on"><span>${__("Agreed next date")}</span>
						<input type="datetime-local" class="form-control input-sm" name="next_on"></label>
					<label class="sf-item" hidden><span>${__("Value item")}</span>
						<select class="form-control input-sm" name="value_content"></select></label>
				</div>
				${
					this.data.reps
						? `<button type="button" class="btn btn-xs btn-link sf-reassign">${__("Give to somebody else")}</button>`
						: ""
				}`
			)
			.prop("hidden", false);
		row.find("[data-action=finish]").attr("aria-expanded", "true");
		row.find(`[data-outcome="${likely}"]`).trigger("focus");
		row.find(".sf-panel")[0].scrollIntoView({ block: "nearest" });
		if (item.value_kind) this.offer_items(item, row);
		if (item.doctype === "Opportunity") this.ask_for_pool(item, row);
	}

	// Only a lead goes back to the nurture pool; an opportunity has one or has none.
	ask_for_pool(item, row) {
		frappe.db.get_value("Opportunity", item.docname, "opportunity_from").then(({ message }) => {
			if (this.open?.key !== item.key || !message?.opportunity_from) return;
			if (message.opportunity_from === "Lead") return;
			this.open.no_pool = true;
			const offered = row.find('[data-what="Nurture Pool"]');
			if (offered.is(":focus")) row.find("[data-what=Lost]").trigger("focus");
			offered.remove();
		});
	}

	// Which value item the touch brought, so that nobody gets it twice.
	offer_items(item, row) {
		this.suggestions(item).then(({ items }) => {
			if (this.open?.key !== item.key || !items.length) return;
			const pick = row.find("[name=value_content]").empty();
			$("<option>").val("").text(__("No value item")).appendTo(pick);
			for (const offer of items) $("<option>").val(offer.name).text(offer.name).appendTo(pick);
			row.find(".sf-item").prop("hidden", false);
		});
	}

	suggestions(item) {
		return frappe.xcall("salesflow_std.api.my_day.suggest", { follow_up: item.name });
	}

	close(back_to_row) {
		if (!this.open) return;
		const row = this.row(this.open.key).removeClass("sf-expanded");
		row.find(".sf-panel").prop("hidden", true).empty();
		row.find("[data-action=finish]").removeAttr("aria-expanded");
		this.open = null;
		if (back_to_row) row.trigger("focus");
	}

	choose(button) {
		if (!this.open || this.open.saving) return;
		const outcome = button.attr("data-outcome");
		this.open.outcome = outcome;
		const row = this.row(this.open.key);
		const agreed = row.find("[name=next_on]").val();
		row.find("[data-outcome]").attr("aria-pressed", "false").removeClass("btn-primary").addClass("btn-default");
		button.attr("aria-pressed", "true").removeClass("btn-default").addClass("btn-primary");
		row.find(".sf-next-on").prop("hidden", ["Call Later", "Meeting Agreed"].includes(outcome) && !agreed);
		const asks = {
			"Call Later": () => !agreed && this.ask_when(__("When shall we call?")),
			"Meeting Agreed": () => !agreed && this.ask_when(__("When is the meeting?")),
			"Wrong Contact": () => this.ask_who(),
			"Not Interested": () => this.ask_what_now(),
		};
		if (!asks[outcome] || !asks[outcome]()) return this.finish();
	}

	// Shows what an outcome still needs to know; always true.
	ask(html) {
		const box = this.row(this.open.key).find(".sf-ask");
		box.html(html).prop("hidden", false);
		box.find("button, input").first().trigger("focus");
		box[0].scrollIntoView({ block: "nearest" });
		return true;
	}

	save_button() {
		return `<button type="button" class="btn btn-sm btn-primary sf-save">${__("Save", null, "Salesflow")}</button>`;
	}

	ask_when(question) {
		const morning = this.local(this.now()).startOf("day").add(9, "hours");
		const later = this.open.outcome === "Call Later" ? [1, 2, 3, 7] : [];
		const quick = later.map((days) => {
			const time = morning.clone().add(days, "days");
			const label = `${this.in_words(time.toDate(), { weekday: "short" })} ${time.format("HH:mm")}`;
			return `<button type="button" class="btn btn-sm btn-default" data-next="${this.to_site(
				time
			)}" title="${this.date(time)}">${days === 7 ? __("In a week") : label}</button>`;
		});
		const least = this.local(this.now()).format("YYYY-MM-DDTHH:mm");
		return this.ask(
			`<span class="sf-question">${question}</span>${quick.join("")}
			<input type="datetime-local" class="form-control input-sm" name="asked_next_on" min="${least}"
				aria-label="${question}">${this.save_button()}`
		);
	}

	ask_who() {
		const field = (name, type, label) =>
			`<input type="${type}" class="form-control input-sm" name="${name}" placeholder="${label}" aria-label="${label}">`;
		return this.ask(
			`<span class="sf-question">${__("Who is the right one? Leave open what you do not know.")}</span>
			${field("right_name", "text", __("Name", null, "Salesflow"))}
			${field("right_email", "email", __("E-mail"))}
			${field("right_phone", "tel", __("Phone", null, "Follow Up"))}
			${this.save_button()}`
		);
	}

	ask_what_now() {
		const button = (what) =>
			`<button type="button" class="btn btn-sm btn-default" data-what="${what}">${this.word(what)}</button>`;
		const pool = this.open.no_pool ? "" : button("Nurture Pool");
		return this.ask(
			`<span class="sf-question">${__("What now?")}</span>${pool}${button("Lost")}
			<div class="sf-lost" hidden></div>`
		);
	}

	not_interested(button) {
		this.open.what_now = button.attr("data-what");
		if (this.open.what_now !== "Lost") return this.finish({ what_now: this.open.what_now });
		const box = this.row(this.open.key).find(".sf-lost").empty().prop("hidden", false);
		this.open.lost_reason = frappe.ui.form.make_control({
			parent: box,
			df: {
				fieldtype: "Link",
				options: "Opportunity Lost Reason",
				fieldname: "lost_reason",
				placeholder: __("Lost Reason", null, "Follow Up"),
				only_select: false,
			},
			render_input: true,
		});
		this.open.lost_to = this.open.item.doctype === "Opportunity" ? this.ask_lost_to(box) : null;
		box.append(this.save_button());
		box.find("input").first().attr("aria-label", __("Lost Reason", null, "Follow Up")).trigger("focus");
	}

	// A deal is lost to a competitor, or to nobody; a lead is not asked.
	ask_lost_to(box) {
		const make = (df) => frappe.ui.form.make_control({ parent: box, df, render_input: true });
		const competitor = make({
			fieldtype: "Link",
			options: "Competitor",
			fieldname: "competitor",
			placeholder: __("Lost To", null, "Follow Up"),
		});
		competitor.$input.attr("aria-label", __("Lost To", null, "Follow Up"));
		const nobody = make({ fieldtype: "Check", fieldname: "no_competitor", label: __("No Competitor Involved") });
		return { competitor, nobody };
	}

	// From the little form of an outcome.
	save() {
		if (!this.open) return;
		const row = this.row(this.open.key);
		const value = (name) => (row.find(`[name=${name}]`).val() || "").trim() || null;
		const missing = (name) => row.find(name).first().trigger("focus");
		switch (this.open.outcome) {
			case "Call Later":
			case "Meeting Agreed": {
				const agreed = value("asked_next_on") || value("next_on");
				if (!agreed) return missing("[name=asked_next_on]");
				return this.finish({ next_on: this.to_site(moment(agreed)) });
			}
			case "Wrong Contact":
				return this.finish({
					right_name: value("right_name"),
					right_email: value("right_email"),
					right_phone: value("right_phone"),
				});
			case "Not Interested": {
				if (!this.open.what_now) return missing("[data-what]");
				const lost_reason = this.open.lost_reason?.get_value();
				if (this.open.what_now === "Lost" && !lost_reason) return missing(".sf-lost input");
				const { competitor, nobody } = this.open.lost_to || {};
				return this.finish({
					what_now: this.open.what_now,
					lost_reason,
					competitor: competitor?.get_value() || null,
					no_competitor: nobody?.get_value() ? 1 : 0,
				});
			}
		}
		return this.finish();
	}

	to_site(local) {
		return frappe.datetime.convert_to_system_tz(local.format("YYYY-MM-DD HH:mm:ss"));
	}

	finish(more = {}) {
		if (!this.open || this.open.saving) return;
		const { item, outcome } = this.open;
		const row = this.row(item.key);
		const value = (name) => (row.find(`[name=${name}]`).val() || "").trim() || null;
		const agreed = value("next_on");
		this.open.saving = true;
		const controls = row.find("button, input, select").prop("disabled", true);
		return frappe
			.xcall("salesflow_std.api.follow_up.complete", {
				name: item.name,
				outcome,
				channel: value("channel"),
				note: value("note"),
				next_on: agreed ? this.to_site(moment(agreed)) : null,
				value_content: value("value_content"),
				...more,
			})
			.then((result) => this.settle(item, this.told(outcome, result.next)))
			.catch(() => {
				if (this.open?.key !== item.key) return;
				this.open.saving = false;
				controls.prop("disabled", false);
				row.find(`[data-outcome="${outcome}"]`).trigger("focus");
			});
	}

	// "Reached. Next: Tue 24-11-2026 · E-mail · Send the offer"
	told(outcome, next) {
		const done = this.plain_word(outcome);
		if (!next) return __("{0}. Nothing more is planned.", [done]);
		const parts = [this.day(next.due_on)];
		if (["Promise", "Meeting"].includes(next.kind)) parts[0] += ` ${this.local(next.due_on).format("HH:mm")}`;
		if (next.channel) parts.push(this.plain_word(next.channel));
		if (next.goal) parts.push(next.goal);
		return __("{0}. Next: {1}", [done, parts.join(" · ")]);
	}

	// The row says what came of it and goes; the one below it has the focus.
	settle(item, text) {
		const esc = frappe.utils.escape_html;
		const row = this.row(item.key);
		const rows = this.rows();
		const at = rows.index(row);
		const following = rows.get(at + 1) || rows.get(at - 1);
		if (this.open?.key === item.key) this.open = null;
		this.finished = this.finished || new Set();
		this.finished.add(item.key);
		this.items = this.items.filter((other) => other.key !== item.key);
		row.addClass("sf-finished").removeClass("sf-expanded").attr("tabindex", "-1").removeAttr("data-tone");
		row.html(
			`${frappe.utils.icon("tick", "sm")}<div><b>${esc(item.title)}</b> <span>${esc(text)}</span></div>`
		);
		this.body.children("[role=status]").text(`${item.title}: ${text}`);
		if (following) this.focus($(following));
		setTimeout(() => row.addClass("sf-going"), 7000);
		setTimeout(() => {
			row.remove();
			this.finished.delete(item.key);
			if (this.data && !this.shows_team() && !this.open) this.render_lists();
		}, 7600);
		return this.refresh();
	}

	reassign() {
		const { item } = this.open;
		frappe.prompt(
			{
				fieldtype: "Link",
				options: "User",
				fieldname: "user",
				label: __("Rep"),
				reqd: 1,
				get_query: () => ({ filters: { enabled: 1, user_type: "System User" } }),
			},
			({ user }) =>
				frappe
					.xcall("salesflow_std.api.follow_up.reassign", { name: item.name, user })
					.then(() => this.settle(item, __("Given to {0}.", [user]))),
			__("Give to somebody else"),
			__("Save", null, "Salesflow")
		);
	}

	// Writing an e-mail ---------------------------------------------------------------------------------------

	write(item) {
		return this.suggestions(item).then((found) => this.compose(item, found));
	}

	compose(item, found) {
		const esc = frappe.utils.escape_html;
		const reply = found.reply;
		const first = reply ? null : found.items[0];
		const subject = reply ? this.answer_to(reply.subject || "") : first?.subject || "";
		const composer = new (salesflow.touch_composer())({
			doc: { doctype: found.doctype, name: found.docname },
			title: __("Write to {0}", [esc(found.title)]),
			// Frappe reads the subject as HTML.
			subject: esc(subject),
			recipients: reply?.sender || found.recipient || "",
			message: first?.body || "",
			is_a_reply: Boolean(reply),
			last_email: reply || undefined,
			offer: first,
			success: ({ message }) => this.sent(item, message.name, composer.offer),
		});
		if (first?.file) composer.render_attachment_rows(first.file);
		if (found.items.length) this.item_picker(composer, found.items);
		return composer;
	}

	answer_to(subject) {
		return /^\s*(re|回复|答复)\s*[:：]/i.test(subject) ? subject : __("Re: {0}", [subject], "Salesflow");
	}

	item_picker(composer, offers) {
		const box = $(`<div class="sf-offer-pick"><label>${__("Value item")}
			<select class="form-control input-sm"></select></label></div>`);
		const pick = box.find("select");
		$("<option>").val("").text(__("No value item")).appendTo(pick);
		for (const offer of offers) {
			$("<option>").val(offer.name).text(`${this.plain_word(offer.kind)}: ${offer.name}`).appendTo(pick);
		}
		pick.val(composer.offer?.name || "").on("change", () =>
			composer.take_offer(offers.find(({ name }) => name === pick.val()) || null)
		);
		composer.dialog.$body.prepend(box);
	}

	// The server counts the mail by itself; the row shows what it made of it.
	async sent(item, mail, offer) {
		// A refusal is shown by Frappe; the mail is out all the same.
		if (offer) await this.note_item(item, mail, offer.name).catch(() => {});
		const state = await frappe.xcall("salesflow_std.api.my_day.after", { follow_up: item.name });
		if (state.status === "Done") return this.settle(item, this.told(state.outcome || "Sent", state.next));
		return this.refresh();
	}

	// The item is noted on the touch that the mail counted as, once it is out: that need not be the one it was
	// written from, which may have been closed meanwhile or wait for something else.
	async note_item(item, mail, value_content) {
		const counted = await frappe.xcall("frappe.client.get_list", {
			doctype: "Follow Up",
			filters: {
				reference_doctype: item.doctype,
				reference_name: item.docname,
				touch_doctype: "Communication",
				touch_name: mail,
			},
			order_by: "name",
		});
		const touch = counted.find(({ name }) => name === item.name) || counted[0];
		if (!touch) return;
		return frappe.xcall("frappe.client.set_value", {
			doctype: "Follow Up",
			name: touch.name,
			fieldname: "value_content",
			value: value_content,
		});
	}

	// Keys ------------------------------------------------------------------------------------------------------

	rows() {
		return this.part("lists").find(".sf-touch:not(.sf-finished)");
	}

	// One stop for the Tab key: the row that had the focus last, and its buttons.
	rove(row) {
		const rows = this.rows();
		let current = row || rows.filter("[tabindex=0]");
		if (!current.length) current = rows.first();
		rows.not(current).attr("tabindex", "-1").find("a, [data-action]").attr("tabindex", "-1");
		current.first().attr("tabindex", "0").find("a, [data-action]").attr("tabindex", "0");
	}

	focus(row) {
		if (!row.length) return;
		this.rove(row);
		row[0].focus({ preventScroll: true });
		row[0].scrollIntoView({ block: "nearest" });
	}

	explain_keys() {
		const explain = (shortcut, description) =>
			frappe.ui.keys.add_shortcut({ shortcut, description, page: this.page, action: () => false });
		explain("down", __("Next touch (also J)"));
		explain("up", __("Touch before (also K)"));
		explain("enter", __("Open the document"));
		explain("d", __("Finish the touch; then a digit for what came of it"));
		explain("w", __("Write an e-mail"));
		explain("escape", __("Close the outcomes"));
	}

	on_key(e) {
		if (!this.wrapper.is(":visible") || e.ctrlKey || e.altKey || e.metaKey || e.isComposing) return;
		if ($(".modal.show").length || $(e.target).closest(".modal, .navbar").length) return;
		if ($(e.target).closest(".awesomplete").find("ul:visible").length) return;
		if (e.key === "Escape" && this.open) {
			// Frappe's own handler would take the focus away.
			e.stopPropagation();
			e.preventDefault();
			return this.close(true);
		}
		if ($(e.target).is("input, select, textarea, [contenteditable=true]")) return;
		if (this.key(e)) e.preventDefault();
	}

	// Does what a key asks for; false for a key that is not ours.
	key(e) {
		const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
		if (/^[1-9]$/.test(key)) {
			const button = this.open && this.row(this.open.key).find("[data-outcome]").eq(key - 1);
			if (!button?.length) return false;
			button.trigger("focus").trigger("click");
			return true;
		}
		const rows = this.rows();
		if (!rows.length || e.shiftKey) return false;
		const current = rows.filter((_, row) => row.contains(document.activeElement));
		switch (key) {
			case "j":
			case "ArrowDown":
			case "k":
			case "ArrowUp": {
				const step = key === "j" || key === "ArrowDown" ? 1 : -1;
				const at = current.length ? rows.index(current) + step : rows.index(rows.filter("[tabindex=0]"));
				if (this.open) this.close();
				this.focus(rows.eq(Math.min(Math.max(at, 0), rows.length - 1)));
				return true;
			}
			case "Enter":
				if (!current.is(document.activeElement)) return false;
				this.open_document(this.item(current));
				return true;
			case "d":
			case "w": {
				const wanted = key === "d" ? "finish" : "write";
				const button = current.find(`[data-action=${wanted}]`);
				if (!button.length) return false;
				button.trigger("click");
				return true;
			}
		}
		return false;
	}
};

// Frappe's e-mail window for a touch. Made when it is needed: Frappe's own has to be there first.
salesflow.touch_composer = () => {
	salesflow.TouchComposer ??= class TouchComposer extends frappe.views.CommunicationComposer {
		// Frappe asks for the signature of the e-mail account, which a rep may not read, and stops at that.
		async get_signature(sender) {
			if (frappe.boot.user.email_signature || frappe.model.can_read("Email Account")) {
				return super.get_signature(sender);
			}
			return "";
		}

		async take_offer(offer) {
			this.offer = offer;
			if (offer) await this.dialog.set_value("subject", offer.subject);
			this.message = offer?.body || "";
			this.content_set = false;
			await this.set_content();
			this.dialog.$wrapper.find(".attach-list input:checked").prop("checked", false);
			if (offer?.file) this.render_attachment_rows(offer.file);
		}
	};
	return salesflow.TouchComposer;
};
