from frappe.model.document import Document


class CustomerNeed(Document):
	pass
