"""`make test`: everything that runs anywhere, then the site and desk suites on throwaway sites.

	python -m tools.run_tests [--suite anywhere|site|desk ...] [pytest arguments]

Whole suites are shared by as many processes as the machine has cores, at most four, each with a site of its own;
with arguments that choose tests (`-k`, `-x`, a path …) there is one. SALESFLOW_WORKERS says how many in any case.

With SALESFLOW_KEEP_SITE=1 the sites stay in .test-env/kept and the next run takes up as many as it needs. When
anything in the app that shapes a site has changed, the first is migrated and the others are copied from it anew;
`make test-clean` removes them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from tools import environments, workers
from tools.bench import (
	APP,
	CACHE,
	ROOT,
	HarnessError,
	Interrupted,
	ShadowBench,
	Site,
	die_with_parent,
	exit_code_of,
	find_bench,
	locked,
	say,
)

KEPT = CACHE / "kept"
SITE = "test.localhost"
# In a kept site: of which state of the app it is.
MARK = "app.fingerprint"
NOTHING_COLLECTED = 5


class Report:
	"""What ran, what came of it, and what did not run."""

	def __init__(self) -> None:
		self.counts: dict[str, Counter] = {}
		self.failed: list[str] = []
		self.not_run: list[str] = []

	def pytest(self, suite: str, command: list[str], env: dict[str, str]) -> None:
		"""Run one suite; pytest prints for itself, the counts are read from its XML."""
		print(f"\n── {suite} ──", flush=True)
		with tempfile.TemporaryDirectory() as folder:
			xml = Path(folder) / "report.xml"
			process = subprocess.Popen(
				[*command, f"--junitxml={xml}"], cwd=ROOT, env=env, preexec_fn=die_with_parent
			)
			code = _wait(process)
			counts: Counter = Counter()
			if xml.exists():
				for node in ET.parse(xml).getroot().iter("testsuite"):
					counts["tests"] += int(node.get("tests", 0))
					for key in ("failures", "errors", "skipped"):
						counts[key] += int(node.get(key, 0))
		self.counts[suite] = counts
		if code not in (0, NOTHING_COLLECTED):
			self.failed.append(suite)

	def close(self) -> int:
		for why in self.not_run:
			print(f"NOT RUN: {why}")
		total = sum(self.counts.values(), Counter())
		failed = total["failures"] + total["errors"]
		passed = total["tests"] - failed - total["skipped"]
		parts = ", ".join(
			f"{suite} {counts['tests'] - counts['failures'] - counts['errors'] - counts['skipped']}"
			for suite, counts in self.counts.items()
		)
		unrun = "; some suites NOT RUN, see above" if self.not_run else ""
		print(
			f"{'FAILED' if self.failed else 'OK'}: {passed} passed, {failed} failed, {total['skipped']} skipped "
			f"(passed: {parts or 'none'}){unrun}",
			flush=True,
		)
		return 1 if self.failed else 0


def _wait(process: subprocess.Popen) -> int:
	"""Wait for pytest; when we are interrupted let it finish its own cleaning up first."""
	try:
		return process.wait()
	except (KeyboardInterrupt, Interrupted) as interruption:
		# Ctrl-C in a terminal has reached pytest already.
		if isinstance(interruption, Interrupted):
			process.send_signal(signal.SIGINT)
		try:
			process.wait(timeout=30)
		except subprocess.TimeoutExpired:
			process.kill()
		raise


def run_anywhere(report: Report, extra: list[str]) -> None:
	python = environments.anywhere()
	targets = [path for path in (ROOT / "tests/engine", ROOT / "tests/audit") if path.exists()]
	targets += sorted((ROOT / "tests").glob("test_*.py"))
	if not targets:
		return
	command = _pytest(python, targets, workers.count(extra), extra)
	path = os.pathsep.join([str(python.parent), os.environ.get("PATH", "")])
	report.pytest("anywhere", command, {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)})


def run_on_site(report: Report, real: Path, suites: list[str], extra: list[str]) -> None:
	number = workers.count(extra)
	python = environments.on_bench(real)
	browser = environments.chromium() if "desk" in suites else ""
	keep = os.environ.get("SALESFLOW_KEEP_SITE") == "1"
	what = "a throwaway site" if number == 1 else f"{number} throwaway sites"
	say(f"setting up {what} on the bench {real}" + (" (kept afterwards)" if keep else ""))
	with contextlib.ExitStack() as stack:
		if keep:
			stack.enter_context(locked("kept"))
		bench = stack.enter_context(ShadowBench(real, KEPT if keep else None))
		sites = make_sites(bench, number, keep)
		env = {
			**bench.environment(),
			"SALESFLOW_BENCH": str(bench.path),
			"SALESFLOW_SITE": sites[0].name,
			"SALESFLOW_SITES": " ".join(site.name for site in sites),
			"SALESFLOW_BROWSER": browser,
			"SALESFLOW_ARTIFACTS": str(CACHE / "artifacts"),
		}
		for suite in suites:
			if suite == "desk":
				# They take the jobs of all sites, so they end with the bench and not with one of its sites.
				for _ in sites:
					bench.worker()
			report.pytest(suite, _pytest(python, [ROOT / "tests" / suite], number, extra), env)


def make_sites(bench: ShadowBench, number: int, keep: bool) -> list[Site]:
	"""One site for each worker; the app is installed on the first, the others are copies of it."""
	first = take_up_site(bench) if keep else bench.new_site(SITE)
	names = [f"test-{count}.localhost" for count in range(2, number + 1)]
	return [first, *(take_up_copy(first, name) if keep else first.copy(name) for name in names)]


def take_up_copy(first: Site, name: str) -> Site:
	"""A kept copy of the first kept site, made anew when it was made of another state of the checkout."""
	mark = first.bench.sites / name / MARK
	now = (first.path / MARK).read_text()
	site = first.bench.sites_made.get(name)
	if site and not (mark.exists() and mark.read_text() == now):
		site.drop()
		site = None
	site = site or first.copy(name)
	mark.write_text(now)
	return site


def take_up_site(bench: ShadowBench) -> Site:
	"""The kept site, brought up to the checkout's state."""
	mark = bench.sites / SITE / MARK
	now = fingerprint()
	site = bench.sites_made.get(SITE)
	if site is None:
		site = bench.new_site(SITE)
	elif not mark.exists():
		# Its installation was interrupted or failed.
		site.drop()
		site = bench.new_site(SITE)
	elif mark.read_text() != now:
		if APP in bench.app_names and APP not in site.command("list-apps", capture=True).stdout:
			site.command("install-app", APP)
		else:
			say("the app has changed; migrating the kept site")
			site.command("migrate")
	mark.write_text(now)
	site.command("clear-cache")
	return site


def fingerprint() -> str:
	"""Of everything in the app that shapes a site: doctypes, fixtures, patches, hooks and the set-up."""
	digest = hashlib.sha256()
	package = ROOT / APP
	for path in sorted(package.rglob("*")):
		shapes = path.suffix in (".json", ".txt") or path.name == "hooks.py" or "setup" in path.parts
		if shapes and path.is_file() and "__pycache__" not in path.parts:
			digest.update(str(path.relative_to(package)).encode() + path.read_bytes())
	return digest.hexdigest()


def clean() -> int:
	"""Remove the kept sites. The Python environments and the stored dump stay."""
	if not (KEPT / "state.json").exists():
		say("there are no kept sites")
		return 0
	bench = ShadowBench(Path(json.loads((KEPT / "state.json").read_text())["real"]), KEPT)
	with locked("kept"):
		bench.open()
		bench.destroy()
	say("the kept sites are gone")
	return 0


def _pytest(python: Path, targets: list[Path], number: int, extra: list[str]) -> list[str]:
	paths = [str(path.relative_to(ROOT)) for path in targets]
	return [
		str(python),
		"-m",
		"pytest",
		"--import-mode=importlib",
		*workers.arguments(number),
		*paths,
		*extra,
	]


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
	parser.add_argument("--suite", nargs="+", choices=("anywhere", "site", "desk"), default=None)
	parser.add_argument("--clean", action="store_true", help="remove the kept sites and stop")
	options, extra = parser.parse_known_args()
	extra = [arg for arg in extra if arg != "--"]
	if options.clean:
		return clean()
	suites = options.suite or ["anywhere", "site", "desk"]
	report = Report()
	if "anywhere" in suites:
		run_anywhere(report, extra)
	on_site = [suite for suite in suites if suite != "anywhere"]
	names = " and ".join(f"tests/{suite}" for suite in on_site)
	if on_site:
		search = find_bench()
		if search.path is None:
			report.not_run.append(
				f"{names} were not run, because they need a bench with Frappe and ERPNext: {search.reason}. "
				"Set BENCH_PATH to run them."
			)
		else:
			try:
				run_on_site(report, search.path, on_site, extra)
			except HarnessError as problem:
				print(f"\nERROR: {problem}", file=sys.stderr, flush=True)
				missing = [suite for suite in on_site if suite not in report.counts]
				report.not_run.append(
					f"{' and '.join(f'tests/{s}' for s in missing)}: setting up failed, see above"
				)
				report.failed.append("setting up")
	print()
	return report.close()


if __name__ == "__main__":
	sys.exit(exit_code_of(main))
