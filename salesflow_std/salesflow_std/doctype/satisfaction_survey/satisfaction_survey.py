from frappe.model.document import Document


class SatisfactionSurvey(Document):
	pass
