from frappe.model.document import Document


class StageTransition(Document):
	pass
