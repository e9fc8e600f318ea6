"""How sure a share is: Wilson's interval (M3)."""

from __future__ import annotations

from math import sqrt

# Of the normal distribution, for 95 %.
Z = 1.959963984540054


def wilson(successes: int, n: int) -> tuple[float, float]:
	"""The 95 % interval of a share of `n`, 0-1 both; the whole of 0-1 where there is nothing to count.

	Raises ValueError where the successes are not among the `n`.
	"""
	if not 0 <= successes <= n:
		raise ValueError(f"{successes} of {n}")
	if not n:
		return 0.0, 1.0
	share, square = successes / n, Z * Z
	middle = (share + square / (2 * n)) / (1 + square / n)
	half = Z * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
	return max(0.0, middle - half), min(1.0, middle + half)
