from frappe.model.document import Document


class ScoringRule(Document):
	pass
