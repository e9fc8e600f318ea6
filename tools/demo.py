"""`make demo`, `make serve` and `make demo-clean`.

With a bench: a site of its own in .demo/, with ERPNext, our app and sample data, served on this machine only.
Without one: the offline audit of the sample exports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from tools import demo_reviewers, environments
from tools.bench import (
	ADMIN_PASSWORD,
	APP,
	LOOPBACK,
	ROOT,
	HarnessError,
	Interrupted,
	ShadowBench,
	exit_code_of,
	find_bench,
	locked,
	say,
)

HOME = ROOT / ".demo"
SITE = "salesflow.demo"
PORT = int(os.environ.get("PORT") or 8080)
PASSWORD = "demo"
USERS = {
	"rep@salesflow.demo": ("Sales Rep", ["Sales User"], "en"),
	"manager@salesflow.demo": ("Sales Manager", ["Sales Manager", "Sales User"], "en"),
	"xiaoshou@salesflow.demo": ("销售代表", ["Sales User"], "zh"),
	"jingli@salesflow.demo": ("销售经理", ["Sales Manager", "Sales User"], "zh"),
	"admin@salesflow.demo": ("Administration", ["System Manager", "Sales Manager", "Sales User"], "en"),
}
SETUP = {
	"country": "China",
	"timezone": "Asia/Shanghai",
	"currency": "CNY",
	"company": "Salesflow Demo",
	"abbr": "SD",
	"users": [
		{"email": email, "full_name": name, "roles": roles, "language": language, "password": PASSWORD}
		for email, (name, roles, language) in USERS.items()
	],
}
BUSY = "the demo is being served or made; end that first"
MAKE_DATA = "tools.demo_data.make"


def demo_bench(real: Path) -> ShadowBench:
	return ShadowBench(real, HOME, setup=SETUP, prefix="sf_demo")


def kept_bench() -> Path | None:
	"""The bench .demo was made on, which may be another than would be found now."""
	try:
		return Path(json.loads((HOME / "state.json").read_text())["real"])
	except (OSError, ValueError):
		return None


def make() -> int:
	search = find_bench()
	if search.path is None:
		print(f"No demo site: {search.reason}. Running the offline audit on sample exports instead.\n")
		python = environments.anywhere()
		return subprocess.run([str(python), "-m", f"{APP}.audit", "--sample"], cwd=ROOT).returncode
	with locked("demo", BUSY), demo_bench(kept_bench() or search.path) as bench:
		finished = bench.sites / SITE / "demo.finished"
		site = bench.sites_made.get(SITE)
		if site and not finished.exists():
			say("the last `make demo` did not finish; starting over")
			site.drop()
			site = None
		if site is None:
			site = bench.new_site(SITE)
			# A demo lives: its clock runs, and its pages look for a realtime server instead of failing without.
			site.config(disable_async=0)
			site.execute("frappe.utils.scheduler.enable_scheduler")
		else:
			say(f"{SITE} is there; bringing it up to date")
			site.command("migrate")
		say("making the demo's data")
		summary = site.execute(MAKE_DATA)
		finished.touch()
	print_summary(summary)
	return 0


def print_summary(summary: object) -> None:
	print(f"\nThe demo site {SITE} is ready in {HOME}")
	if isinstance(summary, dict):
		for key, value in summary.items():
			print(f"  {key}: {value}")
	elif summary:
		print(f"  {summary}")
	print(f"\n  make serve        opens http://{LOOPBACK}:{PORT} until Ctrl-C (PORT=… for another port)")
	print("  make demo-clean   removes the site, its database and .demo\n")
	for email, (name, roles, language) in {**USERS, **demo_reviewers.USERS}.items():
		print(f"  {email:26} password {PASSWORD:6} {name}, {', '.join(roles)}, {language}")
	print(f"  {'Administrator':26} password {ADMIN_PASSWORD}")


def serve() -> int:
	real = kept_bench()
	if real is None or not (HOME / "sites" / SITE / "demo.finished").exists():
		raise HarnessError("there is no demo site yet: `make demo` makes one (it needs a bench)")
	with locked("demo", BUSY), demo_bench(real) as bench:
		site = bench.sites_made[SITE]
		# The address in e-mails and survey links.
		site.config(host_name=f"http://{LOOPBACK}:{PORT}")
		site.command("enable-scheduler")
		site.command("clear-cache")
		site.serve(PORT)
		bench.worker()
		bench.scheduler()
		print(f"\nThe demo is at {site.url} — Ctrl-C ends it.")
		print(f"Log in as manager@salesflow.demo, password {PASSWORD}.", flush=True)
		try:
			while True:
				time.sleep(1)
				for process in bench.processes:
					if process.poll() is not None:
						raise HarnessError(f"`{' '.join(process.args)}` ended; see {bench.logs}")
		except (KeyboardInterrupt, Interrupted):
			print("\nThe demo has ended; `make serve` starts it again.")
	return 0


def clean() -> int:
	real = kept_bench()
	if real is None:
		say("there is no demo site")
		return 0
	with locked("demo", BUSY):
		bench = demo_bench(real)
		bench.open()
		bench.destroy()
	say("the demo's site, database and directory are gone")
	return 0


if __name__ == "__main__":
	commands = {"make": make, "serve": serve, "clean": clean}
	if len(sys.argv) != 2 or sys.argv[1] not in commands:
		sys.exit(f"usage: python -m tools.demo {'|'.join(commands)}")
	sys.exit(exit_code_of(commands[sys.argv[1]]))
