from frappe.model.document import Document


class BNAUScoreLine(Document):
	pass
