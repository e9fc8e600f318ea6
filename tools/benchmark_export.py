"""A large CSV export for the audit's benchmark: `python -m tools.benchmark_export COUNT PATH`."""

from __future__ import annotations

import csv
import random
import sys
from datetime import datetime, timedelta

_SEED = 20261121


def write_export(count: int, path: str) -> None:
	"""A CSV export of `count` leads in ERPNext's form, for the audit."""
	rng = random.Random(_SEED)
	end = datetime(2026, 11, 20)
	statuses = ["Lead", "Open", "Replied", "Interested", "Opportunity", "Converted", "Do Not Contact"]
	sources = ["Website", "Exhibition", "Reference", "Advertisement", "Partner", ""]
	with open(path, "w", encoding="utf-8", newline="") as file:
		out = csv.writer(file)
		out.writerow(
			"ID,Organization Name,Full Name,Email,Phone,Status,Source,Lead Owner,Created On,Captured On,"
			"First Touched On,B,N,A,U,Graded On".split(",")
		)
		for i in range(count):
			captured = end - timedelta(seconds=rng.randrange(365 * 86400))
			touched = captured + timedelta(hours=rng.randrange(1, 200)) if rng.random() < 0.7 else ""
			twin = rng.randrange(count) if rng.random() < 0.03 else i
			out.writerow(
				[
					f"L-{i:07d}",
					f"Sample Company {twin} Ltd",
					f"Contact {i}",
					f"contact-{twin}@sample.example",
					f"+86 1{30 + twin % 60}{twin:08d}",
					rng.choice(statuses),
					rng.choice(sources),
					f"rep{rng.randrange(40)}@sample.example",
					captured + timedelta(hours=rng.randrange(0, 40)),
					captured,
					touched,
					*(rng.randint(1, 5) if rng.random() < 0.95 else "" for _ in range(4)),
					captured + timedelta(hours=rng.randrange(1, 72)),
				]
			)


if __name__ == "__main__":
	write_export(int(sys.argv[1]), sys.argv[2])
