"""A bench of our own in front of a real one.

`ShadowBench` borrows a real bench's Frappe, ERPNext, Python and MariaDB server, and has everything that is
written of its own: sites, logs, assets and two Redis servers. So the app is tested from the checkout the
harness was started in, whatever the real bench links, and closing the shadow leaves nothing behind:

	with ShadowBench(find_bench().path) as bench:
		site = bench.new_site("with.localhost", apps=["erpnext", "salesflow_std"])
		site.execute("salesflow_std.api.scoring.score", kwargs={...})

Only the standard library is used, so that any Python 3.10 can start it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
APP = "salesflow_std"
CACHE = ROOT / ".test-env"
# What the app needs beside Frappe and ERPNext, for a bench that has not installed it.
PACKAGES = CACHE / "packages"
LOOPBACK = "127.0.0.1"
ADMIN_PASSWORD = "admin"

TEST_PASSWORD = "Standard-7-Sales"
TEST_USERS = {
	"rep": ("rep@standard.test", "Sales Rep", ["Sales User"], "en"),
	"rep-zh": ("rep.zh@standard.test", "销售代表", ["Sales User"], "zh"),
	"manager": ("manager@standard.test", "Sales Manager", ["Sales Manager", "Sales User"], "en"),
	"manager-zh": (
		"manager.zh@standard.test",
		"销售经理",
		["Sales Manager", "Sales User"],
		"zh",
	),
	"admin": ("admin@standard.test", "Administration", ["System Manager"], "en"),
	"admin-zh": ("admin.zh@standard.test", "系统管理员", ["System Manager"], "zh"),
}
TEST_SETUP: dict[str, Any] = {
	"country": "China",
	"timezone": "Asia/Shanghai",
	"currency": "CNY",
	"company": "Standard Test Co",
	"abbr": "STC",
	"users": [
		{
			"email": email,
			"full_name": full_name,
			"roles": roles,
			"language": language,
			"password": TEST_PASSWORD,
		}
		for email, full_name, roles, language in TEST_USERS.values()
	],
}


class HarnessError(Exception):
	"""Something the harness needs is missing; the message says what, and what to do about it."""


class Interrupted(BaseException):
	"""SIGTERM or SIGHUP, raised in the main thread so that every `finally` runs."""

	def __init__(self, signum: int):
		super().__init__(signum)
		self.signum = signum


def say(text: str) -> None:
	print(f"» {text}", flush=True)


# The bench


@dataclass(frozen=True)
class BenchSearch:
	"""What looking for a bench came to: a path, or the reason why there is none."""

	path: Path | None
	reason: str


def is_bench(path: Path) -> bool:
	return (path / "sites" / "apps.txt").is_file() and (path / "apps" / "frappe").is_dir()


def find_bench(environ: dict[str, str] | None = None) -> BenchSearch:
	"""`BENCH_PATH` if given, else the bench the checkout stands in, else ~/frappe-bench."""
	environ = dict(os.environ) if environ is None else environ
	if environ.get("BENCH_PATH"):
		path = Path(environ["BENCH_PATH"]).expanduser()
		if not is_bench(path):
			return BenchSearch(None, f"BENCH_PATH={path} is not a bench (no sites/apps.txt and apps/frappe)")
		return _usable(path.resolve())
	# A bench may also be the one the shell stands in, through a link that ROOT has resolved.
	for path in (*ROOT.parents, *Path(environ.get("PWD") or ROOT).parents):
		if is_bench(path):
			return _usable(path)
	path = Path("~/frappe-bench").expanduser()
	if is_bench(path):
		return _usable(path.resolve())
	return BenchSearch(
		None,
		"no bench found: BENCH_PATH is not set, the checkout does not stand in a bench "
		"and there is no ~/frappe-bench",
	)


def _usable(path: Path) -> BenchSearch:
	for needed, what in (("apps/erpnext", "ERPNext"), ("env/bin/python", "a Python environment")):
		if not (path / needed).exists():
			return BenchSearch(None, f"the bench {path} has no {what} ({needed} is missing)")
	return BenchSearch(path, "")


# MariaDB


def _program(*names: str) -> str:
	for name in names:
		if found := shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin"):
			return found
	raise HarnessError(f"{names[0]} is not installed; the bench's site needs it")


@dataclass
class Database:
	"""A site's database and the account that owns it."""

	name: str
	password: str


class MariaDB:
	"""The bench's MariaDB server, started if it is down."""

	def __init__(self, config: dict[str, Any], options_dir: Path):
		self.host: str = config.get("db_host") or LOOPBACK
		self.port = int(config.get("db_port") or 3306)
		self.socket: str | None = config.get("db_socket")
		self.config = config
		self.options_dir = options_dir
		self.admin_options: Path | None = None
		self.stop_command: list[str] | None = None
		self.safe: subprocess.Popen | None = None

	@property
	def is_local(self) -> bool:
		return bool(self.socket) or self.host in ("localhost", LOOPBACK, "::1")

	@property
	def account_hosts(self) -> tuple[str, ...]:
		"""The server names a local client by either, depending on `skip-name-resolve`."""
		return ("localhost", LOOPBACK) if self.is_local else ("%",)

	def _options_file(self, name: str, user: str, password: str, over_tcp: bool = True) -> Path:
		"""Credentials in a file that only we may read: arguments can be seen by every local user."""
		lines = ["[client]", f'user="{user}"']
		if password:
			lines.append(f'password="{password}"')
		if self.socket:
			lines.append(f'socket="{self.socket}"')
		elif over_tcp:
			lines += [f'host="{self.host}"', f"port={self.port}", "protocol=tcp"]
		path = self.options_dir / f"{name}.cnf"
		path.touch(mode=0o600)
		path.write_text("\n".join(lines) + "\n")
		return path

	def _candidates(self) -> Iterator[tuple[str, str, bool]]:
		if os.environ.get("DB_ROOT_USER") or os.environ.get("DB_ROOT_PASSWORD"):
			yield os.environ.get("DB_ROOT_USER") or "root", os.environ.get("DB_ROOT_PASSWORD", ""), True
			return
		user = self.config.get("root_login") or "root"
		for key in ("root_password", "mariadb_root_password"):
			if password := self.config.get(key):
				yield user, str(password), True
		yield "root", "root", True
		if self.is_local:
			yield "root", "", False

	def connect(self) -> None:
		"""Find credentials that may create databases; start the server when nobody answers."""
		denied = ""
		for attempt in range(2):
			down = False
			for user, password, over_tcp in self._candidates():
				options = self._options_file("admin", user, password, over_tcp)
				result = subprocess.run(
					[
						_program("mariadb", "mysql"),
						f"--defaults-extra-file={options}",
						*("-N", "-B", "-e", "select @@port"),
					],
					capture_output=True,
					text=True,
				)
				# The default socket may belong to another server than the one the bench uses.
				if result.returncode == 0 and (over_tcp or result.stdout.strip() == str(self.port)):
					self.admin_options = options
					return
				denied = result.stderr.strip() or denied
				down = down or any(f"ERROR {code}" in result.stderr for code in (2002, 2003))
			if attempt == 0 and down and self.is_local:
				self._start()
				continue
			break
		raise HarnessError(
			"cannot open the bench's MariaDB as an administrator. Set DB_ROOT_USER and DB_ROOT_PASSWORD, or "
			f"root_login and root_password in the bench's common_site_config.json. MariaDB said: {denied}"
		)

	def _start(self) -> None:
		say("MariaDB is down; starting it")
		if os.geteuid() != 0:
			raise HarnessError("MariaDB is not running, and only root can start it. Start it and try again")
		tries: list[tuple[list[str], list[str] | None]] = []
		if Path("/run/systemd/system").is_dir():
			tries.append((["systemctl", "start", "mariadb"], ["systemctl", "stop", "mariadb"]))
		for safe in ("mariadbd-safe", "mysqld_safe"):
			if shutil.which(safe):
				tries.append(([safe, f"--bind-address={LOOPBACK}"], None))
				break
		if Path("/etc/init.d/mariadb").exists():
			tries.append((["service", "mariadb", "start"], ["service", "mariadb", "stop"]))
		for start, stop in tries:
			if stop is None:
				# The package's service scripts make this folder; the server alone cannot.
				Path("/run/mysqld").mkdir(exist_ok=True)
				shutil.chown("/run/mysqld", "mysql", "mysql")
				self.safe = subprocess.Popen(
					start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
				)
			elif subprocess.run(start, capture_output=True).returncode:
				continue
			if self._answers_within(60):
				self.stop_command = stop
				return
		raise HarnessError("MariaDB is not running and did not come up. Start it and try again")

	def _answers_within(self, seconds: float) -> bool:
		deadline = time.monotonic() + seconds
		while time.monotonic() < deadline:
			result = subprocess.run(
				[_program("mariadb-admin", "mysqladmin"), *self._address(), "ping"],
				capture_output=True,
				text=True,
			)
			# "Access denied" is an answer too.
			if result.returncode == 0 or "denied" in result.stderr:
				return True
			time.sleep(0.5)
		return False

	def _address(self) -> list[str]:
		if self.socket:
			return [f"--socket={self.socket}"]
		return [f"--host={self.host}", f"--port={self.port}", "--protocol=tcp"]

	def admin(self, statements: str) -> str:
		"""Run SQL as administrator and return the answer, without column names."""
		assert self.admin_options, "connect() first"
		result = subprocess.run(
			[_program("mariadb", "mysql"), f"--defaults-extra-file={self.admin_options}", "-N", "-B"],
			input=statements,
			capture_output=True,
			text=True,
		)
		if result.returncode:
			raise HarnessError(f"MariaDB refused: {result.stderr.strip()}")
		return result.stdout

	def create(self, name: str) -> Database:
		database = Database(name, secrets.token_hex(12))
		statements = [f"create database `{name}` character set utf8mb4 collate utf8mb4_unicode_ci;"]
		for host in self.account_hosts:
			statements.append(f"create user '{name}'@'{host}' identified by '{database.password}';")
			statements.append(f"grant all privileges on `{name}`.* to '{name}'@'{host}';")
		self.admin("\n".join(statements))
		return database

	def drop(self, name: str) -> None:
		statements = [f"drop database if exists `{name}`;"]
		statements += [f"drop user if exists '{name}'@'{host}';" for host in self.account_hosts]
		self.admin("\n".join(statements))

	def dump(self, database: Database, target: Path) -> None:
		options = self._options_file(database.name, database.name, database.password)
		with target.open("wb") as out:
			subprocess.run(
				[
					_program("mariadb-dump", "mysqldump"),
					f"--defaults-extra-file={options}",
					"--single-transaction",
					"--quick",
					"--default-character-set=utf8mb4",
					database.name,
				],
				stdout=out,
				check=True,
			)

	def load(self, database: Database, source: Path) -> None:
		options = self._options_file(database.name, database.name, database.password)
		with source.open("rb") as dump:
			subprocess.run(
				[
					_program("mariadb", "mysql"),
					f"--defaults-extra-file={options}",
					"--default-character-set=utf8mb4",
					database.name,
				],
				stdin=dump,
				check=True,
			)

	def close(self) -> None:
		"""Stop the server if we started it and nobody else has come to use it since."""
		if not (self.stop_command or self.safe):
			return
		if self.admin_options:
			others = self.admin(
				"select count(*) from information_schema.processlist where id != connection_id() "
				"and user not in ('system user', 'event_scheduler');"
			).strip()
			if others != "0":
				say("MariaDB was started here and is in use by others now; leaving it running")
				return
		if self.safe:
			# The guardian ignores the signal, the server in its group ends in good order, then both are gone.
			with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
				os.killpg(self.safe.pid, signal.SIGTERM)
				self.safe.wait(timeout=60)
		elif self.stop_command:
			subprocess.run(self.stop_command, capture_output=True)
		self.safe = self.stop_command = None


# Processes


def free_port() -> int:
	with socket.socket() as probe:
		probe.bind((LOOPBACK, 0))
		return probe.getsockname()[1]


def require_free(port: int) -> None:
	"""Somebody else's server on our port would be taken for ours."""
	with socket.socket() as probe:
		probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			probe.bind((LOOPBACK, port))
		except OSError:
			raise HarnessError(f"port {port} is in use; name another with PORT=…") from None


def wait_for_port(port: int, process: subprocess.Popen, seconds: float, what: str, log: Path) -> None:
	deadline = time.monotonic() + seconds
	while time.monotonic() < deadline:
		if process.poll() is not None:
			break
		with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
			return
		time.sleep(0.1)
	tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
	raise HarnessError(f"{what} did not come up on port {port}.\n{tail}")


def die_with_parent() -> None:
	"""Ask the kernel (Linux) to end a server of ours even when the harness is killed outright."""
	with contextlib.suppress(Exception):
		ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def stop(process: subprocess.Popen, seconds: float = 10) -> None:
	if process.poll() is None:
		process.terminate()
		try:
			process.wait(timeout=seconds)
		except subprocess.TimeoutExpired:
			process.kill()
			process.wait()


def processes_with(marker: str) -> list[int]:
	"""Processes whose environment has `marker`, which holds a path that only one shadow bench has."""
	found = []
	for entry in Path("/proc").glob("[0-9]*/environ"):
		pid = int(entry.parent.name)
		if pid == os.getpid():
			continue
		with contextlib.suppress(OSError):
			if marker.encode() in entry.read_bytes().split(b"\0"):
				found.append(pid)
	return found


# The shadow

# Frappe's build keeps each stylesheet it works on under a temporary folder of its own, at the path that leads
# from the bench's apps to the source. Our source lies elsewhere, so from a shallow folder that path leads up and
# back to the source itself, which then is overwritten, by two builds at the same time. It must not lead that far.
_DEEP_TEMPORARY_FOLDERS = """
const fs = require("fs"), path = require("path");
const plugin = require.resolve("@frappe/esbuild-plugin-postcss2", { paths: [process.cwd()] });
const tmp = require(require.resolve("tmp", { paths: [plugin] }));
const make = tmp.dirSync;
tmp.dirSync = (options) => {
	const folder = make(options);
	folder.name = path.join(folder.name, ...process.cwd().split(path.sep).fill("deep"));
	fs.mkdirSync(folder.name, { recursive: true });
	return folder;
};
"""


@dataclass
class Site:
	"""A site of a shadow bench."""

	bench: ShadowBench
	name: str
	database: Database
	url: str = ""

	@property
	def path(self) -> Path:
		return self.bench.sites / self.name

	def command(self, *args: str, **options: Any) -> subprocess.CompletedProcess:
		"""`bench --site NAME ARGS`, with our checkout first on the path."""
		return self.bench.command("--site", self.name, *args, **options)

	def execute(self, method: str, kwargs: dict[str, Any] | None = None) -> Any:
		"""Call a function on the site as Administrator, commit, and return what it returned, through JSON."""
		result = subprocess.run(
			[str(self.bench.python), str(ROOT / "tools" / "call_on_site.py"), self.name],
			cwd=self.bench.sites,
			env=self.bench.environment(),
			input=json.dumps({"method": method, "kwargs": kwargs or {}}),
			capture_output=True,
			text=True,
		)
		if result.returncode:
			raise HarnessError(f"{method} failed on {self.name}:\n{result.stderr}")
		return json.loads(result.stdout or "null")

	def sql(self, query: str) -> list[list[str]]:
		"""Rows of a query as text, straight from the database."""
		out = self.bench.mariadb.admin(f"use `{self.database.name}`; {query};")
		return [line.split("\t") for line in out.splitlines()]

	def config(self, **values: Any) -> None:
		path = self.path / "site_config.json"
		path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=1))

	def serve(self, port: int | None = None) -> str:
		"""Start a web server on the loopback interface and return its address."""
		log = self.bench.logs / f"{self.name}-web.log"
		# A free port is free until somebody listens on it: one server after the other.
		with locked("ports"):
			port = port or free_port()
			require_free(port)
			process = self.bench.spawn(
				[str(self.bench.python), str(ROOT / "tools" / "serve.py"), self.name, str(port)], log
			)
			wait_for_port(port, process, 60, "the web server", log)
		self.url = f"http://{LOOPBACK}:{port}"
		return self.url

	def copy(self, name: str) -> Site:
		"""Another site that holds the same: seconds, where installing the app takes a minute."""
		say(f"{name}: copied from {self.name}")
		other = self.bench.empty_site(name)
		dump = self.bench.path / "config" / f"{name}.sql"
		try:
			self.bench.mariadb.dump(self.database, dump)
			self.bench.mariadb.load(other.database, dump)
		finally:
			dump.unlink(missing_ok=True)
		other.config(**self.secrets())
		for folder in ("public", "private"):
			shutil.copytree(self.path / folder, other.path / folder, dirs_exist_ok=True)
		return other

	def secrets(self) -> dict[str, Any]:
		"""The site's configuration without its database: passwords in there are encrypted with its key."""
		config = json.loads((self.path / "site_config.json").read_text())
		return {key: value for key, value in config.items() if not key.startswith("db_")}

	def drop(self) -> None:
		self.bench.mariadb.drop(self.database.name)
		shutil.rmtree(self.path, ignore_errors=True)
		self.bench.sites_made.pop(self.name, None)
		self.bench.save_state(self, gone=True)


@dataclass
class ShadowBench:
	"""See the module's text. `path` None: a temporary directory, gone at the end with its databases.

	With a `path`, the directory and its sites stay; `destroy()` removes them.
	"""

	real: Path
	path: Path | None = None
	setup: dict[str, Any] = field(default_factory=lambda: TEST_SETUP)
	offline: bool = True
	prefix: str = "sf_test"

	def __post_init__(self) -> None:
		self.real = Path(self.real)
		self.keep = self.path is not None
		self.processes: list[subprocess.Popen] = []
		self.sites_made: dict[str, Site] = {}
		self.register: Path | None = None
		self.attached = False

	# Life

	def __enter__(self) -> ShadowBench:
		try:
			self.open()
		except BaseException:
			self.close()
			raise
		return self

	def __exit__(self, *_: object) -> None:
		self.close()

	def open(self) -> None:
		sweep()
		if self.path is None:
			self.path = Path(tempfile.mkdtemp(prefix="salesflow-bench-"))
		self.path = self.path.resolve()
		for folder in (self.apps, self.sites, self.logs, self.path / "config" / "pids", self.options):
			folder.mkdir(parents=True, exist_ok=True)
		self.options.chmod(0o700)
		self._write_register()
		self._link_apps()
		self._fetch_packages()
		self.mariadb = MariaDB(self.real_config, self.options)
		self.mariadb.connect()
		self._start_redis()
		self._link_assets()
		for site in self._read_state():
			self.sites_made[site.name] = site

	@classmethod
	def attach(cls, path: Path) -> ShadowBench:
		"""The open shadow bench at `path`, for a process that its owner started, such as pytest."""
		state = json.loads((path / "state.json").read_text())
		bench = cls(Path(state["real"]), path, setup=state["setup"], offline=state["offline"])
		bench.attached = True
		bench.prefix = state["prefix"]
		bench.app_names = (bench.sites / "apps.txt").read_text().split()
		bench.mariadb = MariaDB(bench.real_config, bench.options)
		bench.mariadb.admin_options = bench.options / "admin.cnf"
		for site in bench._read_state():
			bench.sites_made[site.name] = site
		return bench

	def close(self) -> None:
		"""Stop what was started here and, unless kept, remove what was made here."""
		for process in reversed(self.processes):
			stop(process)
		self.processes.clear()
		if self.attached:
			return
		with deaf_to_signals():
			self._end_strays()
			if not self.keep:
				self._remove()
			if hasattr(self, "mariadb"):
				with contextlib.suppress(HarnessError):
					self.mariadb.close()
			if self.register:
				self.register.unlink(missing_ok=True)

	def destroy(self) -> None:
		"""Close and remove a kept bench with its sites and databases."""
		self.keep = False
		self.close()

	def _remove(self) -> None:
		assert self.path
		names = {site.database.name for site in self.sites_made.values()}
		names |= {site.database.name for site in self._read_state()}
		if names:
			for name in names:
				self.mariadb.drop(name)
		shutil.rmtree(self.path, ignore_errors=True)

	def _end_strays(self) -> None:
		"""A job's child, a browser: whatever still runs with this bench in its environment."""
		if self.path is None:
			return
		for signum in (signal.SIGTERM, signal.SIGKILL):
			pids = processes_with(f"FRAPPE_BENCH_ROOT={self.path}")
			for pid in pids:
				with contextlib.suppress(ProcessLookupError, PermissionError):
					os.kill(pid, signum)
			deadline = time.monotonic() + 5
			while pids and time.monotonic() < deadline:
				pids = processes_with(f"FRAPPE_BENCH_ROOT={self.path}")
				time.sleep(0.1)

	def _write_register(self) -> None:
		"""Leave a note, so that the next run can clear away after a harness that was killed outright."""
		runs = CACHE / "runs"
		runs.mkdir(parents=True, exist_ok=True)
		self.register = runs / f"{os.getpid()}-{secrets.token_hex(3)}.json"
		self.register.write_text(
			json.dumps(
				{
					"pid": os.getpid(),
					"started": _start_time(os.getpid()),
					"path": str(self.path),
					"real": str(self.real),
					"keep": self.keep,
				}
			)
		)

	# State

	@property
	def apps(self) -> Path:
		assert self.path
		return self.path / "apps"

	@property
	def sites(self) -> Path:
		assert self.path
		return self.path / "sites"

	@property
	def logs(self) -> Path:
		assert self.path
		return self.path / "logs"

	@property
	def options(self) -> Path:
		assert self.path
		return self.path / "config" / "mariadb"

	@property
	def python(self) -> Path:
		return self.real / "env" / "bin" / "python"

	@property
	def real_config(self) -> dict[str, Any]:
		path = self.real / "sites" / "common_site_config.json"
		return json.loads(path.read_text()) if path.exists() else {}

	def save_state(self, site: Site, gone: bool = False) -> None:
		"""Note a site, or that it is gone, and leave the others: workers note spare sites of their own."""
		assert self.path
		entry = {"db": site.database.name, "password": site.database.password, "url": site.url}
		with locked("state"):
			sites = {name: noted for name, noted in self._noted().items() if name != site.name}
			state = {
				"real": str(self.real),
				"setup": self.setup,
				"offline": self.offline,
				"prefix": self.prefix,
				"sites": sites if gone else {**sites, site.name: entry},
			}
			# Whoever reads meanwhile finds the old or the new.
			partial = self.path / "state.partial"
			partial.touch(mode=0o600)
			partial.write_text(json.dumps(state, indent=1))
			partial.replace(self.path / "state.json")

	def _noted(self) -> dict[str, dict[str, str]]:
		assert self.path
		try:
			return json.loads((self.path / "state.json").read_text())["sites"]
		except (OSError, ValueError):
			return {}

	def _read_state(self) -> list[Site]:
		return [
			Site(self, name, Database(site["db"], site["password"]), site["url"])
			for name, site in self._noted().items()
		]

	# Parts

	def _link_apps(self) -> None:
		apps = ["frappe", "erpnext"]
		for app in apps:
			_link(self.apps / app, (self.real / "apps" / app).resolve())
		_link(self.apps / APP, ROOT)
		_link(self.path / "env", self.real / "env")
		# Frappe takes an app into account only with its hooks.
		if (ROOT / APP / "hooks.py").exists():
			apps.append(APP)
		self.app_names = apps
		(self.sites / "apps.txt").write_text("\n".join(apps) + "\n")

	def _link_assets(self) -> None:
		"""Frappe's and ERPNext's built assets are borrowed, ours are built into the shadow."""
		assets, real_assets = self.sites / "assets", self.real / "sites" / "assets"
		shutil.rmtree(assets, ignore_errors=True)
		assets.mkdir()
		for app in self.app_names:
			target = assets / app
			target.mkdir()
			public = self.apps / app / app / "public"
			entries = [entry for entry in _entries(public) if entry.name != "dist"]
			if app != APP:
				entries = [*entries, *_entries(real_assets / app), *_entries(public)]
			for entry in entries:
				if not (target / entry.name).exists():
					_link(target / entry.name, entry.resolve())
		for name in ("assets.json", "assets-rtl.json"):
			if (real_assets / name).exists():
				shutil.copy(real_assets / name, assets / name)
		if (assets / "assets.json").exists():
			if APP in self.app_names and any((ROOT / APP / "public").rglob("*.bundle.*")):
				self.build([APP])
		else:
			say("the bench has no built assets; building all of them, which takes a few minutes")
			for app in ("frappe", "erpnext"):
				with contextlib.suppress(FileNotFoundError):
					(assets / app / "dist").unlink()
			self.build(self.app_names)

	def build(self, apps: Sequence[str]) -> None:
		"""Frappe's own asset build, into the shadow's `sites/assets`."""
		with tempfile.TemporaryDirectory() as folder:
			deep = Path(folder) / "deep.js"
			deep.write_text(_DEEP_TEMPORARY_FOLDERS)
			result = subprocess.run(
				[
					_program("node"),
					"--require",
					str(deep),
					"esbuild",
					"--production",
					"--apps",
					",".join(apps),
				],
				cwd=self.apps / "frappe",
				# Without Redis the build skips telling it about new assets; nobody has read the old ones yet.
				env={**self.environment(), "FRAPPE_DOCKER_BUILD": "1", "TMPDIR": folder},
				capture_output=True,
				text=True,
			)
		if result.returncode:
			raise HarnessError(f"the assets do not build:\n{result.stdout}\n{result.stderr}")

	def _start_redis(self) -> None:
		config = {
			key: value
			for key, value in self.real_config.items()
			if key in ("db_host", "db_port", "db_socket", "db_type", "rds_db")
		}
		for role in ("cache", "queue"):
			port = free_port()
			folder = self.path / "config" / f"redis-{role}"
			folder.mkdir(exist_ok=True)
			log = self.logs / f"redis-{role}.log"
			process = self.spawn(
				[
					_program("redis-server"),
					*("--port", str(port), "--bind", LOOPBACK, "--save", "", "--appendonly", "no"),
					*("--dir", str(folder)),
				],
				log,
			)
			wait_for_port(port, process, 20, f"Redis ({role})", log)
			config[f"redis_{role}"] = f"redis://{LOOPBACK}:{port}"
		config.update(
			redis_socketio=config["redis_cache"],
			background_workers=1,
			# There is no socket.io server: the desk must not look for one.
			disable_async=1,
			live_reload=False,
			mute_emails=1,
		)
		(self.sites / "common_site_config.json").write_text(json.dumps(config, indent=1))

	def _fetch_packages(self) -> None:
		"""What the app needs and the real bench has not, into a folder of the checkout; the bench stays as it is."""
		ask = (
			"import json, sys\n"
			"from importlib.metadata import distributions\n"
			"print(json.dumps([d.metadata['Name'].lower().replace('_', '-') for d in distributions()]))"
		)
		answer = subprocess.run([str(self.python), "-c", ask], capture_output=True, text=True, check=True)
		pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
		wanted = re.findall(r'"([^"]+)"', pyproject.partition("\ndependencies = [")[2].partition("]")[0])
		known = set(json.loads(answer.stdout))
		missing = [one for one in wanted if re.split(r"[<>=!~ ]", one)[0].lower() not in known]
		with locked("packages"):
			stamp = PACKAGES / "salesflow.json"
			said = json.dumps([str(self.python), missing])
			if stamp.exists() and stamp.read_text() == said:
				return
			PACKAGES.mkdir(parents=True, exist_ok=True)
			if missing:
				say(f"fetching {', '.join(missing)}, which the bench has not")
				# What these need in turn, as a bench would resolve it that keeps what it has.
				with tempfile.TemporaryDirectory() as folder:
					plan = Path(folder) / "plan.json"
					self._pip("--dry-run", f"--report={plan}", *missing)
					found = [one["metadata"] for one in json.loads(plan.read_text())["install"]]
				pinned = [f"{one['name']}=={one['version']}" for one in found]
				shutil.rmtree(PACKAGES)
				PACKAGES.mkdir()
				self._pip("--no-deps", "--target", str(PACKAGES), *pinned)
			stamp.write_text(said)

	def _pip(self, *what: str) -> None:
		result = subprocess.run(
			[str(self.python), "-m", "pip", "install", "-q", *what], capture_output=True, text=True
		)
		if result.returncode:
			raise HarnessError(f"could not fetch {' '.join(what)}:\n{result.stdout}\n{result.stderr}")

	def environment(self) -> dict[str, str]:
		env = {
			key: value
			for key, value in os.environ.items()
			if not key.startswith(("FRAPPE_", "PYTEST_")) and key not in ("SITES_PATH", "CI", "DEV_SERVER")
		}
		env["FRAPPE_BENCH_ROOT"] = str(self.path)
		# First on the path, before what the bench's environment links.
		env["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "tools" / "guard"), str(PACKAGES)])
		env["PYTHONDONTWRITEBYTECODE"] = "1"
		env["SALESFLOW_OFFLINE"] = "1" if self.offline else "0"
		if not MariaDB(self.real_config, Path()).is_local:
			env["SALESFLOW_ALLOWED_HOSTS"] = self.real_config["db_host"]
		return env

	def spawn(self, command: list[str], log: Path, env: dict[str, str] | None = None) -> subprocess.Popen:
		"""A server that lives as long as this bench is open. Ctrl-C reaches us first, not the server."""
		with log.open("ab") as out:
			process = subprocess.Popen(
				command,
				cwd=self.sites,
				env={**self.environment(), **(env or {})},
				stdin=subprocess.DEVNULL,
				stdout=out,
				stderr=subprocess.STDOUT,
				start_new_session=True,
				preexec_fn=die_with_parent,
			)
		self.processes.append(process)
		return process

	def command(self, *args: str, capture: bool = False, check: bool = True) -> subprocess.CompletedProcess:
		"""`bench ARGS` in the shadow; quiet, unless it fails."""
		result = subprocess.run(
			[str(self.python), "-m", "frappe.utils.bench_helper", "frappe", *args],
			cwd=self.sites,
			env=self.environment(),
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE if capture else subprocess.STDOUT,
			text=True,
		)
		if check and result.returncode:
			hidden = [arg if "password" not in arg else "--…password…" for arg in args]
			raise HarnessError(f"`bench {' '.join(hidden)}` failed:\n{result.stdout}\n{result.stderr or ''}")
		return result

	def worker(self, queues: str = "short,default,long") -> subprocess.Popen:
		return self.spawn(
			[str(self.python), "-m", "frappe.utils.bench_helper", "frappe", "worker", "--queue", queues],
			self.logs / "worker.log",
		)

	def scheduler(self) -> subprocess.Popen:
		return self.spawn(
			[str(self.python), "-m", "frappe.utils.bench_helper", "frappe", "schedule"],
			self.logs / "schedule.log",
		)

	# Sites

	def new_site(self, name: str, apps: Sequence[str] = ("erpnext", APP)) -> Site:
		"""A site with ERPNext's setup completed and then, if among `apps`, ours installed.

		Frappe and ERPNext come from a dump made the first time, kept in .test-env/base for as long as
		neither they nor the setup change: minutes become seconds.
		"""
		if not hasattr(self, "mariadb"):
			raise HarnessError("open the bench first")
		with locked("base"):
			dump = self._base_dump()
			site = self.empty_site(name)
			if dump.exists():
				say(f"{name}: Frappe and ERPNext from the stored dump")
				self.mariadb.load(site.database, dump)
				site.config(**json.loads(dump.with_suffix(".json").read_text()))
			else:
				say(f"{name}: installing Frappe and ERPNext, about two minutes the first time")
				self._install_base(site, dump)
		if APP in apps:
			if APP in self.app_names:
				say(f"{name}: installing {APP}")
				site.command("install-app", APP)
			else:
				say(f"{name}: {APP} has no hooks.py yet and is not installed")
		return site

	def empty_site(self, name: str) -> Site:
		if name in self.sites_made:
			raise HarnessError(f"the site {name} exists")
		database = Database(f"{self.prefix}_{secrets.token_hex(5)}", "")
		site = Site(self, name, database)
		# Written down before it exists: an interruption in between must not leave a database behind.
		self.sites_made[name] = site
		self.save_state(site)
		site.database = self.mariadb.create(database.name)
		self.save_state(site)
		for folder in ("public/files", "private/files", "private/backups", "locks", "logs", "task-logs"):
			(site.path / folder).mkdir(parents=True, exist_ok=True)
		(site.path / "site_config.json").write_text("{}")
		site.config(db_name=site.database.name, db_password=site.database.password, db_type="mariadb")
		(site.path / "site_config.json").chmod(0o600)
		return site

	def _install_base(self, site: Site, dump: Path) -> None:
		self.command(
			"new-site",
			site.name,
			"--force",
			"--no-setup-db",
			*("--db-name", site.database.name, "--db-password", site.database.password),
			*("--admin-password", ADMIN_PASSWORD),
			*("--install-app", "erpnext"),
		)
		args = self.path / "config" / "setup.json"
		args.write_text(json.dumps(self.setup))
		result = subprocess.run(
			[str(self.python), str(ROOT / "tools" / "prepare_site.py"), site.name, str(args)],
			cwd=self.sites,
			env=self.environment(),
			stdin=subprocess.DEVNULL,
			capture_output=True,
			text=True,
		)
		if result.returncode:
			raise HarnessError(f"ERPNext's setup failed:\n{result.stdout}\n{result.stderr}")
		dump.parent.mkdir(parents=True, exist_ok=True)
		partial = dump.with_suffix(".partial")
		self.mariadb.dump(site.database, partial)
		dump.with_suffix(".json").write_text(json.dumps(site.secrets()))
		partial.rename(dump)
		self._forget_old_dumps(dump)

	def _base_dump(self) -> Path:
		return CACHE / "base" / f"{self._setup_key()}-{self._base_key()}.sql"

	def _forget_old_dumps(self, dump: Path) -> None:
		for other in dump.parent.glob(f"{self._setup_key()}-*"):
			if other.stem != dump.stem:
				other.unlink()

	def _setup_key(self) -> str:
		return hashlib.sha256(json.dumps(self.setup, sort_keys=True).encode()).hexdigest()[:8]

	def _base_key(self) -> str:
		"""Changes with whatever can change what an installation of Frappe and ERPNext leaves."""
		digest = hashlib.sha256((ROOT / "tools" / "prepare_site.py").read_bytes())
		digest.update(str(self.mariadb.port).encode())
		for app in ("frappe", "erpnext"):
			source = (self.real / "apps" / app / app).resolve()
			digest.update((source / "__init__.py").read_bytes())
			digest.update((source / "patches.txt").read_bytes())
			for path in sorted(source.rglob("*.json")):
				if "node_modules" in path.parts or "public" in path.parts:
					continue
				stat = path.stat()
				digest.update(f"{path.relative_to(source)} {stat.st_size} {stat.st_mtime_ns}".encode())
		return digest.hexdigest()[:16]


# Helpers


def _link(link: Path, target: Path) -> None:
	if link.is_symlink():
		link.unlink()
	link.symlink_to(target)


def _entries(folder: Path) -> list[Path]:
	return sorted(folder.iterdir()) if folder.is_dir() else []


def _start_time(pid: int) -> str:
	"""Tells a process from a later one that got the same number."""
	try:
		return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
	except OSError:
		return ""


def sweep() -> None:
	"""Clear away what an earlier harness left that was killed before it could."""
	for note in (CACHE / "runs").glob("*.json"):
		try:
			left = json.loads(note.read_text())
		except (OSError, ValueError):
			continue
		if _start_time(left["pid"]) == left["started"]:
			continue
		path = Path(left["path"])
		bench = ShadowBench(Path(left["real"]), path)
		bench.register = note
		bench.keep = left["keep"] or not path.exists()
		if path.exists() and not bench.keep:
			say(f"clearing away what an interrupted run left in {path}")
			bench.options.mkdir(parents=True, exist_ok=True)
			bench.mariadb = MariaDB(bench.real_config, bench.options)
			bench.mariadb.connect()
		bench.close()


@contextlib.contextmanager
def locked(name: str, busy: str = "") -> Iterator[None]:
	"""One at a time, between processes too. With `busy`, say so instead of waiting."""
	CACHE.mkdir(exist_ok=True)
	with (CACHE / f"{name}.lock").open("w") as lock:
		try:
			fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
		except BlockingIOError:
			raise HarnessError(busy) from None
		yield


@contextlib.contextmanager
def deaf_to_signals() -> Iterator[None]:
	"""Clearing away is short and must not be left half done by an impatient second Ctrl-C."""
	before = {}
	for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
		with contextlib.suppress(ValueError):  # not in the main thread
			before[signum] = signal.signal(signum, signal.SIG_IGN)
	try:
		yield
	finally:
		for signum, handler in before.items():
			signal.signal(signum, handler)


def raise_on_signals() -> None:
	def handler(signum: int, _frame: object) -> None:
		raise Interrupted(signum)

	signal.signal(signal.SIGTERM, handler)
	signal.signal(signal.SIGHUP, handler)


def exit_code_of(main: Any) -> int:
	"""Run a command of the harness; problems become one plain message and an exit code."""
	raise_on_signals()
	try:
		return main() or 0
	except HarnessError as problem:
		print(f"\nERROR: {problem}", file=sys.stderr, flush=True)
		return 1
	except KeyboardInterrupt:
		print("\nInterrupted.", file=sys.stderr, flush=True)
		return 130
	except Interrupted as interruption:
		print("\nEnded from outside.", file=sys.stderr, flush=True)
		return 128 + interruption.signum
