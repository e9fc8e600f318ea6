"""The two Python environments of the harness, both in the checkout and rebuilt when their inputs change.

`.venv` is for everything that needs no bench. `.test-env/venv` sees the bench's packages and adds the test
tools, so that the bench's own environment stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.bench import CACHE, ROOT, HarnessError, locked, say

SITE_TOOLS = (
	"hypothesis>=6.100",
	"playwright>=1.40",
	"pytest>=8.1,<9",
	"pytest-xdist>=3.7,<4",
	"responses>=0.25",
	"time-machine>=2.13",
)


def _run(*command: str) -> str:
	result = subprocess.run(command, capture_output=True, text=True)
	if result.returncode:
		raise HarnessError(f"`{' '.join(command)}` failed:\n{result.stdout}\n{result.stderr}")
	return result.stdout


def _make_venv(python: str, path: Path) -> None:
	shutil.rmtree(path, ignore_errors=True)
	try:
		_run(python, "-m", "venv", str(path))
	except HarnessError as problem:
		raise HarnessError(f"{problem}\nDebian and Ubuntu need the package python3-venv for this.") from None


def _is_current(stamp: Path, inputs: object) -> bool:
	try:
		return json.loads(stamp.read_text()) == inputs
	except (OSError, ValueError):
		return False


def anywhere() -> Path:
	"""The Python of `.venv`: our app, its requirements and the test tools."""
	if sys.version_info < (3, 10):  # noqa: UP036 — whoever types `make` may have any
		raise HarnessError(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}")
	path, stamp = ROOT / ".venv", ROOT / ".venv" / "salesflow.json"
	inputs = {
		"python": sys.version,
		"where": str(path),
		"pyproject": hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest(),
	}
	with locked("venv"):
		if not _is_current(stamp, inputs):
			say("making .venv")
			_make_venv(sys.executable, path)
			_run(str(path / "bin" / "python"), "-m", "pip", "install", "-q", "-e", f"{ROOT}[test]")
			stamp.write_text(json.dumps(inputs))
	return path / "bin" / "python"


def on_bench(bench: Path) -> Path:
	"""The Python of `.test-env/venv`: the bench's packages, seen but not touched, and the test tools."""
	bench_python = str(bench / "env" / "bin" / "python")
	facts = json.loads(
		_run(
			bench_python,
			"-c",
			"import json, sys, sysconfig; print(json.dumps({'base': sys._base_executable or sys.executable, "
			"'version': sys.version, 'packages': sysconfig.get_path('purelib')}))",
		)
	)
	path, stamp = CACHE / "venv", CACHE / "venv" / "salesflow.json"
	inputs = {**facts, "where": str(path), "tools": list(SITE_TOOLS)}
	with locked("venv"):
		if not _is_current(stamp, inputs):
			say("making .test-env/venv, which adds the test tools to the bench's packages")
			_make_venv(facts["base"], path)
			python = str(path / "bin" / "python")
			packages = Path(
				_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
			)
			# pip sees the bench's packages too, takes them as installed, and so keeps their versions.
			(packages / "bench.pth").write_text(f"import site; site.addsitedir({facts['packages']!r})\n")
			_run(python, "-m", "pip", "install", "-q", *SITE_TOOLS)
			stamp.write_text(json.dumps(inputs))
	return path / "bin" / "python"


def chromium() -> str:
	"""The browser of the system, installed if we may; nothing is downloaded past the package manager."""
	names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
	for _attempt in range(2):
		for name in names:
			if found := shutil.which(name):
				return found
		if os.geteuid() != 0 or not shutil.which("apt-get"):
			break
		say("installing Chromium for the desk tests")
		subprocess.run(["apt-get", "update", "-qq"], stdout=subprocess.DEVNULL)
		subprocess.run(["apt-get", "install", "-qq", "-y", "chromium"], stdout=subprocess.DEVNULL)
	raise HarnessError("tests/desk need a browser: install Chromium or Google Chrome so that it is in PATH")
