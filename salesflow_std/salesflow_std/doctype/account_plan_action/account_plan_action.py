from frappe.model.document import Document


class AccountPlanAction(Document):
	pass
