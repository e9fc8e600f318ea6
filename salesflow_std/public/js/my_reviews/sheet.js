// All of a review on one page: what is proposed, what has changed, what others say (S2).
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

export class Sheet {
	// `data` as api.review.sheet tells it.
	constructor(data) {
		this.data = data;
		this.words = salesflow.reviews;
	}

	html() {
		const parts = [this.head(), this.changes(), this.solution(), this.needs(), this.items(), this.terms()];
		return [...parts, this.opinions(), this.general_comments()].join("");
	}

	proposal_route(name) {
		return `/app/solution-proposal/${encodeURIComponent(name)}`;
	}

	head() {
		const { review, proposal, margin, may } = this.data;
		const { totals } = proposal;
		const facts = [
			[__("Company", null, "Salesflow"), esc(proposal.company)],
			[__("Grand Total", null, "Proposal Review"), `<b>${this.words.money(totals.grand_total, proposal.currency)}</b>`],
			[__("Discount Against List", null, "Proposal Review"), flt(totals.discount_percent) ? this.words.percent(totals.discount_percent) : "–"],
			[__("Responsible", null, "Solution Proposal"), esc(proposal.responsible_name || "–")],
			[__("Opened By", null, "Proposal Review"), `${esc(review.opened_by_name)}<br><span class="text-muted">${this.words.when(review.opened_on)}</span>`],
		];
		if (margin && !margin.hidden) facts.splice(3, 0, [__("Margin", null, "Solution Proposal"), this.margin(margin)]);
		const due = review.status === "Open" ? this.words.due(review) : "";
		const round = cint(review.round) > 1 ? `<span class="text-muted">${__("Round {0}", [review.round])}</span>` : "";
		const print = `/printview?doctype=${encodeURIComponent("Proposal Review")}&name=${encodeURIComponent(review.name)}&format=${encodeURIComponent("Proposal Review Record")}`;
		const button = (act, label) => `<button type="button" class="btn btn-default btn-sm" data-act="${act}">${label}</button>`;
		return `<header class="sf-sheet-head">
			<div class="sf-sheet-title">
				<h2>${esc(proposal.title)}</h2>
				<span class="text-muted"><a href="${this.proposal_route(proposal.name)}">${esc(proposal.name)}</a> · ${__("Version {0}", [proposal.version])}</span>
				${this.words.status_pill(review.status)} ${due} ${round}
			</div>
			<dl class="sf-facts-grid">${facts.map(([label, html]) => `<div><dt>${label}</dt><dd>${html}</dd></div>`).join("")}</dl>
			${review.note ? `<blockquote class="sf-note">${esc(review.note)}<footer>${esc(review.opened_by_name)}</footer></blockquote>` : ""}
			${review.closing_reason ? `<p class="sf-note">${esc(review.closing_reason)}</p>` : ""}
			<div class="sf-sheet-actions">
				${may.delegate ? button("delegate", __("Hand Over", null, "Salesflow")) : ""}
				${may.recall ? button("recall", __("Recall", null, "Salesflow")) : ""}
				${may.withdraw ? button("withdraw", __("Withdraw Approval")) : ""}
				<a class="btn btn-default btn-sm" target="_blank" href="${print}">${__("Print the Record")}</a>
			</div>
		</header>`;
	}

	margin(margin) {
		const part = margin.percent == null ? "" : ` · ${this.words.percent(margin.percent)}`;
		const unknown = margin.unknown ? `<br><span class="text-muted">${__("cost of {0} rows not known", [margin.unknown])}</span>` : "";
		return `${this.words.money(margin.margin, margin.currency)}${part}${unknown}`;
	}

	changes() {
		const { changes } = this.data;
		if (!changes?.since) return "";
		const rows = (changes.rows || []).map((row) => `<li>${this.change(row)}</li>`).join("");
		const title = __("What Has Changed since Version {0}", [changes.since_version]);
		return `<section class="sf-changes"><h3>${title}</h3>
			${rows ? `<ul>${rows}</ul>` : `<p class="text-muted">${__("Nothing has changed.")}</p>`}</section>`;
	}

	change(row) {
		const side = (tag, text) => `<${tag} class="sf-lines">${esc(text) || "–"}</${tag}>`;
		return `<b>${esc(row.what)}</b>: ${side("s", row.before)} → ${side("span", row.after)}`;
	}

	solution() {
		const { situation, solution, value } = this.data.proposal;
		const parts = [
			[__("Situation", null, "Solution Proposal"), situation],
			[__("Solution", null, "Solution Proposal"), solution],
			[__("Value", null, "Solution Proposal"), value],
		].filter(([, text]) => text);
		if (!parts.length) return "";
		return `<section><h3>${__("The Solution")}</h3>
			${parts.map(([label, text]) => `<h4>${label}</h4><p class="sf-lines">${esc(text)}</p>`).join("")}</section>`;
	}

	// A table that becomes cards on a phone; the last cell of a row takes its comment.
	table(kind, heads, rows) {
		const comment = this.data.may.decide ? [__("Comment", null, "Review Comment")] : [];
		const labels = [...heads, ...comment];
		const body = rows.map((row) => {
			const cells = row.cells.map((cell, at) => {
				const classes = [cell.number ? "sf-num" : "", at ? "" : "sf-first"].filter(Boolean).join(" ");
				return `<td class="${classes}" data-label="${esc(heads[at])}"${cell.html ? "" : " data-none"}>${cell.html || ""}</td>`;
			});
			const box = comment.length ? `<td class="sf-comment">${this.comment_box(kind, row.key, row.label)}</td>` : "";
			const said = this.said(kind, row.key);
			const below = said ? `<tr class="sf-said-row"><td colspan="${labels.length}">${said}</td></tr>` : "";
			return `<tr class="${row.open ? "sf-gap" : ""}">${cells.join("")}${box}</tr>${below}`;
		});
		const th = (label, at) => `<th scope="col" class="${rows[0]?.cells[at]?.number ? "sf-num" : ""}">${label}</th>`;
		return `<table class="sf-cards sf-cards-${kind.toLowerCase()}"><thead><tr>${labels.map(th).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
	}

	comment_box(kind, key, label) {
		const name = `${kind}:${key}`;
		return `<textarea rows="1" class="form-control" data-comment="${esc(name)}" placeholder="${__("Comment", null, "Review Comment")}"
			aria-label="${esc(__("Comment on {0}", [label]))}"></textarea>`;
	}

	// What others, and I earlier, have said of a row.
	said(kind, key) {
		const rows = this.others().filter((row) => row.about === kind && (row.row_key || "") === (key || ""));
		return rows
			.map(
				(row) => `<div class="sf-said-line"><b>${esc(row.commented_by_name)}</b>
				<span class="text-muted">${row.round && row.round !== this.data.review.round ? __("Round {0}", [row.round]) : ""}</span>
				<span class="sf-lines">${esc(row.comment)}</span></div>`
			)
			.join("");
	}

	// My own of this round stand in the boxes as long as I can change them.
	others() {
		const { comments, review, may } = this.data;
		return comments.filter((row) => !(may.decide && row.mine && (row.round ?? review.round) === review.round));
	}

	needs() {
		const { answers = [], currency } = this.data.proposal;
		if (!answers.length) return "";
		const rows = answers.map((row) => {
			const priority = row.priority ? this.words.pill(row.priority === "Must" ? "purple" : "gray", this.priority(row.priority)) : "";
			const gap = row.open ? this.words.pill("red", __("left open", null, "Salesflow")) : "";
			const waived = row.waived_by_name
				? `<div class="text-muted">${__("left open by {0}: {1}", [esc(row.waived_by_name), esc(row.waive_reason)])}</div>`
				: "";
			const amount = flt(row.value_amount) ? `<div>${__("{0} a year", [this.words.money(row.value_amount, currency)])}</div>` : "";
			return {
				key: row.row_key,
				label: row.need,
				open: row.open,
				cells: [
					{ html: `${esc(row.need)} ${priority} ${gap}${waived}` },
					{ html: row.feature && `<span class="sf-lines">${esc(row.feature)}</span>` },
					{ html: (row.value || amount) && `<span class="sf-lines">${esc(row.value)}</span>${amount}` },
					{ html: this.case_link(row) },
				],
			};
		});
		const heads = [
			__("Need", null, "Proposal Answer"),
			__("Feature", null, "Proposal Answer"),
			__("Value", null, "Proposal Answer"),
			__("Case", null, "Proposal Answer"),
		];
		return `<section><h3>${__("Needs and Answers")}</h3>${this.table("Need", heads, rows)}</section>`;
	}

	priority(name) {
		return {
			Must: __("Must", null, "Proposal Answer"),
			Expected: __("Expected", null, "Proposal Answer"),
			Deferrable: __("Deferrable", null, "Proposal Answer"),
		}[name];
	}

	case_link(row) {
		if (!row.case_content) return "";
		const title = esc(row.case_title || row.case_content);
		if (row.case_file) return `<a target="_blank" href="${esc(row.case_file)}">${title}</a>`;
		if (!frappe.model.can_read("Value Content")) return `<span>${title}</span>`;
		return `<a target="_blank" href="/app/value-content/${encodeURIComponent(row.case_content)}">${title}</a>`;
	}

	items() {
		const { items = [], currency, totals } = this.data.proposal;
		const money = (value) => this.words.money(value, currency);
		const rows = items.map((row) => {
			const alternative = row.is_alternative ? this.words.pill("gray", __("Alternative", null, "Proposal Item")) : "";
			const text = this.description(row);
			const off = flt(row.discount_percentage) ? this.words.percent(row.discount_percentage) : "";
			return {
				key: row.row_key,
				label: row.item_name || row.item_code,
				cells: [
					{ html: `${esc(row.item_name || row.item_code)} ${alternative}${text}` },
					{ html: `<span>${this.words.number(row.qty)} ${esc(__(row.uom))}</span>`, number: 1 },
					{ html: row.price_list_rate && `<span>${money(row.price_list_rate)}</span>`, number: 1 },
					{ html: off && `<span>${off}</span>`, number: 1 },
					{ html: `<span>${money(row.rate)}</span>`, number: 1 },
					{ html: `<b>${money(row.amount)}</b>`, number: 1 },
				],
			};
		});
		const heads = [
			__("Item", null, "Proposal Item"),
			__("Quantity", null, "Proposal Item"),
			__("Price List Rate", null, "Proposal Item"),
			__("Discount", null, "Proposal Item"),
			__("Rate", null, "Proposal Item"),
			__("Amount", null, "Proposal Item"),
		];
		return `<section><h3>${__("Items and Prices")}</h3>${rows.length ? this.table("Item", heads, rows) : ""}${this.totals(totals, currency)}</section>`;
	}

	// What the item's text says beyond its name.
	description(row) {
		const text = $("<div>").html(row.description || "").text().trim();
		return text && text !== row.item_name ? `<div class="text-muted sf-clamp">${esc(text)}</div>` : "";
	}

	totals(totals, currency) {
		const lines = [
			[__("Total by Price List", null, "Solution Proposal"), totals.list_total],
			[__("Additional Discount", null, "Solution Proposal"), -flt(totals.discount_amount)],
			[__("Net Total", null, "Solution Proposal"), totals.net_total],
			[__("Taxes and Charges", null, "Solution Proposal"), totals.total_taxes_and_charges],
			[__("Grand Total", null, "Solution Proposal"), totals.grand_total],
		].filter(([, value], at) => flt(value) || at === 4);
		return `<dl class="sf-totals">${lines
			.map(([label, value]) => `<div><dt>${label}</dt><dd>${this.words.money(value, currency)}</dd></div>`)
			.join("")}</dl>`;
	}

	terms() {
		const rows = (this.data.proposal.terms || []).filter((row) => row.text || row.html);
		if (!rows.length) return "";
		const line = (row) => {
			const box = this.data.may.decide ? this.comment_box("Terms", row.fieldname, row.label) : "";
			const text = row.html ? `<div class="sf-html">${row.html}</div>` : `<div class="sf-lines">${esc(row.text)}</div>`;
			return `<div class="sf-term"><h4>${esc(row.label)}</h4><div class="sf-term-text">${text}</div>
				<div class="sf-comment">${box}</div>${this.said("Terms", row.fieldname)}</div>`;
		};
		return `<section><h3>${__("Delivery, Service and Terms")}</h3>${rows.map(line).join("")}</section>`;
	}

	opinions() {
		const { opinions, groups = [], earlier = [] } = this.data;
		const quorum = groups
			.filter((group) => cint(group.quorum) > 1)
			.map((group) => __("{0}: {1} of {2} approvals", [esc(group.function_label), group.approvals, group.quorum]))
			.join(" · ");
		const before = earlier.length
			? `<details class="sf-earlier"><summary>${__("Earlier rounds")}</summary>${this.words.seats(earlier)}</details>`
			: "";
		return `<section><h3>${__("Opinions so far")}</h3>${this.words.seats(opinions, groups)}
			${quorum ? `<p class="text-muted">${quorum}</p>` : ""}${before}</section>`;
	}

	// What was said of the whole, and of rows that this version has no more.
	general_comments() {
		const { proposal } = this.data;
		const known = new Set([
			...(proposal.answers || []).map((row) => `Need:${row.row_key}`),
			...(proposal.items || []).map((row) => `Item:${row.row_key}`),
			...(proposal.terms || []).map((row) => `Terms:${row.fieldname}`),
		]);
		const rest = this.others().filter((row) => !known.has(`${row.about}:${row.row_key}`));
		if (!rest.length) return "";
		return `<section><h3>${__("Further Comments")}</h3>${this.words.comments(rest)}</section>`;
	}
}
