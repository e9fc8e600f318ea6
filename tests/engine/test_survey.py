"""The satisfaction survey: templates, answers, results, Net Promoter Score (A3-A5)."""

from datetime import date, datetime, time
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import survey
from salesflow_std.engine.survey import MARK, SCORE, TEXT, YES_NO, Question, SurveyError
from salesflow_std.engine.worktime import Calendar

ASKED = (
	Question("timeliness", "Timeliness", MARK, 2, required=True),
	Question("quality", "Service Quality", MARK),
	Question("needs", "Needs Met", MARK),
	Question("recommend", "Recommendation", SCORE),
	Question("settled", "Earlier Complaint", YES_NO),
	Question("more", "Other", TEXT),
)


def replaced(of: str, **values) -> list[Question]:
	return [Question(**{**vars(one), **values}) if one.key == of else one for one in ASKED]


# Templates


def test_the_shipped_kind_of_template_is_fine():
	survey.validate(ASKED)


@pytest.mark.parametrize(
	("questions", "field"),
	[
		([*ASKED, ASKED[0]], "timeliness"),
		(replaced("more", key="More!"), "More!"),
		(replaced("more", kind="Stars"), "more"),
		(replaced("quality", weight=-1), "quality"),
		(replaced("quality", weight=float("inf")), "quality"),
		(replaced("recommend", kind=MARK), "recommend"),
		([*ASKED, Question("again", "Recommendation", SCORE)], "again"),
		(replaced("settled", kind=TEXT), "settled"),
		(ASKED[:2], "questions"),
		(replaced("needs", weight=0), "questions"),
	],
)
def test_a_template_that_cannot_be_asked_is_refused(questions, field):
	with pytest.raises(SurveyError) as problem:
		survey.validate(questions)
	assert problem.value.field == field


# Answers


def test_answers_come_as_a_form_sends_them():
	answers = survey.read(ASKED, {"timeliness": "4", "quality": 5, "recommend": " 10 ", "more": " Fine. "})
	assert {answer.question.key: answer.number or answer.words for answer in answers} == {
		"timeliness": 4,
		"quality": 5,
		"recommend": 10,
		"more": "Fine.",
	}


@pytest.mark.parametrize("value", ["0", "6", "-1", "4.5", "x", "٣", "1e0", True, 4.0, [], {"a": 1}, "9" * 40])
def test_what_is_no_mark_is_refused(value):
	with pytest.raises(SurveyError) as problem:
		survey.read(ASKED, {"timeliness": value})
	assert problem.value.field == "timeliness"


@pytest.mark.parametrize("value", [None, "", "   "])
def test_a_required_question_wants_an_answer(value):
	with pytest.raises(SurveyError):
		survey.read(ASKED, {"timeliness": value, "quality": 4})


def test_a_text_has_an_end():
	with pytest.raises(SurveyError):
		survey.read(ASKED, {"timeliness": 3, "more": "x" * 2001})


@given(
	st.dictionaries(
		st.sampled_from([one.key for one in ASKED]),
		st.text("0123456789 .-ex٣\n", max_size=6) | st.integers() | st.none(),
	)
)
def test_whatever_is_sent_is_read_or_refused(sent):
	try:
		answers = survey.read(ASKED, sent)
	except SurveyError as problem:
		assert problem.field in {one.key for one in ASKED}
	else:
		for answer in answers:
			low, high = survey.RANGES.get(answer.question.kind, (None, None))
			assert answer.words if answer.number is None else low <= answer.number <= high


# Results


def test_satisfaction_is_the_weighted_mean_of_what_was_marked():
	found = survey.result(survey.read(ASKED, {"timeliness": 5, "quality": 2, "recommend": 9}), low_mark=2)
	assert found == survey.Result(4.0, 9, ("quality",))


def test_nothing_is_made_of_no_marks():
	found = survey.result(survey.read(ASKED[1:], {"more": "Nothing to say."}), low_mark=2)
	assert found == survey.Result(None, None, ())


@pytest.mark.parametrize(("mark", "low"), [(1, True), (2, True), (3, False)])
def test_a4_a_mark_up_to_two_is_low(mark, low):
	found = survey.result(survey.read(ASKED, {"timeliness": mark}), low_mark=2)
	assert bool(found.low) is low


def test_a4_an_earlier_complaint_that_was_not_settled_is_low():
	assert survey.result(survey.read(ASKED, {"timeliness": 5, "settled": "0"}), 2).low == ("settled",)
	assert survey.result(survey.read(ASKED, {"timeliness": 5, "settled": "1"}), 2).low == ()


@pytest.mark.parametrize(
	("given_", "problem", "happy"),
	[
		({"timeliness": 5, "recommend": 9}, False, True),
		({"timeliness": 5, "recommend": 8}, False, False),
		({"timeliness": 5}, False, False),
		({"timeliness": 2, "recommend": 10}, False, False),
		({"timeliness": 5, "recommend": 10}, True, False),
	],
)
def test_a5_a_happy_customer_is_asked_for_a_referral(given_, problem, happy):
	found = survey.result(survey.read(ASKED, given_), low_mark=2)
	assert survey.is_happy(found, 9, problem) is happy


@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0.1, 10)), min_size=1))
def test_the_mean_lies_between_the_marks(rows):
	answers = [
		survey.Answer(Question(f"q{at}", "Other", MARK, weight), mark)
		for at, (mark, weight) in enumerate(rows)
	]
	mean = survey.result(answers, 0).satisfaction
	marks = [mark for mark, _ in rows]
	assert min(marks) - 1e-9 <= mean <= max(marks) + 1e-9


# Due


@pytest.mark.parametrize(
	("accepted", "expected"),
	[
		(date(2026, 3, 4), date(2026, 3, 9)),  # Wednesday: Thursday, Friday, Monday
		(date(2026, 3, 6), date(2026, 3, 11)),  # Friday
		(date(2026, 3, 7), date(2026, 3, 11)),  # Saturday: as if on Friday
	],
)
def test_a3_within_three_working_days_of_the_acceptance(accepted, expected):
	assert survey.due(accepted, 3, "Working Days", Calendar()).date() == expected


def test_a3_holidays_do_not_count():
	calendar = Calendar(holidays=frozenset({date(2026, 3, 5), date(2026, 3, 6)}))
	assert survey.due(date(2026, 3, 4), 3, "Working Days", calendar).date() == date(2026, 3, 11)


def test_a3_the_last_day_counts_to_its_close():
	calendar = Calendar()
	end = calendar.windows_on(date(2026, 3, 9))[-1][1]
	assert survey.due(date(2026, 3, 4), 3, "Working Days", calendar) == datetime.combine(
		date(2026, 3, 9), end or time(23, 59, 59)
	)


# Net Promoter Score


def test_no_answers_no_score():
	assert survey.net_promoter_score([]) is None
	assert survey.response_rate(0, 0) is None


def test_promoters_less_detractors():
	found = survey.net_promoter_score([10, 9, 8, 7, 6, 0])
	assert (found.promoters, found.passives, found.detractors, found.score) == (2, 2, 2, 0)


def test_one_answer_tells_nothing_of_others():
	found = survey.net_promoter_score([10])
	assert (found.score, found.error) == (100, None)


@given(st.lists(st.integers(0, 10), min_size=2))
def test_the_error_is_that_of_a_mean(scores):
	found = survey.net_promoter_score(scores)
	values = [100 if score >= 9 else -100 if score <= 6 else 0 for score in scores]
	assert found.error == pytest.approx(1.96 * stdev(values) / len(values) ** 0.5, abs=1e-6)
	assert found.promoters + found.passives + found.detractors == found.answers == len(scores)
	assert -100 <= found.score <= 100


def test_the_response_rate_is_of_those_asked():
	assert survey.response_rate(4, 1) == 0.25
