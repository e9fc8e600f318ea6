frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Open Opportunities by Grade"] = {
	method: "salesflow_std.api.cards.open_opportunities_by_grade",
	filters: [],
};
