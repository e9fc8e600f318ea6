from frappe.model.document import Document


class MakeupWorkday(Document):
	pass
