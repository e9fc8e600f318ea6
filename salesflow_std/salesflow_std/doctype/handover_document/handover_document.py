from frappe.model.document import Document


class HandoverDocument(Document):
	pass
