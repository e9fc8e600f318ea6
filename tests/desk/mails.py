"""What has gone out by mail; `call` is the fixture of that name."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable


def token_of(call: Callable, email_id: str) -> str:
	"""The link is in the newest mail to the customer that has one, and nowhere else."""
	sent = call(
		"frappe.client.get_list",
		doctype="Email Queue",
		filters=[["Email Queue Recipient", "recipient", "=", email_id]],
		fields=["message"],
		order_by="`tabEmail Queue`.creation desc",
	)
	for row in sent:
		for part in email.message_from_string(row["message"], policy=email.policy.default).walk():
			if part.get_content_maintype() == "text":
				found = re.search(r"token=([\w-]{43})(?![\w-])", part.get_content())
				if found:
					return found[1]
	raise AssertionError(f"no link in {len(sent)} mails to {email_id}")
