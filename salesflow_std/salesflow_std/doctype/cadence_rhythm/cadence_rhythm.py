from frappe.model.document import Document


class CadenceRhythm(Document):
	pass
