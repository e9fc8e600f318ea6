from frappe.model.document import Document


class SurveyWording(Document):
	pass
