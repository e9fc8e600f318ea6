"""What all suites share. The site and desk suites run only where `make test` has set up a site for them.

When several workers share a suite, each has a site of its own, and each file is run by one of them.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

NEEDS_SITE = ("site", "desk")
HERE = Path(__file__).parent


# As long as so many tests: a file that makes sites takes minutes, with one test.
SITES_COUNT_AS = 200


class AtOnce:
	"""Says what failed when it fails: a run that is cut off never comes to its summary."""

	def __init__(self, config: pytest.Config):
		self.config = config

	@pytest.hookimpl(trylast=True)
	def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
		terminal = self.config.pluginmanager.get_plugin("terminalreporter")
		if report.failed and terminal:
			terminal.write_line(f"\nfailed ({report.when}): {report.nodeid}")


def pytest_configure(config: pytest.Config) -> None:
	config.pluginmanager.register(AtOnce(config))
	worker = os.environ.get("PYTEST_XDIST_WORKER", "")
	if sites := os.environ.get("SALESFLOW_SITES", "").split() if worker else []:
		os.environ["SALESFLOW_SITE"] = sites[int(worker.removeprefix("gw"))]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
	"""For several workers: long files first, so that none waits at the end for the last one."""
	if not os.environ.get("PYTEST_XDIST_WORKER"):
		return
	length = Counter(item.path for item in items)
	for path in {item.path for item in items if "spare_site" in getattr(item, "fixturenames", ())}:
		length[path] += SITES_COUNT_AS
	items.sort(key=lambda item: -length[item.path])


def _needs_site(path: Path) -> bool:
	return any(path.is_relative_to(HERE / folder) for folder in NEEDS_SITE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
	if not os.environ.get("SALESFLOW_SITE") and _needs_site(collection_path):
		config.stash[left_out] = True
		return True
	return None


left_out = pytest.StashKey[bool]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
	if config.stash.get(left_out, False):
		terminalreporter.write_line(
			"tests/site and tests/desk were not run: they need a site, use `make test`"
		)
