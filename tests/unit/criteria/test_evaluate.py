"""Criteria: checked when made, three-valued when judged."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.evaluate import (
    FITTING,
    Criterion,
    Disclosure,
    Operator,
    Outcome,
    all_of,
    any_of,
    evaluate,
    integer_form,
)
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, Kind

OUTCOMES = st.lists(st.sampled_from(Outcome), max_size=6)
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def rule(fact: str, operator: str, *values: str) -> Criterion:
    return Criterion(fact=fact, operator=Operator(operator), values=values)


@pytest.mark.parametrize(
    ("criterion", "value", "outcome"),
    [
        (rule("months_since_registration", "GE", "24"), 24, PASS),
        (rule("months_since_registration", "GE", "24"), 23, FAIL),
        (rule("debt_ratio_bp", "LE", "6500"), 6500, PASS),
        (rule("debt_ratio_bp", "LE", "6500"), 6501, FAIL),
        (rule("lending_banks", "EQ", "0"), 0, PASS),
        (rule("lending_banks", "EQ", "0"), 1, FAIL),
        (rule("judgment_defaulter", "EQ", "false"), False, PASS),
        (rule("judgment_defaulter", "EQ", "false"), True, FAIL),
        (rule("srdi", "NE", "false"), True, PASS),
        (rule("tax_grade", "IN", "A", "B", "M"), "M", PASS),
        (rule("tax_grade", "IN", "A", "B", "M"), "C", FAIL),
        (rule("environment_grade", "NOT_IN", "RED", "BLACK"), "BLUE", PASS),
        (rule("environment_grade", "NOT_IN", "RED", "BLACK"), "RED", FAIL),
        (rule("tax_grade", "EQ", "A"), "A", PASS),
        (rule("tax_grade", "NE", "D"), "D", FAIL),
    ],
)
def test_a_rule_passes_exactly_the_values_that_it_names(
    criterion: Criterion, value: int | bool | str, outcome: Outcome
) -> None:
    assert evaluate(criterion, value) is outcome


def test_a_value_may_come_as_the_text_of_the_party_file() -> None:
    assert evaluate(rule("employees", "GE", "10"), "12") is PASS
    assert evaluate(rule("past_due_now", "EQ", "false"), "true") is FAIL


def test_an_unknown_fact_neither_passes_nor_fails() -> None:
    assert evaluate(rule("past_due_now", "EQ", "false"), None) is UNKNOWN


@pytest.mark.parametrize(
    ("fact", "operator", "values", "field"),
    [
        ("tax_grad", "EQ", ("A",), "fact"),
        ("size", "EQ", ("SMALL",), "fact"),
        ("owner_kind", "EQ", ("FARMER",), "fact"),
        ("tax_grade", "GE", ("B",), "operator"),
        ("srdi", "IN", ("true",), "operator"),
        ("employees", "NOT_IN", ("3",), "operator"),
        ("employees", "GE", ("many",), "values/0"),
        ("employees", "GE", (), "values"),
        ("employees", "GE", ("1", "2"), "values"),
        ("tax_grade", "IN", (), "values"),
        ("tax_grade", "IN", ("A", "A"), "values"),
        ("tax_grade", "IN", ("A", "E"), "values/1"),
    ],
)
def test_a_rule_that_cannot_be_judged_is_refused_where_it_is_wrong(
    fact: str, operator: str, values: tuple[str, ...], field: str
) -> None:
    with pytest.raises(Violation) as raised:
        rule(fact, operator, *values)

    assert raised.value.field == field
    assert raised.value.mend


def test_a_rule_about_size_points_to_the_field_of_the_product() -> None:
    with pytest.raises(Violation) as raised:
        rule("size", "EQ", "SMALL")

    assert raised.value.mend == "State it in `sizes`."


def test_a_rule_is_hard_and_public_unless_it_says_otherwise() -> None:
    criterion = rule("srdi", "EQ", "true")

    assert criterion.hard
    assert criterion.disclosure is Disclosure.PUBLIC


@pytest.mark.parametrize(
    ("fact", "value"), [("employees", True), ("srdi", 1), ("tax_grade", 0), ("tax_grade", True)]
)
def test_a_value_of_the_wrong_type_is_refused(fact: str, value: int | bool) -> None:
    with pytest.raises(Violation) as raised:
        integer_form(fact, value)

    assert raised.value.field == "value"


def test_every_kind_of_fact_has_operators_that_fit() -> None:
    assert set(FITTING) == set(Kind)
    assert set(itertools.chain.from_iterable(FITTING.values())) == set(Operator)


def test_unknown_leaves_an_and_open_unless_something_fails() -> None:
    assert all_of([PASS, UNKNOWN]) is UNKNOWN
    assert all_of([UNKNOWN, FAIL]) is FAIL
    assert all_of([]) is PASS


def test_unknown_leaves_an_or_open_unless_something_passes() -> None:
    assert any_of([FAIL, UNKNOWN]) is UNKNOWN
    assert any_of([UNKNOWN, PASS]) is PASS
    assert any_of([]) is FAIL


OPPOSITE = {PASS: FAIL, FAIL: PASS, UNKNOWN: UNKNOWN}


@given(OUTCOMES)
def test_and_of_opposites_is_the_opposite_of_or(outcomes: list[Outcome]) -> None:
    assert all_of(OPPOSITE[one] for one in outcomes) is OPPOSITE[any_of(outcomes)]


@given(OUTCOMES, st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(outcomes: list[Outcome], chance: object) -> None:
    shuffled = list(outcomes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert all_of(shuffled) is all_of(outcomes)
    assert any_of(shuffled) is any_of(outcomes)


@given(OUTCOMES, st.integers(0, 5), st.sampled_from([PASS, FAIL]))
def test_learning_a_fact_never_overturns_a_settled_and(
    outcomes: list[Outcome], at: int, learned: Outcome
) -> None:
    before = all_of(outcomes)
    after = all_of(learned if place == at and one is UNKNOWN else one for place, one in enumerate(outcomes))

    assert before is UNKNOWN or after is before


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_at_least_and_at_most_split_the_integers(limit: int, value: int) -> None:
    at_least = evaluate(rule("invoice_growth_bp", "GE", str(limit)), value)
    at_most = evaluate(rule("invoice_growth_bp", "LE", str(limit)), value)

    assert (at_least is PASS) == (value >= limit)
    assert (at_most is PASS) == (value <= limit)


@given(
    st.sets(st.sampled_from(FACTS["tax_grade"].codes), min_size=1), st.sampled_from(FACTS["tax_grade"].codes)
)
def test_in_and_not_in_are_opposites(wanted: set[str], grade: str) -> None:
    inside = evaluate(rule("tax_grade", "IN", *sorted(wanted)), grade)
    outside = evaluate(rule("tax_grade", "NOT_IN", *sorted(wanted)), grade)

    assert inside is OPPOSITE[outside]
    assert (inside is PASS) == (grade in wanted)
