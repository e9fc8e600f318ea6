// Lost Deals: every number opens its opportunities.
const LOST_DEAL_NUMBERS = { deals: {}, share: {}, amount: {}, days: {}, learned: { sf_learned: ["is", "set"] } };

frappe.query_reports["Lost Deals"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Lost From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -3),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Lost Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Reason", "Competitor", "Stage", "Rep", "Month", "Deal"].map((value) => ({
				value,
				label: __(value, null, "Lost Deals"),
			})),
			default: "Reason",
			reqd: 1,
		},
		{ fieldname: "lost_reason", label: __("Reason", null, "Lost Deals"), fieldtype: "Link", options: "Opportunity Lost Reason" },
		{ fieldname: "competitor", label: __("Competitor", null, "Lost Deals"), fieldtype: "Link", options: "Competitor" },
		{ fieldname: "sf_stage", label: __("Stage", null, "Lost Deals"), fieldtype: "Link", options: "Sales Stage" },
		{ fieldname: "opportunity_owner", label: __("Rep", null, "Lost Deals"), fieldtype: "Link", options: "User" },
		{ fieldname: "learned", label: __("Learned, Contains"), fieldtype: "Data" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const name = column.fieldname;
		if (!data || data.grouped_by === undefined) return text;
		if (name === "label" && frappe.query_report.get_filter_value("group_by") === "Deal")
			return frappe.utils.get_form_link("Opportunity", data.grouped_by, true, frappe.utils.escape_html(value));
		if (!(name in LOST_DEAL_NUMBERS) || value === null || value === undefined) return text;
		if (column.fieldtype === "Int" && !value) return value;
		const shown = { share: `${Math.round(value)} %`, days: Math.round(value) }[name] ?? text;
		const group = data.grouped_by === null ? "" : frappe.utils.escape_html(data.grouped_by);
		return `<a data-open="${name}" data-group="${group}" onclick="open_lost_deals(this)">${shown}</a>`;
	},
};

window.open_lost_deals = (link) => {
	const { from_date, to_date, group_by, lost_reason, competitor, learned, ...others } =
		frappe.query_report.get_filter_values();
	const key = link.dataset.group;
	const options = {
		status: "Lost",
		sf_lost_on: ["between", [from_date, to_date]],
		...others,
		...LOST_DEAL_NUMBERS[link.dataset.open],
	};
	const reason = "Opportunity Lost Reason Detail.lost_reason";
	const rival = "Competitor Detail.competitor";
	if (lost_reason) options[reason] = lost_reason;
	if (competitor) options[rival] = competitor;
	if (learned) options.sf_learned = ["like", `%${learned}%`];
	if (group_by === "Month") {
		const first = frappe.datetime.str_to_obj(`${key}-01`);
		const last = moment(first).endOf("month").format("YYYY-MM-DD");
		options.sf_lost_on = [
			"between",
			[`${key}-01` > from_date ? `${key}-01` : from_date, last < to_date ? last : to_date],
		];
	} else {
		const field = { Reason: reason, Competitor: rival, Stage: "sf_stage", Rep: "opportunity_owner", Deal: "name" };
		options[field[group_by]] = key || ["is", "not set"];
	}
	frappe.route_options = options;
	frappe.set_route("List", "Opportunity");
};
