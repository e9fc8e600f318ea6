// What changed from version to version (S2): side by side, long texts word by word, and the list of versions.
frappe.provide("salesflow");

if (!salesflow.proposal_versions) {
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));
	const form = () => salesflow.proposal_form;
	// Longer texts are shown whole, before and after: a comparison of all their words would take too long.
	const MOST_WORDS = 1500;

	// A word, a Chinese character, or the space between.
	const words = (text) => String(text || "").match(/[\u3400-\u9fff]|\s+|[^\s\u3400-\u9fff]+/g) || [];

	// The words of two texts, each with whether it stays, goes or comes: the longest common sequence.
	function diff(before, after) {
		const [a, b] = [words(before), words(after)];
		if (a.length > MOST_WORDS || b.length > MOST_WORDS) return null;
		const wide = b.length + 1;
		const length = new Uint16Array((a.length + 1) * wide);
		for (let i = a.length - 1; i >= 0; i--) {
			for (let j = b.length - 1; j >= 0; j--) {
				length[i * wide + j] =
					a[i] === b[j]
						? length[(i + 1) * wide + j + 1] + 1
						: Math.max(length[(i + 1) * wide + j], length[i * wide + j + 1]);
			}
		}
		const found = [];
		const add = (kind, word) => {
			const last = found[found.length - 1];
			if (last?.kind === kind) last.text += word;
			else found.push({ kind, text: word });
		};
		let [i, j] = [0, 0];
		while (i < a.length || j < b.length) {
			if (i < a.length && j < b.length && a[i] === b[j]) {
				add("same", a[i++]);
				j++;
			} else if (j >= b.length || (i < a.length && length[(i + 1) * wide + j] >= length[i * wide + j + 1])) {
				add("gone", a[i++]);
			} else {
				add("new", b[j++]);
			}
		}
		return found;
	}

	salesflow.proposal_versions = {
		diff,

		add_buttons(frm) {
			const versions = form().told(frm, "versions", []);
			if (versions.length > 1) {
				salesflow.versioned_form.button(frm, __("What Changed"), () => this.show(frm)).addClass("sf-what-changed");
			}
		},

		// Against the version before; of the first, against the next.
		show(frm) {
			const versions = form().told(frm, "versions", []);
			const others = versions.filter((row) => row.name !== frm.docname);
			const start = frm.doc.previous_version || others[others.length - 1].name;
			const dialog = new frappe.ui.Dialog({
				title: __("What Changed"),
				size: "large",
				fields: [
					{ fieldtype: "HTML", fieldname: "versions" },
					{ fieldtype: "HTML", fieldname: "changes" },
				],
			});
			const compare = (other) => {
				this.list(dialog.fields_dict.versions.$wrapper, frm, versions, other, compare);
				const place = dialog.fields_dict.changes.$wrapper.addClass("sf-changes");
				frappe
					.xcall(`${form().API}.compare`, { name: frm.docname, other })
					.then((changes) => place.html(this.table(changes, versions, frm.docname, other)));
			};
			compare(start);
			dialog.show();
		},

		list(place, frm, versions, chosen, compare) {
			const status = (word) => __(word, null, "Solution Proposal");
			const lines = versions.map((row) => {
				const link = `<a href="/app/solution-proposal/${encodeURIComponent(row.name)}">${__("Version {0}", [row.version])}</a>`;
				const facts = [status(row.status), row.grand_total ? form_money(row) : ""].filter(Boolean).join(" · ");
				const mark =
					row.name === frm.docname
						? `<span class="text-muted">${__("this one")}</span>`
						: row.name === chosen
							? `<span class="text-muted">${__("compared with")}</span>`
							: `<button type="button" class="btn btn-xs btn-default" data-version="${esc(row.name)}">${__("Compare")}</button>`;
				return `<li>${link} <span>${facts}</span> ${mark}</li>`;
			});
			place.html(`<ul class="sf-versions list-unstyled">${lines.join("")}</ul>`);
			place.find("button").on("click", (event) => compare(event.currentTarget.dataset.version));
		},

		table(changes, versions, name, other) {
			if (!changes.length) return `<p class="text-muted">${__("Nothing differs.")}</p>`;
			const version = (of) => versions.find((row) => row.name === of)?.version;
			const rows = changes
				.map(
					(change) =>
						`<tr><th scope="row"><span class="text-muted">${esc(change.part_label)}</span><br>${esc(change.what)}</th>${this.sides(change)}</tr>`
				)
				.join("");
			return `<div class="table-responsive"><table class="table table-bordered sf-change-table"><thead><tr><th></th>
				<th>${__("Version {0}", [version(other)])}</th><th>${__("Version {0}", [version(name)])}</th></tr></thead><tbody>${rows}</tbody></table></div>`;
		},

		// What went is struck through on the left, what came is marked on the right.
		sides({ before, after }) {
			const parts = before && after ? diff(before, after) : null;
			const side = (kind, tag, whole) =>
				parts
					? parts
							.filter((part) => part.kind === "same" || part.kind === kind)
							.map((part) => (part.kind === "same" ? esc(part.text) : `<${tag}>${esc(part.text)}</${tag}>`))
							.join("")
					: esc(whole);
			return `<td class="sf-before">${side("gone", "del", before)}</td><td class="sf-after">${side("new", "ins", after)}</td>`;
		},
	};

	const form_money = (row) => format_currency(row.grand_total, row.currency);
}
