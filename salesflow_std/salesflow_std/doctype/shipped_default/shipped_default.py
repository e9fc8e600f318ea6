from frappe.model.document import Document


class ShippedDefault(Document):
	pass
