// Complaints among the issues: which they are, and which are late (A4).
{
	const settings = (frappe.listview_settings.Issue ??= {});
	const others = settings.get_indicator;
	settings.add_fields = [...(settings.add_fields || []), "status", "sf_is_complaint", "sf_close_by"];
	settings.get_indicator = (doc) => {
		if (!doc.sf_is_complaint || !doc.sf_close_by || ["Resolved", "Closed"].includes(doc.status)) return others?.(doc);
		const filter = `sf_is_complaint,=,1|status,=,${doc.status}`;
		return doc.sf_close_by < frappe.datetime.system_datetime()
			? [__("Complaint, late"), "red", filter]
			: [__("Complaint", null, "Issue"), "orange", filter];
	};
}
