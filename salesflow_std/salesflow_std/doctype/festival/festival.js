// Festival: its next days are shown while it is written down.
frappe.ui.form.on("Festival", {
	setup(frm) {
		frm.set_query("value_content", () => ({ filters: { enabled: 1, kind: "Greeting" } }));
	},
	refresh: show_days,
	calendar: show_days,
	month: show_days,
	day: show_days,
	solar_term: show_days,
	easter_offset: show_days,
});

function show_days(frm) {
	const { calendar, month, day, solar_term, easter_offset } = frm.doc;
	if (!calendar) return;
	const asked = { calendar, month, day, solar_term, easter_offset };
	frm.sf_asked = asked;
	frappe.xcall("salesflow_std.api.festival.upcoming", asked, "GET").then((days) => {
		if (frm.sf_asked !== asked) return; // something else was typed meanwhile
		const shown = days.map((on) => frappe.datetime.str_to_user(on)).join(" · ");
		frm.set_df_property("next_on", "description", shown ? __("Next: {0}", [shown]) : "");
	});
}
