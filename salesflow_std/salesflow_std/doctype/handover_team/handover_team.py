from frappe.model.document import Document


class HandoverTeam(Document):
	pass
