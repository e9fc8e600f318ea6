// What helps with an objection: how to tell genuine from a stall (S4), and answers that have worked before (S5).
frappe.provide("salesflow_std");

if (!salesflow_std.objection_help) {
	const API = "salesflow_std.api.objection";
	const esc = (text) => frappe.utils.escape_html(text || "");
	const word = (value) => (value ? __(value, null, "Objection") : "");
	// So long nobody types.
	const PAUSE = 250;

	let told; // the hints, asked for once

	salesflow_std.objection_help = {
		API,
		word,
		KINDS: frappe.boot.salesflow.objection_kinds,

		options(values) {
			return values.map((value) => ({ value, label: word(value) }));
		},

		// Shows in `place` how to tell; `choose` is called with the verdict somebody clicks ("" to take it back), where
		// one may choose.
		show_hints(place, kind, verdict, choose) {
			const may = Boolean(choose);
			const shown = place.find(".sf-hints").length && place.data("kind") === kind && place.data("may") === may;
			if (shown) return this.mark(place, verdict);
			place.data({ kind, may });
			if (!kind) return place.empty();
			told = told || frappe.xcall(`${API}.hints`, {}, "GET").catch(() => ((told = null), {}));
			told.then((hints) => {
				const hint = hints[kind];
				if (place.data("kind") !== kind) return; // another kind was chosen meanwhile
				if (!hint) return place.empty();
				const side = (value, colour, signs) =>
					`<div class="sf-hint-side">
						<button type="button" class="btn btn-xs btn-default sf-verdict-choice" data-verdict="${value}" ${may ? "" : "disabled"}>
							<span class="indicator ${colour}"></span>${word(value)}</button>
						<ul>${signs.map((sign) => `<li>${esc(sign)}</li>`).join("")}</ul>
					</div>`;
				place.html(
					`<div class="sf-hints">
						<div class="sf-hint-ask"><span class="text-muted">${__("Ask", null, "Objection")}</span> ${esc(hint.ask)}</div>
						${side("Genuine", "green", hint.genuine)}
						${side("Stall", "orange", hint.stall)}
					</div>`
				);
				this.mark(place, verdict);
				place.find(".sf-verdict-choice").on("click", ({ currentTarget: { classList, dataset } }) =>
					choose?.(classList.contains("active") ? "" : dataset.verdict)
				);
			});
		},

		mark(place, verdict) {
			for (const button of place.find(".sf-verdict-choice").toArray()) {
				const chosen = button.dataset.verdict === verdict;
				button.classList.toggle("active", chosen);
				button.setAttribute("aria-pressed", chosen);
			}
		},

		// A search field with what it finds; `about()` says what the objection is about, `pick` gets the script.
		mount_search(place, about, pick) {
			place.html(
				`<div class="sf-scripts">
					<input type="search" class="form-control sf-script-search" autocomplete="off"
						placeholder="${esc(__("Search the answers that have worked before"))}"
						aria-label="${esc(__("Search the answers that have worked before"))}">
					<div class="sf-script-list" role="listbox"></div>
				</div>`
			);
			const input = place.find("input");
			const list = place.find(".sf-script-list");
			let asked = 0;
			let found = [];
			const search = () => {
				const mine = ++asked;
				return frappe
					.xcall(`${API}.scripts`, { ...about(), query: input.val() }, "GET")
					.then((rows) => {
						if (mine !== asked) return; // somebody typed on
						found = rows;
						list.html(rows.map((row, i) => this.script_html(row, i, about().kind)).join(""));
						if (!rows.length) {
							list.html(`<div class="text-muted small sf-script-none">${__("No script says that.")}</div>`);
						}
					})
					.catch(() => {}); // the server has said why
			};
			const take = (index) => found[index] && pick(found[index]);
			const later = frappe.utils.debounce(search, PAUSE);
			input.on("input", later);
			place.on("click", ".sf-script", (e) => take(Number(e.currentTarget.dataset.index)));
			place.on("keydown", (e) => {
				const rows = list.find(".sf-script").toArray();
				const at = rows.indexOf(document.activeElement);
				if (e.key === "ArrowDown" && rows.length) rows[Math.min(at + 1, rows.length - 1)].focus();
				else if (e.key === "ArrowUp") (at > 0 ? rows[at - 1] : input[0]).focus();
				else if (e.key === "Enter" && !e.ctrlKey && !e.metaKey) {
					if (document.activeElement === input[0]) take(0);
					else if (at >= 0) take(at);
				} else return;
				e.preventDefault();
				e.stopPropagation();
			});
			return { search, focus: () => input.trigger("focus") };
		},

		script_html(row, index, kind) {
			const rate = row.used
				? `<span class="indicator-pill no-indicator-dot ${row.success_rate >= 50 ? "green" : "orange"}">${Math.round(
						row.success_rate
				  )} %</span> <span class="text-muted small">${__("settled {0} of {1}", [row.settled, row.used])}</span>`
				: `<span class="text-muted small">${__("not used yet")}</span>`;
			const others = [row.kind !== kind && word(row.kind), row.competitor, row.industry].filter(Boolean);
			return `<button type="button" class="sf-script" role="option" data-index="${index}" data-name="${esc(row.name)}">
				<span class="sf-script-head"><b>${esc(row.title)}</b> ${rate}
					${others.map((text) => `<span class="text-muted small">${esc(text)}</span>`).join(" ")}</span>
				<span class="sf-script-answer">${esc(row.answer)}</span>
			</button>`;
		},

		// The same in a dialog of its own.
		find(about, pick) {
			const dialog = new frappe.ui.Dialog({
				title: __("Find a Script"),
				fields: [{ fieldtype: "HTML", fieldname: "scripts" }],
			});
			const part = this.mount_search(dialog.fields_dict.scripts.$wrapper, () => about, (script) => {
				dialog.hide();
				pick(script);
			});
			dialog.$wrapper.one("shown.bs.modal", part.focus);
			dialog.show();
			part.search();
			return dialog;
		},

		// What a script brings is added to what is written already.
		with_answer: (written, script) => [(written || "").trim(), script.answer].filter(Boolean).join("\n\n"),

		// Ctrl+Enter confirms wherever the focus stands.
		ctrl_enter(dialog) {
			dialog.$wrapper.on("keydown", (e) => {
				if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isDefaultPrevented()) return;
				e.preventDefault();
				// A field is read when it is left.
				document.activeElement?.blur();
				const button = dialog.get_primary_btn();
				if (!button.prop("disabled")) button.trigger("click");
			});
		},
	};
}
