from frappe.model.document import Document


class HandoverReceiver(Document):
	pass
