"""What must cost nobody what came before it: where it fails, it is undone and logged, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from rq.timeouts import JobTimeoutException

_LOG = "Error Log"


@contextmanager
def sparing(title: str, doctype: str | None = None, name: str | None = None) -> Iterator[None]:
	"""What fails inside is undone and logged under that title, and what comes after it goes on.

	What is wrong with the same record again and again is logged once. Only the end of a job's time and a deadlock pass:
	the one is no error of a record, the other has undone the whole transaction.
	"""
	point = f"sparing_{frappe.generate_hash(length=10)}"
	said = list(frappe.local.message_log)
	frappe.db.savepoint(point)
	try:
		yield
	except (JobTimeoutException, frappe.QueryDeadlockError):
		raise
	except Exception as problem:
		frappe.db.rollback(save_point=point)
		# Whoever is here has done what they wanted to do; this is for the administrator.
		frappe.local.message_log = said
		if not (doctype and _is_logged(title, doctype, name, problem)):
			# A guest's variables hold the token, and what the customer wrote.
			text = frappe.get_traceback(with_context=frappe.session.user != "Guest")
			frappe.log_error(title, text, reference_doctype=doctype, reference_name=name)


def _is_logged(title: str, doctype: str, name: str | None, problem: Exception) -> bool:
	"""Whether the log holds just that already; it is emptied from time to time, and then says it again."""
	about = {"method": title, "reference_doctype": doctype, "reference_name": name}
	last = frappe.db.get_value(_LOG, about, "error", order_by="creation desc")
	return bool(last) and type(problem).__name__ in last and str(problem)[:500] in last
