// Target Attainment: every number of sales opens the documents behind it, in the same report.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Target Attainment"] = {
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
			fieldname: "fiscal_year",
			label: __("Fiscal Year"),
			fieldtype: "Link",
			options: "Fiscal Year",
			default: erpnext.utils.get_fiscal_year(frappe.datetime.get_today()),
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Month", "Rep", "Team"].map((value) => ({ value, label: __(value, null, "Salesflow") })),
			default: "Month",
			reqd: 1,
		},
		{ fieldname: "sales_person", label: __("Rep or Team"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "records", label: __("Documents Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		salesflow_std.report_links.way_back(report, __("Back to the Year"));
	},

	after_datatable_render() {
		salesflow_std.report_links.way_back_shown(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const opened = data?.open?.[column.fieldname];
		if (opened && value) {
			return salesflow_std.report_links.records(text, opened);
		}
		return column.fieldname === "of_expected" && value !== null && value < 80 ? `<span class="text-danger">${text}</span>` : text;
	},
};
