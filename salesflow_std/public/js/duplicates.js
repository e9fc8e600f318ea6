// Customer, Prospect and Contact: those that look the same, with links. Nothing is merged by itself (L3).
frappe.provide("salesflow");

if (!salesflow.show_duplicates) {
	salesflow.show_duplicates = function (frm) {
		frm.layout.wrapper.find(".sf-same").remove();
		if (frm.is_new()) return;
		const name = frm.docname;
		frappe.xcall("salesflow_std.api.duplicates.of", { doctype: frm.doctype, name }).then((rows) => {
			if (!rows.length || frm.docname !== name) return;
			frm.layout.wrapper.find(".sf-same").remove();
			const line = `<div class="sf-same form-message orange" role="status">${__("Looks like a duplicate")}: ${rows
				.map(one)
				.join(" · ")}</div>`;
			const strip = frm.layout.wrapper.find(".sf-strip");
			strip.length ? strip.after(line) : frm.layout.wrapper.prepend(line);
		});
	};

	function one(row) {
		const esc = frappe.utils.escape_html;
		const same = esc(row.same_words.join(", "));
		if (!row.readable) {
			return `${esc(row.doctype_word)} ${__("of {0}", [esc(row.owner || "")], "Salesflow")} (${same})`;
		}
		const path = `/app/${frappe.router.slug(row.doctype)}/${encodeURIComponent(row.name)}`;
		return `<a href="${path}">${esc(row.title || row.name)}</a> (${esc(row.doctype_word)}: ${same})`;
	}

	for (const doctype of ["Customer", "Prospect", "Contact"]) {
		frappe.ui.form.on(doctype, { refresh: (frm) => salesflow.show_duplicates(frm) });
	}
}
