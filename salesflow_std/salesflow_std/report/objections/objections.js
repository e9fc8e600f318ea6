// Objections: every number opens the objections behind it.
const OBJECTION_NUMBERS = {
	objections: {},
	open: { status: "Open" },
	genuine: { verdict: "Genuine" },
	genuine_share: { verdict: ["is", "set"] },
	settled: { status: "Settled" },
	settled_share: { status: ["in", ["Settled", "Not Settled"]] },
	days: { answered_on: ["is", "set"] },
	missed: { reply_missed: 1 },
};

frappe.query_reports["Objections"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Raised From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -3),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Raised Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Kind", "Competitor", "Responsible"].map((value) => ({
				value,
				label: __(value, null, "Objection"),
			})),
			default: "Kind",
			reqd: 1,
		},
		{ fieldname: "allocated_to", label: __("Rep"), fieldtype: "Link", options: "User" },
		{
			fieldname: "kind",
			label: __("Kind", null, "Objection"),
			fieldtype: "Select",
			options: ["", ...frappe.boot.salesflow.objection_kinds].map((value) => ({ value, label: value && __(value, null, "Objection") })),
		},
		{ fieldname: "competitor", label: __("Competitor", null, "Objection"), fieldtype: "Link", options: "Competitor" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const opens = column.fieldname in OBJECTION_NUMBERS && data?.grouped_by !== undefined;
		if (!opens || value === null || value === undefined) return text;
		const shown = { Percent: () => `${Math.round(value)} %`, Float: () => value.toFixed(1) }[column.fieldtype]?.() ?? value;
		if (column.fieldtype === "Int" && !value) return shown;
		return `<a class="${column.fieldname === "missed" ? "text-danger" : ""}" data-open="${column.fieldname}" data-group="${
			data.grouped_by === null ? "" : frappe.utils.escape_html(data.grouped_by)
		}" onclick="open_objections(this)">${shown}</a>`;
	},
};

window.open_objections = (link) => {
	const { from_date, to_date, group_by, ...others } = frappe.query_report.get_filter_values();
	const field = { Kind: "kind", Competitor: "competitor", Responsible: "allocated_to" }[group_by];
	frappe.route_options = {
		raised_on: ["between", [from_date, to_date]],
		...others,
		...OBJECTION_NUMBERS[link.dataset.open],
		[field]: link.dataset.group || ["is", "not set"],
	};
	frappe.set_route("List", "Objection");
};
