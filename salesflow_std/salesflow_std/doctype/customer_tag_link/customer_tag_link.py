from frappe.model.document import Document


class CustomerTagLink(Document):
	pass
