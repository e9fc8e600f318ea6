from frappe.model.document import Document


class ContractReview(Document):
	pass
