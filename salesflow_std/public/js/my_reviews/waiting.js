// What waits for the user: opinions to give, reviews to open, proposals that came back (S2).
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

export class WaitingList {
	constructor(area) {
		this.area = area;
		this.words = salesflow.reviews;
	}

	// `waiting` as api.review.waiting tells it; `current` is the review that is open beside the list.
	render(waiting, current) {
		this.name = current;
		this.waiting = waiting;
		this.render_list();
	}

	render_list() {
		const { asked = [], clauses = [], requests = [], changes = [], decided = [] } = this.waiting;
		const section = (title, rows, html) =>
			rows.length
				? `<section><h3>${title} <span class="text-muted">${rows.length}</span></h3><ul>${rows.map(html).join("")}</ul></section>`
				: "";
		const parts = [
			section(__("Waits for My Opinion"), asked, (row) => this.asked_row(row)),
			section(__("Clauses to Review"), clauses, (row) => this.clause_row(row)),
			section(__("Asked to Be Opened"), requests, (row) => this.request_row(row)),
			section(__("Came Back"), changes, (row) => this.change_row(row)),
			asked.length || clauses.length || requests.length || changes.length ? "" : this.nothing(),
			this.name ? "" : section(__("Decided Lately"), decided, (row) => this.decided_row(row)),
		];
		this.area.html(parts.join(""));
	}

	nothing() {
		return `<div class="sf-nothing">
			${frappe.utils.icon("check", "lg")}
			<p><b>${__("Nothing waits for you.")}</b></p>
			<p class="text-muted">${__("When somebody asks for your opinion on a proposal, it is here, and you get an e-mail with the link.")}</p>
		</div>`;
	}

	head_of(row, route) {
		const current = row.review && row.review === this.name ? ' aria-current="true"' : "";
		return `<a class="sf-row-title" href="${route}"${current}>${esc(row.title)}</a>
			<span class="text-muted">${__("Version {0}", [row.version])}</span>`;
	}

	review_route(name) {
		return `/app/my-reviews/${encodeURIComponent(name)}`;
	}

	proposal_route(name) {
		return `/app/solution-proposal/${encodeURIComponent(name)}`;
	}

	amount(row) {
		const off = flt(row.discount_percent) ? ` · −${this.words.percent(row.discount_percent)}` : "";
		return `<span class="sf-amount">${this.words.money(row.grand_total, row.currency)}${off}</span>`;
	}

	asked_row(row) {
		const functions = (row.functions || []).map((name) => this.words.pill("gray", this.words.function_label(name))).join(" ");
		const instead = row.instead_of_name ? `<span>${__("for {0}", [esc(row.instead_of_name)])}</span>` : "";
		return `<li class="sf-wait" data-late="${row.overdue ? 1 : 0}" data-review="${esc(row.review)}">
			<div>${this.head_of(row, this.review_route(row.review))}</div>
			<div class="sf-wait-facts">${this.amount(row)} ${functions} ${instead}</div>
			<div class="sf-wait-facts">${this.words.due(row)}</div>
		</li>`;
	}

	// Clauses are reviewed on a form of their own.
	clause_row(row) {
		const differs = row.differs ? this.words.pill("orange", __("differs from the proposal")) : "";
		return `<li class="sf-wait" data-late="${row.overdue ? 1 : 0}">
			<div><a class="sf-row-title" href="/app/contract-review/${encodeURIComponent(row.review)}">${esc(row.title)}</a>
				<span class="text-muted">${esc(row.contract)}</span></div>
			<div class="sf-wait-facts">${differs} <span class="text-muted">${__("asked by {0}", [esc(row.asked_by_name)])}</span></div>
			<div class="sf-wait-facts">${this.words.due(row)}</div>
		</li>`;
	}

	request_row(row) {
		return `<li class="sf-wait">
			<div>${this.head_of(row, this.proposal_route(row.proposal))}</div>
			<div class="sf-wait-facts">${this.amount(row)}
				<span class="text-muted">${__("asked by {0} on {1}", [esc(row.requested_by_name), this.words.when(row.requested_on)])}</span></div>
			<button type="button" class="btn btn-default btn-sm" data-open-review="${esc(row.proposal)}">${__("Open Review")}</button>
		</li>`;
	}

	change_row(row) {
		return `<li class="sf-wait">
			<div>${this.head_of(row, this.proposal_route(row.proposal))}</div>
			<div class="sf-wait-facts">${this.words.status_pill(row.status)}
				<a href="${this.review_route(row.review)}">${__("See the opinions")}</a></div>
			${row.closing_reason ? `<div class="sf-because">${esc(row.closing_reason)}</div>` : ""}
		</li>`;
	}

	decided_row(row) {
		const said = this.words.pill(this.words.COLOURS[row.decision], this.words.decision(row.decision));
		return `<li class="sf-wait">
			<div>${this.head_of(row, this.review_route(row.review))}</div>
			<div class="sf-wait-facts">${said} <span class="text-muted">${this.words.when(row.decided_on)}</span> ${this.words.status_pill(row.status)}</div>
		</li>`;
	}
}
