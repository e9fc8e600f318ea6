from frappe.model.document import Document


class SalesProcessMapping(Document):
	pass
