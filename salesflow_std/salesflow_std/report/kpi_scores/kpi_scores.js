// KPI Scores: every number opens the documents behind it, in the same report; managers close months from here.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["KPI Scores"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
			reqd: 1,
		},
		{
			fieldname: "from_date",
			label: __("From Month"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.month_start(), -2),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To Month"),
			fieldtype: "Date",
			default: frappe.datetime.month_end(),
			reqd: 1,
		},
		{
			fieldname: "period",
			label: __("Period", null, "KPI Scores"),
			fieldtype: "Select",
			options: ["Month", "Quarter", "Year"].map((value) => ({ value, label: __(value, null, "Salesflow") })),
			default: "Month",
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Rep", "Team"].map((value) => ({ value, label: __(value, null, "Salesflow") })),
			default: "Rep",
			reqd: 1,
		},
		{ fieldname: "sales_person", label: __("Rep or Team"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "records", label: __("Documents Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		salesflow_std.report_links.way_back(report, __("Back to the Scores"));
		if (frappe.user.has_role(["Sales Manager", "Sales Master Manager", "System Manager"])) {
			report.page.add_inner_button(__("Close Month"), () => close_kpi_month(report));
		}
		if (frappe.user.has_role("System Manager")) {
			report.page.add_inner_button(__("Open Month Again"), () => reopen_kpi_month(report));
		}
	},

	after_datatable_render() {
		salesflow_std.report_links.way_back_shown(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		let text = default_formatter(value, row, column, data);
		if (!data) return text;
		const opened = data.open?.[column.fieldname];
		if (opened && value) {
			text = salesflow_std.report_links.records(text, opened);
		}
		return data.is_total ? `<b>${text}</b>` : text;
	},
};

function close_kpi_month(report) {
	const before = frappe.datetime.add_days(frappe.datetime.month_start(), -1);
	frappe.prompt(
		[
			{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company", reqd: 1, default: report.get_filter_value("company") },
			{
				fieldname: "month",
				label: __("A Day of the Month"),
				fieldtype: "Date",
				reqd: 1,
				default: before,
				description: __("A closed month stays as it is, whatever happens to its documents later."),
			},
		],
		(values) =>
			frappe.xcall("salesflow_std.api.kpi.close_month", values).then((done) => {
				frappe.show_alert({
					message: done.scores ? __("{0} scores were written down.", [done.scores]) : __("The month is closed already."),
					indicator: "green",
				});
				report.refresh();
			}),
		__("Close Month"),
		__("Close Month")
	);
}

function reopen_kpi_month(report) {
	frappe.prompt(
		[
			{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company", reqd: 1, default: report.get_filter_value("company") },
			{ fieldname: "month", label: __("A Day of the Month"), fieldtype: "Date", reqd: 1 },
			{ fieldname: "reason", label: __("Why"), fieldtype: "Small Text", reqd: 1 },
		],
		(values) => frappe.xcall("salesflow_std.api.kpi.reopen_month", values).then(() => report.refresh()),
		__("Open Month Again"),
		__("Open Month Again")
	);
}
