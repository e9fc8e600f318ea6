from frappe.model.document import Document


class AccountPlanCompetitor(Document):
	pass
