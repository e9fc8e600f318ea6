// Goal Progress: a goal opens its form, its number opens the deals counted.
frappe.query_reports["Goal Progress"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Period From"),
			fieldtype: "Date",
			default: frappe.datetime.month_start(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Period Until"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(frappe.datetime.add_months(frappe.datetime.month_start(), 3), -1),
			reqd: 1,
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "sales_person", label: __("Team or Rep"), fieldtype: "Link", options: "Sales Person" },
		{ fieldname: "stage", label: __("Stage"), fieldtype: "Link", options: "Sales Stage" },
		{ fieldname: "responsible", label: __("Responsible"), fieldtype: "Link", options: "User" },
		{
			fieldname: "status",
			label: __("Status"),
			fieldtype: "Select",
			options: ["", "Open", "Met", "Missed"].map((value) => ({
				value,
				label: value && __(value, null, "Sales Goal"),
			})),
		},
	],

	formatter(value, row, column, data, default_formatter) {
		const name = column.fieldname;
		if (name === "progress" && (value === null || value === undefined)) return "–";
		const text = default_formatter(value, row, column, data);
		if (!data) return text;
		const esc = frappe.utils.escape_html;
		if (["target", "actual"].includes(name)) value = data[`${name}_said`];
		if (name === "title") return `<a href="/app/sales-goal/${encodeURIComponent(data.goal)}">${esc(value)}</a>`;
		if (["actual", "sample"].includes(name) && data.sample) {
			return `<a data-deals="${esc(JSON.stringify(data.deals))}" onclick="open_deals_of_goal(this)">${esc(String(value))}</a>`;
		}
		if (["target", "actual"].includes(name)) return `<div class="text-right">${esc(value)}</div>`;
		if (name === "status_label") {
			const colour = { Open: "blue", Met: "green", Missed: "red" }[data.status] || "gray";
			return `<span class="indicator-pill ${colour}">${esc(value)}</span>`;
		}
		if (name === "forecast") {
			const tone = { misses: "text-danger", below: "text-warning", meets: "text-success" }[data.landing] || "";
			return `<span class="${tone}" title="${esc(value)}">${esc(value)}</span>`;
		}
		return text;
	},
};

window.open_deals_of_goal = (link) => {
	frappe.route_options = JSON.parse(link.dataset.deals);
	frappe.set_route("query-report", "Stage Funnel");
};
