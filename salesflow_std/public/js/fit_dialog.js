// Which target customer profile a company fits best, dimension by dimension with the reason (L4). For what is not
// known a link leads to where it is entered.
frappe.provide("salesflow");

salesflow.FitDialog = class FitDialog {
	constructor(frm) {
		this.frm = frm;
		frappe
			.xcall("salesflow_std.api.fit.explain", { doctype: frm.doctype, name: frm.docname })
			.then((answer) => this.show(answer));
	}

	show(answer) {
		this.answer = answer;
		this.outcomes = {
			Met: ["green", __("Met", null, "Target Customer Profile")],
			"Partly Met": ["yellow", __("Partly Met")],
			"Not Met": ["red", __("Not Met")],
			Unknown: ["gray", __("Not Known")],
		};
		this.dialog = new frappe.ui.Dialog({
			title: __("Fit of {0}", [frappe.utils.escape_html(answer.title)]),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "body" }],
		});
		const body = this.dialog.fields_dict.body.$wrapper.addClass("sf-fit-sheet");
		body.html(this.notice() + this.best() + this.others());
		body.on("click", ".sf-enter", (e) => {
			e.preventDefault();
			this.enter($(e.currentTarget).data());
		});
		this.dialog.show();
	}

	notice() {
		const lines = [];
		if (!this.answer.fits.length) {
			const link = `<a href="/app/target-customer-profile">${__("Target Customer Profile")}</a>`;
			lines.push(__("No target customer profile is enabled. Say whom you want as customers: {0}", [link]));
		} else if (!this.answer.fits[0].percent || this.answer.fits[0].percent < this.answer.at_least) {
			lines.push(__("So far, none of the target customer profiles fits."));
		}
		if (this.frm.is_dirty()) lines.push(__("What is not saved yet does not count."));
		return lines.map((line) => `<p class="text-muted">${line}</p>`).join("");
	}

	best() {
		const [best] = this.answer.fits;
		if (!best) return "";
		return `<div class="sf-fit-best"><p>${this.heading(best)}</p>${this.lines(best)}</div>`;
	}

	others() {
		const [, ...others] = this.answer.fits;
		if (!others.length) return "";
		const rows = others.map(
			(fit) => `<details><summary>${this.heading(fit)}</summary>${this.lines(fit)}</details>`
		);
		return `<h6 class="sf-heading">${__("Other Target Profiles")}</h6>${rows.join("")}`;
	}

	heading(fit) {
		const name = encodeURIComponent(fit.target);
		const pill = `<span class="indicator-pill no-indicator-dot ${salesflow.fit_colour(
			fit.percent
		)} sf-grade">${salesflow.percent(fit.percent)}</span>`;
		const more =
			fit.could_be > fit.percent
				? ` <span class="text-muted">${__("up to {0} once what is not known is met", [
						salesflow.percent(fit.could_be),
				  ])}</span>`
				: "";
		return `${pill} <a href="/app/target-customer-profile/${name}"><b>${frappe.utils.escape_html(
			fit.target
		)}</b></a>${more}`;
	}

	lines(fit) {
		const esc = frappe.utils.escape_html;
		const rows = fit.lines.map((line) => {
			const [colour, word] = this.outcomes[line.outcome];
			const weight =
				line.weight === 1 ? "" : ` <small class="text-muted">× ${salesflow.number(line.weight)}</small>`;
			const enter =
				line.open && this.answer.may_write
					? ` <a href="#" class="sf-enter" data-doctype="${esc(line.doctype)}" data-field="${esc(
							line.field
					  )}">${__("Enter it")}</a>`
					: "";
			return `<li class="sf-fit-line">
					<span class="sf-fit-label">${esc(line.label)}${weight}</span>
					<span class="indicator-pill ${colour}">${word}</span>
					<span class="sf-fit-why">${esc(line.why)}${enter}</span>
				</li>`;
		});
		return `<ul class="sf-fit-lines">${rows.join("")}</ul>`;
	}

	// To the field: of this form, of the party's, or of the customer profile, which is made where there is none.
	async enter({ doctype, field }) {
		this.dialog.hide();
		let { name } = this.answer;
		if (doctype === "Customer Profile") {
			name =
				this.answer.profile ||
				(await frappe.xcall("salesflow_std.api.fit.profile_for", {
					doctype: this.answer.doctype,
					name: this.answer.name,
				}));
		}
		if (doctype !== this.frm.doctype || name !== this.frm.docname) {
			await frappe.set_route("Form", doctype, name);
			return this.when_open(doctype, name, field);
		}
		this.frm.scroll_to_field(field);
	}

	// A form that is opened for the first time comes a while after its route.
	when_open(doctype, name, field, tries = 40) {
		const open = window.cur_frm;
		if (open?.doctype === doctype && open.docname === name && open.fields_dict[field]?.$wrapper?.is(":visible")) {
			open.scroll_to_field(field);
		} else if (tries) {
			setTimeout(() => this.when_open(doctype, name, field, tries - 1), 100);
		}
	}
};
