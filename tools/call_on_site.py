"""Call a function on a site: `python tools/call_on_site.py SITE`, in `sites`; the call is read from stdin.

`bench execute` keeps a returned zero or empty list to itself, and calls a function that failed once more.
"""

import importlib
import json
import operator
import os
import sys
from collections.abc import Callable

import frappe


def find(dotted: str) -> Callable:
	"""A function of a module, or one of the current site's objects, such as `frappe.db.count`."""
	if dotted.startswith("frappe.db."):
		return operator.attrgetter(dotted.removeprefix("frappe."))(frappe)
	module, _, name = dotted.rpartition(".")
	# `frappe.get_attr` finds functions of installed apps only, and ours in `tools` belong to none.
	return getattr(importlib.import_module(module), name)


def main(site: str) -> None:
	wanted = json.load(sys.stdin)
	frappe.init(site=site)
	frappe.connect()
	# What the function prints is for people; the answer has standard output for itself.
	answer, sys.stdout = os.dup(1), sys.stderr
	os.dup2(2, 1)
	try:
		result = find(wanted["method"])(**wanted["kwargs"])
		frappe.db.commit()
		with os.fdopen(answer, "w") as out:
			out.write(json.dumps(result, default=str, ensure_ascii=False))
	finally:
		frappe.destroy()


if __name__ == "__main__":
	main(sys.argv[1])
