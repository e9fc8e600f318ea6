// Value Content: how often it went out, and how often a reply followed (F3).
frappe.ui.form.on("Value Content", {
	refresh(frm) {
		if (frm.is_new()) return;
		const [sent, replied] = frm.doc.__onload?.replies || [0, 0];
		if (sent) {
			const share = Math.round((100 * replied) / sent);
			frm.dashboard.set_headline(__("Sent {0} times, {1} replies ({2} %).", [sent, replied, share]));
		} else {
			frm.dashboard.set_headline(__("Nobody has had it yet."));
		}
	},
});
