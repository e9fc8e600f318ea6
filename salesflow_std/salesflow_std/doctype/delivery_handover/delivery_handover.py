from frappe.model.document import Document


class DeliveryHandover(Document):
	pass
