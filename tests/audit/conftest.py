"""Helpers of the audit's tests: write an export, run the command line on it, read what it found."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from salesflow_std.audit.cli import main


class Run:
	"""One run of the command line."""

	def __init__(self, result, out: Path) -> None:
		self.code = result.exit_code
		self.stdout = result.stdout
		self.stderr = result.stderr
		self.exception = result.exception
		self.out = out

	@property
	def html(self) -> str:
		return (self.out / "report.html").read_text(encoding="utf-8")

	@property
	def findings(self) -> list[dict[str, str]]:
		with open(self.out / "findings.csv", encoding="utf-8-sig", newline="") as file:
			return list(csv.DictReader(file))

	def found(self, finding: str) -> list[tuple[int, str]]:
		"""(line, name) of every finding with that title."""
		return [(int(f["line"]), f["name"]) for f in self.findings if f["finding"] == finding]


@pytest.fixture
def audit(tmp_path):
	"""audit(leads text or bytes, opportunities=…, *options) -> Run."""

	def run(leads=None, *options: str, opportunities=None, as_of: str | None = "2026-11-20 18:00") -> Run:
		out = tmp_path / "out"
		arguments = ["--out", str(out), *options]
		if as_of:
			arguments += ["--as-of", as_of]
		if leads is not None:
			arguments.append(str(write(tmp_path / "leads.csv", leads)))
		if opportunities is not None:
			arguments += ["--opportunities", str(write(tmp_path / "opps.csv", opportunities))]
		return Run(CliRunner().invoke(main, arguments), out)

	return run


def write(path: Path, content: str | bytes | Path) -> Path:
	if isinstance(content, Path):
		return content
	path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
	return path
