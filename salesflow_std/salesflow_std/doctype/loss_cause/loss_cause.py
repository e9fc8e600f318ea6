from frappe.model.document import Document


class LossCause(Document):
	pass
