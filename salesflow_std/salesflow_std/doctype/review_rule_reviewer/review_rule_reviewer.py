from frappe.model.document import Document


class ReviewRuleReviewer(Document):
	pass
