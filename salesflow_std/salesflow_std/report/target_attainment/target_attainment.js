// Target Attainment: every number of sales opens the documents behind it, in the same report.
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
		report.page.add_inner_button(__("Back to the Year"), () => report.set_filter_value("records", ""));
		this.after_refresh(report);
	},

	after_refresh(report) {
		const shown = Boolean(report.get_filter_value("records"));
		report.page.inner_toolbar.find(`[data-label="${encodeURIComponent(__("Back to the Year"))}"]`).toggle(shown);
	},

	after_datatable_render() {
		this.after_refresh(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const opened = data?.open?.[column.fieldname];
		if (opened && value) {
			return `<a data-records="${frappe.utils.escape_html(opened)}" onclick="open_target_documents(this)">${text}</a>`;
		}
		return column.fieldname === "of_expected" && value !== null && value < 80 ? `<span class="text-danger">${text}</span>` : text;
	},
};

window.open_target_documents = (link) => frappe.query_report.set_filter_value("records", link.dataset.records);
