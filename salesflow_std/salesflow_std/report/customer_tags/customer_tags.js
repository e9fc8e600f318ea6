// Customer Tags: every number opens its list.
const TAGGED = { leads: "Lead", prospects: "Prospect", customers: "Customer", opportunities: "Opportunity" };

frappe.query_reports["Customer Tags"] = {
	filters: [
		{
			fieldname: "category",
			label: __("Category", null, "Customer Tag"),
			fieldtype: "Link",
			options: "Customer Tag Category",
		},
		{ fieldname: "only_used", label: __("Only Used Ones"), fieldtype: "Check", default: 0 },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		if (data && column.fieldname === "tag_label") {
			return `<a href="/app/customer-tag/${encodeURIComponent(data.tag)}">${text}</a>`;
		}
		if (!data || !value || !(column.fieldname in TAGGED)) return text;
		return `<a data-open="${column.fieldname}" data-tag="${frappe.utils.escape_html(data.tag)}"
			data-part="${Number(data.part_of_another)}" onclick="open_customer_tag(this)">${value}</a>`;
	},
};

window.open_customer_tag = ({ dataset: { open, tag, part } }) => {
	const show = (filters) => {
		frappe.route_options = filters;
		frappe.set_route("List", TAGGED[open]);
	};
	if (open === "opportunities" || Number(part)) {
		frappe
			.xcall("salesflow_std.api.profile.tagged", { tag, doctype: TAGGED[open] })
			.then((names) => show({ name: ["in", names] }));
	} else show({ sf_tags: ["like", `%${tag}%`] });
};
