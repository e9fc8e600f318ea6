from frappe.model.document import Document


class Festival(Document):
	pass
