"""M1: which gates are met by which facts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import gates as rules
from salesflow_std.engine.gates import Answer, Contract, Facts, Gate, Paper
from salesflow_std.engine.profile import Person


def ask(kind, facts=None, **params):
	gate = Gate("one", "A gate", kind, params=params)
	return rules.evaluate([gate], facts or Facts())[0]


@pytest.mark.parametrize("kind", rules.KINDS)
def test_a_gate_of_which_nothing_is_known_is_not_met(kind):
	params = {"fields": (("source",),), "grade": "B", "contract_state": "Signed"}
	# Only promises are kept by those who made none (S4).
	assert ask(kind, **params).met is (kind == rules.OBJECTIONS)


def test_a_kind_nobody_knows_is_not_met():
	assert not ask("Something Else").met


def test_gates_that_are_off_are_not_asked():
	gate = Gate("one", "A gate", rules.FIRST_TOUCH, mode=rules.OFF)
	assert rules.evaluate([gate], Facts()) == []


def test_unmet_of_one_mode():
	gates = [Gate(mode, mode, rules.FIRST_TOUCH, mode=mode) for mode in (rules.BLOCK, rules.WARN)]
	findings = rules.evaluate(gates, Facts())
	assert [found.gate.key for found in rules.unmet(findings)] == ["Block", "Warn"]
	assert [found.gate.key for found in rules.unmet(findings, rules.WARN)] == ["Warn"]
	assert rules.unmet(rules.evaluate(gates, Facts(touched=True))) == []


# Fields


@pytest.mark.parametrize(
	("text", "fields"),
	[
		("source", (("source",),)),
		(" source \n\n industry\n", (("source",), ("industry",))),
		("source, industry", (("source",), ("industry",))),
		("email_id | mobile_no|phone", (("email_id", "mobile_no", "phone"),)),
		("|\n , ", ()),
		(None, ()),
	],
)
def test_fields_as_they_are_written_down(text, fields):
	assert rules.read_fields(text) == fields


def test_every_line_has_to_be_filled_and_one_of_each():
	fields = (("source",), ("email_id", "mobile_no"))
	known = frozenset({"source", "email_id", "mobile_no"})
	found = ask(rules.FIELDS_FILLED, Facts(known=known, empty=frozenset({"email_id"})), fields=fields)
	assert found.met
	found = ask(rules.FIELDS_FILLED, Facts(known=known, empty=known - {"source"}), fields=fields)
	assert (found.code, found.args["missing"]) == ("fields", (("email_id", "mobile_no"),))


def test_a_field_the_document_does_not_have_is_missing():
	assert not ask(rules.FIELDS_FILLED, Facts(), fields=(("gone",),)).met


# Grades


@pytest.mark.parametrize(
	("grade", "least", "code"),
	[
		("A", "B", "met"),
		("B", "B", "met"),
		("C", "B", "grade"),
		("", "B", "no_grade"),
		("X", "B", "unknown_grade"),
		("A", "X", "unknown_grade"),
	],
)
def test_a_grade_is_at_least_another_by_the_order_of_its_model(grade, least, code):
	found = ask(rules.GRADE, Facts(grade=grade, grades=("A", "B", "C")), grade=least)
	assert (found.code, found.met) == (code, code == "met")


def test_the_order_is_the_models_and_not_the_alphabets():
	"""F2: opportunities are S, A, B."""
	assert ask(rules.GRADE, Facts(grade="S", grades=("S", "A", "B")), grade="A").met
	assert not ask(rules.GRADE, Facts(grade="B", grades=("S", "A", "B")), grade="A").met


def test_a_stale_grade_counts_and_says_so():
	"""L9."""
	found = ask(rules.GRADE, Facts(grade="B", grades=("A", "B"), grade_stale=True), grade="B")
	assert (found.met, found.code) == (True, "stale")


@given(st.lists(st.text(min_size=1, max_size=3), min_size=1, max_size=6, unique=True), st.data())
def test_whoever_passes_a_gate_passes_every_lower_one(grades, data):
	grade = data.draw(st.sampled_from(grades))
	met = [ask(rules.GRADE, Facts(grade=grade, grades=grades), grade=least).met for least in grades]
	assert met == sorted(met)
	assert met[-1]


# People


DECIDER = "Decision Maker"


@pytest.mark.parametrize(
	("people", "known", "reached"),
	[
		([], "no_decider", "no_decider"),
		([Person("User", True)], "no_decider", "no_decider"),
		([Person(DECIDER)], "met", "decider"),
		([Person(DECIDER, True)], "met", "met"),
		([Person(DECIDER, True, left=True)], "decider_left", "decider_left"),
		([Person(DECIDER, True, left=True), Person(DECIDER)], "met", "decider"),
		([Person(DECIDER), Person(DECIDER, True)], "met", "met"),
	],
)
def test_the_decision_maker_is_known_and_reached(people, known, reached):
	"""P2: those who left do not count."""
	facts = Facts(people=people)
	assert ask(rules.DECIDER_KNOWN, facts).code == known
	assert ask(rules.DECIDER_REACHED, facts).code == reached


# Papers, promises


@pytest.mark.parametrize(("kind", "fact"), [(rules.NEEDS, "needs"), (rules.PROPOSAL, "proposal")])
@pytest.mark.parametrize(
	("paper", "code"),
	[(Paper(), "no_paper"), (Paper("P-1", "Draft"), "paper"), (Paper("P-1", "Approved", True), "met")],
)
def test_papers(kind, fact, paper, code):
	assert ask(kind, Facts(**{fact: paper})).code == code


def test_an_objection_past_its_promise():
	"""S4."""
	assert ask(rules.OBJECTIONS).met
	assert ask(rules.OBJECTIONS, Facts(overdue_objections=("O-1",))).args["names"] == ("O-1",)


# Contracts


STATES = ("", "Drafted", "In Clause Review", "Clauses Approved", "Signed")


@pytest.mark.parametrize(
	("asked", "first_met"),
	[("Drafted", "Drafted"), ("Clauses Approved", "Clauses Approved"), ("Signed", "Signed")],
)
def test_a_contract_in_a_state_or_past_it(asked, first_met):
	"""C1-C3."""
	met = [
		ask(rules.CONTRACT, Facts(contract=Contract("C-1" * bool(state), state)), contract_state=asked).met
		for state in STATES
	]
	assert met == [state in STATES[STATES.index(first_met) :] for state in STATES]


@pytest.mark.parametrize(
	("state", "scan", "code"),
	[("Signed", True, "met"), ("Signed", False, "no_scan"), ("Clauses Approved", True, "contract")],
)
def test_a_scan_counts_once_both_have_signed(state, scan, code):
	"""C3."""
	facts = Facts(contract=Contract("C-1", state, scan))
	assert ask(rules.CONTRACT, facts, contract_state="Scan Attached").code == code


@pytest.mark.parametrize(
	("amount", "below", "met"), [(99.99, 100, True), (100, 100, False), (0, 100, False), (50, 0, False)]
)
def test_a_small_deal_needs_no_contract(amount, below, met):
	"""The process's exemption; a deal of which nobody knows the amount is not small."""
	found = ask(rules.CONTRACT, Facts(amount=amount), contract_state="Signed", exempt_below=below)
	assert found.met is met
	assert found.code == ("exempt" if met else "no_contract")


@given(st.sampled_from(STATES), st.booleans())
def test_what_has_come_far_has_come_less_far_as_well(state, scan):
	facts = Facts(contract=Contract("C-1" if state else "", state, scan))
	met = [ask(rules.CONTRACT, facts, contract_state=step).met for step in rules.CONTRACT_STEPS]
	assert met == sorted(met, reverse=True)


# Files, links, expressions


@pytest.mark.parametrize(
	("part", "files", "met"),
	[
		("", [], False),
		("", ["a.pdf"], True),
		("minutes", ["Minutes of May.pdf"], True),
		("minutes", ["a.pdf"], False),
	],
)
def test_files(part, files, met):
	assert ask(rules.FILE, Facts(files=files), file_name_like=part).met is met


@pytest.mark.parametrize(
	("linked", "least", "code"),
	[({}, 1, "no_link"), ({"one": 0}, 1, "linked"), ({"one": 1}, 2, "linked"), ({"one": 2}, 2, "met"), ({"one": 0}, 0, "linked")],
)  # fmt: skip
def test_linked_documents(linked, least, code):
	assert ask(rules.LINKED, Facts(linked=linked), at_least=least).code == code


@pytest.mark.parametrize(
	("answer", "code"),
	[(Answer(True), "met"), (Answer(False), "expression"), (Answer(True, "fails"), "broken")],
)
def test_expressions(answer, code):
	assert ask(rules.EXPRESSION, Facts(answers={"one": answer})).code == code
