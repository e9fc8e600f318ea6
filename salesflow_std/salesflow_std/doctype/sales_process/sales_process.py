from frappe.model.document import Document


class SalesProcess(Document):
	pass
