// Complaints among the issues: which they are, and until when they are to be settled (A4).
{
	const settings = (frappe.listview_settings.Issue ??= {});
	const others = settings.get_indicator;
	settings.add_fields = [...(settings.add_fields || []), "status", "sf_is_complaint", "sf_close_by"];
	settings.get_indicator = (doc) => {
		if (!doc.sf_is_complaint || !doc.sf_close_by || ["Resolved", "Closed"].includes(doc.status)) return others?.(doc);
		const day = frappe.datetime.str_to_user(doc.sf_close_by.slice(0, 10));
		const filter = `sf_is_complaint,=,1|status,=,${doc.status}`;
		return doc.sf_close_by < frappe.datetime.system_datetime()
			? [__("Complaint, late since {0}", [day]), "red", filter]
			: [__("Complaint, until {0}", [day]), "orange", filter];
	};
}
