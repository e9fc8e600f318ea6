// What the page My Reviews and the forms of proposals and reviews share: calls, words, seats (S2).
frappe.provide("salesflow.reviews");

const API = "salesflow_std.api.review";
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

Object.assign(salesflow.reviews, {
	API,
	CRITERIA: ["feasibility", "price", "compliance"],

	// A call whose refusal is told where it belongs, not in a box over the page: rejects with the words as HTML.
	ask(method, args = {}) {
		return new Promise((done, refused) => {
			frappe.call({ method: `${API}.${method}`, args, silent: true }).then(
				({ message }) => done(message),
				(xhr) => refused(this.refusal(xhr))
			);
		});
	},

	refusal(xhr) {
		const told = xhr.responseJSON?._server_messages;
		const parts = (told ? JSON.parse(told) : []).map((text) => JSON.parse(text).message);
		if (parts.length) return parts.join("<br>");
		if (!xhr.status) return __("There is no connection. What you wrote is kept; try again in a moment.");
		return __("That did not work. What you wrote is kept; try again in a moment.");
	},

	criterion(name) {
		return {
			feasibility: __("Feasibility", null, "Review Opinion"),
			price: __("Price", null, "Review Opinion"),
			compliance: __("Compliance", null, "Review Opinion"),
		}[name];
	},

	function_label(name) {
		return {
			Sales: __("Sales", null, "Review Opinion"),
			Product: __("Product", null, "Review Opinion"),
			Legal: __("Legal", null, "Review Opinion"),
			Finance: __("Finance", null, "Review Opinion"),
		}[name];
	},

	decision(name) {
		return {
			Approve: __("Approve", null, "Review Opinion"),
			Change: __("Change", null, "Review Opinion"),
			Reject: __("Reject", null, "Review Opinion"),
		}[name];
	},

	status(name) {
		return {
			Open: __("Open", null, "Proposal Review"),
			Approved: __("Approved", null, "Proposal Review"),
			"Changes Asked": __("Changes Asked", null, "Proposal Review"),
			Rejected: __("Rejected", null, "Proposal Review"),
			Recalled: __("Recalled", null, "Proposal Review"),
			Withdrawn: __("Withdrawn", null, "Proposal Review"),
		}[name];
	},

	asked_as(name) {
		return {
			"Stand-in": __("Stand-in", null, "Review Opinion"),
			Delegate: __("Delegate", null, "Review Opinion"),
		}[name];
	},

	COLOURS: {
		Approve: "green",
		Change: "orange",
		Reject: "red",
		Open: "blue",
		Approved: "green",
		"Changes Asked": "orange",
		Rejected: "red",
		Recalled: "gray",
		Withdrawn: "gray",
	},

	pill(colour, text) {
		return `<span class="indicator-pill no-indicator-dot ${colour}">${esc(text)}</span>`;
	},

	status_pill(status) {
		return this.pill(this.COLOURS[status] || "gray", this.status(status) || status);
	},

	// A time of the site as the user writes times, to the minute.
	when(time) {
		if (!time) return "";
		const local = frappe.datetime.convert_to_user_tz(time);
		return moment(local).format(`${frappe.datetime.get_user_date_fmt().toUpperCase()} HH:mm`);
	},

	// Until when; red when it is over, orange on the last day.
	due(row) {
		if (!row.due_on) return "";
		if (row.overdue) return this.pill("red", __("overdue since {0}", [this.when(row.due_on)]));
		const hours = moment(row.due_on).diff(moment(frappe.datetime.system_datetime()), "hours");
		return this.pill(hours < 24 ? "orange" : "blue", __("due {0}", [this.when(row.due_on)]));
	},

	money(value, currency) {
		return esc(format_currency(flt(value), currency));
	},

	// As many decimals as there are, two at most.
	number(value) {
		const decimals = (String(flt(value, 2)).split(".")[1] || "").length;
		return format_number(flt(value), null, decimals);
	},

	percent(value) {
		return `${this.number(value)} %`;
	},

	// Who sits for whom: "Legal Department, stand-in for …".
	whose(seat) {
		const who = `<b>${esc(seat.asked_name || seat.asked)}</b>`;
		const as = this.asked_as(seat.asked_as);
		if (!as || !seat.reviewer_name || seat.reviewer_name === seat.asked_name) return who;
		return __("{0}, {1} of {2}", [who, esc(as), esc(seat.reviewer_name)]);
	},

	scores(seat) {
		if (!seat.decision) return "";
		return this.CRITERIA.filter((name) => seat[name])
			.map((name) => `<span class="sf-score"><span>${this.criterion(name)}</span> <b>${cint(seat[name])}</b></span>`)
			.join("");
	},

	// All who are asked, each with what they said or how long they have. Who shares a function with others is
	// needed no more once enough of them have spoken.
	seats(opinions, groups = []) {
		const settled = new Set(groups.filter((group) => group.state !== "Open").map((group) => group.rule));
		const rows = opinions.map((seat) => {
			const waits = settled.has(seat.rule) ? this.pill("gray", __("no longer needed")) : this.due(seat);
			const said = seat.decision ? this.pill(this.COLOURS[seat.decision], this.decision(seat.decision)) : waits;
			const notes = [seat.decided_on && this.when(seat.decided_on)];
			if (seat.carried_over) notes.push(__("holds from an earlier version"));
			if (seat.escalated_to_name) notes.push(__("escalated to {0}", [esc(seat.escalated_to_name)]));
			return `<li class="sf-seat">
				<span class="sf-seat-function">${esc(seat.function_label)}</span>
				<span class="sf-seat-who">${this.whose(seat)}
					<span class="text-muted">${notes.filter(Boolean).join(" · ")}</span></span>
				<span class="sf-seat-said">${said}</span>
				${seat.decision ? `<span class="sf-seat-scores">${this.scores(seat)}</span>` : ""}
				${seat.reason ? `<span class="sf-seat-reason">${esc(seat.reason)}</span>` : ""}
			</li>`;
		});
		return `<ul class="sf-seats">${rows.join("")}</ul>`;
	},

	// Who opened it, and when it ended.
	story(review) {
		const parts = [__("opened by {0} on {1}", [esc(review.opened_by_name), this.when(review.opened_on)])];
		if (cint(review.round) > 1) parts.push(__("Round {0}", [review.round]));
		if (review.closed_on) parts.push(__("closed on {0}", [this.when(review.closed_on)]));
		return parts.join(" · ");
	},

	// The outcome in a sentence, or who is still missing; and its colour.
	headline({ review, opinions, groups }) {
		if (review.status !== "Open") {
			const reason = review.closing_reason ? `: ${esc(review.closing_reason)}` : "";
			return [`<b>${this.status(review.status)}</b>${reason}`, this.COLOURS[review.status]];
		}
		const waiting = groups.filter((group) => group.state === "Open").map((group) => {
			const seats = opinions.filter((seat) => seat.rule === group.rule && !seat.decision);
			return `${group.function_label}: ${seats.map((seat) => seat.asked_name).join(" / ")}`;
		});
		const words = waiting.length ? __("Waits for {0}.", [esc(waiting.join("; "))]) : __("Everybody has given an opinion.");
		return [`${words} ${this.due(review)}`, review.overdue ? "red" : "blue"];
	},

	// What was said about rows: the row, the words, who and when.
	comments(rows) {
		const items = rows.map(
			(row) => `<li><span class="text-muted">${esc(row.row_label || __("The whole", null, "Salesflow"))}</span>
				<span class="sf-said">${esc(row.comment)}</span>
				<span class="text-muted">${esc(row.commented_by_name)}, ${this.when(row.commented_on)}</span></li>`
		);
		return items.length ? `<ul class="sf-comments">${items.join("")}</ul>` : "";
	},
});
