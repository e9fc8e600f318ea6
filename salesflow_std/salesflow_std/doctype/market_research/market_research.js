// A market research: what it still lacks, its candidates on a board, and the leads they become.
(() => {
	const API = "salesflow_std.api.research";
	const TOPICS = ["Market Size", "Growth", "Competition", "Technology", "Gaps"];
	const GROUPS = [
		["High Potential", "green"],
		["Risky", "orange"],
		["Not Now", "gray"],
	];
	const esc = (text) => frappe.utils.escape_html(text || "");
	const pill = (colour, text) => `<span class="indicator-pill ${colour}">${text}</span>`;
	const topic = (text) => __(text, null, "Research Finding");
	const group_word = (text) => __(text, null, "Research Candidate");
	const may_write = (frm) => Boolean(frm.perm[0]?.write);

	// As engine/research.py says it; there it counts, here it is seen while somebody types.
	const one_source = (row) => {
		const lines = (row.sources || "").split("\n").map((line) => line.trim().replace(/\s+/g, " ").toLowerCase());
		return new Set(lines.filter(Boolean)).size < 2;
	};

	const missing = (doc) => {
		const said = {
			"Market Size": doc.market_size,
			Growth: doc.growth_rate,
			Competition: doc.competition || (doc.competitors || []).length,
			Technology: doc.technology,
			Gaps: doc.gaps,
		};
		const found = new Set((doc.findings || []).map((row) => row.topic));
		return TOPICS.filter((name) => !said[name] && !found.has(name));
	};

	const waiting = (doc) => (doc.candidates || []).filter((row) => row.potential === "High Potential" && !row.lead);

	// The strip on top ------------------------------------------------------------------------------------

	const show_strip = (frm) => {
		frm.layout.wrapper.find(".sf-strip").remove();
		const { doc } = frm;
		const findings = doc.findings || [];
		const flagged = findings.filter(one_source).length;
		const lacking = missing(doc);
		const facts = [];
		if (lacking.length) facts.push(pill("orange", __("Nothing yet on: {0}", [lacking.map(topic).join(", ")])));
		else facts.push(pill("green", __("All five topics covered")));
		if (flagged) facts.push(pill("yellow", __("{0} of {1} findings rest on one source", [flagged, findings.length])));
		else if (findings.length) facts.push(pill("green", __("Every finding has two sources")));
		const made = (doc.candidates || []).filter((row) => row.lead).length;
		if (made) facts.push(made === 1 ? __("1 candidate is a lead") : __("{0} candidates are leads", [made]));
		const strip = $(`<div class="sf-strip" role="status"></div>`);
		strip.append(facts.map((html) => `<span class="sf-fact">${html}</span>`).join(""));
		const count = waiting(doc).length;
		if (count && !frm.is_new() && may_write(frm) && frappe.model.can_create("Lead")) {
			const actions = $(`<span class="sf-actions"></span>`).appendTo(strip);
			$(`<button type="button" class="btn btn-xs btn-primary sf-create-leads"></button>`)
				.text(__("Create Leads ({0})", [count]))
				.on("click", () => ask(frm))
				.appendTo(actions);
		}
		frm.layout.wrapper.prepend(strip);
	};

	// The board -------------------------------------------------------------------------------------------

	const card = (row) => {
		const lead = row.lead
			? `<a href="/app/lead/${encodeURIComponent(row.lead)}" class="small">${esc(row.lead)}</a>`
			: "";
		const detail = [row.industry, row.territory, row.no_of_employees].filter(Boolean).map(esc);
		return `<div class="sf-candidate" tabindex="0" role="listitem" data-name="${esc(row.name)}">
			<div class="sf-candidate-name">${esc(row.company_name) || "…"} ${lead}</div>
			${detail.length ? `<div class="small text-muted">${detail.join(" · ")}</div>` : ""}
			${row.reason ? `<div class="small">${esc(row.reason)}</div>` : ""}</div>`;
	};

	const show_board = (frm) => {
		const box = frm.get_field("board_html")?.$wrapper;
		if (!box) return;
		const rows = frm.doc.candidates || [];
		const focused = box.find(".sf-candidate:focus").attr("data-name");
		const scrolled = box.find(".sf-group-cards").map((_, list) => list.scrollTop).get();
		if (!rows.length) {
			box.html(`<p class="text-muted">${__("No candidates yet. Add rows below, or upload a file there.")}</p>`);
			return;
		}
		const columns = GROUPS.map(([group, colour], at) => {
			const cards = rows.filter((row) => row.potential === group);
			return `<div class="sf-group"><div class="sf-group-head">
					<span class="indicator-pill ${colour}">${group_word(group)}</span>
					<span class="text-muted">${cards.length}</span>
					<kbd class="text-muted">${at + 1}</kbd></div>
				<div class="sf-group-cards" role="list" data-group="${group}" aria-label="${group_word(group)}">
					${cards.map(card).join("")}</div></div>`;
		});
		const hint = may_write(frm)
			? `<p class="text-muted small">${__("Drag a company, or choose it and press 1, 2 or 3.")}</p>`
			: "";
		box.html(`<div class="sf-board">${columns.join("")}</div>${hint}`);
		box.find(".sf-group-cards").each((at, list) => {
			list.scrollTop = scrolled[at] || 0;
		});
		if (focused) box.find(`.sf-candidate[data-name="${focused}"]`).trigger("focus");
		if (may_write(frm)) make_movable(frm, box);
	};

	const make_movable = (frm, box) => {
		box.find(".sf-group-cards").each((_, list) => {
			new Sortable(list, {
				group: "sf-candidates",
				delay: 150,
				delayOnTouchOnly: true,
				onEnd: ({ item, to }) => move(frm, item.dataset.name, to.dataset.group),
			});
		});
		box.off("keydown.sf").on("keydown.sf", ".sf-candidate", (e) => {
			if (e.ctrlKey || e.altKey || e.metaKey || e.target !== e.currentTarget) return;
			const cards = box.find(".sf-candidate");
			if (["1", "2", "3"].includes(e.key)) move(frm, e.currentTarget.dataset.name, GROUPS[e.key - 1][0], true);
			else if (e.key === "ArrowDown") cards.eq(Math.min(cards.index(e.currentTarget) + 1, cards.length - 1)).trigger("focus");
			else if (e.key === "ArrowUp") cards.eq(Math.max(cards.index(e.currentTarget) - 1, 0)).trigger("focus");
			else return;
			e.preventDefault();
			e.stopPropagation();
		});
	};

	// With `onward` the next card of the same group has the focus, so that a list is sorted by keys alone.
	const move = (frm, name, group, onward) => {
		const row = (frm.doc.candidates || []).find((candidate) => candidate.name === name);
		if (!row || row.potential === group) return;
		const list = frm.doc.candidates.filter((candidate) => candidate.potential === row.potential);
		const at = list.indexOf(row);
		const following = onward ? list[at + 1] || list[at - 1] || row : row;
		frappe.model.set_value(row.doctype, row.name, "potential", group).then(() => {
			frm.refresh_field("candidates");
			frm.get_field("board_html").$wrapper.find(`[data-name="${following.name}"]`).trigger("focus");
		});
	};

	// Leads -----------------------------------------------------------------------------------------------

	const ask = async (frm) => {
		if (frm.is_dirty()) await frm.save();
		if (frm.is_dirty()) return;
		const found = await frappe.xcall(`${API}.candidates`, { name: frm.docname });
		if (!found.length) return frm.reload_doc();
		const dialog = new frappe.ui.Dialog({
			title: __("Create Leads", null, "Salesflow"),
			size: "extra-large",
			fields: [{ fieldtype: "HTML", fieldname: "table" }],
			primary_action_label: __("Create Leads", null, "Salesflow"),
			primary_action() {
				const choices = {};
				dialog.$wrapper.find("select[data-row]").each((_, select) => {
					const [to_do, lead] = select.value.split("|");
					choices[select.dataset.row] = lead ? { do: to_do, lead } : { do: to_do };
				});
				dialog.disable_primary_action();
				frappe
					.xcall(`${API}.create_leads`, { name: frm.docname, choices })
					.then((done) => {
						dialog.hide();
						return frm.reload_doc().then(() => tell(done));
					})
					.catch(() => dialog.enable_primary_action());
			},
		});
		dialog.fields_dict.table.$wrapper.html(`<div class="table-responsive">
			<table class="table table-sm sf-candidates-dialog"><thead><tr><th></th>
				<th>${__("Company", null, "Research Candidate")}</th><th>${__("There already", null, "Salesflow")}</th>
				<th>${__("What to do", null, "Salesflow")}</th></tr></thead>
			<tbody>${found.map(choice_row).join("")}</tbody></table></div>`);
		dialog.show();
	};

	const choice_row = (row) => {
		const contact = [row.contact_name, row.email_id, row.phone].filter(Boolean).map(esc).join(" · ");
		const options = [
			["Create", __("Create a lead")],
			...row.leads.map(({ name }) => [`Use|${name}`, __("Use {0}", [name])]),
			["Skip", __("Skip", null, "Salesflow")],
		];
		const chosen = row.proposal === "Use" ? `Use|${row.leads[0].name}` : row.proposal;
		const choices = options.map(
			([value, label]) =>
				`<option value="${esc(value)}" ${value === chosen ? "selected" : ""}>${esc(label)}</option>`
		);
		return `<tr><td class="text-muted">${row.idx}</td>
			<td><b>${esc(row.company_name)}</b><div class="small text-muted">${contact}</div></td>
			<td>${there(row).map((line) => `<div class="small">${line}</div>`).join("")}</td>
			<td><select class="form-control input-xs" data-row="${esc(row.row)}"
				aria-label="${esc(row.company_name)}">${choices.join("")}</select></td></tr>`;
	};

	// What is there already of a company.
	const there = (row) => {
		const lines = row.leads.map((lead) => {
			const same = lead.same.map((kind) => __(kind)).join(", ");
			if (!lead.readable) return __("Lead {0} of somebody else: same {1}", [esc(lead.name), same]);
			const link = `<a href="/app/lead/${encodeURIComponent(lead.name)}" target="_blank">${esc(
				lead.title || lead.name
			)}</a>`;
			return __("Lead {0}: same {1}", [link, same]);
		});
		if (row.customer) {
			const { name, title, readable } = row.customer;
			lines.push(
				readable
					? __("Customer {0}", [
							`<a href="/app/customer/${encodeURIComponent(name)}" target="_blank">${esc(title)}</a>`,
					  ])
					: __("A customer of somebody else")
			);
		}
		if (row.same_as) lines.push(__("The same company as row {0}; becomes its lead", [row.same_as]));
		return lines;
	};

	const tell = (done) => {
		if (done.queued) {
			return frappe.show_alert({
				message: __("{0} leads are made in the background. You are told when they are there.", [done.queued]),
				indicator: "blue",
			});
		}
		const text = __("{0} leads created, {1} linked to leads that were there.", [
			done.created.length,
			done.used.length,
		]);
		if (!done.failed.length) return frappe.show_alert({ message: text, indicator: "green" }, 7);
		const failed = done.failed.map((row) => `<li><b>${esc(row.company_name)}</b>: ${esc(row.reason)}</li>`);
		frappe.msgprint({
			title: __("Not All Could Be Made"),
			indicator: "orange",
			message: `<p>${text}</p><ul>${failed.join("")}</ul>`,
		});
	};

	// Events ----------------------------------------------------------------------------------------------

	const show = (frm) => {
		show_strip(frm);
		show_board(frm);
	};
	const soon = frappe.utils.debounce(show, 150);

	frappe.ui.form.on("Market Research", {
		refresh: show,
		market_size: soon,
		growth_rate: soon,
		competition: soon,
		technology: soon,
		gaps: soon,
	});
	frappe.ui.form.on("Research Finding", { topic: soon, sources: soon, findings_add: soon, findings_remove: soon });
	frappe.ui.form.on("Research Competitor", { competitors_add: soon, competitors_remove: soon });
	frappe.ui.form.on("Research Candidate", {
		company_name: soon,
		potential: soon,
		reason: soon,
		candidates_add: soon,
		candidates_remove: soon,
		candidates_move: soon,
	});
})();
