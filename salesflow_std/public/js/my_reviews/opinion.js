// My opinion on a review: three scores, a decision, a reason, a comment beside every row (S2).
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

export class Opinion {
	// `area` holds the sheet; `on_done(message)` is told once the opinion is noted.
	constructor(area, data, on_done) {
		Object.assign(this, { area, data, on_done });
		this.words = salesflow.reviews;
		this.draft = this.kept() || this.given();
		this.off = ".sf_opinion";
		this.bind();
	}

	close() {
		this.area.off(this.off);
	}

	html() {
		const labels = this.data.opinions.filter((seat) => seat.mine).map((seat) => seat.function_label);
		const functions = ` <span class="text-muted">${esc([...new Set(labels)].join(", "))}</span>`;
		const scale = (name) => `<div class="sf-scale" role="radiogroup" aria-label="${this.words.criterion(name)}" data-criterion="${name}">
			<span class="sf-scale-label">${this.words.criterion(name)}</span>
			<span class="sf-scale-buttons">${[1, 2, 3, 4, 5]
				.map((n) => `<button type="button" role="radio" aria-checked="false" tabindex="-1" data-score="${n}">${n}</button>`)
				.join("")}</span>
			<span class="sf-amiss" role="alert"></span>
		</div>`;
		const button = (decision, style) =>
			`<button type="button" class="btn ${style}" data-decide="${decision}">${this.words.decision(decision)}</button>`;
		return `<section class="sf-opinion" aria-label="${__("My Opinion")}">
			<button type="button" class="sf-fold" aria-expanded="false"><b>${__("My Opinion")}</b>${functions}</button>
			<div class="sf-opinion-body">
				<div class="sf-scales">${["feasibility", "price", "compliance"].map(scale).join("")}
					<span class="text-muted sf-scale-words">${__("1 = not at all, 5 = fully")}</span></div>
				<div class="sf-words">
					<textarea class="form-control" rows="2" data-reason placeholder="${__("Reason; needed to ask for a change or to reject")}"
						aria-label="${__("Reason", null, "Salesflow")}"></textarea>
					<span class="sf-amiss" role="alert"></span>
				</div>
			</div>
			<div class="sf-refusal" role="alert"></div>
			<div class="sf-decide">${button("Approve", "btn-primary")}${button("Change", "btn-default")}${button("Reject", "btn-default sf-reject")}</div>
		</section>`;
	}

	bind() {
		const on = (event, selector, run) => this.area.on(event + this.off, selector, run);
		on("click", ".sf-fold", () => this.unfold());
		on("click", "[data-score]", (event) => {
			const button = $(event.currentTarget);
			this.score(button.closest("[data-criterion]").data("criterion"), cint(button.data("score")));
		});
		on("keydown", "[data-score]", (event) => this.on_scale_key(event));
		on("click", "[data-decide]", (event) => this.decide(event.currentTarget.dataset.decide));
		on("input", "[data-comment], [data-reason]", (event) => {
			this.grow(event.currentTarget);
			this.keep();
		});
	}

	unfold(open) {
		const panel = this.area.find(".sf-opinion");
		const now = open ?? !panel.hasClass("sf-unfolded");
		panel.toggleClass("sf-unfolded", now).find(".sf-fold").attr("aria-expanded", now);
	}

	score(criterion, points) {
		this.draft[criterion] = points;
		this.mark_scores();
		this.wrong(criterion, "");
		this.keep();
	}

	// As radio buttons behave: arrows choose, a digit chooses, Tab goes to the next scale.
	on_scale_key(event) {
		const scale = $(event.currentTarget).closest("[data-criterion]");
		const criterion = scale.data("criterion");
		const now = cint($(event.currentTarget).data("score"));
		const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
		const digit = /^[1-5]$/.test(event.key) ? cint(event.key) : 0;
		if (!step && !digit) return;
		event.preventDefault();
		const points = digit || Math.min(5, Math.max(1, now + step));
		this.score(criterion, points);
		scale.find(`[data-score=${points}]`).trigger("focus");
	}

	mark_scores() {
		for (const name of this.words.CRITERIA) {
			const points = this.draft[name];
			this.area.find(`[data-criterion=${name}] [data-score]`).each((_i, button) => {
				const chosen = cint(button.dataset.score) === points;
				button.setAttribute("aria-checked", chosen);
				button.tabIndex = chosen || (!points && button.dataset.score === "1") ? 0 : -1;
			});
		}
	}

	grow(box) {
		box.style.height = "auto";
		box.style.height = `${box.scrollHeight + 2}px`;
	}

	// What is written survives a failed call, a lost session and a closed window.

	draft_key() {
		const { review } = this.data;
		return `sf-review:${frappe.session.user}:${review.name}:${review.round || 1}`;
	}

	kept() {
		try {
			return JSON.parse(localStorage.getItem(this.draft_key()));
		} catch {
			return null;
		}
	}

	given() {
		const { mine, comments, review } = this.data;
		const own = comments.filter((row) => row.mine && (row.round ?? review.round) === review.round);
		return {
			...Object.fromEntries(this.words.CRITERIA.map((name) => [name, cint(mine?.[name]) || 0])),
			reason: mine?.reason || "",
			comments: Object.fromEntries(own.map((row) => [`${row.about}:${row.row_key || ""}`, row.comment])),
		};
	}

	show() {
		this.mark_scores();
		this.area.find("[data-reason]").val(this.draft.reason || "");
		this.area.find("[data-comment]").each((_i, box) => {
			box.value = this.draft.comments?.[box.dataset.comment] || "";
			if (box.value) this.grow(box);
		});
	}

	written() {
		return Boolean(this.kept());
	}

	keep() {
		this.draft.reason = this.area.find("[data-reason]").val();
		this.draft.comments = {};
		this.area.find("[data-comment]").each((_i, box) => {
			if (box.value.trim()) this.draft.comments[box.dataset.comment] = box.value;
		});
		try {
			localStorage.setItem(this.draft_key(), JSON.stringify(this.draft));
		} catch {
			// No room, or not allowed: the page itself still holds it.
		}
	}

	wrong(where, text) {
		const place = where === "reason" ? ".sf-words .sf-amiss" : `[data-criterion=${where}] .sf-amiss`;
		this.area.find(place).text(text);
	}

	// What is missing for that decision, shown where it is missing; the first of it takes the focus.
	complete(decision) {
		const missing = this.words.CRITERIA.filter((name) => !this.draft[name]);
		for (const name of this.words.CRITERIA) {
			this.wrong(name, missing.includes(name) ? __("Choose 1 to 5.") : "");
		}
		const reason = decision === "Approve" || this.area.find("[data-reason]").val().trim();
		this.wrong("reason", reason ? "" : __("Say why; it goes to whoever wrote the proposal."));
		if (!missing.length && reason) return true;
		this.unfold(true);
		const first = missing.length ? `[data-criterion=${missing[0]}] [tabindex="0"]` : "[data-reason]";
		this.area.find(first).trigger("focus");
		return false;
	}

	decide(decision) {
		if (this.sending || !this.complete(decision)) return;
		this.keep();
		this.sending = true;
		const key = this.draft_key();
		const buttons = this.area.find("[data-decide]").prop("disabled", true);
		const refusal = this.area.find(".sf-refusal").empty();
		const { name: review, round } = this.data.review;
		const { feasibility, price, compliance, reason } = this.draft;
		const comments = Object.entries(this.draft.comments).map(([name, comment]) => {
			const [about, ...row_key] = name.split(":");
			return { about, row_key: row_key.join(":"), comment };
		});
		return this.words
			.ask("decide", { review, round, decision, feasibility, price, compliance, reason, comments })
			.then(
				({ status }) => {
					localStorage.removeItem(key);
					this.on_done(this.thanks(decision, status));
				},
				(words) => {
					refusal.html(words);
					buttons.prop("disabled", false);
				}
			)
			.finally(() => (this.sending = false));
	}

	thanks(decision, status) {
		const said = __("Your opinion is noted: {0}.", [this.words.decision(decision)]);
		return status === "Open" ? said : `${said} ${__("The review is closed: {0}.", [this.words.status(status)])}`;
	}
}
