"""What strangers write on a public page, made fit to keep: no control characters, no markup, not too long (N4).

Whatever reads it later shows it as text. Frappe's desk, however, shows some fields as they are stored, since it cleans
what comes through its own forms; so angle brackets become their full-width twins, which look the same and mean
nothing to a browser.
"""

from __future__ import annotations

import re
import unicodedata

from .errors import EngineError

# Direction overrides and characters without width: with them a text can look like another one. The joiners that
# Persian and Hindi need, and the mark before an emoji's colour, stay.
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffc]")
_LINE_BREAKS = re.compile("\r\n|[\r\u000b\u000c\u0085\u2028\u2029]")
_MARKUP = str.maketrans({"<": "＜", ">": "＞"})


class TextError(EngineError):
	"""A text from outside that cannot be kept."""


def clean(field: str, value: object, most: int, lines: bool = True) -> str:
	"""A text from outside, ready to be kept; "" for None.

	`field` names it in an error, `most` is its greatest length in characters after cleaning; without `lines` it
	becomes one line. Raises TextError for what is no text, or too long a one.
	"""
	if value is None:
		return ""
	if not isinstance(value, str):
		raise TextError(field, "That is not a text.")
	# Nobody writes that much by hand; cleaning it would only cost time.
	if len(value) > most * 4 + 100:
		raise TextError(field, "At most {most} characters are possible.", most=most)
	text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", value))
	text = "".join(
		char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Cn", "Co")
	)
	text = re.sub(r"\n{3,}", "\n\n", text) if lines else re.sub(r"\s+", " ", text)
	text = text.strip().translate(_MARKUP)
	if len(text) > most:
		raise TextError(field, "At most {most} characters are possible.", most=most)
	return text
