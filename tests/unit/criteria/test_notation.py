"""Criteria as one readable line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.evaluate import FITTING, Criterion, Disclosure, Operator
from libs.criteria.notation import format_criteria, format_criterion, parse_criteria, parse_criterion
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, FactType, Kind

SETS = (Operator.IN, Operator.NOT_IN)


@st.composite
def criteria(draw: st.DrawFn) -> Criterion:
    kind = draw(st.sampled_from([fact for fact in FACTS.values() if fact.criteria]))
    operator = draw(st.sampled_from(FITTING[kind.kind]))
    return Criterion(
        fact=kind.name,
        operator=operator,
        values=draw(values_of(kind, operator)),
        hard=draw(st.booleans()),
        message=draw(st.text()),
        disclosure=draw(st.sampled_from(Disclosure)),
    )


def values_of(kind: FactType, operator: Operator) -> st.SearchStrategy[tuple[str, ...]]:
    if kind.kind is Kind.INTEGER:
        one = st.integers(-(2**63), 2**63 - 1).map(str)
    else:
        one = st.sampled_from(kind.codes or ("false", "true"))
    most = 4 if operator in SETS else 1
    return st.lists(one, min_size=1, max_size=most, unique=True).map(tuple)


def test_a_line_is_read_as_its_criterion() -> None:
    criterion = parse_criterion('tax_grade IN A,B,M !PUBLIC "纳税信用A、B或M级"')

    assert criterion == Criterion(
        fact="tax_grade",
        operator=Operator.IN,
        values=("A", "B", "M"),
        hard=True,
        message="纳税信用A、B或M级",
        disclosure=Disclosure.PUBLIC,
    )


def test_a_question_mark_makes_a_rule_soft() -> None:
    criterion = parse_criterion('score GE 560 ?CONFIDENTIAL ""')

    assert not criterion.hard
    assert criterion.disclosure is Disclosure.CONFIDENTIAL


def test_several_criteria_are_separated_by_semicolons_even_where_a_message_has_one() -> None:
    line = 'srdi EQ true !PUBLIC "专精特新；或 ; 小巨人"; employees GE 10 ?REASON_CODE "十人以上"'

    assert [criterion.fact for criterion in parse_criteria(line)] == ["srdi", "employees"]
    assert parse_criteria("  ") == ()


@given(criteria())
def test_reading_what_was_written_gives_the_same_criterion(criterion: Criterion) -> None:
    assert parse_criterion(format_criterion(criterion)) == criterion


@given(st.lists(criteria(), max_size=4))
def test_reading_a_written_list_gives_the_same_list(several: list[Criterion]) -> None:
    assert parse_criteria(format_criteria(several)) == tuple(several)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("tax_grade IN A,B", "0"),
        ('srdi EQ true !PUBLIC "好" employees GE 10 !PUBLIC "好"', "0"),
        ('srdi EQ true !PUBLIC "好"; nonsense', "1"),
        ('srdi EQ true !PUBLIC "好"; employees GE x !PUBLIC "好"', "1/values/0"),
        ('srdi IS true !PUBLIC "好"', "0/operator"),
        ('srdi EQ true !SECRET "好"', "0/disclosure"),
        ('sdri EQ true !PUBLIC "好"', "0/fact"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place(line: str, field: str) -> None:
    with pytest.raises(Violation) as raised:
        parse_criteria(line)

    assert raised.value.field == field
    assert raised.value.mend


def test_a_wrong_single_line_says_how_to_write_it() -> None:
    with pytest.raises(Violation) as raised:
        parse_criterion("tax_grade is A or B")

    assert raised.value.field == "criterion"
    assert "fact OPERATOR value" in raised.value.mend
