from frappe.model.document import Document


class MarketResearch(Document):
	pass
