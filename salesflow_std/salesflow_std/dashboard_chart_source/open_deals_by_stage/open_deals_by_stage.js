frappe.provide("frappe.dashboards.chart_sources");

frappe.dashboards.chart_sources["Open Deals by Stage"] = {
	method: "salesflow_std.api.cards.open_deals_by_stage",
	filters: [],
};
