// Why a document has its grade (L9): contributions, what the next grade would take, who changed it when.
frappe.provide("salesflow");

// As many decimals as there are to show: 20.75 must not read as 20.8, nor 19.95 as 20.
salesflow.number = (value) => format_number(value, null, Number.isInteger(value) ? 0 : 2);

salesflow.GradeDialog = class GradeDialog {
	constructor(frm) {
		this.frm = frm;
		this.subject = { doctype: frm.doctype, name: frm.docname };
		frappe.xcall("salesflow_std.api.scoring.explain", this.subject).then((answer) => this.show(answer));
	}

	show(answer) {
		this.answer = answer;
		this.dialog = new frappe.ui.Dialog({
			title: answer.grade ? __("Grade {0}", [answer.grade]) : __("Not graded"),
			size: "large",
			fields: [{ fieldtype: "HTML", fieldname: "body" }],
		});
		this.dialog.fields_dict.body.$wrapper
			.addClass("sf-why-sheet")
			.html([this.notice(), this.lines(), this.next_grade(), this.history()].join(""));
		if (answer.may_fix && answer.grades?.length) this.add_manager_actions();
		this.dialog.show();
	}

	notice() {
		const { problem, frozen_until, grade, computed_grade } = this.answer;
		const esc = frappe.utils.escape_html;
		const lines = [];
		if (problem) lines.push(esc(problem));
		if (frozen_until) {
			const until = frappe.datetime.str_to_user(frozen_until);
			lines.push(
				computed_grade && computed_grade !== grade
					? __("Set by a manager until {0}; the points alone would give {1}.", [until, esc(computed_grade)])
					: __("Set by a manager until {0}.", [until])
			);
		}
		return lines.map((line) => `<p class="text-muted">${line}</p>`).join("");
	}

	lines() {
		const { lines, total, most, model } = this.answer;
		if (!lines.length) return "";
		const esc = frappe.utils.escape_html;
		const number = salesflow.number;
		const rows = lines.map((line) => {
			const share = line.possible ? (100 * line.contribution) / line.possible : 0;
			const notes = [line.text, line.evidence].filter(Boolean).map(esc).join(" · ");
			return `<div class="sf-bar-row">
					<span class="sf-bar-label">${esc(line.label)}</span>
					<span class="sf-bar" role="img" aria-label="${number(line.contribution)}"><i style="width:${share}%"></i></span>
					<span class="sf-bar-value">${number(line.contribution)} / ${number(line.possible)}</span>
					<small class="text-muted sf-bar-notes">${notes}</small>
				</div>`;
		});
		return `<p><b>${__("{0} of {1} points", [number(total), number(most)])}</b>
				<span class="text-muted">${esc(__(model || ""))}</span></p>${rows.join("")}`;
	}

	next_grade() {
		return this.answer.next ? `<p class="sf-next">${salesflow.next_grade_text(this.answer.next)}</p>` : "";
	}

	history() {
		const { history } = this.answer;
		if (!history.length) return "";
		const esc = frappe.utils.escape_html;
		const rows = history.map((row) => {
			const from = row.previous_grade && row.previous_grade !== row.grade ? `${esc(row.previous_grade)} → ` : "";
			return `<tr>
					<td><a href="/app/bnau-score/${encodeURIComponent(row.name)}">${salesflow.graded_form.when(
						row.scored_on
					)}</a></td>
					<td>${esc(row.scored_by_name || row.scored_by || "")}</td>
					<td>${__(row.source)}</td>
					<td>${from}<b>${esc(row.grade || "–")}</b></td>
					<td class="text-right">${salesflow.number(row.total)}</td>
					<td>${esc(__(row.reason || ""))}</td>
				</tr>`;
		});
		return `<h6 class="sf-heading">${__("History", null, "Salesflow")}</h6>
			<div class="table-responsive"><table class="table table-sm sf-history">
				<thead><tr>
					<th>${__("When")}</th><th>${__("Who")}</th><th>${__("How")}</th>
					<th>${__("Grade", null, "Salesflow")}</th><th class="text-right">${__("Total", null, "Salesflow")}</th><th>${__("Why")}</th>
				</tr></thead><tbody>${rows.join("")}</tbody>
			</table></div>`;
	}

	add_manager_actions() {
		if (this.answer.frozen_until) {
			this.dialog.set_primary_action(__("Let the Points Count Again"), () => this.release());
			return;
		}
		this.dialog.set_primary_action(__("Set the Grade…"), () => this.override());
	}

	override() {
		this.dialog.hide();
		frappe.prompt(
			[
				{
					fieldname: "grade",
					fieldtype: "Select",
					label: __("Grade", null, "Salesflow"),
					options: this.answer.grades,
					default: this.answer.grade,
					reqd: 1,
				},
				{
					fieldname: "until",
					fieldtype: "Date",
					label: __("Until", null, "Salesflow"),
					default: frappe.datetime.add_days(frappe.datetime.get_today(), 14),
					reqd: 1,
				},
				{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
			],
			(values) =>
				frappe
					.xcall("salesflow_std.api.scoring.override", { ...this.subject, ...values })
					.then(() => salesflow.graded_form.show_new_state(this.frm)),
			__("Set the Grade Against the Points"),
			__("Set")
		);
	}

	release() {
		this.dialog.hide();
		frappe
			.xcall("salesflow_std.api.scoring.release", this.subject)
			.then(() => salesflow.graded_form.show_new_state(this.frm));
	}
};
