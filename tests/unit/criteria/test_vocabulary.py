"""The one list of facts, and the text and integer forms of their values."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, SCOPES, Kind, decode, encode, fact_type, facts_of

INT64 = st.integers(-(2**63), 2**63 - 1)


def texts_of(fact: str) -> st.SearchStrategy[str]:
    kind = fact_type(fact)
    if kind.kind is Kind.INTEGER:
        return INT64.map(str)
    return st.sampled_from(kind.codes or ("false", "true"))


def test_the_facts_of_criteria_fit_one_bit_each_into_a_64_bit_mask() -> None:
    usable = [kind for kind in FACTS.values() if kind.criteria]
    integers = [kind for kind in usable if kind.kind is Kind.INTEGER]

    assert len(integers) <= 20
    assert len(usable) - len(integers) <= 14


def test_every_fact_is_fully_described() -> None:
    for kind in FACTS.values():
        assert re.fullmatch(r"[a-z][a-z0-9_]+", kind.name)
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", kind.reason_code)
        assert all((kind.label.zh, kind.label.en, kind.document.zh, kind.document.en))
        assert (kind.unit is not None) is (kind.kind is Kind.INTEGER)
        assert bool(kind.codes) is (kind.kind is Kind.CODE)
        assert kind.instead is None or not kind.criteria


def test_units_stand_in_the_names_of_money_and_shares() -> None:
    for kind in FACTS.values():
        unit = kind.unit.value if kind.unit else ""
        assert kind.name.endswith("_fen") is (unit == "fen")
        assert kind.name.endswith("_bp") is (unit == "bp")


def test_reason_codes_are_unique() -> None:
    codes = [kind.reason_code for kind in FACTS.values()]

    assert len(codes) == len(set(codes))


def test_public_facts_need_no_consent_and_tax_facts_do() -> None:
    assert not SCOPES["public"].consent
    assert [kind.name for kind in facts_of("tax") if kind.criteria] == [
        "tax_grade",
        "tax_paid_12m_fen",
        "tax_arrears",
    ]
    assert SCOPES["tax"].consent


def test_every_scope_opens_something_and_every_fact_has_its_scope() -> None:
    assert all(list(facts_of(scope)) for scope in SCOPES)
    assert {kind.scope for kind in FACTS.values()} == set(SCOPES)


def test_time_cannot_be_changed_by_the_firm_but_a_debt_can() -> None:
    assert not fact_type("months_since_registration").mutable
    assert fact_type("tax_arrears").mutable


def test_an_unknown_fact_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(Violation) as raised:
        fact_type("tax_grad")

    assert raised.value.field == "fact"
    assert raised.value.mend == "Did you mean `tax_grade`?"


@pytest.mark.parametrize(
    ("fact", "text", "number"),
    [
        ("tax_grade", "A", 0),
        ("tax_grade", "D", 4),
        ("judgment_defaulter", "true", 1),
        ("judgment_defaulter", "false", 0),
        ("invoice_growth_bp", "-2500", -2500),
        ("tax_paid_12m_fen", "0", 0),
    ],
)
def test_a_value_has_one_integer_form(fact: str, text: str, number: int) -> None:
    assert encode(fact, text) == number
    assert decode(fact, number) == text


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        ("tax_grade", "E"),
        ("tax_grade", "a"),
        ("judgment_defaulter", "True"),
        ("judgment_defaulter", "0"),
        ("employees", "007"),
        ("employees", "1.5"),
        ("employees", "-0"),
        ("employees", ""),
        ("employees", "9223372036854775808"),
        ("employees", "٣"),
    ],
)
def test_a_text_that_is_not_canonical_is_refused_with_a_mend(fact: str, text: str) -> None:
    with pytest.raises(Violation) as raised:
        encode(fact, text)

    assert raised.value.field == "value"
    assert raised.value.mend


def test_an_integer_form_outside_the_codes_is_refused() -> None:
    with pytest.raises(Violation):
        decode("tax_grade", 5)
    with pytest.raises(Violation):
        decode("srdi", -1)


@given(st.data())
def test_decoding_gives_back_what_was_encoded(data: st.DataObject) -> None:
    fact = data.draw(st.sampled_from(list(FACTS)))
    text = data.draw(texts_of(fact))

    assert decode(fact, encode(fact, text)) == text
