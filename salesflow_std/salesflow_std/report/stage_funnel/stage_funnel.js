// Stage Funnel: every number opens the deals behind it, in the same report; one button leads back.
const FUNNEL_NUMBERS = {
	reached: "reached",
	went_on: "went_on",
	conversion: "went_on",
	here: "here",
	lost: "lost",
	closed: "closed",
	median_hours: "hours",
	mean_hours: "hours",
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
		{ fieldname: "process", label: __("Sales Process"), fieldtype: "Link", options: "Sales Process" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "source", label: __("Source", null, "Stage Funnel"), fieldtype: "Link", options: "Lead Source" },
		{ fieldname: "records", label: __("Deals Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		report.page.add_inner_button(__("Back to the Funnel"), () => report.set_filter_value("records", ""));
		this.after_refresh(report);
	},

	after_refresh(report) {
		const shown = Boolean(report.get_filter_value("records"));
		report.page.inner_toolbar.find(`[data-label="${encodeURIComponent(__("Back to the Funnel"))}"]`).toggle(shown);
	},

	after_datatable_render() {
		this.after_refresh(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const what = FUNNEL_NUMBERS[column.fieldname];
		if (!what || !data?.stage || value === null || value === undefined) return text;
		const shown = { Percent: () => `${value.toFixed(1)} %`, Float: () => value.toFixed(1) }[column.fieldtype]?.() ?? value;
		if (column.fieldtype === "Int" && !value) return shown;
		return `<a class="${what === "lost" ? "text-danger" : ""}" data-records="${what}:${frappe.utils.escape_html(
			data.stage
		)}" onclick="open_funnel_deals(this)">${shown}</a>`;
	},
};

window.open_funnel_deals = (link) => frappe.query_report.set_filter_value("records", link.dataset.records);
