frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Open Leads by Grade"] = {
	method: "salesflow_std.api.cards.open_leads_by_grade",
	filters: [],
};
