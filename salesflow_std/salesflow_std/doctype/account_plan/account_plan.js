// An account plan: what is overdue, and the needs that the account has confirmed.
(() => {
	const API = "salesflow_std.api.account_plan";
	const today = () => frappe.datetime.get_today();
	const esc = (text) => frappe.utils.escape_html(text || "");

	const late = (row) => row.status === "Open" && row.due_on && row.due_on < today();

	// In the table, what is late is red, on whatever page of it.
	frappe.meta.get_docfield("Account Plan Action", "due_on").formatter = (value, df, options, row) => {
		const text = value ? frappe.datetime.str_to_user(value) : "";
		return row && late(row) ? `<span class="text-danger font-weight-bold">${text}</span>` : text;
	};

	// Frappe looks the words of a Select up without the doctype where they are shown, not edited.
	frappe.meta.get_docfield("Account Plan Action", "status").formatter = (status) =>
		status ? esc(__(status, null, "Account Plan Action")) : "";

	const strip = (frm) => {
		frm.layout.wrapper.find(".sf-strip").remove();
		if (frm.is_new() || frm.doc.status !== "Active") return;
		const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
		const actions = frm.doc.actions || [];
		const overdue = actions.filter(late).length;
		const open = actions.filter((row) => row.status === "Open").length;
		const facts = [pill(open ? "blue" : "green", __("{0} of {1} actions open", [open, actions.length]))];
		if (overdue) facts.push(pill("red", overdue === 1 ? __("1 action overdue") : __("{0} actions overdue", [overdue])));
		const review = frm.doc.next_review_on;
		if (!review) facts.push(pill("orange", __("No review planned")));
		else {
			const day = frappe.datetime.str_to_user(review);
			facts.push(
				review < today()
					? pill("red", __("Review due since {0}", [day]))
					: pill(review === today() ? "orange" : "gray", __("Next review {0}", [day]))
			);
		}
		const html = facts.map((fact) => `<span class="sf-fact">${fact}</span>`).join("");
		frm.layout.wrapper.prepend(`<div class="sf-strip" role="status">${html}</div>`);
	};

	const word = (text) => __(text, null, "Customer Need");

	const need_row = (need) => {
		const must = need.priority === "Must" ? "red" : need.priority === "Expected" ? "blue" : "gray";
		const priority = need.priority
			? `<span class="indicator-pill no-indicator-dot ${must}">${word(need.priority)}</span>`
			: "";
		const kind = [need.explicitness, need.nature].filter(Boolean).map(word).join(" · ");
		const match = need.match_score ? `${need.match_score}/5` : "";
		return `<tr><td>${esc(need.need)}</td><td>${priority}</td><td class="text-muted">${kind}</td>
			<td class="text-right">${match}</td></tr>`;
	};

	// What the customer has confirmed, as it was confirmed; it is changed in the needs record.
	const show_needs = (frm) => {
		const box = frm.get_field("needs_html").$wrapper.empty();
		const { party_type: doctype, party: name } = frm.doc;
		if (!name) return;
		const asked = (frm.needs_asked = `${doctype} ${name}`);
		frappe.xcall(`${API}.needs`, { doctype, name }).then((found) => {
			if (frm.needs_asked !== asked) return;
			if (!found) return box.html(`<p class="text-muted">${__("The account has confirmed no needs yet.")}</p>`);
			const when = found.confirmed_on ? frappe.datetime.str_to_user(found.confirmed_on, false, true) : "";
			box.html(`<div class="table-responsive"><table class="table table-sm sf-plan-needs">
					<thead><tr><th>${word("Need")}</th><th>${word("Priority")}</th><th></th>
						<th class="text-right">${word("Match")}</th></tr></thead>
					<tbody>${found.needs.map(need_row).join("")}</tbody>
				</table></div>
				<p class="text-muted small">${__("Confirmed {0}", [when])} ·
					<a href="/app/needs-record/${encodeURIComponent(found.record)}">${esc(found.record)}</a></p>`);
		});
	};

	// Whose account it is, and whether there is a plan of it already.
	const begin = (frm) => {
		const { party_type: doctype, party: name } = frm.doc;
		if (!name || !frm.is_new()) return;
		frappe.xcall(`${API}.of`, { doctype, name }).then(({ plan, owner }) => {
			if (frm.doc.party !== name) return;
			if (!frm.doc.plan_owner) frm.set_value("plan_owner", owner);
			if (!plan) return;
			const link = `<a href="/app/account-plan/${encodeURIComponent(plan)}">${esc(plan)}</a>`;
			frm.set_intro(__("This account has an active plan already: {0}", [link]), "orange");
		});
	};

	const people = () => ({ filters: { enabled: 1, user_type: "System User" } });

	frappe.ui.form.on("Account Plan", {
		setup(frm) {
			frm.set_query("plan_owner", people);
			frm.set_query("allocated_to", "actions", people);
		},
		refresh(frm) {
			strip(frm);
			show_needs(frm);
			// A plan that is begun from My Day or the account's form knows its account already.
			begin(frm);
		},
		party(frm) {
			show_needs(frm);
			begin(frm);
		},
	});

	frappe.ui.form.on("Account Plan Action", {
		actions_add(frm, cdt, cdn) {
			if (!locals[cdt][cdn].allocated_to) {
				frappe.model.set_value(cdt, cdn, "allocated_to", frm.doc.plan_owner || frappe.session.user);
			}
		},
	});
})();
