"""What strangers write on a public page (N4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine.public_text import TextError, clean


@pytest.mark.parametrize(
	("text", "kept"),
	[
		(None, ""),
		("  Purchasing  Manager ", "Purchasing Manager"),
		("采购经理", "采购经理"),
		("a\r\nb\u2028c", "a b c"),
		("a\x00b\x1b[0m\x7f\x9f", "ab[0m"),
		("x\u202egnp.exe", "xgnp.exe"),
		("\ufeff\u200b", ""),
		("a < b > c & d", "a ＜ b ＞ c & d"),
		("\ud800x", "x"),
		("می‌خواهم 👍🏽", "می‌خواهم 👍🏽"),
	],
)
def test_a_line_is_cleaned(text, kept):
	assert clean("by", text, 100, lines=False) == kept


def test_lines_stay_lines():
	assert clean("comment", "a\r\nb\n\n\n\nc\td ", 100) == "a\nb\n\nc\td"


@pytest.mark.parametrize("value", [1, True, [], {}, b"x", 1.5])
def test_only_text_is_text(value):
	with pytest.raises(TextError):
		clean("by", value, 100)


def test_the_length_is_that_of_what_is_kept():
	assert clean("by", " " * 50 + "x" * 10, 10) == "x" * 10
	for long in ("x" * 11, "x" * 1_000_000):
		with pytest.raises(TextError, match="At most 10"):
			clean("by", long, 10)


@given(st.text(st.characters(exclude_categories=()), max_size=300), st.booleans())
def test_what_is_kept_is_harmless_and_stays_as_it_is(text, lines):
	kept = clean("by", text, 2000, lines)
	assert not set(kept) & set("<>\x00\r\u202e\ufeff")
	assert kept.encode("utf-8") is not None
	assert clean("by", kept, 2000, lines) == kept
	assert lines or "\n" not in kept
