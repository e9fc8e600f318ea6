"""Listening to other people's records without getting in their way."""

from __future__ import annotations

from collections.abc import Callable

from salesflow_std.salesflow_std.sparing import sparing


def safely(
	step: Callable[..., object], *args: object, log: str = "Touch could not be counted", **kwargs: object
) -> None:
	"""Runs a step that must not cost anybody a mail, a call or an event: where it fails, that is logged as `log`.

	A deadlock has undone the whole transaction, so it goes on to whoever began it; see `sparing`.
	"""
	with sparing(log):
		step(*args, **kwargs)
