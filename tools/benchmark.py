"""`make benchmark`: speed as ratios, both sides measured in the same run on the same machine.

	python -m tools.benchmark [--only NAME ...] [--leads N] [--opportunities N] [--customers N] [--invoices N]
		[--transitions N] [--audit-rows N]

Two sites are made on a shadow bench of the real one, ERPNext alone and ERPNext with the app, and thrown away.
Nothing here is a test: a slow machine fails no build. The limits printed beside the figures are the project's
own goals.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tools import environments
from tools.bench import ADMIN_PASSWORD, ROOT, HarnessError, ShadowBench, Site, find_bench, say

PROBES = "tools.benchmark_probes"
STAGES = "tools.benchmark_stages"
ORDERS = "tools.benchmark_orders"
CARE = "tools.benchmark_care"
WORKSPACE = "tools.benchmark_workspace"
KPI = "tools.benchmark_kpi"
FUNNEL = "tools.benchmark_funnel"
CHOICES = (
	"save",
	"score",
	"mail",
	"quotation",
	"regrade",
	"planning",
	"care",
	"stages",
	"orders",
	"workspace",
	"kpi",
	"funnel",
	"audit",
)


@dataclass
class Figure:
	"""One line of the result; `limit` is the goal for `value`, None where there is none."""

	name: str
	value: float
	unit: str
	limit: float | None = None
	detail: str = ""

	def line(self) -> str:
		goal = (
			""
			if self.limit is None
			else f"   goal ≤ {self.limit:g}   {'met' if self.value <= self.limit else 'MISSED'}"
		)
		return f"{self.name:<58} {self.value:>10.3f} {self.unit:<4}{goal}   {self.detail}"


class Figures(list):
	"""Figures, printed as they come: a run takes minutes."""

	def __iadd__(self, more: list[Figure]) -> Figures:
		for figure in more:
			print(figure.line(), flush=True)
		return super().__iadd__(more)


def probe(site: Site, name: str, module: str = PROBES, **arguments: object) -> dict:
	"""Runs a function of `tools.benchmark_probes` (or another `module`) on a site and gives back what it returns."""
	return site.execute(f"{module}.{name}", arguments)


def lead_save(plain: Site, with_app: Site, opportunities: int) -> list[Figure]:
	"""Lead save, median: with the app against ERPNext alone, with few and with many opportunities.

	The sites take turns, so that a slow minute of the machine meets both.
	"""
	figures = []
	for many, limit in ((False, 1.10), (True, 0.15)):
		if many:
			for site in (plain, with_app):
				probe(site, "make_opportunities", count=opportunities)
		medians: dict[str, list[float]] = {"plain": [], "app": []}
		for _round in range(5):
			for key, site in (("plain", plain), ("app", with_app)):
				medians[key].append(probe(site, "save_leads", count=60 if many else 150)["median"])
		best = {key: sorted(values)[len(values) // 2] for key, values in medians.items()}
		title = f"{opportunities:,} opportunities" if many else "few opportunities"
		figures.append(
			Figure(
				f"Lead save, {title}: app ÷ ERPNext alone",
				best["app"] / best["plain"],
				"×",
				limit,
				f"{best['app'] * 1000:.1f} ms ÷ {best['plain'] * 1000:.1f} ms",
			)
		)
	return figures


def scoring(with_app: Site) -> list[Figure]:
	"""`score()` end to end against one Lead save."""
	result = probe(with_app, "score_leads", count=150)
	return [
		Figure(
			"score() ÷ Lead save",
			result["score"] / result["save"],
			"×",
			1.5,
			f"{result['score'] * 1000:.1f} ms ÷ {result['save'] * 1000:.1f} ms",
		)
	]


def regrade(with_app: Site, leads: int) -> list[Figure]:
	"""Re-grading all leads against one UPDATE of the same rows, and a Lead save meanwhile."""
	probe(with_app, "make_leads", count=leads)
	figures = []
	# A step of tuning, and a change that turns the model over.
	for changed, limit in ((1.25, 2), (2, None)):
		runs = [probe(with_app, "regrade_leads", weight=weight) for weight in (changed, 1, changed)]
		runs.sort(key=lambda run: run["regrade"] / run["update"])
		middle = runs[len(runs) // 2]
		figures.append(
			Figure(
				f"Re-grading {leads:,} leads (a weight of {changed:g}) ÷ one UPDATE",
				middle["regrade"] / middle["update"],
				"×",
				limit,
				f"{middle['regrade']:.2f} s ÷ {middle['update']:.2f} s; {middle['moved']:,} grades moved,"
				f" {middle['untouched']:,} deadlines open",
			)
		)
		probe(with_app, "regrade_leads", weight=1)
	idle = probe(with_app, "save_leads", count=300, graded=True)["p95"]
	stop = Path(tempfile.mkdtemp()) / "stop"
	with ThreadPoolExecutor(1) as pool:
		worker = pool.submit(probe, with_app, "regrade_until", stop=str(stop))
		time.sleep(3)
		busy = probe(with_app, "save_leads", count=300, graded=True)["p95"]
		stop.touch()
		worker.result()
	figures.append(
		Figure(
			"Lead save p95 while re-grading ÷ idle",
			busy / idle,
			"×",
			2,
			f"{busy * 1000:.1f} ms ÷ {idle * 1000:.1f} ms",
		)
	)
	return figures


def planning(with_app: Site, leads: int) -> list[Figure]:
	"""Planning all leads against one INSERT … SELECT of as many follow-ups; My Day against ERPNext's list."""
	probe(with_app, "make_leads", count=leads)
	runs = [probe(with_app, "plan_leads") for _ in range(3)]
	runs.sort(key=lambda run: run["plan"] / run["insert"])
	middle = runs[1]
	day = probe(with_app, "my_day", open_leads=500)
	return [
		Figure(
			f"Planning {leads:,} leads ÷ one INSERT … SELECT",
			middle["plan"] / middle["insert"],
			"×",
			3,
			f"{middle['plan']:.2f} s ÷ {middle['insert']:.2f} s; {middle['planned']:,} follow-ups",
		),
		Figure(
			"A tick with nothing to plan",
			middle["idle"] * 1000,
			"ms",
			None,
			f"{leads:,} leads planned already; the tick before it told of overdue ones: {middle['first_tick']:.1f} s",
		),
		Figure(
			"My Day, 500 open leads ÷ Lead list of 20",
			day["my_day"] / day["list"],
			"×",
			3,
			f"{day['my_day'] * 1000:.1f} ms ÷ {day['list'] * 1000:.1f} ms; {day['items']} items",
		),
	]


def care(with_app: Site, customers: int) -> list[Figure]:
	"""Planning the care of all customers against one INSERT … SELECT of as many follow-ups."""
	probe(with_app, "make_customers", CARE, count=customers)
	runs = [probe(with_app, "plan_care", CARE) for _ in range(3)]
	runs.sort(key=lambda run: run["plan"] / run["insert"])
	middle = runs[1]
	return [
		Figure(
			f"Care of {customers:,} customers ÷ one INSERT … SELECT",
			middle["plan"] / middle["insert"],
			"×",
			3,
			f"{middle['plan']:.2f} s ÷ {middle['insert']:.2f} s; {middle['planned']:,} follow-ups,"
			f" again {middle['again']:.2f} s",
		)
	]


def kpi(with_app: Site, invoices: int) -> list[Figure]:
	"""KPI scores of 200 reps and a year in one pass against one plain GROUP BY of the invoices by rep and month."""
	probe(with_app, "make_invoices", KPI, count=invoices)
	runs = [probe(with_app, "kpi_of_a_year", KPI) for _ in range(3)]
	runs.sort(key=lambda run: run["kpi"] / run["group_by"])
	middle = runs[1]
	return [
		Figure(
			f"KPI of {middle['reps']} reps × 12 months, {invoices:,} invoices ÷ one GROUP BY",
			middle["kpi"] / middle["group_by"],
			"×",
			None,
			f"{middle['kpi']:.2f} s ÷ {middle['group_by']:.2f} s; sales alone {middle['sales']:.2f} s;"
			f" {middle['queries']} queries, of 20 reps {middle['queries_of_few']}",
		)
	]


def mail(plain: Site, with_app: Site) -> list[Figure]:
	"""An e-mail sent from a Lead, with the app against ERPNext alone; the sites take turns."""
	medians: dict[str, list[float]] = {"plain": [], "app": []}
	for _round in range(5):
		for key, site in (("plain", plain), ("app", with_app)):
			medians[key].append(probe(site, "send_mails", count=100)["median"])
	middle = {key: sorted(values)[len(values) // 2] for key, values in medians.items()}
	return [
		Figure(
			"E-mail sent on a Lead: with the app ÷ ERPNext alone",
			middle["app"] / middle["plain"],
			"×",
			1.1,
			f"{middle['app'] * 1000:.1f} ms ÷ {middle['plain'] * 1000:.1f} ms",
		)
	]


def quotation(plain: Site, with_app: Site) -> list[Figure]:
	"""A Quotation saved and submitted, with approved figures and the app against ERPNext alone; the sites take turns."""
	return _in_turns(
		plain,
		with_app,
		partial(probe, name="quotations", count=40),
		{"save": None, "submit": 1.1},
		"Quotation {}",
	)


def orders(plain: Site, with_app: Site) -> list[Figure]:
	"""A Sales Order submitted that has its signed contract, and a payment of it, with the app against ERPNext alone."""
	figures = _in_turns(
		plain,
		with_app,
		partial(probe, name="orders", module=ORDERS, count=25),
		{"Sales Order": 1.1, "Payment Entry": 1.1},
		"{} submit",
	)
	probe(with_app, "ask_no_gates", STAGES)
	return figures


def _in_turns(
	plain: Site,
	with_app: Site,
	measure: Callable[[Site], dict[str, float]],
	limits: dict[str, float | None],
	title: str,
) -> list[Figure]:
	"""Medians of what `measure` returns on both sites, which take turns; a figure for each key of `limits`."""
	medians: dict[str, dict[str, list[float]]] = {key: {"plain": [], "app": []} for key in limits}
	for _round in range(5):
		for side, site in (("plain", plain), ("app", with_app)):
			for key, median in measure(site).items():
				medians[key][side].append(median)
	figures = []
	for key, limit in limits.items():
		middle = {side: sorted(values)[len(values) // 2] for side, values in medians[key].items()}
		figures.append(
			Figure(
				f"{title.format(key)}: with the app ÷ ERPNext alone",
				middle["app"] / middle["plain"],
				"×",
				limit,
				f"{middle['app'] * 1000:.1f} ms ÷ {middle['plain'] * 1000:.1f} ms",
			)
		)
	return figures


def stages(plain: Site, with_app: Site) -> list[Figure]:
	"""An Opportunity saved without and with a change of stage, six gates configured, against ERPNext alone; the sites
	take turns."""
	probe(with_app, "set_six_gates", STAGES)
	figures = []
	for move, limit in ((False, 1.10), (True, 1.5)):
		medians: dict[str, list[float]] = {"plain": [], "app": []}
		for _round in range(5):
			for key, site in (("plain", plain), ("app", with_app)):
				medians[key].append(probe(site, "save_opportunities", STAGES, count=60, move=move)["median"])
		middle = {key: sorted(values)[len(values) // 2] for key, values in medians.items()}
		figures.append(
			Figure(
				f"Opportunity save, {'a' if move else 'no'} change of stage: app ÷ ERPNext alone",
				middle["app"] / middle["plain"],
				"×",
				limit,
				f"{middle['app'] * 1000:.1f} ms ÷ {middle['plain'] * 1000:.1f} ms; six gates",
			)
		)
	probe(with_app, "ask_no_gates", STAGES)
	return figures


def back_fill(with_app: Site, opportunities: int) -> list[Figure]:
	"""Taking opportunities into the stages against one INSERT … SELECT of as many transitions."""
	probe(with_app, "make_old_opportunities", STAGES, count=opportunities)
	runs = [probe(with_app, "back_fill", STAGES) for _ in range(3)]
	runs.sort(key=lambda run: run["backfill"] / run["insert"])
	middle = runs[1]
	return [
		Figure(
			f"Taking {opportunities:,} opportunities into the stages ÷ one INSERT … SELECT",
			middle["backfill"] / middle["insert"],
			"×",
			5,
			f"{middle['backfill']:.2f} s ÷ {middle['insert']:.2f} s; {middle['moves']:,} transitions,"
			f" {middle['taken'] / middle['backfill'] / 1000:.1f} k/s",
		)
	]


def workspace(found: Path, with_app: Site, leads: int) -> list[Figure]:
	"""The workspace in a browser against ERPNext's own for CRM, on one site and server."""
	probe(with_app, "make_leads", count=leads)
	probe(with_app, "spread_leads", WORKSPACE)
	pages = ("/app/sales-standard", "/app/crm")
	run = subprocess.run(
		[environments.on_bench(found), "-m", WORKSPACE, with_app.serve(), ADMIN_PASSWORD, "7", *pages],
		cwd=ROOT,
		env={**os.environ, "SALESFLOW_BROWSER": environments.chromium()},
		capture_output=True,
		text=True,
	)
	if run.returncode:
		raise HarnessError(f"the workspace could not be measured:\n{run.stderr}")
	ours, theirs = (json.loads(run.stdout.splitlines()[-1])[page] for page in pages)

	def figure(moment: str, name: str, limit: float | None, more: str = "") -> Figure:
		said = f"{ours[moment]:.2f} s ÷ {theirs[moment]:.2f} s{more}"
		return Figure(name, ours[moment] / theirs[moment], "×", limit, said)

	return [
		figure("painted", f"Workspace painted, {leads:,} leads ÷ ERPNext's CRM workspace", 1.5),
		figure("screen", "Its first screen with all numbers and charts ÷ ERPNext's", None),
		figure(
			"all",
			"The whole workspace with all numbers and charts ÷ ERPNext's",
			None,
			f"; {ours['requests']} requests ÷ {theirs['requests']}",
		),
	]


def funnel(with_app: Site, transitions: int) -> list[Figure]:
	"""The funnel over all transitions, with percentiles and values, against one GROUP BY of the same rows."""
	made = probe(with_app, "make_transitions", FUNNEL, count=transitions)
	runs = [probe(with_app, "count_funnel", FUNNEL) for _ in range(3)]

	def seconds(run: dict) -> float:
		return run["read"] + run["count"] + run["percentiles"]

	runs.sort(key=lambda run: seconds(run) / run["group_by"])
	middle = runs[1]
	took = seconds(middle)
	return [
		Figure(
			f"Funnel over {made:,} transitions ÷ one GROUP BY",
			took / middle["group_by"],
			"×",
			3,
			f"{took:.2f} s ÷ {middle['group_by']:.2f} s; {middle['deals']:,} deals, read {middle['read']:.2f} s",
		),
		Figure(
			f"Funnel over {made:,} transitions ÷ one GROUP BY by document and stage",
			took / middle["by_document"],
			"×",
			None,
			f"{took:.2f} s ÷ {middle['by_document']:.2f} s",
		),
		Figure(
			"Report Stage Funnel with its bottleneck ÷ one GROUP BY",
			middle["report"] / middle["group_by"],
			"×",
			None,
			f"{middle['report']:.2f} s; by source {middle['grouped']:.2f} s; {middle['memory']:.0f} MB at most",
		),
	]


def audit(rows: int) -> list[Figure]:
	"""Rows per second and peak memory of the offline audit, for a tenth of the rows and for all."""
	python = environments.anywhere()
	measured = {}
	with tempfile.TemporaryDirectory() as folder:
		for count in (rows // 10, rows):
			leads = Path(folder) / f"leads-{count}.csv"
			subprocess.run(
				[python, "-m", "tools.benchmark_export", str(count), str(leads)], cwd=ROOT, check=True
			)
			begun = time.perf_counter()
			process = subprocess.Popen(
				[python, "-m", "salesflow_std.audit", leads, "--out", f"{folder}/out", "--as-of", "2026-11-20"],
				cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
			)  # fmt: skip
			_pid, status, used = os.wait4(process.pid, 0)
			if status:
				raise HarnessError(f"the audit of {count:,} leads failed")
			seconds = time.perf_counter() - begun
			peak = used.ru_maxrss / 1024
			measured[count] = (count / seconds, peak)
	(small_rate, small_peak), (rate, peak) = measured[rows // 10], measured[rows]
	return [
		Figure(f"Audit of {rows:,} leads", rate / 1000, "k/s", None, "thousand rows per second"),
		Figure(
			f"Audit peak memory, {rows:,} ÷ {rows // 10:,} leads",
			peak / small_peak,
			"×",
			None,
			f"{peak:.0f} MB ÷ {small_peak:.0f} MB ({small_rate / 1000:.1f} k/s)",
		),
	]


def main() -> int:
	"""Runs the chosen benchmarks and prints a table."""
	parser = argparse.ArgumentParser(prog="make benchmark", description=__doc__.splitlines()[0])
	parser.add_argument("--only", nargs="+", choices=CHOICES)
	parser.add_argument("--leads", type=int, default=100_000)
	parser.add_argument("--opportunities", type=int, default=100_000)
	parser.add_argument("--customers", type=int, default=50_000)
	parser.add_argument("--invoices", type=int, default=100_000)
	parser.add_argument("--transitions", type=int, default=1_000_000)
	parser.add_argument("--audit-rows", type=int, default=1_000_000)
	options = parser.parse_args()
	chosen = options.only or list(CHOICES)
	figures = Figures()
	found = find_bench()
	if set(chosen) - {"audit"}:
		if not found.path:
			print(f"No bench, so only the audit can be measured: {found.reason}", file=sys.stderr)
			chosen = [name for name in chosen if name == "audit"]
		else:
			with ShadowBench(found.path) as bench:
				with_app = bench.new_site("bench-app.localhost", ["erpnext", "salesflow_std"])
				probe(with_app, "ask_no_gates", STAGES)
				if {"save", "mail", "quotation", "stages", "orders"} & set(chosen):
					say("making ERPNext alone")
					plain = bench.new_site("bench-plain.localhost", ["erpnext"])
				# Score and re-grade first: later the tables are full.
				if "score" in chosen:
					say("score()")
					figures += scoring(with_app)
				if "mail" in chosen:
					say("e-mail")
					figures += mail(plain, with_app)
				if "quotation" in chosen:
					say("Quotation")
					figures += quotation(plain, with_app)
				if "stages" in chosen:
					say("stages")
					figures += stages(plain, with_app)
				if "orders" in chosen:
					say("Sales Order and payment")
					figures += orders(plain, with_app)
				if "save" in chosen:
					say("Lead save")
					figures += lead_save(plain, with_app, options.opportunities)
				if "regrade" in chosen:
					say("re-grade")
					figures += regrade(with_app, options.leads)
				if "planning" in chosen:
					say("planning")
					figures += planning(with_app, options.leads)
				if "care" in chosen:
					say("care of customers")
					figures += care(with_app, options.customers)
				if "workspace" in chosen:
					say("workspace")
					figures += workspace(found.path, with_app, options.leads)
				if "kpi" in chosen:
					say("KPI scores")
					figures += kpi(with_app, options.invoices)
				if "stages" in chosen:
					say("back-fill of the stages")
					figures += back_fill(with_app, options.opportunities)
				if "funnel" in chosen:
					say("funnel")
					figures += funnel(with_app, options.transitions)
	if "audit" in chosen:
		say("audit")
		figures += audit(options.audit_rows)
	return 0


if __name__ == "__main__":
	raise SystemExit(main())
