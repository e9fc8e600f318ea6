from frappe.model.document import Document


class ScoringDimension(Document):
	pass
