from frappe.model.document import Document


class CompanyScoringModel(Document):
	pass
