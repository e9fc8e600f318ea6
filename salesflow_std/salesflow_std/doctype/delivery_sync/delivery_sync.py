from frappe.model.document import Document


class DeliverySync(Document):
	pass
