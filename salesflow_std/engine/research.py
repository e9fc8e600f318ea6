"""Market research: what it still has to say, and which findings rest on one source (L11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

# What a research has to answer, in the words of the findings' topics.
TOPICS = ("Market Size", "Growth", "Competition", "Technology", "Gaps")
# A finding is cross-checked from that many sources on.
SOURCES_NEEDED = 2

HIGH, RISKY, NOT_NOW = "High Potential", "Risky", "Not Now"
GROUPS = (HIGH, RISKY, NOT_NOW)


def sources(text: str | None) -> list[str]:
	"""The sources of a finding, one to a line: trimmed, each once whatever its case, in the order written."""
	found: dict[str, str] = {}
	for line in (text or "").splitlines():
		source = " ".join(line.split())
		if source:
			found.setdefault(source.casefold(), source)
	return list(found.values())


def rests_on_one(text: str | None) -> bool:
	"""Whether a finding is to be flagged: fewer than two different sources (L11)."""
	return len(sources(text)) < SOURCES_NEEDED


def missing(said: Mapping[str, bool], topics_of_findings: Iterable[str]) -> list[str]:
	"""The topics of L11 that nothing is said of: neither in their own fields (`said`) nor in a finding."""
	covered = {topic for topic, filled in said.items() if filled} | set(topics_of_findings)
	return [topic for topic in TOPICS if topic not in covered]


@dataclass(frozen=True)
class Candidate:
	"""By what two candidates are told to be one company; keys as in `engine.leads`, empty where unknown."""

	name: str
	email: str = ""
	phone: str = ""
	company: str = ""

	@property
	def keys(self) -> frozenset[tuple[str, str]]:
		"""What it may be found by."""
		pairs = (("E-mail", self.email), ("Phone", self.phone), ("Company", self.company))
		return frozenset((kind, key) for kind, key in pairs if key)


def repeated(candidates: Collection[Candidate]) -> dict[str, str]:
	"""Candidates that are an earlier one once more: name -> name of the first one they share a key with."""
	first: dict[tuple[str, str], str] = {}
	found: dict[str, str] = {}
	for candidate in candidates:
		same = next((first[key] for key in sorted(candidate.keys) if key in first), None)
		if same:
			found[candidate.name] = same
		for key in candidate.keys:
			first.setdefault(key, same or candidate.name)
	return found
