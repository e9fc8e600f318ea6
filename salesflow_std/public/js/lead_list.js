// Lead list: what is invalid, and which first touch is overdue, at a glance.
(() => {
	const settings = salesflow.graded_list.setup("Lead", [
		"status",
		"sf_first_touch_status",
		"sf_first_touch_due",
		"sf_invalid_reason",
	]);
	const erpnext_indicator = settings.get_indicator;
	settings.get_indicator = (doc) => {
		if (doc.sf_invalid_reason) return [__("Invalid"), "gray", "sf_invalid_reason,is,set"];
		if (doc.sf_first_touch_status === "Overdue") {
			return [__("First Touch Overdue"), "red", "sf_first_touch_status,=,Overdue"];
		}
		return erpnext_indicator(doc);
	};
})();
// As on contracts: where the word is shown, Frappe looks it up without the doctype.
for (const df of frappe.get_meta("Lead").fields) {
	if (df.fieldname === "sf_referral_outcome") {
		df.formatter = (word) => (word ? frappe.utils.escape_html(__(word, null, "Lead")) : "");
	}
}
