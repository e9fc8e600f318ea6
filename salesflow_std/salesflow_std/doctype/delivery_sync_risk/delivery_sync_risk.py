from frappe.model.document import Document


class DeliverySyncRisk(Document):
	pass
