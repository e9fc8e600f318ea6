from frappe.model.document import Document


class SurveyTemplate(Document):
	pass
