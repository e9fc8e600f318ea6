from frappe.model.document import Document


class ResearchCandidate(Document):
	pass
