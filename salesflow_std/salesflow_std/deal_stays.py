"""How long deals took from stage to stage, and to being won: what the forecasts of goals go by (M2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from salesflow_std.engine import funnel, goals
from salesflow_std.salesflow_std.stage_funnel import Cohort


class Stays:
	"""How long the deals of a cohort took from each stage to a later one (`passing`) and to being won (`winning`)."""

	def __init__(self, cohort: Cohort | None = None, now: datetime | None = None) -> None:
		self.passing: dict[str, list[goals.Stay]] = {}
		self.winning: dict[str, list[goals.Stay]] = {}
		# Of each deal since it began: how long it took, its value, and the stages it reached.
		self._whole: list[tuple[goals.Stay, float, frozenset[str]]] = []
		if not cohort:
			return
		self._places = {name: place for place, name in enumerate(cohort.stages)}
		for deal in cohort.deals:
			self._add(deal, cohort, now)

	def _add(self, deal: funnel.Deal, cohort: Cohort, now: datetime) -> None:
		way = [(self._places[name], moment) for name, moment in deal.entered if name in self._places]
		if not way:
			return
		won, won_on = _won(deal, cohort.stages[-1])
		came: dict[int, datetime | None] = {}
		for place, moment in way:
			came.setdefault(place, moment)
		for place, since in came.items():
			if not since:
				continue
			stage = cohort.stages[place]
			further = [moment for other, moment in way if other > place]
			on = _stay(since, further[0], True) if further else _ended(deal, since, now, False, None)
			_note(self.passing, stage, on)
			_note(self.winning, stage, _ended(deal, since, now, won, won_on))
		whole = _ended(deal, cohort.begun[deal.key], now, won, won_on)
		if whole:
			# As the funnel sees it, a deal has reached all between its earliest and its latest stage.
			reached = frozenset(cohort.stages[min(came) : max(came) + 1])
			self._whole.append((whole, deal.value or 0.0, reached))

	def and_those_of(self, other: Stays) -> Stays:
		"""Both together."""
		both = Stays()
		for name in ("passing", "winning"):
			mine, theirs = getattr(self, name), getattr(other, name)
			getattr(both, name).update(
				{stage: [*mine.get(stage, ()), *theirs.get(stage, ())] for stage in {*mine, *theirs}}
			)
		both._whole = [*self._whole, *other._whole]
		return both

	def worth(self, stage: str, left: float) -> tuple[list[tuple[float, float]], int]:
		"""What deals that begin within the days that are left bring by way of a stage (`goals.worth_in_time`), and of how many
		deals one knows that."""
		known = [one for one in self._whole if one[0].got is not None or one[0].days >= left]
		won = [(value, stay.days) for stay, value, reached in known if stay.got and stage in reached]
		return goals.worth_in_time(won, left), len(known)


def _note(found: dict[str, list[goals.Stay]], stage: str, stay: goals.Stay | None) -> None:
	if stay:
		found.setdefault(stage, []).append(stay)


def _stay(came: datetime, ended: datetime | None, got: bool | None) -> goals.Stay | None:
	"""None where one does not know when."""
	return goals.Stay(days_between(came, ended), got) if ended else None


def _ended(
	deal: funnel.Deal, came: datetime, now: datetime, won: bool, won_on: datetime | None
) -> goals.Stay | None:
	if won:
		return _stay(came, won_on, True)
	if deal.outcome == funnel.OPEN:
		return _stay(came, now, None)
	# Where nobody knows when it was lost it says nothing of those that have been there for long.
	return _stay(came, deal.ended_on or came, False)


def _won(deal: funnel.Deal, last: str) -> tuple[bool, datetime | None]:
	"""Whether a deal is won, as the funnel sees it, and when it came to be."""
	name, moment = deal.entered[-1] if deal.entered else ("", None)
	if name == last and deal.outcome in (funnel.OPEN, funnel.WON):
		return True, moment
	return deal.outcome == funnel.WON, deal.ended_on or moment


def stage_of(deal: funnel.Deal, places: Mapping[str, int]) -> str | None:
	"""The stage that a deal stands in; None where its process has it no more."""
	return next((name for name, _moment in reversed(deal.entered) if name in places), None)


def came_to(deal: funnel.Deal, stage: str) -> datetime | None:
	"""When a deal came to a stage first; None where nobody knows."""
	return next((moment for name, moment in deal.entered if name == stage), None)


def days_between(start: datetime, end: datetime) -> float:
	"""Calendar days, at least 0."""
	return max(0.0, (end - start) / timedelta(days=1))
