from frappe.model.document import Document


class DecisionChainMember(Document):
	pass
