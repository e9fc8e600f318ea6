"""What imports what (the contracts in pyproject.toml), and that the code keeps its own style."""

from __future__ import annotations

import ast
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINE = sorted((ROOT / "salesflow_std" / "engine").rglob("*.py"))


def run(*command: str) -> None:
	done = subprocess.run(
		[sys.executable, *command],
		cwd=ROOT,
		env={**os.environ, "PYTHONPATH": str(ROOT)},
		capture_output=True,
		text=True,
		timeout=300,
	)
	assert done.returncode == 0, f"{' '.join(command)}\n{(done.stdout + done.stderr)[-3000:]}"


def test_imports_point_one_way():
	run("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))")


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: path.name)
def test_the_engine_imports_the_standard_library_only(path):
	modules = set()
	for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
		if isinstance(node, ast.Import):
			modules |= {alias.name.partition(".")[0] for alias in node.names}
		elif isinstance(node, ast.ImportFrom):
			# One dot is the engine itself, two would be the rest of the app.
			assert node.level < 2, f"{path.name}:{node.lineno} imports from outside the engine"
			if not node.level:
				modules.add(node.module.partition(".")[0])
	assert modules <= sys.stdlib_module_names


def test_the_engine_is_looked_at():
	assert {path.name for path in ENGINE} >= {"scoring.py", "worktime.py", "leads.py", "errors.py"}


def test_the_engine_runs_where_there_is_no_frappe():
	names = ", ".join(f"salesflow_std.engine.{path.stem}" for path in ENGINE if path.stem != "__init__")
	run(
		"-c",
		f"import sys, salesflow_std, salesflow_std.engine, {names}\n"
		"sys.exit(any(name.split('.')[0] in ('frappe', 'erpnext') for name in sys.modules))",
	)


@pytest.mark.parametrize("command", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff(command):
	run("-m", "ruff", *command, "--no-cache", "salesflow_std", "tests")
