"""Rules of the single lead: late entry (L2), what looks invalid and what looks the same (L3), first touch (L7)."""

from __future__ import annotations

import itertools
import re
import unicodedata
from datetime import datetime, timedelta

# Words that say what kind of company it is and nothing about which one.
_LEGAL_FORMS = re.compile(
	r"\b(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|lp|plc|gmbh|mbh|ag|kg|kgaa|ohg|ug|se"
	r"|sa|sas|sarl|srl|spa|bv|nv|ab|as|asa|aps|oy|oyj|pte|pty|pvt|private|sdn|bhd|kk|the|group|holding|holdings|and)\b"
)
_CHINESE_LEGAL_FORMS = re.compile("(?:集团)?(?:股份|责任|有限|责任公司|分公司|总公司|公司|集团|厂)+$")
_CHINESE_BRANCH = re.compile(r"[((][^()()]{1,8}[))]")

_SHORTEST_PHONE = 7
_COMPARED_DIGITS = 9


def email_key(email: str | None) -> str:
	"""The e-mail address in the form two records are compared by; empty when there is none."""
	email = unicodedata.normalize("NFKC", email or "").strip().casefold()
	return email if "@" in email.strip("@") else ""


def phone_key(phone: str | None) -> str:
	"""The last nine digits of a phone number, so that country and trunk prefixes do not matter.

	Empty for anything with fewer than seven digits: too short to tell people apart.
	"""
	digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone or "").split("ext")[0])
	digits = digits.lstrip("0")
	return digits[-_COMPARED_DIGITS:] if len(digits) >= _SHORTEST_PHONE else ""


def company_key(name: str | None) -> str:
	"""A company's name without case, punctuation and legal form: "ACME Co., Ltd." and "Acme" are the same.

	Chinese names lose 有限公司 and the like and the place in brackets. Empty when nothing else is left.
	"""
	text = unicodedata.normalize("NFKC", name or "").casefold()
	text = _CHINESE_BRANCH.sub("", text) if re.search("[\u4e00-\u9fff]", text) else text
	text = unicodedata.normalize("NFKD", text.replace("&", " and "))
	text = "".join(c for c in text if not unicodedata.combining(c))
	plain = re.sub(r"[^\w\s]", "", re.sub(r"\.(?=\w)", "", text))
	words = _LEGAL_FORMS.sub(" ", plain).split()
	return _CHINESE_LEGAL_FORMS.sub("", "".join(words)) or "".join(plain.split())


def is_test_number(phone: str | None) -> bool:
	"""Whether a phone number was made up (L3): one digit repeated, or digits that only count up or down."""
	digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", phone or ""))
	if not digits:
		return False
	if len(set(digits)) == 1:
		return True
	if len(digits) < _SHORTEST_PHONE - 1:
		return False
	steps = {(int(b) - int(a)) % 10 for a, b in itertools.pairwise(digits)}
	tail = len(digits) >= 10 and len(set(digits[-8:])) == 1
	return steps in ({1}, {9}) or tail


def is_late_entry(captured: datetime | None, entered: datetime, within: timedelta) -> bool:
	"""Whether a lead was entered later than `within` after its capture (L2: 24 hours). Exactly then is in time."""
	return captured is not None and entered - captured > within


PENDING, OVERDUE, MET, MISSED = "Pending", "Overdue", "Met", "Missed"


def first_touch_status(due: datetime | None, touched: datetime | None, now: datetime) -> str:
	"""Where the first touch stands (L7): pending or overdue while it is open, met or missed when it happened.

	Empty without a deadline, as for C leads. A touch exactly at the deadline is in time.
	"""
	if due is None:
		return ""
	if touched is not None:
		return MET if touched <= due else MISSED
	return PENDING if now <= due else OVERDUE
