// The tier of a customer in the desk: its words, why it is proposed, and the dialog that sets it (P6).
frappe.provide("salesflow");

if (!salesflow.customer_tier) {
	const API = "salesflow_std.api.customer_care";
	const TIERS = ["Strategic", "Core", "Ordinary"];
	const COLOURS = { Strategic: "purple", Core: "blue", Ordinary: "gray" };
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

	salesflow.customer_tier = {
		word: (tier) => (tier ? __(tier, null, "Customer") : ""),

		pill(tier) {
			return `<span class="indicator-pill no-indicator-dot ${COLOURS[tier] || "gray"}">${esc(this.word(tier))}</span>`;
		},

		may_set: () =>
			["Sales Manager", "Sales Master Manager", "System Manager"].some((role) => frappe.user.has_role(role)),

		// The figures behind a proposal in words; `why` as the server keeps it, or its JSON.
		why(why) {
			if (typeof why === "string") {
				try {
					why = JSON.parse(why);
				} catch {
					return "";
				}
			}
			if (!why || !why.because) return "";
			if (!why.company) return __("No net sales in the last twelve months");
			const share = __("{0} % of the net sales of {1} in twelve months", [format_number(why.share, null, 2), why.company]);
			if (why.margin === undefined) return share;
			const margin = [format_number(why.margin, null, 1)];
			return `${share}; ${
				why.because === "margin" ? __("margin {0} %, too low for the tier above", margin) : __("margin {0} %", margin)
			}`;
		},

		// Asks for a tier, with a reason where it is not the one the figures propose.
		choose({ customer, tier, proposed, why }, done) {
			const other = `eval:doc.tier && doc.tier!=${JSON.stringify(proposed || "")}`;
			const dialog = new frappe.ui.Dialog({
				title: __("Tier of the Customer"),
				fields: [
					{
						fieldname: "tier",
						fieldtype: "Select",
						label: __("Tier", null, "Customer"),
						options: TIERS.map((value) => ({ value, label: this.word(value) })),
						default: tier || proposed,
						reqd: 1,
						description: proposed ? `${__("Proposed: {0}", [esc(this.word(proposed))])} · ${esc(this.why(why))}` : "",
					},
					...(proposed
						? [
								{
									fieldname: "reason",
									fieldtype: "Small Text",
									label: __("Reason for Another Tier", null, "Customer"),
									depends_on: other,
									mandatory_depends_on: other,
								},
						  ]
						: []),
				],
				primary_action_label: __("Set", null, "Salesflow"),
				primary_action: (values) => {
					dialog.disable_primary_action();
					frappe
						.xcall(`${API}.set_tier`, { customer, ...values })
						.then(() => dialog.hide() || done())
						.catch(() => dialog.enable_primary_action());
				},
			});
			dialog.show();
		},

		take_over: (customers) => frappe.xcall(`${API}.take_over`, { customers }),
	};
}

// Where the words are shown, not edited, Frappe looks them up without the doctype; the figures are stored as such.
for (const df of frappe.get_meta("Customer")?.fields || []) {
	if (["sf_tier", "sf_proposed_tier", "sf_activity"].includes(df.fieldname)) {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Customer")) : "");
	} else if (df.fieldname === "sf_tier_why") {
		df.formatter = (why) => frappe.utils.escape_html(salesflow.customer_tier.why(why));
	}
}
