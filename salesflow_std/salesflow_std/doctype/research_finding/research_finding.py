from frappe.model.document import Document


class ResearchFinding(Document):
	pass
