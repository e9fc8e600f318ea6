from frappe.model.document import Document


class KPIScheme(Document):
	pass
