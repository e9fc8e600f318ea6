"""How complete the picture of a customer is (P1), and who decides there (P2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

# What P1 asks for, in the order in which it is asked. Either of employees and revenue says the size.
PIECES = (
	"company_name",
	"industry",
	"size",
	"contact_name",
	"position",
	"phone",
	"email",
	"first_contact",
	"source",
)

DECISION_MAKER = "Decision Maker"


@dataclass(frozen=True)
class Basics:
	"""What is known of a company and of its best known contact; what is not known is empty."""

	company_name: str | None = None
	industry: str | None = None
	employees: str | None = None
	revenue: float | None = None
	contact_name: str | None = None
	position: str | None = None
	phone: str | None = None
	email: str | None = None
	first_contact: date | None = None
	source: str | None = None

	def knows(self, piece: str) -> bool:
		"""Whether a piece of `PIECES` is there; blanks are nothing."""
		if piece == "size":
			return _said(self.employees) or _said(self.revenue)
		return _said(getattr(self, piece))


@dataclass(frozen=True)
class Completeness:
	"""`percent` from 0 to 100, whole, 100 only when nothing is `missing`."""

	percent: int
	missing: tuple[str, ...]


@dataclass(frozen=True)
class Person:
	"""A person of a decision chain, as far as reaching who decides goes."""

	role: str
	reached: bool = False
	left: bool = False


def completeness(basics: Basics) -> Completeness:
	"""How much of P1 is known, each piece counting the same."""
	missing = tuple(piece for piece in PIECES if not basics.knows(piece))
	# Rounded down: nearly complete is not complete.
	return Completeness(100 * (len(PIECES) - len(missing)) // len(PIECES), missing)


def is_decider_reached(people: Iterable[Person]) -> bool:
	"""P2: whether somebody who decides, and is still there, has been reached."""
	return any(person.role == DECISION_MAKER and person.reached and not person.left for person in people)


def _said(value: object) -> bool:
	return bool(value.strip() if isinstance(value, str) else value)
