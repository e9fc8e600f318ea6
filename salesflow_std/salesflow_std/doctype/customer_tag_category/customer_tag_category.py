from frappe.model.document import Document


class CustomerTagCategory(Document):
	pass
