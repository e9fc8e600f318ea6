// How a touch went (F3, F4): the outcome asks only for what it needs, and the next touch is shown.
frappe.provide("salesflow");

salesflow.FollowUpDialog = class FollowUpDialog {
	// `touch` carries name, channel, value_content, reference_doctype and reference_name; `done` is called with
	// the answer of the server.
	constructor(touch, done) {
		this.touch = touch;
		this.done = done;
		this.dialog = new frappe.ui.Dialog({
			title: __("How did it go?"),
			fields: this.fields(),
			primary_action_label: __("Done", null, "Salesflow"),
			primary_action: (values) => this.save(values),
		});
		this.dialog.show();
		this.ask_for_pool();
	}

	options(values) {
		return values.map((value) => ({ value, label: value && __(value, null, "Follow Up") }));
	}

	// Whether a customer is lost is not said by one touch.
	outcomes() {
		const of_customer = this.touch.reference_doctype === "Customer";
		return salesflow.OUTCOMES.filter((outcome) => !of_customer || outcome !== "Not Interested");
	}

	// Only a lead goes back to the nurture pool; an opportunity has one or has none.
	ask_for_pool() {
		const { reference_doctype, reference_name } = this.touch;
		if (reference_doctype !== "Opportunity") return;
		frappe.db.get_value("Opportunity", reference_name, "opportunity_from").then(({ message }) => {
			if (!message?.opportunity_from || message.opportunity_from === "Lead") return;
			this.dialog.set_df_property("what_now", "options", this.options(["", "Lost"]));
		});
	}

	// A lead is lost to nobody.
	lost_deal() {
		const asked = this.touch.reference_doctype === "Opportunity";
		return `${asked} && doc.outcome=='Not Interested' && doc.what_now=='Lost'`;
	}

	fields() {
		const when = (...outcomes) => `eval:${JSON.stringify(outcomes)}.includes(doc.outcome)`;
		const field = (fieldname, fieldtype, label, more = {}) => ({ fieldname, fieldtype, label, ...more });
		return [
			field("outcome", "Select", __("Outcome", null, "Follow Up"), {
				options: this.options(this.outcomes()),
				default: this.touch.channel === "E-mail" ? "Sent" : "Reached",
				reqd: 1,
			}),
			field("next_on", "Datetime", __("Agreed Next Date", null, "Follow Up"), {
				depends_on: when("Reached", "Call Later", "Meeting Agreed", "Meeting Held"),
				mandatory_depends_on: when("Call Later", "Meeting Agreed"),
			}),
			field("what_now", "Select", __("What Now", null, "Follow Up"), {
				options: this.options(["", "Nurture Pool", "Lost"]),
				depends_on: when("Not Interested"),
				mandatory_depends_on: when("Not Interested"),
			}),
			field("lost_reason", "Link", __("Lost Reason", null, "Follow Up"), {
				options: "Opportunity Lost Reason",
				depends_on: "eval:doc.outcome=='Not Interested' && doc.what_now=='Lost'",
				mandatory_depends_on: "eval:doc.outcome=='Not Interested' && doc.what_now=='Lost'",
			}),
			field("competitor", "Link", __("Lost To", null, "Follow Up"), {
				options: "Competitor",
				depends_on: `eval:${this.lost_deal()} && !doc.no_competitor`,
			}),
			field("no_competitor", "Check", __("No Competitor Involved"), {
				depends_on: `eval:${this.lost_deal()} && !doc.competitor`,
			}),
			field("right_name", "Data", __("Right Contact", null, "Follow Up"), { depends_on: when("Wrong Contact") }),
			field("right_email", "Data", __("Right Contact's E-mail", null, "Follow Up"), {
				options: "Email",
				depends_on: when("Wrong Contact"),
			}),
			field("right_phone", "Data", __("Right Contact's Phone", null, "Follow Up"), {
				options: "Phone",
				depends_on: when("Wrong Contact"),
			}),
			field("note", "Small Text", __("Note", null, "Follow Up")),
			field("more", "Section Break", "", {}),
			field("channel", "Select", __("Channel", null, "Follow Up"), {
				options: this.options(salesflow.CHANNELS),
				default: this.touch.channel,
			}),
			field("column", "Column Break"),
			field("done_on", "Datetime", __("Done On", null, "Follow Up"), {
				// The server says what time it is: the clock of this machine may be wrong.
				description: __("Left empty: now."),
			}),
			field("value_content", "Link", __("Value Content", null, "Follow Up"), {
				options: "Value Content",
				default: this.touch.value_content,
				get_query: () => ({ filters: { enabled: 1 } }),
			}),
		];
	}

	save(values) {
		this.dialog.disable_primary_action();
		return frappe
			.xcall("salesflow_std.api.follow_up.complete", { ...values, name: this.touch.name })
			.then((answer) => {
				this.dialog.hide();
				frappe.show_alert({ message: salesflow.next_touch_text(answer.next), indicator: "green" });
				this.done?.(answer);
			})
			.catch(() => this.dialog.enable_primary_action());
	}
};

salesflow.OUTCOMES = [
	"Reached",
	"Sent",
	"No Answer",
	"Call Later",
	"Wrong Contact",
	"Not Interested",
	"Meeting Agreed",
	"Meeting Held",
];
salesflow.CHANNELS = ["E-mail", "Phone", "Visit", "Online Meeting", "Message"];

// "Next: 26-11-2026, E-mail"
salesflow.next_touch_text = (next) => {
	if (!next) return __("No further touch is planned.");
	const day = frappe.datetime.str_to_user(next.due_on, false, true);
	const channel = next.channel ? __(next.channel, null, "Follow Up") : "";
	return channel ? __("Next: {0}, {1}", [day, channel]) : __("Next: {0}", [day]);
};
