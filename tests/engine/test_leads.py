"""Rules of the single lead: L2 late entry, L3 test numbers and duplicates, L7 where the first touch stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesflow_std.engine import leads

NOW = datetime(2026, 11, 20, 18)
TICK = timedelta(microseconds=1)
checked = settings(deadline=None, max_examples=100)


class TestLateEntryOfL2:
	@pytest.mark.parametrize(
		("after", "late"),
		[
			(timedelta(0), False),
			(timedelta(hours=23, minutes=59), False),
			(timedelta(hours=24), False),
			(timedelta(hours=24) + TICK, True),
			(timedelta(days=3), True),
			(-timedelta(hours=1), False),
		],
	)
	def test_exactly_24_hours_are_in_time(self, after, late):
		assert leads.is_late_entry(NOW, NOW + after, timedelta(hours=24)) is late

	def test_the_limit_is_the_administrators(self):
		assert leads.is_late_entry(NOW, NOW + timedelta(hours=2), timedelta(hours=1))

	def test_without_capture_time_nothing_is_late(self):
		assert not leads.is_late_entry(None, NOW, timedelta(hours=24))


class TestFirstTouchOfL7:
	@pytest.mark.parametrize(
		("touched", "now", "status"),
		[
			(None, NOW - TICK, leads.PENDING),
			(None, NOW, leads.PENDING),
			(None, NOW + TICK, leads.OVERDUE),
			(NOW - TICK, NOW + timedelta(days=9), leads.MET),
			(NOW, NOW, leads.MET),
			(NOW, NOW + timedelta(days=9), leads.MET),
			(NOW + TICK, NOW + TICK, leads.MISSED),
			(NOW + timedelta(days=1), NOW + timedelta(days=9), leads.MISSED),
		],
	)
	def test_due_now(self, touched, now, status):
		assert leads.first_touch_status(NOW, touched, now) == status

	@pytest.mark.parametrize("touched", [None, NOW])
	def test_no_deadline(self, touched):
		"""C leads have none."""
		assert leads.first_touch_status(None, touched, NOW) == ""

	def test_the_words(self):
		assert (leads.PENDING, leads.OVERDUE, leads.MET, leads.MISSED) == (
			"Not Yet",
			"Overdue",
			"Met",
			"Missed",
		)


class TestEmailKey:
	@pytest.mark.parametrize(
		("email", "key"),
		[
			("Li.Wei@Example.COM", "li.wei@example.com"),
			("  li.wei@example.com \n", "li.wei@example.com"),
			("ｌｉ．ｗｅｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", "li.wei@example.com"),
			("", ""),
			(None, ""),
			("li.wei", ""),
			("@", ""),
			("@example.com", ""),
			("li.wei@", ""),
		],
	)
	def test_key(self, email, key):
		assert leads.email_key(email) == key

	def test_two_people_of_one_company(self):
		assert leads.email_key("li@example.com") != leads.email_key("wei@example.com")


SAME_PHONES = [
	[
		"13812345678", "138 1234 5678", "138-1234-5678", "+8613812345678", "+86 138 1234 5678", "(+86) 13812345678",
		"0086 138 1234 5678", "8613812345678", "013812345678", "+86 (0)138 1234 5678", "１３８１２３４５６７８",
		"＋８６ １３８ １２３４ ５６７８", "86 (0) 138 1234 5678", "13812345678 ext. 9", "Tel: 138 1234 5678", "tel:+86-138-1234-5678",
	],
	["021-62345678", "(021) 6234 5678", "+86 21 6234 5678", "0086-21-62345678", "021 62345678转8001", "02162345678 分机 12"],
	["0571-87654320", "+86 571 8765 4320", "057187654320 x5"],
	["(415) 555-2671", "+1 415 555 2671", "+1 (415) 555-2671 Ext. 12", "1-415-555-2671", "001 415 555 2671", "415.555.2671 EXT 3", "415-555-2671 x12", "4155552671 #7"],
	["030 1234567", "+49 30 1234567", "0049 30 1234567", "+49 (0)30 1234567"],
	["089 123456", "+49 89 123456", "+49 (0) 89 / 12 34 56"],
	["0151 23456789", "+49 151 23456789"],
	["2345 6789", "+852 2345 6789", "00852-23456789"],
	["06 12 34 56 78", "+33 6 12 34 56 78"],
	["020 7946 0958", "+44 20 7946 0958", "+44 (0)20 7946 0958"],
]  # fmt: skip


class TestPhoneKey:
	@pytest.mark.parametrize("spellings", SAME_PHONES, ids=lambda spellings: spellings[0])
	def test_spellings_of_one_number(self, spellings):
		(key,) = {leads.phone_key(phone) for phone in spellings}
		assert len(key) >= 7

	def test_different_numbers_stay_apart(self):
		keys = [leads.phone_key(spellings[0]) for spellings in SAME_PHONES]
		assert len(set(keys)) == len(keys)

	@pytest.mark.parametrize(
		"other", ["15812345678", "+86 188 1234 5678", "13912345678", "13812345679", "13712345678"]
	)
	def test_chinese_mobile_numbers_differ_in_any_digit(self, other):
		assert leads.phone_key(other) != leads.phone_key("13812345678")

	@pytest.mark.parametrize(
		"phone", ["", None, "-", "none", "110", "123456", "0", "000000000", "+86", "ext. 8001"]
	)
	def test_too_short_to_tell_people_apart(self, phone):
		assert leads.phone_key(phone) == ""

	@checked
	@given(
		number=st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
		prefix=st.sampled_from(["", "+86", "+86 ", "0086", "0", "86", "(+86)"]),
		cuts=st.sets(st.sampled_from([3, 7])),
		between=st.sampled_from([" ", "-", "."]),
		extension=st.sampled_from(["", " ext 12", "转123", " x9"]),
	)
	def test_every_chinese_mobile_number_is_itself(self, number, prefix, cuts, between, extension):
		text = "".join((between if i in cuts else "") + digit for i, digit in enumerate(number))
		assert leads.phone_key(prefix + text + extension) == number

	@checked
	@given(
		country=st.sampled_from(["49", "33", "39", "852", "65", "971", "55", "7"]),
		number=st.from_regex(r"[2-9][0-9]{6,9}", fullmatch=True),
	)
	def test_country_and_trunk_prefixes_do_not_matter(self, country, number):
		spellings = {
			number,
			"0" + number,
			f"+{country}{number}",
			f"00{country} {number}",
			f"+{country} (0){number}",
		}
		assert len({leads.phone_key(phone) for phone in spellings}) == 1


SAME_COMPANIES = [
	[
		"Acme", "ACME", "Acme Co., Ltd.", "ACME Co.,Ltd.", "Acme Co.Ltd", "acme company limited", "Acme, Inc.", "Acme LLC",
		"The Acme Group", "ACME S.A.", "Acme S.p.A.", "Acme S.A.R.L.", "Ａｃｍｅ　Ｌｔｄ．", "Acme Corp",
	],
	["Müller GmbH", "Müller GmbH & Co. KG", "MÜLLER G.m.b.H.", "Muller AG", "Mu\u0308ller"],
	["Großhandel Weiß", "GROSSHANDEL WEISS GmbH"],
	["Johnson & Johnson", "Johnson and Johnson Inc."],
	["华为技术", "华为技术有限公司", "华为技术股份有限公司", "华为技术（中国）有限公司", "华为技术(深圳)有限责任公司", "华为技术集团有限公司", " 华为 技术 有限公司 "],
	["Rolls-Royce plc", "Rolls Royce", "ROLLS-ROYCE HOLDINGS PLC"],
	["L'Oréal S.A.", "L’Oreal"],
	["ACME China Ltd", "Acme Co., Ltd. (China)"],
	["三一重工", "三一重工股份有限公司"],
]  # fmt: skip


class TestCompanyKey:
	@pytest.mark.parametrize("spellings", SAME_COMPANIES, ids=lambda spellings: spellings[0])
	def test_spellings_of_one_company(self, spellings):
		assert len({leads.company_key(name) for name in spellings}) == 1

	def test_different_companies_stay_apart(self):
		keys = [leads.company_key(spellings[0]) for spellings in SAME_COMPANIES]
		assert len(set(keys)) == len(keys)

	@pytest.mark.parametrize(
		("one", "other"),
		[
			("SAS Institute", "Institute Ltd"),
			("AS Roma", "Roma GmbH"),
			("华为技术有限公司", "华为终端有限公司"),
			("राम लिमिटेड", "रोम लिमिटेड"),
			("บริษัท กิน", "บริษัท กัน"),
			("Acme 1", "Acme 2"),
			("Aco", "A Co"),
		],
	)
	def test_not_the_same(self, one, other):
		assert leads.company_key(one) != leads.company_key(other)

	@pytest.mark.parametrize(
		"name",
		[
			"SAS",
			"The Group",
			"The",
			"Co., Ltd.",
			"and",
			"公司",
			"集团有限公司",
			"有限公司",
			"（测试）",
			"(上海)有限公司",
			"7",
			"株式会社",
			"ООО Ромашка",
			"S.A.",
		],
	)
	def test_a_name_of_nothing_but_a_legal_form_is_a_name(self, name):
		assert leads.company_key(name)

	@checked
	@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12))
	def test_never_empty_for_letters_and_digits(self, name):
		assert leads.company_key(name)

	@checked
	@given(
		st.lists(
			st.sampled_from(
				["Acme", "SAS", "The", "Group", "and", "&", "Co.,", "Ltd.", "华为", "(中国)", "公司"]
			),
			min_size=1,
		)
	)
	def test_case_and_width_and_spaces_do_not_matter(self, words):
		name = " ".join(words)
		wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in name)
		assert leads.company_key(name.upper()) == leads.company_key(f"  {name}  ") == leads.company_key(wide)

	@pytest.mark.parametrize("name", ["", None, "  ", "-", "…", "()"])
	def test_no_name(self, name):
		assert leads.company_key(name) == ""


class TestTestNumbersOfL3:
	@pytest.mark.parametrize(
		"phone",
		[
			"0000000", "11111111111", "999-999-9999", "12345678", "1234567890", "123456", "0123456789", "987654321",
			"9876543210", "12345678901", "+86 11111111111", "13800000000", "１２３４５６７８", "123 456 78", "00000", "11111111 ext. 5", "12345678转9", "12345678 x20",
		],
	)  # fmt: skip
	def test_made_up(self, phone):
		assert leads.is_test_number(phone)

	@pytest.mark.parametrize(
		"phone",
		[
			"", None, "-", "none",
			"13812345678", "+86 138 1234 5679", "13888886666", "021-62345678", "010-12345678", "400-820-8820", "4008888888",
			"(415) 555-2671", "+1 212 555 0100", "+49 30 1234567", "+852 2888 8888", "12345", "10086", "95588", "0571-87654320",
			"139 0000 1111", "13812345679 ext 00000000", "021-62345679转88888888", "+33 6 12 34 56 78",
		],
	)  # fmt: skip
	def test_real_looking(self, phone):
		assert not leads.is_test_number(phone)

	@checked
	@given(start=st.integers(0, 9), length=st.integers(6, 15), step=st.sampled_from([1, -1]))
	def test_counting_up_or_down_from_any_digit(self, start, length, step):
		assert leads.is_test_number("".join(str((start + step * n) % 10) for n in range(length)))

	@checked
	@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
	def test_a_chinese_mobile_number_is_made_up_only_with_eight_equal_digits_at_its_end(self, number):
		# A mobile number begins with 13 to 19, so only 19876543210 … could count, and that one turns at once.
		assert leads.is_test_number(number) == (len(set(number[3:])) == 1)
