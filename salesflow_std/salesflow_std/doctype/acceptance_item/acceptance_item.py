from frappe.model.document import Document


class AcceptanceItem(Document):
	pass
