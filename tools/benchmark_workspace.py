"""How long a workspace takes in a browser until it is painted, until the first screen has its numbers and charts, and
until all has, for `make benchmark`.

	python -m tools.benchmark_workspace URL PASSWORD ROUNDS PATH ...

Runs in the Python that has Playwright and prints the median seconds of each path as JSON; the pages take turns.
`spread_leads` runs in the bench's Python on the site.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict

# The numbers and charts of the first screen, or all of them and nothing more on its way, are there and drawn.
_DRAWN = """(whole) => {
	const shown = (selector) => [...document.querySelectorAll(selector)].filter(
		(one) => one.offsetParent && (whole || one.getBoundingClientRect().top < window.innerHeight)
	);
	if (!window.frappe?.request || (whole && frappe.request.ajax_count) || !shown(".ce-block").length) return false;
	const numbers = shown(".number-widget-box"), charts = shown(".dashboard-widget-box");
	return (
		numbers.every((one) => one.querySelector(".number")) &&
		charts.every((one) => one.querySelector("svg.frappe-chart, .frappe-chart") ||
			[...one.querySelectorAll(".chart-loading-state")].some((state, place) => place && state.offsetParent)) &&
		document.querySelector(".links-widget-box, .shortcut-widget-box") !== null
	);
}"""
# Headings, cards and shortcuts are on the screen, the numbers may be on their way.
_PAINTED = """() => [...document.querySelectorAll(".ce-block .widget")].some((one) => one.offsetParent)"""
_MOMENTS = {"painted": (_PAINTED, None), "screen": (_DRAWN, False), "all": (_DRAWN, True)}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def spread_leads() -> int:
	"""Gives the leads to the people of a sales team; returns how many there are."""
	import frappe

	from tools.benchmark_probes import _team

	reps = _team()
	lead = frappe.qb.DocType("Lead")
	for place, rep in enumerate(reps):
		# A share each, by the last digits of the name.
		frappe.db.sql(
			"update `tabLead` set lead_owner = %s where mod(cast(right(name, 4) as unsigned), %s) = %s",
			(rep, len(reps), place),
		)
	frappe.db.commit()  # the web server reads it
	return frappe.qb.from_(lead).select(frappe.query_builder.functions.Count("*")).run()[0][0]


def measure(url: str, password: str, rounds: int, paths: list[str], browser: str) -> dict[str, dict]:
	"""Path -> the median seconds from navigation until it is `painted`, until the first `screen` and until `all` is drawn,
	and the number of `requests` for data."""
	from playwright.sync_api import sync_playwright

	seconds: dict[str, dict[str, list[float]]] = {path: defaultdict(list) for path in paths}
	requests: dict[str, int] = {}
	with sync_playwright() as playwright:
		chromium = playwright.chromium.launch(executable_path=browser, headless=True, args=_ARGUMENTS)
		context = chromium.new_context(viewport={"width": 1400, "height": 1000})
		signed_in = context.request.post(
			f"{url}/api/method/login", form={"usr": "Administrator", "pwd": password}
		)
		if not signed_in.ok:
			raise SystemExit(signed_in.text())
		# The first round fills the caches of both.
		for turn in range(rounds + 1):
			for path in paths:
				page = context.new_page()
				asked: list[str] = []
				page.on(
					"request", lambda one, asked=asked: "/api/method" in one.url and asked.append(one.url)
				)
				begun = time.perf_counter()
				page.goto(f"{url}{path}", wait_until="commit")
				for moment, (script, whole) in _MOMENTS.items():
					page.wait_for_function(script, arg=whole, timeout=120_000, polling=50)
					if turn:
						seconds[path][moment].append(time.perf_counter() - begun)
				requests[path] = len(asked)
				page.close()
		chromium.close()
	return {
		path: {
			**{moment: statistics.median(values) for moment, values in seconds[path].items()},
			"requests": requests[path],
		}
		for path in paths
	}


if __name__ == "__main__":
	import os

	_program, address, secret, turns, *pages = sys.argv
	print(json.dumps(measure(address, secret, int(turns), pages, os.environ["SALESFLOW_BROWSER"])))
