from frappe.model.document import Document


class NeedsAnswer(Document):
	pass
