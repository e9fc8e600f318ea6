from frappe.model.document import Document


class ReviewRule(Document):
	pass
