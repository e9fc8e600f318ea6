// Sales Goal: where it stands and where it lands, in words; opens the deals counted; the same for the next periods.
frappe.ui.form.on("Sales Goal", {
	setup(frm) {
		frm.set_query("stage", () => ({
			filters: { name: ["in", frm.sf_stages || []] },
		}));
		frm.set_query("responsible", () => ({ filters: { enabled: 1, user_type: "System User" } }));
	},

	refresh(frm) {
		read_stages(frm);
		if (frm.is_new()) return;
		const name = frm.docname;
		frappe.xcall("salesflow_std.api.goal.standing", { name }).then((standing) => {
			if (frm.docname !== name) return;
			show_standing(frm, standing);
		});
	},

	sales_process: (frm) => read_stages(frm),
	period: (frm) => fill_period(frm),
	from_date: (frm) => fill_period(frm),
});

function read_stages(frm) {
	frm.sf_stages = [];
	if (!frm.doc.sales_process) return;
	frappe.model.with_doc("Sales Process", frm.doc.sales_process).then((process) => {
		frm.sf_stages = (process?.stages || []).filter((row) => !row.retired).map((row) => row.stage);
	});
}

// As the server does it, so that the days are seen before saving.
function fill_period(frm) {
	const months = { Month: 1, Quarter: 3, Year: 12 }[frm.doc.period];
	if (!months || !frm.doc.from_date) return;
	const day = moment(frm.doc.from_date);
	const first = day.clone().startOf("month").month(Math.floor(day.month() / months) * months);
	const begin = first.format("YYYY-MM-DD");
	const end = first.clone().add(months, "months").subtract(1, "day").format("YYYY-MM-DD");
	if (begin !== frm.doc.from_date) frm.set_value("from_date", begin);
	if (end !== frm.doc.to_date) frm.set_value("to_date", end);
}

function show_standing(frm, standing) {
	frm.page.set_title(standing.title);
	const open = frm.doc.status === "Open";
	frm.dashboard.clear_headline();
	const colour = { misses: "red", below: "orange", above: "green", meets: "green" }[standing.landing] || "blue";
	frm.dashboard.set_headline(frappe.utils.escape_html(standing.words), colour);
	frm.dashboard.progress_area.body.empty();
	frm.dashboard.add_progress(
		__("Progress"),
		Math.min(100, standing.progress),
		__("{0} of {1}", [standing.actual, standing.target].map(frappe.utils.escape_html), "Sales Goal")
	);

	frm.add_custom_button(__("Show the Deals"), () => {
		frappe.route_options = standing.deals;
		frappe.set_route("query-report", "Stage Funnel");
	});
	if (!standing.may_change) return;
	if (open) {
		frm.add_custom_button(__("Count Now"), () =>
			frappe
				.xcall("salesflow_std.api.goal.measure", { name: frm.docname })
				.then(() => frm.reload_doc())
		);
		frm.add_custom_button(__("Cancel Goal"), () =>
			frappe.confirm(__("Cancel this goal? It is not counted any more."), () =>
				frm.set_value("status", "Cancelled").then(() => frm.save())
			)
		);
	}
	frm.add_custom_button(__("Make for the Following Periods"), () => make_following(frm));
}

function make_following(frm) {
	const periods = { Month: __("Months", null, "Sales Goal"), Quarter: __("Quarters"), Year: __("Years", null, "Sales Goal") };
	const dialog = new frappe.ui.Dialog({
		title: __("Make for the Following Periods"),
		fields: [
			{
				fieldname: "count",
				fieldtype: "Int",
				label: periods[frm.doc.period] || __("Periods"),
				default: { Month: 12, Quarter: 4, Year: 1 }[frm.doc.period] || 1,
				reqd: 1,
				description: __("Each gets the same number. Where there is one already, it stays."),
			},
		],
		primary_action_label: __("Make", null, "Sales Goal"),
		primary_action({ count }) {
			frappe.xcall("salesflow_std.api.goal.repeat", { name: frm.docname, count }).then(({ made, there }) => {
				dialog.hide();
				frappe.show_alert({
					message: there
						? __("{0} goals made, {1} were there already.", [made.length, there])
						: __("{0} goals made.", [made.length]),
					indicator: "green",
				});
			});
		},
	});
	dialog.show();
}
