"""Tests on a real ERPNext site: one connection for the session, one transaction for a test, rolled back.

What a test may rely on:

- It starts as Administrator, on the site that `make test` made: ERPNext set up for the company "Standard Test
  Co" (China, CNY, Asia/Shanghai), weekends as its holidays, our app installed, the harness's users.
- `frappe.db.commit()` runs the callbacks that wait for it and moves the point that a plain
  `frappe.db.rollback()` goes back to, but nothing outlives the test. Changing the schema would commit, so it
  raises; use `spare_site` for that.
- Jobs are put in line and not run: see `jobs`.
- Nothing leaves the machine, and no e-mail leaves the queue.
"""

from __future__ import annotations

import copy
import datetime
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import frappe
import pytest
import time_machine
from frappe.utils import background_jobs, caching

from tools.bench import ShadowBench, Site

COMMITTED = "test_committed"
SCHEMA_WORDS = ("alter", "create", "drop", "rename", "truncate")

# What Frappe keeps in Redis about each doctype, and the tables that it makes it of.
ABOUT_DOCTYPES = (
	"doctype_meta",
	"table_columns",
	"assignment_rule_map",
	"document_naming_rule_map",
	"milestone_tracker_map",
	"notifications",
	"workflow",
)
CHANGES_A_DOCTYPE = re.compile(
	r"\s*(insert|update|delete|replace)\b.{0,40}`tab(DocType|DocField|DocPerm|Custom |Property Setter"
	r"|Assignment Rule|Document Naming Rule|Milestone Tracker|Notification`|Workflow`)",
	re.I | re.S,
)


# Connection and transaction


@pytest.fixture(scope="session", autouse=True)
def site() -> Iterator[str]:
	"""The name of the site all tests share; each worker has one of its own."""
	name = os.environ["SALESFLOW_SITE"]
	sites = Path(os.environ["SALESFLOW_BENCH"]) / "sites"
	before = os.getcwd()
	# Frappe's loggers and lock files are addressed from the `sites` folder.
	os.chdir(sites)
	frappe.init(site=name, sites_path=str(sites))
	frappe.connect()
	frappe.set_user("Administrator")
	frappe.local.lang = "en"
	# Records are made here in any stage; tests of the gates have them asked (`tests/site/gates.py`).
	frappe.db.set_single_value("Salesflow Settings", "stage_enforcement", "Off")
	frappe.db.commit()
	frappe.clear_cache()
	yield name
	frappe.destroy()
	os.chdir(before)


class CacheWrites:
	"""What a test wrote to Redis, taken back at its end.

	The cache may hold what the test's records made of it, and they are rolled back. Doctypes stay, unless the
	test changed one: reading them again would cost every test a second.
	"""

	KEYS = frozenset(
		"SET SETEX PSETEX SETNX GETSET INCR INCRBY DECR DECRBY APPEND SADD RPUSH LPUSH ZADD".split()
	)
	FIELDS = frozenset("HSET HMSET HSETNX HINCRBY".split())

	def __init__(self) -> None:
		self.keys: set[bytes] = set()
		self.fields: set[tuple[bytes, bytes]] = set()
		self.doctypes_changed = False
		self.doctypes = {frappe.cache.make_key(key) for key in ABOUT_DOCTYPES}
		self.clear_cache = frappe.clear_cache
		self.execute = frappe.cache.execute_command

	def execute_command(self, *args: Any, **options: Any) -> Any:
		command = args[0].upper()
		if command in self.KEYS:
			self.keys.add(args[1])
		elif command in self.FIELDS:
			step = 2 if command in ("HSET", "HMSET") else len(args)
			self.fields.update((args[1], name) for name in args[2::step])
		return self.execute(*args, **options)

	def clear_all_but_doctypes(self, user: str | None = None, doctype: str | None = None) -> None:
		"""`frappe.clear_cache`, which ERPNext calls for everything whenever an employee is saved."""
		if user or doctype or self.doctypes_changed:
			return self.clear_cache(user, doctype)
		kept = [key for key in self.doctypes if self.execute("EXISTS", key)]
		for key in kept:
			self.execute("RENAME", key, b"aside|" + key)
		self.clear_cache()
		for key in kept:
			self.execute("RENAME", b"aside|" + key, key)

	def take_back(self) -> None:
		for key, name in self.fields:
			if self.doctypes_changed or key not in self.doctypes:
				self.execute("HDEL", key, name)
		if self.keys:
			self.execute("DEL", *self.keys)


class SchemaChangeInTest(Exception):
	"""MariaDB commits when the schema changes, which would let the test's records outlive it."""


@pytest.fixture(autouse=True)
def transaction(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
	"""Roll back what the test wrote, and put back what it changed in `frappe.local`."""
	db = frappe.db
	db.rollback()
	flags = copy.deepcopy(frappe.local.flags)
	sql = db.sql
	written = CacheWrites()

	def commit() -> None:
		db.before_rollback.reset()
		db.after_rollback.reset()
		db.before_commit.run()
		sql(f"savepoint {COMMITTED}")
		db.transaction_writes = 0
		db.value_cache.clear()
		db.after_commit.run()

	def rollback(*, save_point: str | None = None) -> None:
		if save_point:
			sql(f"rollback to savepoint {save_point}")
		else:
			db.before_commit.reset()
			db.after_commit.reset()
			db.before_rollback.run()
			sql(f"rollback to savepoint {COMMITTED}")
			db.transaction_writes = 0
		db.value_cache.clear()
		if not save_point:
			db.after_rollback.run()

	def watch(query: str) -> None:
		words = str(query).lower().split(None, 2)
		if words and words[0] in SCHEMA_WORDS and words[1:2] != ["temporary"]:
			raise SchemaChangeInTest(f"use the fixture spare_site for: {query.strip()[:120]}")
		if CHANGES_A_DOCTYPE.match(str(query)):
			written.doctypes_changed = True

	sql(f"savepoint {COMMITTED}")
	with monkeypatch.context() as patch:
		patch.setattr(db, "commit", commit)
		patch.setattr(db, "rollback", rollback)
		patch.setattr(db, "begin", lambda *args, **kwargs: None)
		patch.setattr(db, "check_implicit_commit", watch)
		patch.setattr(frappe.cache, "execute_command", written.execute_command)
		patch.setattr(frappe, "clear_cache", written.clear_all_but_doctypes)
		try:
			yield
		finally:
			_leave_clean(flags)
	db.before_commit.reset()
	db.after_commit.reset()
	db.before_rollback.reset()
	db.after_rollback.reset()
	db.rollback()
	written.take_back()


def _leave_clean(flags: Any) -> None:
	frappe.set_user("Administrator")  # forgets roles, permissions and `local.cache` as well
	frappe.local.flags = flags
	frappe.local.lang = "en"
	frappe.local.message_log = []
	frappe.local.debug_log = []
	frappe.local.error_log = []
	frappe.local.form_dict = frappe._dict()
	frappe.local.response = frappe._dict({"docs": []})
	frappe.local.realtime_log = []
	frappe.local.request_cache.clear()
	caching._SITE_CACHE.clear()
	if hasattr(frappe, "client_cache"):  # from version 16 on
		frappe.client_cache.clear_cache()
	for name in ("system_settings", "website_settings", "doc_events_hooks", "dynamic_link_map"):
		if hasattr(frappe.local, name):
			delattr(frappe.local, name)
	for name in ("request", "request_ip"):
		if hasattr(frappe.local, name):
			setattr(frappe.local, name, None)


# Background jobs


@dataclass
class Job:
	"""One job that was put in line."""

	method: str | Callable
	kwargs: dict[str, Any]
	queue: str
	user: str
	timeout: int | None = None
	job_id: str | None = None
	id: str = ""
	state: str = "queued"

	@property
	def name(self) -> str:
		if isinstance(self.method, str):
			return self.method
		return f"{self.method.__module__}.{self.method.__qualname__}"

	def get_status(self, refresh: bool = True) -> str:
		return self.state

	def delete(self, **_: Any) -> None:
		self.state = "deleted"

	def run(self) -> Any:
		"""Run the job as a worker would, but here: as the user who asked for it, committed at the end."""
		before = frappe.session.user
		self.state = "started"
		method = frappe.get_attr(self.method) if isinstance(self.method, str) else self.method
		try:
			frappe.set_user(self.user)
			result = method(**self.kwargs)
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			self.state = "failed"
			raise
		finally:
			frappe.set_user(before)
		self.state = "finished"
		return result


@dataclass
class Jobs:
	"""All jobs put in line during the test, oldest first."""

	all: list[Job] = field(default_factory=list)

	def named(self, part: str) -> list[Job]:
		"""Jobs still to run whose method's dotted name contains `part`."""
		return [job for job in self.all if job.state == "queued" and part in job.name]

	def run(self, part: str = "salesflow_std.") -> list[Any]:
		"""Run waiting jobs whose name contains `part`, those they put in line as well; return the results.

		The request that asked for them ends here: what it wrote is committed, as a worker would find it.
		"""
		frappe.db.commit()
		results = []
		while waiting := self.named(part):
			results += [job.run() for job in waiting]
		return results

	def find(self, job_id: str) -> Job | None:
		return next((job for job in reversed(self.all) if job.job_id == job_id), None)


@pytest.fixture(autouse=True)
def jobs(transaction: None, monkeypatch: pytest.MonkeyPatch) -> Jobs:
	"""Jobs put in line by `frappe.enqueue`, which is Frappe's own down to the queue it writes to.

	So `enqueue_after_commit` waits for a commit, and `deduplicate` with a `job_id` is honoured.
	"""
	recorded = Jobs()

	class Queue:
		count = 0

		def __init__(self, name: str):
			self.name = name

		def enqueue_call(self, _func: Callable, *, kwargs: dict, job_id: str | None = None, **options: Any):
			job = Job(
				method=kwargs["method"],
				kwargs=kwargs["kwargs"],
				queue=self.name,
				user=kwargs["user"],
				timeout=options.get("timeout"),
				job_id=(job_id or "").partition("::")[2] or None,
				id=job_id or str(uuid.uuid4()),
			)
			recorded.all.append(job)
			return job

	def get_job(job_id: str) -> Job | None:
		job = recorded.find(job_id)
		return job if job and job.state != "deleted" else None

	monkeypatch.setattr(background_jobs, "get_queue", lambda name, **_: Queue(name))
	monkeypatch.setattr(background_jobs, "get_job", get_job)
	return recorded


# Users


@pytest.fixture
def make_user() -> Callable[..., str]:
	"""`make_user(["Sales User"], language="zh", full_name="…", email=None) -> e-mail address`, a new user."""

	def make(
		roles: list[str] | str = "Sales User",
		language: str = "en",
		full_name: str = "",
		email: str | None = None,
	) -> str:
		email = email or f"user-{uuid.uuid4().hex[:8]}@standard.test"
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": full_name or email.partition("@")[0],
				"enabled": 1,
				"language": language,
				"send_welcome_email": 0,
				"user_type": "System User",
			}
		)
		user.append_roles(*([roles] if isinstance(roles, str) else roles))
		user.flags.no_welcome_mail = True
		user.flags.ignore_permissions = True
		user.flags.in_insert = True
		# New users are throttled by the hour, which a suite of tests would run into.
		before, frappe.flags.in_import = frappe.flags.in_import, True
		try:
			user.insert()
		finally:
			frappe.flags.in_import = before
		return email

	return make


@pytest.fixture
def as_user() -> Callable[[str], Any]:
	"""`with as_user(email): …` acts as that user, in that user's language, and then as before."""

	@contextmanager
	def act(email: str) -> Iterator[None]:
		before, language = frappe.session.user, frappe.local.lang
		frappe.set_user(email)
		frappe.local.lang = frappe.db.get_value("User", email, "language") or "en"
		try:
			yield
		finally:
			frappe.set_user(before)
			frappe.local.lang = language

	return act


# Time


class Clock:
	"""A stopped clock of the site's time zone."""

	def __init__(self, traveller: Any, zone: ZoneInfo):
		self._traveller = traveller
		self._zone = zone

	def set(self, moment: str | datetime.datetime) -> None:
		self._traveller.move_to(_in_zone(moment, self._zone))

	def shift(self, **delta: float) -> None:
		"""`clock.shift(hours=2)`."""
		self._traveller.shift(datetime.timedelta(**delta))


def _in_zone(moment: str | datetime.datetime, zone: ZoneInfo) -> datetime.datetime:
	if isinstance(moment, str):
		moment = datetime.datetime.fromisoformat(moment)
	return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@pytest.fixture
def frozen_time() -> Callable[[str | datetime.datetime], Any]:
	"""`with frozen_time("2026-03-02 09:00") as clock: …; clock.shift(hours=2)`, in the site's time zone.

	Python's clock stands still; `NOW()` in SQL does not, which is one more reason not to use it.
	"""

	@contextmanager
	def freeze(moment: str | datetime.datetime) -> Iterator[Clock]:
		zone = ZoneInfo(frappe.utils.get_system_timezone())
		traveller = time_machine.travel(_in_zone(moment, zone).astimezone(datetime.timezone.utc), tick=False)
		with traveller as coordinates:
			yield Clock(coordinates, zone)

	return freeze


# Requests, records, queries, sites


@pytest.fixture
def call() -> Callable[..., Any]:
	"""`call("salesflow_std.api.scoring.score", doctype="Lead", …)`: a whitelisted method as HTTP calls it.

	Whitelist, argument types and `allow_guest` are checked as for a POST request of the current user.
	"""
	from frappe.handler import is_valid_http_method

	def call_method(dotted: str, /, *, http_method: str = "POST", **params: Any) -> Any:
		method = frappe.get_attr(dotted)
		request = getattr(frappe.local, "request", None)
		form_dict = frappe.local.form_dict
		frappe.local.request = SimpleNamespace(
			method=http_method, headers={}, path=f"/api/method/{dotted}", host=None, after_response=None
		)
		frappe.local.form_dict = frappe._dict(params)
		try:
			if frappe.session.user == "Guest" and method not in frappe.guest_methods:
				raise frappe.PermissionError
			frappe.is_whitelisted(method)
			is_valid_http_method(method)
			return frappe.call(method, **params)
		finally:
			frappe.local.request = request
			frappe.local.form_dict = form_dict

	return call_method


@pytest.fixture
def manager(make_user: Callable[..., str]) -> str:
	"""A sales manager; `rep` stands below in the Sales Person tree."""
	return make_user(["Sales Manager", "Sales User"], full_name="The Manager")


@pytest.fixture
def rep(make_user: Callable[..., str], manager: str) -> str:
	"""A sales user below `manager`."""
	from tests.site import plans  # needs a site

	rep = make_user("Sales User", full_name="The Rep")
	plans.person(rep, parent=plans.person(manager, is_group=1))
	return rep


@pytest.fixture
def lawyer(make_user: Callable[..., str]) -> str:
	"""Who alone reviews for legal."""
	from tests.site import deals  # needs a site

	lawyer = make_user("Legal Reviewer", full_name="The Lawyer")
	deals.only_legal(lawyer)
	return lawyer


@pytest.fixture
def company() -> str:
	"""The company ERPNext was set up for."""
	return "Standard Test Co"


@pytest.fixture
def count_queries() -> Callable[[], Any]:
	"""`with count_queries() as queries: …; assert len(queries) < 20`."""

	@contextmanager
	def count() -> Iterator[list[str]]:
		queries: list[str] = []
		original = frappe.db.sql

		def sql(query: Any, *args: Any, **kwargs: Any) -> Any:
			queries.append(str(query))
			return original(query, *args, **kwargs)

		frappe.db.sql = sql
		try:
			yield queries
		finally:
			frappe.db.sql = original

	return count


@pytest.fixture(scope="module")
def spare_site() -> Iterator[Callable[..., Site]]:
	"""`spare_site(with_app=True) -> Site`: a site to install on, migrate, uninstall from and throw away.

	Made in well under a minute from the stored dump. Use it through `site.execute("dotted.method", kwargs={…})`,
	`site.command("migrate")`, `site.sql("select …")`; the shared site's connection does not see it. The site is
	gone when the module's tests are done.
	"""
	made: list[Site] = []
	bench = ShadowBench.attach(Path(os.environ["SALESFLOW_BENCH"]))

	def make(with_app: bool = True) -> Site:
		apps = ["erpnext", "salesflow_std"] if with_app else ["erpnext"]
		spare = bench.new_site(f"spare-{uuid.uuid4().hex[:6]}.localhost", apps)
		made.append(spare)
		return spare

	yield make
	for spare in made:
		spare.drop()


def pytest_configure(config: pytest.Config) -> None:
	"""Of what is deprecated, only our own use of it is for us to change."""
	config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning")
	config.addinivalue_line("filterwarnings", "default::DeprecationWarning:salesflow_std")


def pytest_report_header() -> str:
	return f"site: {os.environ['SALESFLOW_SITES']} on the shadow bench {os.environ['SALESFLOW_BENCH']}, {sys.prefix}"
