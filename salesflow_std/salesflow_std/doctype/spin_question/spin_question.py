from frappe.model.document import Document


class SPINQuestion(Document):
	pass
