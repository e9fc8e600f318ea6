// What a gate says on the bar and in dialogs, and its link to the fix (M1).
frappe.provide("salesflow");

if (!salesflow.gate_link) {
	const esc = (text) => frappe.utils.escape_html(String(text ?? ""));

	// The name of a gate; one that is not met leads to where it can be.
	salesflow.gate_link = (gate) => {
		const text = esc(gate.gate);
		return gate.met === false && gate.route
			? `<a href="${esc(gate.route)}" data-kind="${esc(gate.kind)}">${text}</a>`
			: text;
	};

	// How a gate stands, and of one that is not met why the standard asks for it.
	salesflow.gate_words = (gate) => {
		const words = [gate.what, gate.met === false && gate.why].filter(Boolean);
		return words.map((text) => `<span class="sf-path-why">${esc(text)}</span>`).join("");
	};

	// What is fixed on the form itself, but not in a field of it.
	const people = (frm) => {
		frm.sf_panel?.open(true);
		frm.sf_panel?.chain_box.find("input").first().trigger("focus");
	};
	const score = (frm) => salesflow.graded_form.may_score(frm) && salesflow.graded_form.score(frm);
	const FIXES = {
		"Decision Maker Identified": people,
		"Decision Maker Reached": people,
		// The link leads to the form itself while there is no contract.
		"Contract in State": (frm) => salesflow.contract_making?.make(frm),
		"File Attached": (frm) => frm.attachments.new_attachment(),
		// The first touch is planned when the lead is graded.
		"First Touch Done": (frm) => (frm.doc.sf_next_touch_on ? salesflow.graded_form.finish_touch(frm) : score(frm)),
		"Grade at Least": score,
	};
	// Fields that nobody fills in: what they hold comes from something that is done.
	const COMES_FROM = { sf_grade: "Grade at Least", sf_next_touch_on: "First Touch Done" };

	function fix_of(link, frm) {
		const field = link.hash.slice(1);
		if (COMES_FROM[field]) return FIXES[COMES_FROM[field]];
		if (field) return frm.fields_dict[field] && (() => frm.scroll_to_field(field));
		return FIXES[link.dataset.kind];
	}

	// Links of refusals and of the bar to the form that is open: the field gets the cursor, or what has to be done
	// begins. Frappe opens other forms only, and takes the click before it comes to the document.
	document.addEventListener(
		"click",
		(e) => {
			const link = e.target.closest?.("a[href^='/app/']");
			const frm = window.cur_frm;
			if (!link || !frm || e.ctrlKey || e.metaKey || e.shiftKey) return;
			if (!link.hash && !link.dataset.kind) return;
			const here = frappe.utils.get_form_link(frm.doctype, frm.docname);
			const fix = decodeURIComponent(link.pathname) === decodeURIComponent(here) && fix_of(link, frm);
			if (!fix) return;
			e.preventDefault();
			e.stopPropagation();
			const dialog = window.cur_dialog;
			if (!dialog?.display) return fix(frm);
			dialog.$wrapper.one("hidden.bs.modal", () => fix(frm));
			dialog.hide();
		},
		true
	);
}
