"""How long deals took from stage to stage, and to being won: what the forecasts of goals go by (M2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from salesflow_std.engine import funnel
from salesflow_std.engine.goals import Stay
from salesflow_std.salesflow_std.stage_funnel import Cohort


class Stays:
	"""What became of the deals of a cohort, seen from a moment; each list is made when it is asked for."""

	def __init__(self, cohort: Cohort, now: datetime) -> None:
		self._cohort, self._now = cohort, now
		self._places = {name: place for place, name in enumerate(cohort.stages)}
		self._passing: dict[str, list[Stay]] = {}
		self._winning: dict[str, list[Stay]] = {}

	def passing(self, stage: str) -> list[Stay]:
		"""From when deals first came to a stage until they came to a later one."""
		if stage not in self._passing:
			place, found = self._places[stage], []
			for deal in self._cohort.deals:
				came = came_to(deal, stage)
				if not came:
					continue
				later = [moment for name, moment in deal.entered if self._places.get(name, -1) > place]
				if not later:
					found.append(_ended(deal, came, self._now))
				elif later[0]:
					found.append(Stay(days_between(came, later[0]), True))
			self._passing[stage] = found
		return self._passing[stage]

	def winning(self, stage: str) -> list[Stay]:
		"""From when deals first came to a stage until they were won."""
		if stage not in self._winning:
			self._winning[stage] = [
				self._until_won(deal, came)
				for deal in self._cohort.deals
				if (came := came_to(deal, stage)) and not self._is_timeless(deal)
			]
		return self._winning[stage]

	def whole(self, stage: str, people: Collection[str] | None = None) -> list[tuple[Stay, float]]:
		"""From when deals began until they were won by way of a stage, with what they are worth; with `people` theirs."""
		found = []
		for deal in self._cohort.deals:
			if people is not None and self._cohort.documents.row(deal.key).rep not in people:
				continue
			if self._is_timeless(deal):
				continue
			stay = self._until_won(deal, self._cohort.begun[deal.key])
			if stay.got and not self._reached(deal, stage):
				stay = Stay(stay.days, False)
			found.append((stay, deal.value or 0.0))
		return found

	def amounts(self, people: Collection[str] | None = None) -> list[float]:
		"""What deals were worth that were won; with `people` theirs."""
		return [
			deal.value
			for deal in self._cohort.deals
			if deal.value
			and self._is_won(deal)
			and (people is None or self._cohort.documents.row(deal.key).rep in people)
		]

	def _reached(self, deal: funnel.Deal, stage: str) -> bool:
		"""As the funnel sees it: all between its earliest and its latest stage."""
		places = [self._places[name] for name, _moment in deal.entered if name in self._places]
		return bool(places) and min(places) <= self._places[stage] <= max(places)

	def _until_won(self, deal: funnel.Deal, came: datetime) -> Stay:
		if self._is_won(deal):
			return Stay(days_between(came, deal.entered[-1][1]), True)
		return _ended(deal, came, self._now)

	def _is_won(self, deal: funnel.Deal) -> bool:
		return deal.outcome == funnel.WON or (
			deal.outcome == funnel.OPEN
			and bool(deal.entered)
			and deal.entered[-1][0] == self._cohort.stages[-1]
		)

	def _is_timeless(self, deal: funnel.Deal) -> bool:
		"""Whether it was won, but nobody knows when."""
		return self._is_won(deal) and not (deal.entered and deal.entered[-1][1])


def _ended(deal: funnel.Deal, came: datetime, now: datetime) -> Stay:
	"""The stay of a deal that did not get where one asks about."""
	if deal.outcome == funnel.OPEN:
		return Stay(days_between(came, now), None)
	return Stay(days_between(came, deal.ended_on) if deal.ended_on else None, False)


def stage_of(deal: funnel.Deal, places: Mapping[str, int]) -> str | None:
	"""The stage that a deal stands in; None where its process has it no more."""
	return next((name for name, _moment in reversed(deal.entered) if name in places), None)


def came_to(deal: funnel.Deal, stage: str) -> datetime | None:
	"""When a deal came to a stage first; None where nobody knows."""
	return next((moment for name, moment in deal.entered if name == stage), None)


def days_between(start: datetime, end: datetime) -> float:
	"""Calendar days, at least 0."""
	return max(0.0, (end - start) / timedelta(days=1))
