from frappe.model.document import Document


class SalesProcessGate(Document):
	pass
