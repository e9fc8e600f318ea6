"""Counting by name in bounded memory, and whole-number statistics that need no list of values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

# More names than this in a column of reps or sources is a column of something else.
MOST_NAMES = 2_000
OTHERS = "…"


class Names:
	"""Numbers for names, in the order they first appear; after `MOST_NAMES` every new one is `OTHERS`."""

	def __init__(self) -> None:
		self.numbers: dict[str, int] = {}
		self.names: list[str] = []

	def number(self, name: str) -> int:
		"""The name's number, a new one for a new name."""
		number = self.numbers.get(name)
		if number is None:
			if len(self.names) >= MOST_NAMES:
				name = OTHERS
				if name in self.numbers:
					return self.numbers[name]
			number = self.numbers[name] = len(self.names)
			self.names.append(name)
		return number


def count_status(counts: Counter[str], status: str) -> None:
	"""Counts an unknown status; after fifty different ones every new one is `OTHERS`."""
	counts[status if status in counts or len(counts) < 50 else OTHERS] += 1


@dataclass
class Days:
	"""Numbers of days, counted by value: as many entries as there are different values."""

	counts: Counter[int] = field(default_factory=Counter)

	def add(self, days: int) -> None:
		"""Counts one value."""
		self.counts[days] += 1

	@property
	def total(self) -> int:
		"""How many values there are."""
		return self.counts.total()

	def quantile(self, share: float) -> int | None:
		"""The smallest value that at least `share` of the values do not exceed; 0.5 is the lower median."""
		left = share * self.total
		for days in sorted(self.counts):
			left -= self.counts[days]
			if left <= 1e-9:
				return days
		return None

	@property
	def most(self) -> int | None:
		"""The largest value."""
		return max(self.counts, default=None)
