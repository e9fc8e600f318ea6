from frappe.model.document import Document


class TargetTerritory(Document):
	pass
