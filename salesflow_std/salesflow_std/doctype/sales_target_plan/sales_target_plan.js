// Sales Target Plan: propose, distribute, apply, plan anew; the year at a glance (M4).
(() => {
	const API = "salesflow_std.api.target_plan";
	const esc = (text) => frappe.utils.escape_html(text ?? "");

	frappe.ui.form.on("Sales Target Plan", {
		setup(frm) {
			frm.set_query("sales_person", "lines", () => ({
				filters: { name: ["in", (frm.doc.shares || []).map((row) => row.sales_person).filter(Boolean)] },
			}));
		},

		onload(frm) {
			if (!frm.is_new()) return;
			if (!frm.doc.fiscal_year) {
				const year = erpnext.utils.get_fiscal_year(frappe.datetime.get_today());
				if (year) frm.set_value("fiscal_year", year);
			}
		},

		refresh(frm) {
			const draft = frm.doc.status === "Draft";
			frm.set_intro("");
			frm.toggle_enable(frm.meta.fields.filter((df) => df.fieldname && !df.read_only).map((df) => df.fieldname), draft);
			frm.toggle_display("plan_from", Boolean(frm.doc.revision_of));
			frm.toggle_enable("plan_from", false);
			if (!draft) frm.disable_save();
			else frm.enable_save();
			overview(frm);
			if (frm.is_new()) {
				frm.set_intro(__("Save the targets of the year, then propose the shares."), "blue");
				return;
			}
			if (draft) tell_problems(frm);
			if (!frm.perm[0]?.write) return;
			if (draft) draft_buttons(frm);
			if (frm.doc.status === "Applied") {
				button(frm, __("Plan Anew from a Month"), () => revise(frm), true);
				button(frm, __("Withdraw", null, "Sales Target Plan"), () => withdraw(frm));
			}
			frm.add_custom_button(__("Target Attainment"), () => open_report(frm), __("View"));
		},
	});

	frappe.ui.form.on("Sales Target Line", {
		amount: (frm) => overview(frm),
		new_customers: (frm) => overview(frm),
		lines_remove: (frm) => overview(frm),
	});

	function button(frm, label, run, primary) {
		const made = frm.add_custom_button(label, run);
		if (primary) made.removeClass("btn-default").addClass("btn-primary");
		return made;
	}

	function draft_buttons(frm) {
		const problems = frm.doc.__onload?.problems || [];
		const next = !frm.doc.shares?.length ? "propose" : !frm.doc.lines?.length ? "distribute" : problems.length ? "" : "apply";
		button(frm, __("Propose Shares"), () => act(frm, "propose"), next === "propose");
		if (!frm.doc.shares?.length) return;
		button(frm, __("Distribute"), () => distribute(frm), next === "distribute");
		if (!frm.doc.lines?.length) return;
		if (problems.length) button(frm, __("Spread the Difference"), () => act(frm, "spread"), true);
		button(frm, __("Apply", null, "Sales Target Plan"), () => apply(frm), next === "apply");
	}

	// What was typed is saved first, so that nothing of it is lost.
	async function act(frm, method, values) {
		if (frm.is_dirty()) await frm.save();
		await frappe.xcall(`${API}.${method}`, { name: frm.docname, ...(values || {}) });
		await frm.reload_doc();
	}

	function distribute(frm) {
		const open = (frm.doc.lines || []).some((line) => !line.is_closed);
		if (!open) return act(frm, "distribute");
		frappe.confirm(__("The months are written anew, by shares and season. What was typed into them is lost. Go on?"), () =>
			act(frm, "distribute")
		);
	}

	async function apply(frm) {
		if (frm.is_dirty()) await frm.save();
		const people = await frappe.xcall(`${API}.by_hand`, { name: frm.docname });
		const ask = people.length
			? __("{0} have targets for this year that somebody has entered by hand. They are replaced by this plan's. Go on?", [
					people.slice(0, 5).map(esc).join(", ") + (people.length > 5 ? " …" : ""),
			  ])
			: __("The plan counts from now on, in the sales persons' targets as well. Go on?");
		frappe.confirm(ask, () => act(frm, "apply", { replace_hand_rows: people.length ? 1 : 0 }));
	}

	function withdraw(frm) {
		frappe.confirm(
			__("The year is without targets until a plan is applied again. Closed months stay as they are. Go on?"),
			() => act(frm, "withdraw")
		);
	}

	function revise(frm) {
		const today = frappe.datetime.get_today();
		const months = [...new Set((frm.doc.lines || []).map((line) => line.month))].sort();
		frappe.prompt(
			[
				{
					fieldname: "month",
					label: __("From Month"),
					fieldtype: "Select",
					options: months.map((value) => ({ value, label: month_label(value, true) })),
					default: months.find((month) => month > today) || months[months.length - 1],
					reqd: 1,
					description: __("The months before it stay as they are."),
				},
				{
					fieldname: "total_amount",
					label: __("Sales of the Year"),
					fieldtype: "Currency",
					options: frappe.boot.sysdefaults.currency,
					default: frm.doc.total_amount,
				},
				{
					fieldname: "new_customers",
					label: __("New Customers", null, "Sales Target Plan"),
					fieldtype: "Int",
					default: frm.doc.new_customers,
				},
			],
			async (values) => {
				const made = await frappe.xcall(`${API}.revise`, { name: frm.docname, ...values });
				frappe.set_route("Form", frm.doctype, made.name);
			},
			__("Plan Anew from a Month"),
			__("Make a Draft")
		);
	}

	function open_report(frm) {
		frappe.set_route("query-report", "Target Attainment", {
			company: frm.doc.company,
			fiscal_year: frm.doc.fiscal_year,
		});
	}

	function tell_problems(frm) {
		const problems = frm.doc.__onload?.problems || [];
		if (!problems.length) return;
		const more = problems.length > 5 ? `<li>${__("and {0} more", [problems.length - 5])}</li>` : "";
		frm.set_intro(`<ul class="mb-0 pl-3">${problems.slice(0, 5).map((text) => `<li>${text}</li>`).join("")}${more}</ul>`, "orange");
	}

	function month_label(day, with_year) {
		const [year, month] = day.split("-").map(Number);
		const options = with_year ? { month: "long", year: "numeric" } : { month: "short" };
		return new Date(year, month - 1, 1).toLocaleDateString(frappe.boot.lang || "en", options);
	}

	// Reps by month and quarter, with what adds up to what.
	function overview(frm) {
		const field = frm.get_field("overview");
		if (!field) return;
		const lines = (frm.doc.lines || []).filter((line) => line.month && line.sales_person);
		if (!lines.length) return field.$wrapper.empty();
		const months = [...new Set(lines.map((line) => line.month))].sort();
		const people = [...new Set(lines.map((line) => line.sales_person))];
		const at = {};
		for (const line of lines) at[`${line.sales_person}|${line.month}`] = line;
		const shown = (amount) => format_number(amount, null, Number.isInteger(amount) ? 0 : 2);
		const sum = (names, some) =>
			names.reduce((all, name) => all + some.reduce((part, month) => part + flt(at[`${name}|${month}`]?.amount), 0), 0);
		const quarters = [];
		for (let i = 0; i < months.length; i += 3) quarters.push(months.slice(i, i + 3));
		const cells = (names, tag) =>
			quarters
				.map(
					(some) =>
						some
							.map((month) => {
								const closed = names.length === 1 && at[`${names[0]}|${month}`]?.is_closed;
								return `<${tag} class="text-right ${closed ? "text-muted" : ""}">${shown(sum(names, [month]))}</${tag}>`;
							})
							.join("") + `<${tag} class="text-right sf-quarter">${shown(sum(names, some))}</${tag}>`
				)
				.join("") + `<${tag} class="text-right sf-quarter">${shown(sum(names, months))}</${tag}>`;
		const head = quarters
			.map(
				(some, i) =>
					some.map((month) => `<th class="text-right">${esc(month_label(month))}</th>`).join("") +
					`<th class="text-right sf-quarter">Q${i + 1}</th>`
			)
			.join("");
		field.$wrapper.html(`<div class="sf-target-table" tabindex="0" role="region" aria-label="${esc(__("Targets by Month"))}">
			<table class="table table-sm table-bordered"><thead><tr><th>${__("Rep or Team")}</th>${head}
			<th class="text-right sf-quarter">${__("Year", null, "Salesflow")}</th></tr></thead><tbody>
			${people.map((name) => `<tr><td>${esc(name)}</td>${cells([name], "td")}</tr>`).join("")}
			<tr><th>${__("Total", null, "KPI Scores")}</th>${cells(people, "th")}</tr></tbody></table></div>`);
	}
})();
