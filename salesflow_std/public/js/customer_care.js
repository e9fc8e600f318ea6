// Customer: how they are looked after, on top of the form: tier, activity, touches, complaint, survey, loss (P6).
frappe.provide("salesflow");

if (!salesflow.customer_care) {
	const API = "salesflow_std.api.customer_care";
	const ACTIVITY = { High: "green", Medium: "blue", Low: "orange", Silent: "red" };
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const pill = (colour, text) => `<span class="indicator-pill no-indicator-dot ${colour}">${esc(text)}</span>`;
	const day = (date) => esc(frappe.datetime.str_to_user(date));
	const on = (time) => esc(frappe.datetime.str_to_user(frappe.datetime.convert_to_user_tz(time), false, true));
	const link = (doctype, name, html) => frappe.utils.get_form_link(doctype, name, true, html);

	salesflow.customer_care = {
		// One request, once the form stands; what was shown stays until the answer is there.
		refresh(frm) {
			if (frm.is_new()) return frm.layout.wrapper.children(".sf-care").remove();
			const name = frm.docname;
			this.read_only(frm);
			return frappe.xcall(`${API}.panel`, { customer: name }).then((care) => {
				if (frm.docname === name) this.show(frm, care);
			});
		},

		// Only managers set a tier, and the server says so too.
		read_only(frm) {
			for (const field of ["sf_tier", "sf_tier_reason"]) {
				frm.set_df_property(field, "read_only", salesflow.customer_tier.may_set() ? 0 : 1);
			}
		},

		show(frm, care) {
			const wrapper = frm.layout.wrapper;
			wrapper.children(".sf-care").remove();
			const facts = [
				...this.tier(care),
				...this.activity(care),
				...this.touches(care),
				...this.voice(care),
				...this.loss(care),
			];
			const strip = $(`<div class="sf-care" role="group" aria-label="${__("Customer Care", null, "Salesflow")}">${facts
				.map((html) => `<span class="sf-fact">${html}</span>`)
				.join("")}<span class="sf-actions"></span></div>`);
			this.buttons(frm, care, strip.find(".sf-actions"));
			const above = wrapper.children(".sf-strip").last();
			if (above.length) above.after(strip);
			else wrapper.prepend(strip);
		},

		tier({ tier, proposed, differs, why, reason }) {
			const { customer_tier } = salesflow;
			const label = `<span class="text-muted">${__("Tier", null, "Customer")}</span>`;
			const facts = [`${label} ${tier ? customer_tier.pill(tier) : `<span class="text-muted">–</span>`}`];
			const told = esc(customer_tier.why(why));
			if (differs) {
				facts.push(
					`<span class="text-muted">${__("Proposed: {0}", [
						`</span>${customer_tier.pill(proposed)}<span class="text-muted">`,
					])} · ${told}</span>`
				);
			} else if (proposed && told) facts.push(`<span class="text-muted">${told}</span>`);
			if (reason && differs) facts.push(`<span class="text-muted">${esc(reason)}</span>`);
			return facts;
		},

		activity({ activity, last_order_on, last_touch_on, silent_since }) {
			if (!activity) return [];
			const label = `<span class="text-muted">${__("Activity", null, "Customer")}</span>`;
			const facts = [`${label} ${pill(ACTIVITY[activity], __(activity, null, "Customer"))}`];
			if (silent_since) facts.push(__("silent since {0}", [day(silent_since)]));
			facts.push(last_order_on ? __("last order {0}", [day(last_order_on)]) : __("no order yet"));
			if (last_touch_on) facts.push(__("last touch {0}", [on(last_touch_on)]));
			return facts;
		},

		touches({ next, skipped, skipped_count }) {
			const facts = [];
			const said = (touch) =>
				[touch.channel && __(touch.channel, null, "Follow Up"), touch.goal].filter(Boolean).map(esc).join(", ");
			for (const touch of next) {
				const late = touch.due_on < frappe.datetime.system_datetime();
				const label = late
					? pill("orange", __("Overdue", null, "Follow Up"))
					: `<span class="text-muted">${__("next", null, "Care")}</span>`;
				facts.push(`${label} ${link("Follow Up", touch.name, `${on(touch.due_on)} ${said(touch)}`)}`);
			}
			if (skipped_count) {
				const listed = skipped
					.map((touch) => `<span class="sf-skipped">${link("Follow Up", touch.name, `${on(touch.due_on)} ${said(touch)}`)}</span>`)
					.join(", ");
				facts.push(`${pill("red", __("{0} skipped this year", [skipped_count]))} ${listed}`);
			}
			return facts;
		},

		voice({ complaint, survey }) {
			const facts = [];
			if (complaint) {
				facts.push(`${pill("red", __("Open complaint"))} ${link("Issue", complaint.name, esc(complaint.subject))}`);
			}
			if (survey) {
				const mark = __("Satisfaction {0} of 5", [format_number(survey.satisfaction, null, 1)]);
				facts.push(
					`${link("Satisfaction Survey", survey.name, pill(survey.is_low ? "orange" : "green", mark))} <span class="text-muted">${on(
						survey.answered_on
					)}</span>`
				);
			}
			return facts;
		},

		loss({ loss }) {
			if (!loss) return [];
			const text = `${__("Loss Analysis")}: ${__(loss.status, null, "Loss Analysis")}`;
			return [link("Loss Analysis", loss.name, pill("orange", text))];
		},

		buttons(frm, care, place) {
			const button = (label, run, primary) =>
				$(`<button type="button" class="btn btn-xs ${primary ? "btn-primary" : "btn-default"} ml-1"></button>`)
					.text(label)
					.on("click", run)
					.appendTo(place);
			const { customer_tier } = salesflow;
			if (care.may_set) {
				if (care.differs) {
					button(__("Take Over the Proposed Tier"), () => this.saved(frm, () => customer_tier.take_over([frm.docname])), true);
				}
				const about = { ...care, customer: frm.docname };
				button(__("Set Tier"), () => customer_tier.choose(about, () => frm.reload_doc()));
			}
			if (care.activity === "Silent" && !care.loss && frappe.model.can_create("Loss Analysis")) {
				button(__("Analyse the Loss"), () => this.analyse(frm));
			}
			button(__("Care Calendar"), () => this.calendar(frm));
		},

		// What is not saved would be lost at the reload.
		saved(frm, run) {
			return Promise.resolve(frm.is_dirty() ? frm.save() : null)
				.then(run)
				.then(() => frm.reload_doc());
		},

		analyse(frm) {
			return frappe
				.xcall("salesflow_std.api.loss_analysis.make", { customer: frm.docname })
				.then((name) => frappe.set_route("Form", "Loss Analysis", name));
		},

		calendar(frm) {
			frappe.route_options = { reference_doctype: "Customer", reference_name: frm.docname };
			return frappe.set_route("List", "Follow Up", "Calendar", "default");
		},
	};

	frappe.ui.form.on("Customer", { refresh: (frm) => salesflow.customer_care.refresh(frm) });
}
