"""Tests in a real browser, on the throwaway site served on the loopback interface.

`login("rep")` gives a page whose user is logged in; `login("rep", lang="zh")` the same in Chinese. What a test
does is committed and stays until the site goes, so tests use names of their own. A worker runs background jobs.

A test fails, whatever it asserts, when the page threw an error that nobody caught, when the server answered
with 5xx, or when the console shows an error; `tolerate` names what a test expects of these.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from tools.bench import ADMIN_PASSWORD, TEST_PASSWORD, TEST_USERS, ShadowBench, Site

BROWSER_ARGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--disable-dev-shm-usage",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	# The desk asks for nothing outside; a page of ours that did would fail here as on a closed network.
	"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
# A cold desk on a busy machine of two cores takes its time.
PATIENCE = 60_000


@pytest.fixture(scope="session")
def bench() -> Iterator[ShadowBench]:
	shadow = ShadowBench.attach(Path(os.environ["SALESFLOW_BENCH"]))
	yield shadow
	shadow.close()


@pytest.fixture(scope="session")
def desk_site(bench: ShadowBench) -> Site:
	"""The site, served and with a worker. `desk_site.execute("dotted.method", kwargs={…})` arranges data."""
	site = bench.sites_made[os.environ["SALESFLOW_SITE"]]
	site.serve()
	bench.worker()
	return site


@pytest.fixture(scope="session")
def browser(desk_site: Site) -> Iterator[Browser]:
	# Chromium keeps crash reports and caches; they belong to the shadow bench, not to the user's home.
	home = desk_site.bench.path / "browser"
	env = {**os.environ, "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
	with sync_playwright() as playwright:
		chromium = playwright.chromium.launch(
			executable_path=os.environ["SALESFLOW_BROWSER"], headless=True, args=BROWSER_ARGS, env=env
		)
		yield chromium
		chromium.close()


@dataclass
class Troubles:
	"""What went wrong in the pages of a test, whoever noticed."""

	site: Site
	found: list[str] = field(default_factory=list)
	tolerated: list[str] = field(default_factory=list)

	def add(self, text: str) -> None:
		self.found.append(text)

	def on_response(self, response: Response) -> None:
		if response.status >= 500:
			self.add(f"HTTP {response.status} from {response.url}")

	def on_console(self, message: ConsoleMessage) -> None:
		# The browser reports every failed request here as well; of those, `on_response` decides.
		if message.type == "error" and not message.text.startswith("Failed to load resource"):
			self.add(f"console: {message.text} ({message.location.get('url', '')})")

	def remaining(self) -> list[str]:
		return [text for text in self.found if not any(re.search(p, text) for p in self.tolerated)]


@pytest.fixture
def troubles(desk_site: Site) -> Troubles:
	return Troubles(desk_site)


@pytest.fixture
def tolerate(troubles: Troubles) -> Callable[[str], None]:
	"""`tolerate(r"HTTP 500 from .*api/method/x")`: expect a trouble, by regular expression."""
	return troubles.tolerated.append


@pytest.fixture
def contexts(
	browser: Browser, troubles: Troubles, request: pytest.FixtureRequest
) -> Iterator[list[BrowserContext]]:
	"""All browser contexts of the test; screenshots when it failed, closed in any case."""
	opened: list[BrowserContext] = []
	yield opened
	remaining = troubles.remaining()
	report = request.node.stash.get(call_report, None)
	if remaining or (report is not None and report.failed):
		folder = Path(os.environ.get("SALESFLOW_ARTIFACTS") or "test-artifacts")
		folder.mkdir(parents=True, exist_ok=True)
		name = re.sub(r"\W+", "-", request.node.name).strip("-")
		for number, page in enumerate(page for context in opened for page in context.pages):
			path = folder / f"{name}-{number}.png"
			page.screenshot(path=path)
			print(f"screenshot of {page.url}: {path}")
	for context in opened:
		context.close()
	if remaining:
		pytest.fail("the pages had troubles:\n" + "\n".join(remaining), pytrace=False)


call_report = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
	report = yield
	if report.when == "call":
		item.stash[call_report] = report
	return report


@pytest.fixture
def new_page(
	browser: Browser, desk_site: Site, troubles: Troubles, contexts: list[BrowserContext]
) -> Callable[..., Page]:
	"""`new_page(width=1280, height=900, **context_options) -> Page` of a visitor who is not logged in."""

	def make(width: int = 1280, height: int = 900, **options) -> Page:
		options.setdefault("timezone_id", "Asia/Shanghai")
		options.setdefault("locale", "en-US")
		context = browser.new_context(
			base_url=desk_site.url, viewport={"width": width, "height": height}, **options
		)
		context.set_default_timeout(PATIENCE)
		contexts.append(context)
		page = context.new_page()
		page.on("pageerror", lambda error: troubles.add(f"uncaught: {error.message}\n{error.stack or ''}"))
		page.on("console", troubles.on_console)
		page.on("response", troubles.on_response)
		return page

	return make


@pytest.fixture
def login(new_page: Callable[..., Page]) -> Callable[..., Page]:
	"""`login("rep" | "manager" | "admin" | "Administrator" | an e-mail, lang="en", path="/app") -> Page`."""

	def log_in(user: str = "rep", lang: str = "en", path: str | None = "/app", **options) -> Page:
		password = ADMIN_PASSWORD if user == "Administrator" else TEST_PASSWORD
		key = user if lang == "en" else f"{user}-{lang}"
		address = TEST_USERS[key][0] if key in TEST_USERS else user
		page = new_page(**options)
		response = page.request.post("/api/method/login", form={"usr": address, "pwd": password})
		assert response.ok, f"{address} cannot log in: {response.status} {response.text()[:300]}"
		if path:
			page.goto(path, timeout=PATIENCE)
			page.wait_for_function(
				"() => window.frappe && frappe.boot && frappe.router && frappe.router.current_route",
				timeout=PATIENCE,
			)
		return page

	return log_in
