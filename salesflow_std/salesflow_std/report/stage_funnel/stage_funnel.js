// Stage Funnel: every number opens the deals behind it, in the same report; one button leads back.
{% include "salesflow_std/public/js/report_links.js" %}

const FUNNEL_NUMBERS = {
	stage: {
		reached: "reached",
		went_on: "went_on",
		conversion: "went_on",
		here: "here",
		lost: "lost",
		closed: "closed",
		median_hours: "hours",
		p90_hours: "hours",
		median_days: "hours",
		value: "values",
		won: "won",
		won_value: "won",
		other_of: "other.reached",
		other_conversion: "other.went_on",
	},
	group: {
		entered: "entered",
		won: "won",
		lost: "lost",
		open: "open",
		closed: "closed",
		conversion: "won",
		cycle_days: "cycle_hours",
		won_value: "won",
		other_of: "other.entered",
		other_conversion: "other.won",
	},
};

frappe.query_reports["Stage Funnel"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Begun From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Begun Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Source", label: __("Source", null, "Stage Funnel") },
				{ value: "Rep", label: __("Rep", null, "Stage Funnel") },
				{ value: "Team", label: __("Team", null, "Stage Funnel") },
				{ value: "Territory", label: __("Territory", null, "Stage Funnel") },
				{ value: "Grade", label: __("Grade", null, "Stage Funnel") },
				{ value: "Target Customer Profile", label: __("Target Customer Profile", null, "Stage Funnel") },
				{ value: "Item Group", label: __("Item Group", null, "Stage Funnel") },
				{ value: "Item", label: __("Item", null, "Stage Funnel") },
				{ value: "Month", label: __("Month", null, "Stage Funnel") },
				{ value: "Quarter", label: __("Quarter", null, "Stage Funnel") },
				{ value: "Company", label: __("Company", null, "Stage Funnel") },
			],
			default: "",
		},
		{ fieldname: "process", label: __("Sales Process"), fieldtype: "Link", options: "Sales Process" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "sales_person", label: __("Team", null, "Stage Funnel"), fieldtype: "Link", options: "Sales Person" },
		{
			fieldname: "source",
			label: __("Source", null, "Stage Funnel"),
			fieldtype: "Link",
			// Its name changes with ERPNext 16.
			options: parseInt(frappe.boot.versions?.erpnext) >= 16 ? "UTM Source" : "Lead Source",
		},
		{ fieldname: "territory", label: __("Territory"), fieldtype: "Link", options: "Territory" },
		{ fieldname: "grade", label: __("Grade", null, "Stage Funnel"), fieldtype: "Data" },
		{
			fieldname: "profile",
			label: __("Target Customer Profile"),
			fieldtype: "Link",
			options: "Target Customer Profile",
		},
		{ fieldname: "item_group", label: __("Item Group"), fieldtype: "Link", options: "Item Group" },
		{ fieldname: "product", label: __("Item", null, "Stage Funnel"), fieldtype: "Link", options: "Item" },
		{ fieldname: "compare_from", label: __("Second Period From"), fieldtype: "Date" },
		{ fieldname: "compare_to", label: __("Second Period Until"), fieldtype: "Date" },
		{ fieldname: "records", label: __("Deals Of"), fieldtype: "Data", hidden: 1 },
		{ fieldname: "records_group", label: __("Deals Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		salesflow_std.report_links.way_back(report, __("Back to the Funnel"));
		if (may_export()) report.page.add_inner_button(__("Event Log (CSV)"), () => download_event_log(report));
	},

	after_datatable_render() {
		salesflow_std.report_links.way_back_shown(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		if (!data || data.document) return default_formatter(value, row, column, data);
		const unknown = value === null || value === undefined;
		if (unknown && column.fieldtype !== "Data") return "–";
		let text = default_formatter(value, row, column, data);
		if (column.fieldtype === "Percent") text = `${value.toFixed(1)} %`;
		if (column.fieldtype === "Float") text = value.toFixed(1);
		const [what, stage] = data.stage
			? [FUNNEL_NUMBERS.stage[column.fieldname], data.stage]
			: column.stage
			? ["went_on", column.stage]
			: [FUNNEL_NUMBERS.group[column.fieldname], ""];
		if (what && value && !unknown) {
			const group = data.stage || data.is_total ? "" : `=${data.group || ""}`;
			const shown = column.fieldtype === "Currency" ? $(`<div>${text}</div>`).text() : text;
			const tone = what === "lost" ? "text-danger" : "";
			text = salesflow_std.report_links.records(shown, `${what}:${stage}`, tone, group);
		}
		return data.is_total ? `<b>${text}</b>` : text;
	},
};

// As the server asks: of what one may read.
function may_export() {
	if (frappe.user.has_role("System Manager")) return true;
	return ["Lead", "Opportunity"].every((doctype) => !frappe.model.can_read(doctype) || frappe.model.can_export(doctype));
}

function download_event_log(report) {
	const values = report.get_filter_values();
	const asked = ["from_date", "to_date", "process", "company", "rep", "sales_person", "source", "territory"];
	open_url_post("/api/method/salesflow_std.api.event_log.download", {
		...Object.fromEntries(asked.filter((name) => values[name]).map((name) => [name, values[name]])),
	});
}
