from frappe.model.document import Document


class ResearchCompetitor(Document):
	pass
