"""The card as a table."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, Kind
from services.credit.domain.scorecard import Bin, Grade, Score, Scorecard, Variable, score
from services.credit.operations.reading import card_on
from tests.unit.credit.world import FIRM, POLICIES, TODAY

CARD = card_on(POLICIES, TODAY)


def scored(**values: str) -> Score:
    return score(CARD, values, FIRM, TODAY, POLICIES.set_id)


def answer(points: int, below: int | None = None, *values: str) -> Bin:
    return Bin(points=points, below=below, values=values, zh=f"{points}分", en=f"{points} points")


def test_points_are_the_base_and_the_answers_added_up() -> None:
    result = scored(tax_grade="A", months_since_registration="24")

    assert result.points == CARD.base + sum(reason.points for reason in result.reasons)
    assert {reason.fact: reason.points for reason in result.reasons}["months_since_registration"] == 6


def test_a_bound_belongs_to_the_bin_above_it() -> None:
    ages = {months: scored(months_since_registration=months).points for months in ("11", "12", "23", "24")}

    assert ages["11"] < ages["12"] == ages["23"] < ages["24"]


def test_a_special_value_is_looked_at_before_the_bins() -> None:
    reasons = {reason.fact: reason.text for reason in scored(largest_customer_share_bp="10000").reasons}

    assert reasons["largest_customer_share_bp"] == "只有一个客户"


def test_reasons_begin_where_most_points_are_missing_and_speak_both_languages() -> None:
    reasons = scored(judgment_defaulter="true").reasons

    assert reasons[0].code == "JUDGMENT_DEFAULTER"
    assert all(reason.text and reason.text_en for reason in reasons)


def test_an_expert_card_says_that_it_is_one() -> None:
    result = scored()

    assert result.expert
    assert "专家" in result.note
    assert "not learned from defaults" in result.note_en
    assert result.policy_set == POLICIES.set_id


def test_the_card_speaks_only_of_facts_of_the_vocabulary_that_people_deliver_or_we_derive() -> None:
    assert {variable.fact for variable in CARD.variables} <= set(FACTS) - {"score"}


known = st.fixed_dictionaries(
    {},
    optional={
        variable.fact: st.integers(-(10**12), 10**12).map(str)
        if FACTS[variable.fact].kind is Kind.INTEGER
        else st.sampled_from(FACTS[variable.fact].codes or ("false", "true"))
        for variable in CARD.variables
    },
)


@given(known)
def test_every_firm_gets_points_a_grade_and_a_reason_for_each_line(values: dict[str, str]) -> None:
    result = scored(**values)

    assert result.points >= 0
    assert result.grade in {grade.grade for grade in CARD.grades}
    assert len(result.reasons) == len(CARD.variables)
    assert all(reason.points <= reason.best_points for reason in result.reasons)


@pytest.mark.parametrize(
    "bins",
    [
        (answer(1, 10), answer(2, 5), answer(3)),
        (answer(1, 10), answer(2, 20)),
        (answer(1), answer(2)),
        (),
    ],
)
def test_bounds_that_do_not_rise_to_an_open_end_are_refused(bins: tuple[Bin, ...]) -> None:
    with pytest.raises(Violation, match="employees/bins"):
        Variable(fact="employees", bins=bins, missing=answer(0))


def test_a_code_without_an_answer_is_refused() -> None:
    with pytest.raises(Violation, match="tax_grade/bins"):
        Variable(fact="tax_grade", bins=(answer(1, None, "A", "B"),), missing=answer(0))


def test_a_card_with_a_fact_twice_or_grades_out_of_order_is_refused() -> None:
    variable = Variable(fact="employees", bins=(answer(1),), missing=answer(0))
    grade = Grade(grade="G1", points=0, zh="一", en="one")
    terms = {"id": "c", "version": 1, "expert": True, "base": 600, "pdo": 20, "zh": "卡", "en": "card"}

    with pytest.raises(Violation, match="variables"):
        Scorecard(**terms, variables=(variable, variable), grades=(grade,))
    with pytest.raises(Violation, match="grades"):
        Scorecard(
            **terms, variables=(variable,), grades=(grade, Grade(grade="G0", points=9, zh="零", en="zero"))
        )


def test_the_card_in_force_is_taken_by_the_day() -> None:
    assert card_on(POLICIES, date(2026, 11, 22)).version == 1
