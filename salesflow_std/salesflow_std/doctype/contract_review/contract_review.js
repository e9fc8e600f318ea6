// Legal reads a contract clause by clause, says what is found of each, and decides (C2).
frappe.provide("salesflow");

const API = "salesflow_std.api.contract";
const FINDINGS = { "In Order": "green", "To Change": "orange", Missing: "red" };
const STATUSES = { Open: "blue", Approved: "green", "Changes Asked": "orange", Rejected: "red", Withdrawn: "gray" };
const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
const lines = (text) => esc(text).replace(/\n/g, "<br>");
const label_of = (finding) => __(finding, null, "Contract Review Clause");

frappe.ui.form.on("Contract Review", {
	refresh(frm) {
		frm.disable_save();
		frm.page.set_indicator(__(frm.doc.status, null, "Contract Review"), STATUSES[frm.doc.status]);
		frm.add_custom_button(__("Open Contract"), () => frappe.set_route("Form", "Contract", frm.doc.contract));
		const { name } = frm.doc;
		frappe.require("salesflow_std.bundle.js", () =>
			frappe.xcall(`${API}.review_sheet`, { review: name }).then((sheet) => {
				if (frm.docname === name) new ClauseSheet(frm, sheet).render();
			})
		);
	},
});

class ClauseSheet {
	constructor(frm, sheet) {
		Object.assign(this, { frm, sheet });
	}

	render() {
		this.buttons();
		this.frm.fields_dict.differences_html.$wrapper.html(this.head());
		this.area = this.frm.fields_dict.clauses_html.$wrapper.html(
			`<div class="sf-clauses">${this.sheet.clauses.map((row) => this.clause(row)).join("")}${this.decision()}</div>`
		);
		if (this.sheet.may.decide) this.listen();
	}

	buttons() {
		const { may } = this.sheet;
		if (may.hand_over) this.frm.add_custom_button(__("Hand Over", null, "Salesflow"), () => this.hand_over());
		if (may.take_back) this.frm.add_custom_button(__("Take Back", null, "Salesflow"), () => this.take_back());
	}

	// What is compared with what, and the contract's whole text.
	head() {
		const { sheet } = this;
		const link = (doctype, name) => frappe.utils.get_form_link(doctype, name, true, esc(name));
		const count = sheet.clauses.reduce((sum, row) => sum + row.differences.length, 0);
		const proposal = this.frm.doc.proposal;
		const shown = sheet.proposal ? link("Solution Proposal", sheet.proposal) : esc(proposal);
		let told = __("There is no approved proposal to compare the contract with.");
		if (proposal) {
			told = count
				? __("{0} differences from the approved proposal {1}; each stands at its clause.", [count, shown])
				: __("The contract says what was approved with {0}.", [shown]);
		}
		const changed = sheet.is_current
			? ""
			: `<p class="sf-differs" role="alert">${__("The contract says something else by now than when this review was asked for.")}</p>`;
		return `<div class="sf-clause-head">${changed}${this.since()}<p>${told}</p>
			${sheet.quotation ? `<p>${__("Quotation")}: ${link("Quotation", sheet.quotation)}</p>` : ""}
			<details><summary>${__("The whole text of the contract")}</summary><div class="sf-contract-text">${sheet.terms}</div></details></div>`;
	}

	// What has changed since legal answered the last time; what concerns all clauses stands here.
	since() {
		const { sheet } = this;
		if (!sheet.has_previous) return "";
		const { previous } = sheet;
		const link = previous ? frappe.utils.get_form_link("Contract Review", previous, true, esc(previous)) : "";
		const changed = sheet.clauses.filter((row) => row.changed).map((row) => esc(row.label));
		let told = changed.length
			? __("Changed since the last review {0}: {1}.", [link, changed.join(", ")])
			: __("No clause has changed since the last review {0}.", [link]);
		if (sheet.changes.length) {
			told = __("What concerns all clauses has changed since the last review {0}; each is looked at anew.", [link]);
		}
		return `<p class="sf-since">${told}</p>${sheet.changes.map((one) => this.sides(one, __("Last Review"))).join("")}`;
	}

	sides(one, before) {
		return `<div class="sf-differs"><b>${esc(one.what)}</b>
			<div><span class="text-muted">${before}:</span> ${lines(one.before || "–")}</div>
			<div><span class="text-muted">${__("Here")}:</span> ${lines(one.after || "–")}</div></div>`;
	}

	mark(row) {
		const pill = (colour, text) => ` <span class="indicator-pill no-indicator-dot ${colour}">${text}</span>`;
		if (row.changed) return pill("orange", __("Changed since the Last Review", null, "Contract Review Clause"));
		if (!row.carried_over) return "";
		return pill("gray", __("Carried Over from the Last Review", null, "Contract Review Clause"));
	}

	last(row) {
		if (!row.last) return "";
		const found = `${label_of(row.last.finding)} ${row.last.comment}`;
		return `<div class="text-muted">${__("Last Review")}: ${lines(found)}</div>`;
	}

	clause(row) {
		const differs = row.differences.map((one) => this.sides(one, __("Approved", null, "Contract Review")));
		const changes = row.changes.map((one) => this.sides(one, __("Last Review")));
		const said = row.said
			? `<div class="sf-said">${lines(row.said)}</div>`
			: `<div class="text-muted">${__("Nothing is said of it apart from the text of the contract.")}</div>`;
		return `<section class="sf-clause" data-topic="${esc(row.topic)}">
			<h4>${esc(row.label)}${this.mark(row)}</h4>${said}${changes.join("")}${this.last(row)}${differs.join("")}${this.answer(row)}</section>`;
	}

	answer(row) {
		if (!this.sheet.may.decide) {
			const pill = row.finding
				? `<span class="indicator-pill no-indicator-dot ${FINDINGS[row.finding]}">${label_of(row.finding)}</span>`
				: `<span class="text-muted">${__("Not looked at yet")}</span>`;
			return `<div class="sf-found">${pill} ${lines(row.comment)}</div>`;
		}
		const choices = Object.keys(FINDINGS).map(
			(finding) =>
				`<button type="button" class="btn btn-default btn-sm" data-finding="${finding}" aria-pressed="${
					row.finding === finding
				}">${label_of(finding)}</button>`
		);
		return `<div class="sf-choices" role="group" aria-label="${esc(row.label)}">${choices.join("")}</div>
			<textarea class="form-control" rows="2" aria-label="${__("Comment")}" placeholder="${__("Comment")}">${esc(row.comment)}</textarea>`;
	}

	decision() {
		if (!this.sheet.may.decide) return "";
		return `<section class="sf-clause sf-clause-decision">
			<h4>${__("Decision", null, "Contract Review")}</h4>
			<textarea class="form-control sf-reason" rows="2" aria-label="${__("Reason", null, "Contract Review")}"
				placeholder="${__("Reason when you reject, or ask for changes that no comment tells")}"></textarea>
			<div class="sf-refused hidden" role="alert"></div>
			<div class="sf-choices">
				<button type="button" class="btn btn-primary btn-sm" data-decision="Approve">${__("Approve", null, "Contract Review")}</button>
				<button type="button" class="btn btn-default btn-sm" data-decision="Change">${__("Ask for Changes", null, "Contract Review")}</button>
				<button type="button" class="btn btn-danger btn-sm" data-decision="Reject">${__("Reject", null, "Contract Review")}</button>
			</div></section>`;
	}

	listen() {
		this.area.off(".sf");
		this.area.on("click.sf", "[data-finding]", ({ currentTarget }) => {
			const pressed = $(currentTarget).attr("aria-pressed") === "true";
			$(currentTarget).parent().children().attr("aria-pressed", "false");
			$(currentTarget).attr("aria-pressed", String(!pressed));
			this.keep();
		});
		this.area.on("change.sf", ".sf-clause textarea:not(.sf-reason)", () => this.keep());
		this.area.on("click.sf", "[data-decision]", ({ currentTarget }) => this.decide(currentTarget.dataset.decision));
	}

	findings() {
		return this.area
			.find("[data-topic]")
			.get()
			.map((section) => ({
				topic: section.dataset.topic,
				finding: section.querySelector('[aria-pressed="true"]')?.dataset.finding || "",
				comment: section.querySelector("textarea").value,
			}));
	}

	// One after the other, so that what was said last is what is kept.
	keep() {
		const send = () => frappe.xcall(`${API}.note_findings`, { review: this.frm.docname, findings: this.findings() });
		this.kept = (this.kept || Promise.resolve()).then(send, send);
		return this.kept;
	}

	decide(decision) {
		const buttons = this.area.find("[data-decision]").prop("disabled", true);
		const box = this.area.find(".sf-refused").addClass("hidden");
		const args = {
			review: this.frm.docname,
			decision,
			reason: this.area.find(".sf-reason").val(),
			findings: this.findings(),
		};
		const send = () =>
			frappe.call({ method: `${API}.decide`, args, silent: true }).then(() => this.frm.reload_doc());
		const refused = (error) => {
			buttons.prop("disabled", false);
			box.html(salesflow.reviews.refusal(error)).removeClass("hidden");
			box[0].scrollIntoView({ block: "center" });
		};
		return (this.kept || Promise.resolve()).then(send, send).catch(refused);
	}

	take_back() {
		const required = this.frm.doc.status === "Approved" ? 1 : 0;
		frappe.prompt(
			[{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason", null, "Contract Review"), reqd: required }],
			({ reason }) =>
				frappe.xcall(`${API}.take_back`, { review: this.frm.docname, reason }).then(() => this.frm.reload_doc()),
			__("Take Back Clause Review"),
			__("Take Back", null, "Salesflow")
		);
	}

	hand_over() {
		const options = this.sheet.others;
		if (!options.length) {
			frappe.msgprint({ title: __("No Reviewer"), message: __("There is nobody else of legal who can review this contract.") });
			return;
		}
		frappe.prompt(
			[
				{
					fieldname: "user",
					fieldtype: "Select",
					options,
					label: __("Hand Over To"),
					description: __("Who decides instead. They are told by e-mail."),
					reqd: 1,
				},
			],
			({ user }) =>
				frappe.xcall(`${API}.hand_over`, { review: this.frm.docname, user }).then(() => this.frm.reload_doc()),
			__("Hand Over", null, "Salesflow"),
			__("Hand Over", null, "Salesflow")
		);
	}
}
