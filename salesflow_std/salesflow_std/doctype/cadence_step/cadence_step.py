from frappe.model.document import Document


class CadenceStep(Document):
	pass
