"""What all suites share. The site and desk suites run only where `make test` has set up a site for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NEEDS_SITE = ("site", "desk")
HERE = Path(__file__).parent


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
