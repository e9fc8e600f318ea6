from frappe.model.document import Document


class LeadHandover(Document):
	pass
