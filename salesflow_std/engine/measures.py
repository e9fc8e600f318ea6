"""Whether a text says how much: a number, however it is written, in English or Chinese (N3, S1)."""

from __future__ import annotations

import re
import unicodedata

_NUMERALS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety|(?:a |one )?hundred|(?:a |one )?thousand|(?:a |one )?million"
_UNITS = "seconds?|minutes?|hours?|days?|weeks?|months?|years?|shifts?|people|persons?|staff|percent|per cent|times|fold|units?|pieces?|orders?|clicks?"
_MEASURE = re.compile(
	r"\d"
	rf"|(?<!\w)(?:{_NUMERALS})(?:[ -](?:{_UNITS}))(?!\w)"
	r"|(?<!\w)(?:one|an?) (?:second|minute|hour|day|week|month|year|shift)(?!\w)"
	r"|(?<!\w)(?:half|halve[sd]?|halving|twice|doubled?|doubles|doubling|tripled?|triples|threefold|tenfold)(?!\w)"
	r"|(?<!\w)(?:one|a|two|three)[ -](?:third|quarter|fifth|tenth)s?(?!\w)"
	r"|百分之|[一二三四五六七八九十百两]分之[一二三四五六七八九十]"
	# 统一, 唯一 and 第一 count nothing.
	r"|(?<![统唯第])[一二三四五六七八九十百千万亿两半]+个?"
	r"(?:秒|分钟|小时|工作日|天|日|周|星期|月|季度|年|班次?|次(?!性)|[台人名元件套单笔万倍成])"
	r"|一半|减半|过半|翻倍|翻一?[番两]"
)


def holds_measure(text: str | None) -> bool:
	"""Whether a text names a number, a share or a multiple: "3 hours", "twice as fast", 减少三成.

	A hint, no proof: a year or the name of a norm counts too, and people know better.
	"""
	return bool(_MEASURE.search(unicodedata.normalize("NFKC", text or "").casefold()))
