from frappe.model.document import Document


class AcceptanceReport(Document):
	pass
