// Items of a proposal (S1): list prices, rate and discount that follow each other while one types, totals, margin.
// What stands here while typing is near enough; the server calculates with ERPNext's arithmetic when it is saved.
frappe.provide("salesflow");

if (!salesflow.proposal_items) {
	const esc = (text) => frappe.utils.escape_html(text || "");
	const form = () => salesflow.proposal_form;

	salesflow.proposal_items = {
		money: (frm, amount, currency) => format_currency(amount, currency || frm.doc.currency),

		setup(frm) {
			frm.set_query("item_code", "items", () => ({
				query: "erpnext.controllers.queries.item_query",
				filters: { is_sales_item: 1, has_variants: 0 },
			}));
			frm.set_query("uom", "items", (doc, cdt, cdn) => ({
				query: "erpnext.controllers.queries.get_item_uom_query",
				filters: { item_code: locals[cdt][cdn].item_code },
			}));
		},

		refresh(frm) {
			this.taxes_at = frm.doc.net_total ? frm.doc.total_taxes_and_charges / frm.doc.net_total : 0;
			const grid = frm.fields_dict.items.grid;
			grid.clear_custom_buttons();
			if (form().editable(frm) && !frm.is_new()) {
				grid.add_custom_button(__("Refresh List Prices"), () => this.refresh_list(frm));
			}
			this.margin(frm);
		},

		refresh_list(frm) {
			form()
				.saved(frm)
				.then(() => frappe.xcall(`${form().API}.list_rates`, { name: frm.docname }))
				.then(() => frm.reload_doc());
		},

		// Another item or unit: what it is called, and what the list asks for it.
		ask(frm, row) {
			if (!row.item_code) return;
			const asked = [row.item_code, row.uom].join();
			const { company, currency, selling_price_list, reference_doctype, reference_name } = frm.doc;
			return frappe
				.xcall(`${form().API}.list_rate`, {
					reference_doctype,
					reference_name,
					company,
					currency,
					selling_price_list,
					item_code: row.item_code,
					uom: row.uom,
					qty: row.qty,
				})
				.then((told) => {
					if ([row.item_code, row.uom].join() !== asked) return;
					Object.assign(row, told, { currency });
					this.from_discount(row);
					this.redraw(frm, row);
				});
		},

		from_discount(row) {
			const listed = flt(row.price_list_rate);
			if (listed) row.rate = flt(listed * (1 - flt(row.discount_percentage) / 100), precision("rate", row));
		},

		from_rate(row) {
			const listed = flt(row.price_list_rate);
			row.discount_percentage = listed ? Math.max(0, flt(((listed - flt(row.rate)) / listed) * 100, 3)) : 0;
		},

		redraw(frm, row) {
			if (row) {
				row.amount = flt(flt(row.qty) * flt(row.rate), precision("amount", row));
				const shown = frm.fields_dict.items.grid.get_row(row.name);
				shown?.refresh();
				frm.dirty();
			}
			this.totals(frm);
		},

		totals(frm) {
			const doc = frm.doc;
			const counted = (doc.items || []).filter((row) => !row.is_alternative);
			const sum = (of) => counted.reduce((total, row) => total + flt(row.qty) * flt(of(row)), 0);
			const listed = sum((row) => Math.max(flt(row.price_list_rate), flt(row.rate)));
			const total = sum((row) => row.rate);
			const taxes = this.taxes_at || 0;
			const base = doc.apply_discount_on === "Net Total" ? total : total * (1 + taxes);
			const percent = flt(doc.additional_discount_percentage);
			const off = percent ? (base * percent) / 100 : flt(doc.discount_amount);
			const left = base ? total * (1 - off / base) : 0;
			Object.assign(doc, {
				list_total: flt(listed, 2),
				discount_percent: listed ? flt(((listed - left) / listed) * 100, 2) : 0,
				net_total: flt(left, 2),
				total_taxes_and_charges: flt(left * taxes, 2),
				grand_total: flt(left * (1 + taxes), 2),
			});
			if (percent) doc.discount_amount = flt(off, 2);
			for (const field of [
				"list_total",
				"discount_percent",
				"discount_amount",
				"net_total",
				"total_taxes_and_charges",
				"grand_total",
			]) {
				frm.refresh_field(field);
			}
		},

		// Of another currency or list everything is asked for anew, by the server when it is saved.
		currency(frm) {
			for (const row of [...(frm.doc.items || []), ...(frm.doc.answers || [])]) row.currency = frm.doc.currency;
			frm.refresh_field("items");
			frm.refresh_fields();
		},

		// Only to whom ERPNext shows what an item costs; the server decides.
		margin(frm) {
			const place = $(frm.fields_dict.margin_html.wrapper).empty();
			if (frm.is_new() || !(frm.doc.items || []).length) return;
			const asked = frm.docname;
			frappe.xcall(`${form().API}.margin`, { name: asked }).then((told) => {
				if (frm.docname !== asked || !told || told.hidden) return;
				place.html(this.margin_table(frm, told));
			});
		},

		margin_table(frm, told) {
			const money = (amount) => (amount == null ? "–" : this.money(frm, amount, told.currency));
			const percent = (value) => (value == null ? "–" : `${format_number(value, null, 1)} %`);
			const line = (name, row, strong) =>
				`<tr class="${strong ? "font-weight-bold" : ""}"><td>${name}</td>${[
					money(row.net),
					money(row.cost),
					money(row.margin),
					percent(row.percent),
				]
					.map((text) => `<td class="text-right ${row.margin < 0 ? "text-danger" : ""}">${text}</td>`)
					.join("")}</tr>`;
			const rows = told.rows.map((row) => line(esc(row.item_name || row.item_code), row)).join("");
			const head = [__("Item", null, "Proposal Item"), __("Net", null, "Solution Proposal"), __("Cost", null, "Solution Proposal"), __("Margin", null, "Solution Proposal"), __("of net")];
			const unknown = told.unknown
				? `<p class="text-muted small">${__("Of {0} items nobody knows the cost; the sum leaves them out.", [told.unknown])}</p>`
				: "";
			return `<details class="sf-margin"><summary>${__("Margin", null, "Solution Proposal")}: <b>${money(told.margin)}</b> (${percent(told.percent)})</summary>
				<div class="table-responsive"><table class="table table-sm sf-margin-table"><thead><tr>${head
					.map((text, i) => `<th class="${i ? "text-right" : ""}">${text}</th>`)
					.join("")}</tr></thead><tbody>${rows}${line(__("Total", null, "Solution Proposal"), told, true)}</tbody></table></div>${unknown}</details>`;
		},
	};

	const items = salesflow.proposal_items;
	const row_of = (cdt, cdn) => locals[cdt][cdn];
	frappe.ui.form.on("Solution Proposal", {
		setup: (frm) => items.setup(frm),
		currency: (frm) => items.currency(frm),
		apply_discount_on: (frm) => items.totals(frm),
		additional_discount_percentage: (frm) => items.totals(frm),
		discount_amount(frm) {
			frm.doc.additional_discount_percentage = 0;
			frm.refresh_field("additional_discount_percentage");
			items.totals(frm);
		},
		items_remove: (frm) => items.totals(frm),
	});
	frappe.ui.form.on("Proposal Item", {
		items_add(frm, cdt, cdn) {
			row_of(cdt, cdn).currency = frm.doc.currency;
		},
		item_code(frm, cdt, cdn) {
			Object.assign(row_of(cdt, cdn), { uom: null, item_name: null, description: null, discount_percentage: 0 });
			return items.ask(frm, row_of(cdt, cdn));
		},
		uom: (frm, cdt, cdn) => items.ask(frm, row_of(cdt, cdn)),
		qty: (frm, cdt, cdn) => items.redraw(frm, row_of(cdt, cdn)),
		is_alternative: (frm, cdt, cdn) => items.redraw(frm, row_of(cdt, cdn)),
		rate(frm, cdt, cdn) {
			items.from_rate(row_of(cdt, cdn));
			items.redraw(frm, row_of(cdt, cdn));
		},
		discount_percentage(frm, cdt, cdn) {
			items.from_discount(row_of(cdt, cdn));
			items.redraw(frm, row_of(cdt, cdn));
		},
	});
	frappe.ui.form.on("Proposal Answer", {
		answers_add(frm, cdt, cdn) {
			row_of(cdt, cdn).currency = frm.doc.currency;
		},
	});
}
