"""Findings: what the sales standard objects to, streamed to findings.csv as they are found."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from typing import TextIO

from .columns import LEAD, OPPORTUNITY
from .texts import Texts

# Kind of finding -> (rule id, what it says). "FILE" is about the export itself, not about a rule.
KINDS: dict[str, tuple[str, str]] = {
	"first_touch_overdue": ("L7", "First touch overdue"),
	"first_touch_missed": ("L7", "First touch came late"),
	"first_touch_unknown": ("L7", "Deadline passed, no touch recorded in this export"),
	"late_entry": ("L2", "Entered late"),
	"missing_source": ("L1", "No source"),
	"test_number": ("L3", "Phone number looks made up"),
	"same_email": ("L3", "Duplicate: same e-mail"),
	"same_phone": ("L3", "Duplicate: same phone"),
	"same_company": ("L3", "Duplicate: same company"),
	"stale_grade": ("L9", "Grade is due for review"),
	"not_graded": ("L5", "Not graded"),
	"grade_differs": ("L6", "Grade does not fit the points"),
	"bad_points": ("L5", "Points out of 1 to 5"),
	"closing_overdue": ("F2", "Expected closing is past"),
	"opportunity_not_graded": ("F2", "Not graded"),
	"broken_row": ("FILE", "Row not readable"),
	"bad_date": ("FILE", "Date not readable"),
	"bad_number": ("FILE", "Number not readable"),
	"unknown_status": ("FILE", "Unknown status"),
}

_FORMULA = re.compile(r"[\s]*[=+\-@\t\r]")


def guarded(text: str) -> str:
	"""A cell that no spreadsheet takes for a formula: what would begin one gets a leading apostrophe."""
	if not text or text[0].isalnum():
		return text
	return "'" + text if text[0] in "=+-@\t\r\n＝＋－＠" or _FORMULA.match(text) else text


@dataclass(frozen=True)
class Example:
	"""One finding, as the report lists it."""

	line: int
	document: str
	name: str
	detail: str


class Findings:
	"""Counts findings by kind, keeps the first few of each, and writes all of them to a CSV file."""

	def __init__(self, file: TextIO, t: Texts, examples: int = 10) -> None:
		self.t = t
		self.counts: Counter[str] = Counter()
		self.examples: dict[str, list[Example]] = {}
		self._keep = examples
		self._write = csv.writer(file).writerow
		self._write([t("line"), t("document"), t("name"), t("rule id"), t("finding"), t("detail")])
		self._documents = {document: t(document) for document in (LEAD, OPPORTUNITY)}
		self._titles = {kind: (rule, t(title)) for kind, (rule, title) in KINDS.items()}

	def add(self, kind: str, document: str, line: int, name: str, detail: str = "") -> None:
		"""Records a finding; `detail` is in the report's language."""
		rule, title = self._titles[kind]
		count = self.counts[kind] = self.counts[kind] + 1
		if count <= self._keep:
			self.examples.setdefault(kind, []).append(Example(line, document, name, detail))
		self._write((line, self._documents[document], guarded(name), rule, title, guarded(detail)))

	@property
	def total(self) -> int:
		"""How many findings there are."""
		return self.counts.total()
