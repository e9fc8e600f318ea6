// Renewals: every number opens its contracts.
const RENEWAL_NUMBERS = {
	contracts: {},
	asked: { sf_renewal_asked_on: ["is", "set"] },
	renewed: { sf_renewal_outcome: "Renewed" },
	later: { sf_renewal_outcome: "Later" },
	not_renewed: { sf_renewal_outcome: "Not Renewed" },
	lapsed: { sf_renewal_outcome: ["is", "not set"] },
	open: { sf_renewal_outcome: ["is", "not set"] },
};

frappe.query_reports["Renewals"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("Contracts Ending From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -6),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Contracts Ending Until"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), 6),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: ["Responsible", "Month", "Company", "Customer", "Contract"].map((value) => ({
				value,
				label: __(value, null, "Renewals"),
			})),
			default: "Responsible",
			reqd: 1,
		},
		{ fieldname: "rep", label: __("Responsible", null, "Renewals"), fieldtype: "Link", options: "User" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		const name = column.fieldname;
		if (!data || data.grouped_by === undefined) return text;
		if (name === "label" && frappe.query_report.get_filter_value("group_by") === "Contract")
			return frappe.utils.get_form_link("Contract", data.grouped_by, true, frappe.utils.escape_html(value));
		if (name === "rate" && (value === null || value === undefined)) return "–";
		if (!(name in RENEWAL_NUMBERS) || !value) return text;
		const group = frappe.utils.escape_html(data.grouped_by);
		return `<a data-open="${name}" data-group="${group}" onclick="open_renewals(this)">${value}</a>`;
	},
};

window.open_renewals = (link) => {
	const { from_date, to_date, group_by, rep, company } = frappe.query_report.get_filter_values();
	const today = frappe.datetime.get_today();
	const yesterday = frappe.datetime.add_days(today, -1);
	const key = link.dataset.group;
	const open = link.dataset.open;
	const options = { party_type: "Customer", docstatus: 1, is_signed: 1, ...RENEWAL_NUMBERS[open] };
	let [first, last] = [from_date, to_date];
	if (group_by === "Month") {
		const begin = `${key}-01`;
		const end = moment(frappe.datetime.str_to_obj(begin)).endOf("month").format("YYYY-MM-DD");
		[first, last] = [begin > first ? begin : first, end < last ? end : last];
	}
	if (open === "lapsed" && last > yesterday) last = yesterday;
	if (open === "open" && first < today) first = today;
	options.end_date = ["between", [first, last]];
	if (company) options.sf_company = company;
	if (rep) options.sf_allocated_to = rep;
	const field = { Responsible: "sf_allocated_to", Company: "sf_company", Customer: "party_name", Contract: "name" };
	if (field[group_by]) options[field[group_by]] = key || ["is", "not set"];
	frappe.route_options = options;
	frappe.set_route("List", "Contract");
};
