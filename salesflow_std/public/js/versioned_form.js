// What the forms share that go by versions: the strip on top, what is missing, and the freeze (N4, S2).
frappe.provide("salesflow");

if (!salesflow.versioned_form) {
	const esc = (text) => frappe.utils.escape_html(text || "");
	const LAYOUT = ["Section Break", "Column Break", "Tab Break", "HTML"];

	salesflow.versioned_form = {
		place: (frm) => frm.layout.wrapper.find(".sf-strip"),

		// Draws the strip anew. `facts` are pieces of HTML.
		strip(frm, facts) {
			this.place(frm).remove();
			const strip = $(`<div class="sf-strip" role="status"></div>`);
			strip.append(facts.map((html) => `<span class="sf-fact">${html}</span>`).join(""));
			strip.append(`<span class="sf-actions"></span>`);
			frm.layout.wrapper.prepend(strip);
			return strip;
		},

		button(frm, label, run, primary) {
			return $(`<button type="button" class="btn btn-xs ${primary ? "btn-primary" : "btn-default"}"></button>`)
				.text(label)
				.on("click", run)
				.appendTo(this.place(frm).find(".sf-actions"));
		},

		// "← Version 1 · Version 2 · Version 3 →"
		version(doc) {
			const route = frappe.router.slug(doc.doctype);
			const link = (name, text) => `<a href="/app/${route}/${encodeURIComponent(name)}">${text}</a>`;
			const parts = [];
			if (doc.previous_version) parts.push(link(doc.previous_version, __("← Version {0}", [doc.version - 1])));
			parts.push(__("Version {0}", [doc.version]));
			if (doc.next_version) parts.push(link(doc.next_version, __("Version {0} →", [doc.version + 1])));
			return parts.join(" · ");
		},

		// What is still missing, each with the way there. `title` and `ready` are shown in front and in its place.
		checklist(frm, missing, { title, ready, go }) {
			const strip = this.place(frm);
			if (!missing.length) {
				strip.append(
					`<div class="sf-missing w-100"><span class="indicator-pill green">${esc(ready)}</span></div>`
				);
				return;
			}
			const list = $(
				`<details class="sf-missing w-100"><summary><span class="indicator-pill orange">${esc(title)}</span></summary><ul class="list-unstyled mb-0"></ul></details>`
			);
			list.prop("open", frm.sf_missing_open ?? missing.length <= 4).on("toggle", () => {
				frm.sf_missing_open = list.prop("open");
			});
			for (const gap of missing) {
				const line = $(`<li><a href="#">${esc(gap.what)}</a> · <span class="text-muted">${esc(gap.why)}</span></li>`);
				line.find("a").on("click", (event) => {
					event.preventDefault();
					go(gap);
				});
				list.find("ul").append(line);
			}
			strip.append(list);
		},

		// What is frozen stays as it is; the server says so too.
		freeze(frm, frozen, open = ["allocated_to"]) {
			for (const df of frm.meta.fields) {
				if (LAYOUT.includes(df.fieldtype) || df.read_only || open.includes(df.fieldname)) continue;
				frm.set_df_property(df.fieldname, "read_only", frozen ? 1 : 0);
			}
		},
	};
}
