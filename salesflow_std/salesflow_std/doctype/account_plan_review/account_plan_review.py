from frappe.model.document import Document


class AccountPlanReview(Document):
	pass
