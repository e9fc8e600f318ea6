from frappe.model.document import Document


class HandoverContact(Document):
	pass
