"""Serve one site on the loopback interface: `python tools/serve.py SITE PORT`, in the bench's `sites` folder.

`bench serve` listens on all interfaces, which a test or demo site with well-known passwords must not do.
"""

import sys

import frappe.app
from werkzeug.serving import run_simple


def main(site: str, port: int) -> None:
	frappe.app._site = site
	frappe.app._sites_path = "."
	run_simple("127.0.0.1", port, frappe.app.application_with_statics(), threaded=True)


if __name__ == "__main__":
	main(sys.argv[1], int(sys.argv[2]))
