// Scoring Model: a change first shows what it would do, then re-grades in the background.
frappe.ui.form.on("Scoring Model", {
	refresh(frm) {
		if (frm.is_new()) return;
		frm.add_custom_button(__("Simulate"), () =>
			simulate(frm).then((outcome) => show_outcome(frm, outcome))
		);
		follow_regrade(frm);
		take_proposed_weights(frm);
	},

	before_save(frm) {
		frm.sf_regrades = false;
		if (frm.is_new()) return;
		return new Promise((resolve) => {
			const stop = () => {
				frappe.validated = false;
				resolve();
			};
			simulate(frm).then((outcome) => {
				if (!outcome.moved && !outcome.clocks_change.length && !outcome.ungradable) return resolve();
				show_outcome(frm, outcome, {
					label: __("Save and Re-grade"),
					proceed: () => {
						frm.sf_regrades = true;
						resolve();
					},
					cancel: stop,
				});
			}, stop);
		});
	},

	after_save(frm) {
		// A small site is re-graded before it is asked how far it is; who has told it to do so hears of the end all the same.
		frm.sf_was_pending = frm.sf_was_pending || frm.sf_regrades;
		frm.sf_regrades = false;
		follow_regrade(frm);
	},
});

// From the report Grade Calibration: filled in, simulated, and saved only by whoever wants it.
function take_proposed_weights(frm) {
	const proposal = window.salesflow_std?.proposed_weights;
	if (proposal?.model !== frm.docname) return;
	delete window.salesflow_std.proposed_weights;
	frm.doc.dimensions.forEach((row) => {
		if (row.code in proposal.weights) {
			frappe.model.set_value(row.doctype, row.name, "weight", proposal.weights[row.code]);
		}
	});
	frm.refresh_field("dimensions");
	simulate(frm).then((outcome) => show_outcome(frm, outcome));
}

function simulate(frm) {
	const { dimensions, rules, bands } = frm.doc;
	return frappe.xcall("salesflow_std.api.scoring.simulate", {
		scoring_model: frm.docname,
		changes: { dimensions, rules: rules || [], bands },
	});
}

function show_outcome(frm, outcome, confirm) {
	const dialog = new frappe.ui.Dialog({
		title: __("What the Change Would Do"),
		size: "large",
		fields: [{ fieldtype: "HTML", fieldname: "body", options: describe(frm, outcome) }],
	});
	if (confirm) {
		let decided = false;
		dialog.set_primary_action(confirm.label, () => {
			decided = true;
			dialog.hide();
			confirm.proceed();
		});
		dialog.set_secondary_action_label(__("Back to the Model"));
		dialog.set_secondary_action(() => dialog.hide());
		dialog.onhide = () => decided || confirm.cancel();
	}
	dialog.show();
}

function describe(frm, outcome) {
	const esc = frappe.utils.escape_html;
	const none = __("no grade");
	const count = (n) => format_number(n, null, 0);
	const type = __(frm.doc.applies_to, null, "Scoring Model");
	const parts = [
		`<p><b>${
			outcome.moved
				? __("{0} of {1} graded documents would change their grade.", [
						count(outcome.moved),
						count(outcome.graded),
				  ])
				: __("No grade would change among {0} graded documents.", [count(outcome.graded)])
		}</b></p>`,
	];
	if (outcome.clocks_change.length) {
		parts.push(
			`<p>${__("Deadlines and review dates would be counted anew for grade {0}.", [
				outcome.clocks_change.map(esc).join(", "),
			])}</p>`
		);
	}
	if (outcome.ungradable) {
		parts.push(
			`<p class="text-warning">${__(
				"{0} have no points for a dimension of the model: their grade stays and asks for review.",
				[count(outcome.ungradable)]
			)}</p>`
		);
	}
	if (outcome.frozen) {
		parts.push(`<p class="text-muted">${__("{0} are set by a manager and stay.", [count(outcome.frozen)])}</p>`);
	}
	const grades = frm.doc.bands.map((band) => band.grade);
	const all = [...new Set([...grades, ...Object.keys(outcome.before), ...Object.keys(outcome.after)])];
	const most = Math.max(1, ...all.map((g) => Math.max(outcome.before[g] || 0, outcome.after[g] || 0)));
	const bar = (n) =>
		`<span class="sf-bar"><i style="width:${(100 * n) / most}%"></i></span>`;
	parts.push(
		`<table class="table table-sm"><thead><tr><th>${__("Grade", null, "Salesflow")}</th><th style="width:35%">${__("Now")}</th><th></th>
			<th style="width:35%">${__("Then")}</th><th></th></tr></thead><tbody>${all
				.map((g) => {
					const [before, after] = [outcome.before[g] || 0, outcome.after[g] || 0];
					return `<tr><td><b>${esc(g || none)}</b></td><td>${bar(before)}</td><td class="text-right">${count(
						before
					)}</td><td>${bar(after)}</td><td class="text-right">${count(after)}</td></tr>`;
				})
				.join("")}</tbody></table>`
	);
	if (outcome.moves.length) {
		parts.push(
			`<p>${outcome.moves
				.map((m) => `${esc(m.from || none)} → <b>${esc(m.to || none)}</b>: ${count(m.count)}`)
				.join(" &nbsp;·&nbsp; ")}</p>`
		);
	}
	if (outcome.largest.length) {
		parts.push(
			`<h6 class="sf-heading">${__("Largest Deals Concerned")}</h6><table class="table table-sm"><tbody>${outcome.largest
				.map(
					(row) =>
						`<tr><td><a href="/app/${frappe.router.slug(row.doctype)}/${encodeURIComponent(row.name)}"
							target="_blank">${esc(row.title || row.name)}</a></td>
						<td class="text-right">${row.amount ? format_currency(row.amount) : "–"}</td>
						<td>${esc(row.from || none)} → <b>${esc(row.to || none)}</b></td></tr>`
				)
				.join("")}</tbody></table>`
		);
	} else if (!outcome.graded) {
		parts.push(`<p class="text-muted">${__("No {0} is graded by this model yet.", [type])}</p>`);
	}
	return parts.join("");
}

// The job runs on a worker; asking once a second needs no connection to it and ends with the form.
function follow_regrade(frm) {
	if (frm.sf_following || frm.is_new()) return;
	const model = frm.docname;
	frm.sf_following = true;
	const ask = () =>
		frappe.xcall("salesflow_std.api.scoring.regrade_progress", { scoring_model: model }).then((state) => {
			const here = frm.docname === model && frappe.get_route()[2] === model;
			if (!state.pending || !here) {
				frm.sf_following = false;
				if (frm.sf_was_pending && here) {
					frm.dashboard.hide_progress();
					frappe.show_alert({ message: __("All grades agree with the model."), indicator: "green" });
				}
				frm.sf_was_pending = false;
				return;
			}
			frm.sf_was_pending = true;
			const share = state.total ? (100 * state.done) / state.total : 0;
			frm.dashboard.show_progress(
				__("Re-grading"),
				Math.max(share, 2),
				state.total
					? __("{0} of {1} documents re-graded", [
							format_number(state.done, null, 0),
							format_number(state.total, null, 0),
					  ])
					: __("Re-grading waits for a background worker.")
			);
			setTimeout(ask, 1000);
		});
	ask();
}
