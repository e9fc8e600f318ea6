from frappe.model.document import Document


class DeliverySyncPromise(Document):
	pass
