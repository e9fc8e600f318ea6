from frappe.model.document import Document


class PublicLink(Document):
	pass
