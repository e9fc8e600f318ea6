from frappe.model.document import Document


class QuotationGateRule(Document):
	pass
