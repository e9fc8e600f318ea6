// How a quotation stands before the gate: who has approved its figures, what differs, and what to do (S2).
frappe.provide("salesflow");

if (!salesflow.quotation_gate) {
	const API = "salesflow_std.api.quotation_gate";

	salesflow.quotation_gate = {
		refresh(frm) {
			frm.layout.wrapper.find(".sf-gate").remove();
			if (frm.is_new()) return;
			const asked = frm.docname;
			frappe.xcall(`${API}.standing`, { quotation: asked }).then((found) => {
				if (frm.docname === asked) this.show(frm, found);
			});
		},

		show(frm, found) {
			frm.layout.wrapper.find(".sf-gate").remove();
			this.add(frm, this.lines(found), this.colour(found));
			this.buttons(frm, found);
		},

		add(frm, html, colour) {
			if (html) frm.layout.show_message(`<div class="sf-gate">${html}</div>`, colour, true);
			// Frappe's frame goes with what it frames.
			frm.layout.wrapper.find(".form-message").has(".sf-gate").addClass("sf-gate");
		},

		colour(found) {
			if (found.state === "approved") return "green";
			if (found.state === "exempt") return "blue";
			return found.holds || found.enforcement === "Warn" || found.state === "in_review" ? "orange" : "red";
		},

		link: (doctype, name) => frappe.utils.get_form_link(doctype, name, true, frappe.utils.escape_html(name)),

		lines(found) {
			const esc = frappe.utils.escape_html;
			if (found.state === "approved") {
				return found.review
					? __("Figures approved with {0}.", [this.link("Proposal Review", found.review)])
					: __("Figures approved.");
			}
			if (found.state === "exempt") return __("A small deal: its figures need no review.");
			if (found.state === "overridden") {
				return found.given_by
					? __("{0} let these figures pass without a review: {1}", [esc(found.given_by), esc(found.reason)])
					: __("These figures may pass without a review.");
			}
			if (!found.says) return "";
			const list = found.differences.map((line) => `<li>${esc(line)}</li>`).join("");
			return `<div>${found.says}</div>${list ? `<ul class="mb-1">${list}</ul>` : ""}<div class="small">${esc(
				found.why
			)}</div>`;
		},

		buttons(frm, found) {
			if (found.proposal) {
				frm.add_custom_button(__("Open Proposal"), () =>
					frappe.set_route("Form", "Solution Proposal", found.proposal)
				);
			}
			if (found.may_propose && found.state !== "in_review") {
				frm.add_custom_button(__("Make Proposal of These Figures"), () => this.propose(frm));
			}
			if (found.may_override) {
				frm.add_custom_button(__("Override", null, "Salesflow"), () => this.override(frm, found));
			}
		},

		// What is asked about is what is stored.
		is_saved(frm) {
			if (!frm.is_dirty()) return true;
			frappe.msgprint({
				title: __("Not Saved"),
				message: __("Save the quotation first."),
				indicator: "orange",
			});
			return false;
		},

		propose(frm) {
			if (!this.is_saved(frm)) return;
			frappe
				.xcall("salesflow_std.api.proposal.from_quotation", { quotation: frm.docname })
				.then((made) => {
					frappe.set_route("Form", "Solution Proposal", made.name);
					if (made.left_out?.length) this.tell_left_out(made.left_out);
				});
		},

		// Figures that a proposal cannot hold, such as a tax row written by hand.
		tell_left_out(left_out) {
			const esc = frappe.utils.escape_html;
			const lines = left_out.map(
				(row) => `<li>${esc(row.what)}: ${esc(row.before || "–")} → ${esc(row.after || "–")}</li>`
			);
			frappe.msgprint({
				title: __("Not Taken Over"),
				message: `<p>${__("The proposal differs from the quotation in:")}</p><ul>${lines.join("")}</ul>`,
				indicator: "orange",
			});
		},

		override(frm, found) {
			if (!this.is_saved(frm)) return;
			const name = frm.docname;
			const dialog = new frappe.ui.Dialog({
				title: __("Let These Figures Pass"),
				fields: [
					{ fieldtype: "HTML", options: `<p>${this.lines(found)}</p>` },
					{
						fieldtype: "Small Text",
						fieldname: "reason",
						label: __("Reason", null, "Quotation Override"),
						reqd: 1,
						description: __("Kept and reported. It holds for exactly these figures."),
					},
				],
				primary_action_label: __("Override", null, "Salesflow"),
				primary_action: ({ reason }) =>
					frappe.xcall(`${API}.override`, { quotation: name, reason }).then(() => {
						dialog.hide();
						if (frm.docname === name) frm.reload_doc();
					}),
			});
			dialog.show();
		},
	};

	frappe.ui.form.on("Quotation", {
		refresh(frm) {
			salesflow.quotation_gate.refresh(frm);
		},
	});

	// The link in a refusal: the message stands on the form whose figures it is about.
	$(document).on("click", ".sf-make-proposal", (event) => {
		const frm = window.cur_frm;
		if (frm?.doctype !== "Quotation" || !event.currentTarget.href.endsWith(`/${encodeURIComponent(frm.docname)}`)) return;
		event.preventDefault();
		frappe.hide_msgprint();
		salesflow.quotation_gate.propose(frm);
	});
}
