from frappe.model.document import Document


class CustomerTag(Document):
	pass
