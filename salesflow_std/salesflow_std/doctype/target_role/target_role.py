from frappe.model.document import Document


class TargetRole(Document):
	pass
