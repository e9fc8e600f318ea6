// Grade Calibration: every number opens its documents; weights from the site's own history go into the model's simulation.
{% include "salesflow_std/public/js/report_links.js" %}

frappe.query_reports["Grade Calibration"] = {
	filters: [
		{
			fieldname: "document_type",
			label: __("Documents", null, "Grade Calibration"),
			fieldtype: "Select",
			options: ["Lead", "Opportunity"].map((value) => ({ value, label: __(value) })),
			default: "Lead",
			reqd: 1,
			on_change: () => frappe.query_report.set_filter_value({ scoring_model: "", records: "" }),
		},
		{
			fieldname: "from_date",
			label: __("Graded From"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.get_today(), -24),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("Graded Until"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
			reqd: 1,
		},
		{
			fieldname: "open_days",
			label: __("Open Counts as Not Won After (Days, 0 Never)"),
			fieldtype: "Int",
			default: 180,
		},
		{
			fieldname: "scoring_model",
			label: __("Scoring Model"),
			fieldtype: "Link",
			options: "Scoring Model",
			get_query: () => ({
				filters: { applies_to: frappe.query_report.get_filter_value("document_type") },
			}),
		},
		{ fieldname: "company", label: __("Company"), fieldtype: "Link", options: "Company" },
		{ fieldname: "records", label: __("Documents Of"), fieldtype: "Data", hidden: 1 },
	],

	onload(report) {
		salesflow_std.report_links.way_back(report, __("Back to the Calibration"));
		const managers = ["Sales Manager", "Sales Master Manager", "System Manager"];
		if (managers.some((role) => frappe.user.has_role(role))) {
			report.page.add_inner_button(__("Propose Weights"), () => propose_weights(report));
		}
	},

	after_datatable_render() {
		salesflow_std.report_links.way_back_shown(frappe.query_report);
	},

	formatter(value, row, column, data, default_formatter) {
		const name = column.fieldname;
		if (!data || data.group === undefined) return default_formatter(value, row, column, data);
		if (name === "lift") return value === null || value === undefined ? "" : `× ${Number(value).toFixed(2)}`;
		if (name === "conversion") {
			const text = `${Number(value).toFixed(1)} %`;
			return data.few ? `<span class="text-muted" title="${__("Few documents")}">${text}</span>` : text;
		}
		if (["cases", "won"].includes(name) && value) {
			return salesflow_std.report_links.records(value, `${data.group}:${name === "won" ? "won" : "all"}`);
		}
		if (name === "auc" && (value === null || value === undefined)) return "";
		const text = default_formatter(value, row, column, data);
		if (name === "auc") {
			const colour = (data.verdict || "Gray").toLowerCase();
			return `<span class="indicator-pill ${colour} no-indicator-dot">${Number(value).toFixed(2)}</span>`;
		}
		return name === "label" && !data.indent ? `<b>${text}</b>` : text;
	},
};

function propose_weights(report) {
	const filters = report.get_filter_values();
	delete filters.records;
	frappe
		.call({
			method: "salesflow_std.api.calibration.propose",
			args: { filters },
			freeze: true,
			freeze_message: __("Learning from your history…"),
		})
		.then(({ message }) => (message.refused ? say_refused(message) : show_weights(message)));
}

function say_refused(answer) {
	frappe.msgprint({
		title: __("No Weights Are Proposed"),
		message: frappe.utils.escape_html(answer.refused),
		indicator: "orange",
	});
}

function show_weights(answer) {
	const esc = frappe.utils.escape_html;
	const number = (value) => Number(value).toFixed(2);
	const area = (one) => `${number(one.value)} (${number(one.low)}–${number(one.high)})`;
	const rows = answer.weights
		.map(
			(one) => `<tr><td>${esc(one.label || one.code)}</td><td class="text-right">${number(one.current)}</td>
				<td class="text-right"><b>${number(one.proposed)}</b></td>
				<td class="text-right text-muted">${number(one.low)}–${number(one.high)}</td></tr>`
		)
		.join("");
	const dialog = new frappe.ui.Dialog({
		title: __("Weights from Your Own History"),
		fields: [
			{
				fieldname: "body",
				fieldtype: "HTML",
				options: `<p>${__("From {0} documents that have ended, {1} of them won.", [answer.cases, answer.won])} ${
					answer.partial ? __("These are the documents of your team only.") : ""
				}</p>
					<table class="table table-sm"><thead><tr><th>${__("Dimension")}</th>
					<th class="text-right">${__("Now")}</th><th class="text-right">${__("Proposed", null, "Grade Calibration")}</th>
					<th class="text-right">${__("95 % Range")}</th></tr></thead><tbody>${rows}</tbody></table>
					<p>${__("The total tells won from lost with an AUC of {0}; with these weights it would be {1} on the same documents.", [
						area(answer.auc),
						area(answer.auc_then),
					])}</p>
					<p class="text-muted">${__(
						"Their mean is that of the weights now, so that the grades' limits keep their meaning. Where a range holds the weight of now, the history asks for no change. Nothing is changed by itself."
					)}</p>`,
			},
		],
	});
	if (answer.may_simulate) {
		dialog.set_primary_action(__("Simulate in the Scoring Model"), () => {
			dialog.hide();
			// The form takes them up once, fills them in and shows what they would do; only saving applies them.
			frappe.provide("salesflow_std");
			salesflow_std.proposed_weights = {
				model: answer.model,
				weights: Object.fromEntries(answer.weights.map((one) => [one.code, one.proposed])),
			};
			frappe.set_route("Form", "Scoring Model", answer.model);
		});
	}
	dialog.show();
}
