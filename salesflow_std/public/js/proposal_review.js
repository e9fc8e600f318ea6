// The review of a solution proposal on its form: ask for it, open it, take it back, and what came of it (S2).
frappe.provide("salesflow");

if (!salesflow.proposal_review) {
	const MANAGERS = ["Sales Manager", "Sales Master Manager", "System Manager"];
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

	salesflow.proposal_review = {
		refresh(frm) {
			if (frm.is_new()) return;
			frappe.require("salesflow_std.bundle.js", () => {
				const { proposal, name } = { proposal: frm.doc, name: frm.docname };
				this.buttons(frm);
				if (!proposal.proposal_review) return this.show(frm, this.not_yet(proposal));
				salesflow.reviews.ask("sheet", { review: proposal.proposal_review }).then(
					(sheet) => name === frm.docname && this.reviewed(frm, sheet),
					(words) => this.show(frm, `<p class="text-muted">${words}</p>`)
				);
			});
		},

		show(frm, html) {
			frm.fields_dict.review_html?.$wrapper.html(html);
		},

		is_manager() {
			return frappe.user.has_role(MANAGERS);
		},

		// Before there is a review, what can be done follows from the status.
		buttons(frm) {
			if (!frm.perm[0]?.write) return;
			const { status } = frm.doc;
			if (status === "Draft" && !this.is_manager()) {
				this.add(frm, __("Request Review"), () => this.begin(frm, true), true);
			}
			if (["Draft", "Review Requested"].includes(status) && this.is_manager()) {
				this.add(frm, __("Open Review"), () => this.begin(frm, false), status === "Review Requested");
			}
			if (status === "Review Requested") this.add(frm, __("Take the Request Back"), () => this.take_back(frm));
		},

		add(frm, label, run, primary) {
			const button = frm.add_custom_button(label, run);
			if (primary) button?.removeClass("btn-default").addClass("btn-primary");
		},

		// What is not saved is not reviewed.
		begin(frm, request) {
			const on_done = () => frm.reload_doc();
			const begin = () => salesflow.reviews.begin({ proposal: frm.docname, request, on_done });
			return frm.is_dirty() ? frm.save().then(begin) : begin();
		},

		take_back(frm) {
			salesflow.reviews
				.ask("take_back", { proposal: frm.docname })
				.then(() => frm.reload_doc())
				.catch((words) => frappe.msgprint({ message: words, title: __("Proposal Review"), indicator: "red" }));
		},

		not_yet(doc) {
			if (doc.status !== "Review Requested") return `<p class="text-muted">${__("This version has not been reviewed.")}</p>`;
			const who = frappe.user.full_name(doc.requested_by);
			return `<p>${__("Review requested by {0} on {1}.", [esc(who), salesflow.reviews.when(doc.requested_on)])}</p>`;
		},

		reviewed(frm, sheet) {
			const { may, review } = sheet;
			const on_done = () => frm.reload_doc();
			if (may.decide) {
				this.add(frm, __("Give My Opinion"), () => frappe.set_route("my-reviews", review.name), true);
			}
			if (may.recall) this.add(frm, __("Recall the Review"), () => salesflow.reviews.recall({ review: review.name, on_done }));
			if (may.withdraw) this.add(frm, __("Withdraw Approval"), () => salesflow.reviews.withdraw({ review: review.name, on_done }));
			this.show(frm, this.panel(sheet));
			this.versions(frm);
		},

		panel(sheet) {
			const words = salesflow.reviews;
			const { review, opinions, groups, earlier, comments } = sheet;
			const link = `/app/my-reviews/${encodeURIComponent(review.name)}`;
			const asked_again = earlier.length
				? `<details><summary>${__("Earlier rounds")}</summary>${words.seats(earlier)}</details>`
				: "";
			return `<div class="sf-review-round">
				<div class="sf-review-head">
					<a href="${link}"><b>${esc(review.name)}</b></a>
					${words.status_pill(review.status)}
					${review.status === "Open" ? words.due(review) : ""}
					<span class="text-muted">${words.story(review)}</span>
				</div>
				${review.closing_reason ? `<p class="sf-said">${esc(review.closing_reason)}</p>` : ""}
				${words.seats(opinions, groups)}
				${comments.length ? `<h6 class="sf-heading">${__("Comments", null, "Proposal Review")}</h6>${words.comments(comments)}` : ""}
				${asked_again}
			</div><div class="sf-review-versions"></div>`;
		},

		// The reviews of the versions before and after.
		versions(frm) {
			const place = frm.fields_dict.review_html?.$wrapper.find(".sf-review-versions");
			frappe.db
				.get_list("Solution Proposal", {
					filters: { root: frm.doc.root || frm.docname, name: ["!=", frm.docname] },
					fields: ["name", "version", "proposal_review"],
					order_by: "version desc",
					limit: 50,
				})
				.then((versions) => {
					const reviews = versions.map((row) => row.proposal_review).filter(Boolean);
					if (!reviews.length) return;
					return frappe.db
						.get_list("Proposal Review", {
							filters: { name: ["in", reviews] },
							fields: ["name", "status", "opened_on", "closed_on"],
							order_by: "opened_on desc",
							limit: 50,
						})
						.then((rows) => place.html(this.timeline(versions, rows)));
				});
		},

		timeline(versions, rows) {
			const words = salesflow.reviews;
			const lines = rows.map((row) => {
				const version = versions.find((one) => one.proposal_review === row.name);
				const times = [row.opened_on, row.closed_on].filter(Boolean).map((time) => words.when(time));
				return `<div class="sf-review-head">
					<a href="/app/solution-proposal/${encodeURIComponent(version.name)}">${__("Version {0}", [version.version])}</a>
					<a href="/app/my-reviews/${encodeURIComponent(row.name)}">${esc(row.name)}</a>
					${words.status_pill(row.status)} <span class="text-muted">${times.join(" – ")}</span></div>`;
			});
			return `<h6 class="sf-heading">${__("Reviews of Other Versions")}</h6>${lines.join("")}`;
		},
	};

	frappe.ui.form.on("Solution Proposal", {
		refresh: (frm) => salesflow.proposal_review.refresh(frm),
	});
}
