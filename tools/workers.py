"""How many processes share a suite, and what pytest is told about it.

A file stays together, so that its tests keep their order and what its fixtures make for all of them is made
once; `tests/conftest.py` gives each worker a site of its own and puts the long files first.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from tools.bench import HarnessError

AT_MOST = 4
# With these the whole suite still runs; anything else may leave a few tests only, not worth several sites.
ONLY_PRINTING = ("--durations", "--tb=", "--color=", "--show-capture=", "-q", "-v", "-r", "-l")


def cores() -> int:
	return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def count(extra: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
	"""Workers for a run with the pytest arguments `extra`: SALESFLOW_WORKERS, or the cores up to four.

	One when arguments choose tests or stop the run early, as whoever gives them waits for few tests.
	"""
	if wanted := environ.get("SALESFLOW_WORKERS"):
		if not wanted.isdecimal() or int(wanted) < 1:
			raise HarnessError(f"SALESFLOW_WORKERS={wanted} is not a number of workers; give 1 or more")
		return int(wanted)
	if all(arg.startswith(ONLY_PRINTING) for arg in extra):
		return min(cores(), AT_MOST)
	return 1


def arguments(workers: int) -> list[str]:
	"""For pytest. A worker that crashed is not replaced: the one in its place would have no site."""
	if workers == 1:
		return []
	return [f"-n{workers}", "--dist=loadfile", "--no-loadscope-reorder", "--max-worker-restart=0"]
