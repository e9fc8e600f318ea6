from frappe.model.document import Document


class LossAnalysis(Document):
	pass
