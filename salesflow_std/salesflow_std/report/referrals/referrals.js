// Referrals: every number of leads opens them.
const REFERRAL_NUMBERS = {
	leads: {},
	opportunities: { sf_referral_outcome: ["in", ["Opportunity", "Won"]] },
	won: { sf_referral_outcome: "Won" },
	lost: { sf_referral_outcome: "Lost" },
};

frappe.query_reports["Referrals"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -12),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Until", null, "Salesflow"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Customer", "Lead Owner", "Month", "Company"].map((value) => ({
				value,
				label: __(value, null, "Referrals"),
			})),
			default: "Customer",
			reqd: 1,
		},
		{ fieldname: "customer", label: __("Customer", null, "Referrals"), fieldtype: "Link", options: "Customer" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const name = column.fieldname;
		if (!data || data.grouped_by === undefined) return text;
		if (name.endsWith("_rate") && (value === null || value === undefined)) return "–";
		if (name === "label" && data.grouped_by && frappe.query_report.get_filter_value("group_by") === "Customer")
			return frappe.utils.get_form_link("Customer", data.grouped_by, true, frappe.utils.escape_html(value));
		if (!(name in REFERRAL_NUMBERS) || !value) return text;
		const group = frappe.utils.escape_html(data.grouped_by);
		return `<a data-open="${name}" data-group="${group}" onclick="open_referrals(this)">${value}</a>`;
	},
};

window.open_referrals = (link) => {
	const { from_date, to_date, group_by, customer, company } = frappe.query_report.get_filter_values();
	const key = link.dataset.group;
	const options = { sf_referred_by: customer || ["is", "set"], ...REFERRAL_NUMBERS[link.dataset.open] };
	let [first, last] = [from_date, to_date];
	if (group_by === "Month") {
		const begin = `${key}-01`;
		const end = moment(frappe.datetime.str_to_obj(begin)).endOf("month").format("YYYY-MM-DD");
		[first, last] = [begin > first ? begin : first, end < last ? end : last];
	}
	options.sf_captured_on = ["between", [first, last]];
	if (company) options.company = company;
	const field = { Customer: "sf_referred_by", "Lead Owner": "lead_owner", Company: "company" }[group_by];
	if (field) options[field] = key || ["is", "not set"];
	frappe.route_options = options;
	frappe.set_route("List", "Lead");
};
