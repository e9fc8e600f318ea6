"""`make lint`: ruff's rules and its formatter, over the app, the tests and the tools."""

from __future__ import annotations

import subprocess
import sys

from tools import environments
from tools.bench import APP, ROOT, exit_code_of

TARGETS = (APP, "tests", "tools")


def main() -> int:
	ruff = environments.anywhere().parent / "ruff"
	codes = [
		subprocess.run([str(ruff), *command, *TARGETS], cwd=ROOT).returncode
		for command in (("check",), ("format", "--check"))
	]
	return max(codes)


if __name__ == "__main__":
	sys.exit(exit_code_of(main))
