from frappe.model.document import Document


class TargetIndustry(Document):
	pass
