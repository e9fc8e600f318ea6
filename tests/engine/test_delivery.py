"""The handover of a won deal, and when its project starts (C4, C5)."""

from datetime import date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from salesflow_std.engine import delivery
from salesflow_std.engine.delivery import Payment, Receiver

NOW = datetime(2026, 3, 5, 10)
ALL = [Receiver(function, f"{function}@x.example", NOW) for function in delivery.FUNCTIONS]


def test_each_function_needs_somebody():
	assert delivery.unmanned([]) == delivery.FUNCTIONS
	assert delivery.unmanned(ALL) == ()
	assert delivery.unmanned([*ALL[:2], Receiver("After-sales", "")]) == ("After-sales",)


def test_it_is_acknowledged_when_all_have():
	assert delivery.is_acknowledged(ALL)
	assert not delivery.is_acknowledged([*ALL, Receiver("Finance", "late@x.example")])
	assert not delivery.is_acknowledged(ALL[:2])


def test_who_is_asked_later_reopens_it_until_it_has_started():
	late = [*ALL, Receiver("Finance", "late@x.example")]
	assert delivery.status_of("Handed Over", ALL) == "Acknowledged"
	assert delivery.status_of("Acknowledged", late) == "Handed Over"
	assert delivery.status_of("Started", late) == "Started"
	assert delivery.status_of("Draft", ALL) == "Draft"


def test_a_project_starts_with_what_was_agreed():
	assert delivery.may_start("With the First Payment", date(2026, 3, 5), None)
	assert not delivery.may_start("With the First Payment", None, NOW)
	assert delivery.may_start("With the Handover", None, NOW)
	assert not delivery.may_start("With the Handover", date(2026, 3, 5), None)


def test_a_kick_off_settles_contacts_plan_and_communication():
	assert delivery.not_agreed((), " ", "") == (
		"contacts.Customer",
		"contacts.Ours",
		"delivery_plan",
		"communication_plan",
	)
	assert delivery.not_agreed(("Customer", "Ours"), "Plan", "Weekly") == ()


def paid(*rows):
	return delivery.paid(Payment(date(2026, 3, day), Decimal(amount)) for day, amount in rows)


def test_payments_add_up_and_refunds_take_back():
	assert paid() == (None, 0)
	assert paid((3, "100"), (1, "50")) == (date(2026, 3, 1), 150)
	assert paid((1, "50"), (2, "-50")) == (None, 0)
	assert paid((1, "50"), (2, "-50"), (4, "20")) == (date(2026, 3, 4), 20)
	assert paid((1, "-10")) == (None, 0)
	assert paid((1, "-50"), (1, "50"), (1, "5")) == (date(2026, 3, 1), 5)


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(1, 1000)), min_size=1))
def test_without_refunds_it_is_the_first_day_and_the_sum(rows):
	assert paid(*((day, str(amount)) for day, amount in rows)) == (
		date(2026, 3, min(day for day, _ in rows)),
		sum(amount for _, amount in rows),
	)
