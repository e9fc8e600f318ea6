"""Tests in a real browser, on the throwaway site served on the loopback interface.

`login("rep")` gives a page whose user is logged in; `login("rep", lang="zh")` the same in Chinese. What a test
does is committed and stays until the site goes, so tests use names of their own. `call` makes their records over
REST. Background jobs are run (`make test` starts the processes for that).

A test fails, whatever it asserts, when the page threw an error that nobody caught, when the server answered
with 5xx, or when the console shows an error; `tolerate` names what a test expects of these.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import (
	Browser,
	BrowserContext,
	ConsoleMessage,
	Page,
	Response,
	expect,
	sync_playwright,
)

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
# There is no socket.io server behind these pages. Frappe knows that from `disable_async`, but its list view
# subscribes all the same and would stop halfway.
NO_REALTIME = """document.addEventListener("readystatechange", () => {
	if (window.frappe?.realtime && !frappe.realtime.socket) frappe.realtime.emit = () => {};
});"""
# Frappe's templates call the counters of their loops by three letters at random. Where these are a word of JavaScript,
# once in 17,576 loops, the template is none and the list stays empty.
NO_KEYWORDS = """document.addEventListener("readystatechange", () => {
	const random = window.frappe?.utils?.get_random;
	if (!random || random.sober) return;
	frappe.utils.get_random = (length) => {
		let text;
		do text = random(length); while (["for", "new", "try", "var"].includes(text));
		return text;
	};
	frappe.utils.get_random.sober = true;
});"""
# With SALESFLOW_DELAY=800 whatever a page asks of the server leaves 800 ms later: a test that does not wait for what it
# has set going fails then, and a page that tells of things before they are so is seen.
DELAY = int(os.environ.get("SALESFLOW_DELAY") or 0)
SLOWLY = f"""(() => {{
	const send = XMLHttpRequest.prototype.send;
	XMLHttpRequest.prototype.send = function (...args) {{ setTimeout(() => send.apply(this, args), {DELAY}); }};
	const ask = window.fetch;
	window.fetch = (...args) => new Promise((go) => setTimeout(go, {DELAY})).then(() => ask(...args));
}})();"""
# A cold desk on a busy machine of two cores takes its time.
PATIENCE = 60_000
# A save with its mails and ToDos may take longer than Playwright waits by itself where another suite runs beside.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="session")
def bench() -> Iterator[ShadowBench]:
	shadow = ShadowBench.attach(Path(os.environ["SALESFLOW_BENCH"]))
	yield shadow
	shadow.close()


@pytest.fixture(scope="session")
def desk_site(bench: ShadowBench) -> Site:
	"""The site, served. `desk_site.execute("dotted.method", kwargs={…})` arranges data."""
	site = bench.sites_made[os.environ["SALESFLOW_SITE"]]
	site.execute(
		"frappe.client.set_value",
		{
			"doctype": "Salesflow Settings",
			"name": "Salesflow Settings",
			"fieldname": "stage_enforcement",
			"value": "Off",
		},
	)
	site.serve()
	return site


@pytest.fixture(scope="session")
def browser(desk_site: Site) -> Iterator[Browser]:
	# Chromium keeps crash reports and caches; they belong to the shadow bench, not to the user's home.
	home = desk_site.bench.path / "browser" / desk_site.name
	env = {**os.environ, "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home)}
	with sync_playwright() as playwright:
		chromium = playwright.chromium.launch(
			executable_path=os.environ["SALESFLOW_BROWSER"], headless=True, args=BROWSER_ARGS, env=env
		)
		yield chromium
		chromium.close()


@pytest.fixture(scope="session")
def call(desk_site: Site) -> Iterator[Callable[..., Any]]:
	"""`call("dotted.method", user="rep", **kwargs)`: a whitelisted method over REST, by default as Administrator."""
	sessions: dict[str, requests.Session] = {}

	def session_of(user: str) -> requests.Session:
		if user not in sessions:
			session = sessions[user] = requests.Session()
			address, password = account(user)
			session.post(
				f"{desk_site.url}/api/method/login", data={"usr": address, "pwd": password}
			).raise_for_status()
		return sessions[user]

	def call_method(method: str, user: str = "Administrator", **kwargs: Any) -> Any:
		response = session_of(user).post(f"{desk_site.url}/api/method/{method}", json=kwargs)
		assert response.ok, f"{method} answered {response.status_code}: {response.text[:2000]}"
		return response.json().get("message")

	yield call_method
	for session in sessions.values():
		session.close()


def account(user: str, lang: str = "en") -> tuple[str, str]:
	"""Address and password of a test user, of Administrator, or of whoever has that e-mail."""
	key = user if lang == "en" else f"{user}-{lang}"
	address = TEST_USERS[key][0] if key in TEST_USERS else user
	return address, ADMIN_PASSWORD if user == "Administrator" else TEST_PASSWORD


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
		if message.type != "error" or message.text.startswith("Failed to load resource"):
			return
		# A letter's preview runs no script, nor the one that each window of a test begins with.
		if not message.text.startswith("Blocked script execution in 'about:srcdoc'"):
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
def visitors() -> Iterator[list[BrowserContext]]:
	"""The windows of those who are not logged in; closed when the screenshots are taken."""
	opened: list[BrowserContext] = []
	yield opened
	for context in opened:
		context.close()


@pytest.fixture
def pages(
	troubles: Troubles, visitors: list[BrowserContext], request: pytest.FixtureRequest
) -> Iterator[list[Page]]:
	"""All pages of the test; screenshots when it failed, closed in any case."""
	opened: list[Page] = []
	yield opened
	remaining = troubles.remaining()
	report = request.node.stash.get(call_report, None)
	if remaining or (report is not None and report.failed):
		folder = Path(os.environ.get("SALESFLOW_ARTIFACTS") or "test-artifacts")
		folder.mkdir(parents=True, exist_ok=True)
		name = re.sub(r"\W+", "-", request.node.name).strip("-")
		for number, page in enumerate(opened):
			path = folder / f"{name}-{number}.png"
			page.screenshot(path=path)
			print(f"screenshot of {page.url}: {path}")
	for page in opened:
		page.close()
	if remaining:
		pytest.fail("the pages had troubles:\n" + "\n".join(remaining), pytrace=False)


call_report = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
	report = yield
	if report.when == "call":
		item.stash[call_report] = report
	return report


@pytest.fixture(scope="session")
def new_context(browser: Browser, desk_site: Site) -> Callable[..., BrowserContext]:
	"""`new_context(width=1280, height=900, **options)`: a browser window of a visitor who is not logged in."""

	def make(width: int = 1280, height: int = 900, **options) -> BrowserContext:
		options.setdefault("timezone_id", "Asia/Shanghai")
		options.setdefault("locale", "en-US")
		# Dialogs are there at once; where they move in, the focus jumps to their first field when they have arrived.
		options.setdefault("reduced_motion", "reduce")
		context = browser.new_context(
			base_url=desk_site.url, viewport={"width": width, "height": height}, **options
		)
		context.set_default_timeout(PATIENCE)
		context.add_init_script(NO_REALTIME)
		context.add_init_script(NO_KEYWORDS)
		if DELAY:
			context.add_init_script(SLOWLY)
		return context

	return make


@pytest.fixture(scope="session")
def windows(new_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., BrowserContext]]:
	"""`windows(address, password, **options)`: the window of a user, logged in once for all tests.

	The desk's scripts stay in its cache; what a test has in a page goes with the page.
	"""
	opened: dict[tuple, BrowserContext] = {}

	def window_of(address: str, password: str, **options) -> BrowserContext:
		key = (address, *sorted(options.items()))
		if key not in opened:
			context = new_context(**options)
			response = context.request.post("/api/method/login", form={"usr": address, "pwd": password})
			assert response.ok, f"{address} cannot log in: {response.status} {response.text()[:300]}"
			opened[key] = context
		return opened[key]

	yield window_of
	for context in opened.values():
		context.close()


@pytest.fixture
def page_in(troubles: Troubles, pages: list[Page]) -> Callable[[BrowserContext], Page]:
	"""A new page of a window, watched for troubles."""

	def make(context: BrowserContext) -> Page:
		page = context.new_page()
		pages.append(page)
		page.on("pageerror", lambda error: troubles.add(f"uncaught: {error.message}\n{error.stack or ''}"))
		page.on("console", troubles.on_console)
		page.on("response", troubles.on_response)
		return page

	return make


@pytest.fixture
def new_page(
	new_context: Callable[..., BrowserContext],
	visitors: list[BrowserContext],
	page_in: Callable[[BrowserContext], Page],
) -> Callable[..., Page]:
	"""`new_page(**options) -> Page` of a visitor who is not logged in."""

	def make(**options) -> Page:
		visitors.append(new_context(**options))
		return page_in(visitors[-1])

	return make


@pytest.fixture
def login(
	windows: Callable[..., BrowserContext], page_in: Callable[[BrowserContext], Page]
) -> Callable[..., Page]:
	"""`login("rep" | "manager" | "admin" | "Administrator" | an e-mail, lang="en", path="/app") -> Page`."""

	def log_in(user: str = "rep", lang: str = "en", path: str | None = "/app", **options) -> Page:
		page = page_in(windows(*account(user, lang), **options))
		if path:
			page.goto(path, timeout=PATIENCE, wait_until="commit")
			page.wait_for_function(
				"() => window.frappe && frappe.boot && frappe.router && frappe.router.current_route",
				timeout=PATIENCE,
			)
		return page

	return log_in
