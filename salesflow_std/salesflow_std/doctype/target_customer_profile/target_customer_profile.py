from frappe.model.document import Document


class TargetCustomerProfile(Document):
	pass
