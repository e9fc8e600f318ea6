from frappe.model.document import Document


class ObjectionScript(Document):
	pass
