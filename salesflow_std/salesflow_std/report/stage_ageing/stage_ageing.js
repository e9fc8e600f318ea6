// Stage Ageing: every number opens the documents behind it.
const STAGE_AGEING_NUMBERS = { documents: "", no_limit: "No Limit", in_time: "In Time", late: "Late", escalated: "Escalated" };

const stage_ageing_words = (words) => words.map((value) => ({ value, label: value && __(value, null, "Stage Ageing") }));

frappe.query_reports["Stage Ageing"] = {
	filters: [
		{
			fieldname: "group_by",
			label: __("Group By", null, "Salesflow"),
			fieldtype: "Select",
			options: stage_ageing_words(["Stage", "Rep", "Sales Process", "Document"]),
			default: "Stage",
			reqd: 1,
		},
		{
			fieldname: "document_type",
			label: __("Document Type", null, "Stage Transition"),
			fieldtype: "Select",
			options: ["", { value: "Lead", label: __("Lead") }, { value: "Opportunity", label: __("Opportunity") }],
		},
		{
			fieldname: "standing",
			label: __("Standing", null, "Stage Ageing"),
			fieldtype: "Select",
			options: stage_ageing_words(["", "No Limit", "In Time", "Late", "Escalated"]),
		},
		{ fieldname: "stage", label: __("Stage"), fieldtype: "Link", options: "Sales Stage" },
		{ fieldname: "rep", label: __("Rep"), fieldtype: "Link", options: "User" },
		{ fieldname: "sales_process", label: __("Sales Process"), fieldtype: "Link", options: "Sales Process" },
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
	],

	formatter(value, row, column, data, default_formatter) {
		const text = default_formatter(value, row, column, data);
		if (column.fieldname === "standing_label" && data) {
			const colour = { Late: "orange", Escalated: "red", "In Time": "green" }[data.standing] || "gray";
			return `<span class="indicator-pill ${colour} no-indicator-dot">${frappe.utils.escape_html(value)}</span>`;
		}
		if (!data || !value || !(column.fieldname in STAGE_AGEING_NUMBERS) || data.grouped_by === undefined) return text;
		const bad = ["late", "escalated"].includes(column.fieldname);
		return `<a class="${bad ? "text-danger" : ""}" data-open="${column.fieldname}" data-doctype="${data.doctype}"
			data-group="${frappe.utils.escape_html(data.grouped_by)}" onclick="open_stage_ageing(this)">${value}</a>`;
	},
};

window.open_stage_ageing = (link) => {
	const field = { Stage: "stage", Rep: "rep", "Sales Process": "sales_process" };
	const { group_by } = frappe.query_report.get_filter_values();
	const standing = STAGE_AGEING_NUMBERS[link.dataset.open];
	frappe.query_report.set_filter_value({
		...(standing ? { standing } : {}),
		group_by: "Document",
		document_type: link.dataset.doctype,
		[field[group_by]]: link.dataset.group,
	});
};
