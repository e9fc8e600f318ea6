// Sheets of meetings: one is made by hand here (M6).
frappe.listview_settings["Sales Review"] = {
	add_fields: ["status", "kind"],
	hide_name_column: true,
	get_indicator: ({ status }) => {
		const tone = { Prepared: "blue", "In Meeting": "orange", Kept: "green" }[status];
		return [__(status, null, "Sales Review"), tone, `status,=,${status}`];
	},
	onload(list) {
		if (!frappe.model.can_create("Sales Review")) return;
		list.page.add_inner_button(__("New Sheet"), async () => {
			const teams = await frappe.xcall("salesflow_std.api.sales_review.teams");
			if (!teams.length) {
				frappe.msgprint({
					title: __("No Such Team"),
					message: __(
						"A team is a group of the Sales Person tree whose employee logs in as a manager, with people below it. {0}",
						[`<a href="/app/sales-person/view/tree">${__("Sales Person")}</a>`]
					),
				});
				return;
			}
			const label = (team) => `${team.sales_person || __("The whole company")} (${team.company})`;
			frappe.prompt(
				[
					{
						fieldname: "kind",
						fieldtype: "Select",
						label: __("Kind", null, "Sales Review"),
						options: ["Weekly", "Monthly"].map((value) => ({ value, label: __(value, null, "Sales Review") })),
						default: "Weekly",
						reqd: 1,
					},
					{
						fieldname: "team",
						fieldtype: "Select",
						label: __("Team", null, "Sales Review"),
						options: teams.map((team, index) => ({ value: String(index), label: label(team) })),
						default: "0",
						reqd: 1,
					},
				],
				async ({ kind, team }) => {
					const { sales_person, company } = teams[cint(team)];
					const { name } = await frappe.xcall("salesflow_std.api.sales_review.new", { kind, sales_person, company });
					frappe.set_route("Form", "Sales Review", name);
				},
				__("New Sheet"),
				__("Prepare", null, "Sales Review")
			);
		});
	},
};
