"""Rules of the single lead: late entry (L2), what looks invalid and what looks the same (L3), first touch (L7)."""

from __future__ import annotations

import itertools
import re
import unicodedata
from datetime import datetime, timedelta

# Words that say what kind of company it is and nothing about which one.
_LEGAL_FORMS = frozenset(
	"inc incorporated corp corporation co company ltd limited llc llp lp plc gmbh mbh ag kg kgaa ohg ug se"
	" sa sas sarl srl spa bv nv ab as asa aps oy oyj pte pty pvt private sdn bhd kk the group holding holdings and".split()
)
_INITIALS = re.compile(r"\b(\w)[./](?=\w\b)")
_CHINESE_LEGAL_FORMS = re.compile("(?:集团)?(?:股份|责任|有限|责任公司|分公司|总公司|公司|集团|厂)+$")
_CHINESE_BRANCH = re.compile(r"[((][^()()]{1,8}[))]")
_LATIN_ACCENTS = re.compile("[\u0300-\u036f]")
_ASCII_WORD = re.compile(r"[a-z0-9]+")

_SHORTEST_PHONE = 7
_COMPARED_DIGITS = 9
_EXTENSION = re.compile(r"(?<=\d)[\s,;.()-]*(?:ext|x|#|转|轉|分机|分機).*")
# +, 00 or a 1 that stands by itself say that a country code follows; here are all there are.
_ABROAD = re.compile(r"[^+\d]*(?:\+|00|(?=1[^\d]))")
_COUNTRY = re.compile(r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|\d{3})")
# Mobile numbers of China are told apart by all their eleven digits: 138… and 158… differ in the second.
_CHINESE_MOBILE = re.compile(r"(?:86)?0?(1[3-9]\d{9})")


def email_key(email: str | None) -> str:
	"""The e-mail address in the form two records are compared by; empty when there is none."""
	email = unicodedata.normalize("NFKC", email or "").strip().casefold()
	return email if "@" in email.strip("@") else ""


def phone_key(phone: str | None) -> str:
	"""What two spellings of a phone number share: no country code, trunk prefix, extension, punctuation.

	All digits of a Chinese mobile number, the last nine of others, so that a country code written without
	+ or 00 matters little. Empty for anything with fewer than seven digits: too short to tell people apart.
	"""
	text = _without_extension(phone)
	digits = _digits(text)
	abroad = _ABROAD.match(text)
	if abroad:
		digits = _digits(text[abroad.end() :]).lstrip("0")
		digits = _COUNTRY.sub("", digits, count=1)
	digits = digits.lstrip("0")
	mobile = _CHINESE_MOBILE.fullmatch(digits)
	if mobile:
		return mobile[1]
	return digits[-_COMPARED_DIGITS:] if len(digits) >= _SHORTEST_PHONE else ""


def _without_extension(phone: str | None) -> str:
	return _EXTENSION.sub("", unicodedata.normalize("NFKC", phone or "").casefold())


def _digits(text: str) -> str:
	if text.isascii():
		return re.sub(r"\D", "", text)
	return "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())


def company_key(name: str | None) -> str:
	"""A company's name without case, punctuation and legal form: "ACME Co., Ltd." and "Acme" are the same.

	The first word stays even where it reads like a legal form (SAS Institute). Chinese names lose 有限公司 and
	the like and the place in brackets. Empty only without a letter or digit.
	"""
	text = unicodedata.normalize("NFKC", name or "").casefold()
	if re.search("[\u4e00-\u9fff]", text):
		text = _CHINESE_BRANCH.sub("", text).strip() or text
	text = unicodedata.normalize("NFKD", _INITIALS.sub(r"\1", text.replace("&", " and ")))
	text = unicodedata.normalize("NFC", _LATIN_ACCENTS.sub("", text))
	if text.isascii():
		words = _ASCII_WORD.findall(text)
	else:
		words = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in text).split()
	if len(words) > 1 and words[0] == "the":
		del words[0]
	plain = "".join(words[:1] + [word for word in words[1:] if word not in _LEGAL_FORMS])
	return _CHINESE_LEGAL_FORMS.sub("", plain) or plain


def is_test_number(phone: str | None) -> bool:
	"""Whether a phone number was made up (L3): one digit repeated, or digits that only count up or down.

	One digit eight times at the end of a long number is enough. An extension does not count.
	"""
	digits = _digits(_without_extension(phone))
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


PENDING, OVERDUE, MET, MISSED = "Not Yet", "Overdue", "Met", "Missed"


def first_touch_status(due: datetime | None, touched: datetime | None, now: datetime) -> str:
	"""Where the first touch stands (L7): pending or overdue while it is open, met or missed when it happened.

	Empty without a deadline, as for C leads. A touch exactly at the deadline is in time.
	"""
	if due is None:
		return ""
	if touched is not None:
		return MET if touched <= due else MISSED
	return PENDING if now <= due else OVERDUE
