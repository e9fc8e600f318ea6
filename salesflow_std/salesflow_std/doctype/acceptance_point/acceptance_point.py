from frappe.model.document import Document


class AcceptancePoint(Document):
	pass
