from frappe.model.document import Document


class ContractReviewClause(Document):
	pass
