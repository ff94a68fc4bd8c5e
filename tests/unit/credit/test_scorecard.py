"""The card as a table: points, grade, reasons, what would raise them, what a late payment costs."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import FACTS, Kind
from services.credit.domain.advice import improvements, late_payment
from services.credit.domain.card import Bin, Card, CardKind, Grade, Scale, Variable
from services.credit.domain.compiled import compile_card
from services.credit.domain.registry import check_servable
from services.credit.domain.score import Score, applies, score
from services.credit.operations.cards import expert_on
from tests.unit.credit.card_shop import LEARNED, answer
from tests.unit.credit.world import FIRM, POLICIES, TODAY

EXPERT = expert_on(POLICIES, TODAY).compiled
CARD = EXPERT.card
LEARNT = compile_card(LEARNED)


def scored(**values: str) -> Score:
    return score(EXPERT, values, FIRM, TODAY, POLICIES.set_id)


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


def test_the_banks_words_say_how_a_line_weighs_and_not_the_answer() -> None:
    reasons = {reason.fact: reason for reason in scored(court_cases_24m="7", tax_grade="A").reasons}

    assert reasons["court_cases_24m"].bank_text == "近24个月作为被告的案件数：对评分不利"
    assert reasons["tax_grade"].bank_text_en == "tax credit grade: the best answer"
    assert reasons["past_due_now"].bank_text == "当前贷款逾期：未提供或未获授权"


def test_an_expert_card_says_that_it_is_one_and_gives_no_probability() -> None:
    result = scored()

    assert result.expert
    assert "专家" in result.note
    assert "not learned from defaults" in result.note_en
    assert (result.policy_set, result.pd_ppm) == (POLICIES.set_id, None)


def test_a_learned_card_gives_a_calibrated_probability() -> None:
    result = score(LEARNT, {"invoiced_12m_fen": "60000000", "tax_grade": "A"}, FIRM, TODAY, "pol_1")

    assert (result.points, result.grade, result.expert) == (595, "G1", False)
    assert result.pd_ppm == 31_984  # 1 / (1 + exp(0.9 * 3.9 - 0.1)), of -2.0 - 0.9 - 1.0 + 0


def test_what_would_raise_the_score_is_read_from_the_card() -> None:
    better = {one.fact: one for one in improvements(EXPERT, {"tax_grade": "C", "abnormal_list": "true"})}

    best = better["tax_grade"].better[0]
    assert (best.text, best.gain) == ("纳税信用A级", 22 + 18)
    assert best.points == scored(tax_grade="A", abnormal_list="true").points
    assert best.grade == scored(tax_grade="A", abnormal_list="true").grade
    assert not better["tax_grade"].missing
    assert (better["invoiced_12m_fen"].missing, better["invoiced_12m_fen"].scope) == (True, "invoices")
    assert better["invoiced_12m_fen"].document == "增值税发票汇总表"
    assert "months_since_registration" not in better  # nobody can change it


def test_most_to_gain_comes_first_and_nothing_is_proposed_where_nothing_is_better() -> None:
    found = improvements(EXPERT, {"tax_grade": "A"})

    gains = [one.better[0].gain for one in found]
    assert gains == sorted(gains, reverse=True)
    assert "tax_grade" not in {one.fact for one in found}


def test_a_late_payment_costs_what_the_card_says() -> None:
    cost = late_payment(EXPERT, {"past_due_now": "false", "tax_grade": "A"})

    assert cost is not None
    assert (cost.facts, cost.points - cost.late_points) == (("past_due_now",), 96)
    assert cost.late_grade == scored(past_due_now="true", tax_grade="A").grade
    assert str(cost.late_points) in cost.text


def test_a_late_payment_counts_once_more_than_before() -> None:
    cost = late_payment(LEARNT, {"invoiced_12m_fen": "1000000"})

    assert cost is not None
    assert (cost.facts, cost.points - cost.late_points) == (("past_dues_24m",), 35)
    assert cost.pd_ppm is not None
    assert cost.late_pd_ppm is not None
    assert cost.pd_ppm < cost.late_pd_ppm


def test_a_card_that_does_not_look_at_late_payments_has_no_cost_of_one() -> None:
    assert late_payment(compile_card(_card(_ages())), {}) is None


def test_a_learned_card_speaks_only_of_firms_of_which_it_knows_enough() -> None:
    assert applies(LEARNED, {"invoiced_12m_fen": "1"})
    assert not applies(LEARNED, {"invoiced_12m_fen": "0"})
    assert not applies(LEARNED, {"tax_grade": "A"})
    assert applies(CARD, {})


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


@given(known)
def test_every_improvement_keeps_its_word_unless_points_end_at_nought(values: dict[str, str]) -> None:
    now = scored(**values).points
    for line in improvements(EXPERT, values):
        assert all(one.gain > 0 and now <= one.points <= now + one.gain for one in line.better)


def _ages() -> Variable:
    return Variable(fact="employees", scale=Scale.NUMBER, bins=(answer(1),), missing=answer(0))


def _card(*variables: Variable, grades: tuple[int, ...] = (0,)) -> Card:
    return Card(
        id="test_card",
        version=1,
        kind=CardKind.EXPERT,
        base=600,
        pdo=20,
        zh="卡",
        en="card",
        variables=variables,
        grades=tuple(Grade(grade=f"G{points}", points=points, zh="级", en="grade") for points in grades),
    )


@pytest.mark.parametrize(
    "bins",
    [
        (answer(1, None, 10), answer(2, None, 5), answer(3)),
        (answer(1, None, 10), answer(2, None, 20)),
        (answer(1), answer(2)),
        (),
    ],
)
def test_bounds_that_do_not_rise_to_an_open_end_are_refused(bins: tuple[Bin, ...]) -> None:
    with pytest.raises(Violation, match="employees/bins"):
        Variable(fact="employees", scale=Scale.NUMBER, bins=bins, missing=answer(0))


def test_an_expert_card_that_leaves_a_code_out_is_not_served() -> None:
    grades = Variable(
        fact="tax_grade", scale=Scale.CODE, bins=(answer(1, None, None, "A", "B"),), missing=answer(0)
    )

    with pytest.raises(Violation, match="tax_grade/bins"):
        check_servable(_card(grades))


def test_a_card_with_a_fact_twice_or_grades_out_of_order_or_no_name_is_refused() -> None:
    with pytest.raises(Violation, match="variables"):
        _card(_ages(), _ages())
    with pytest.raises(Violation, match="grades"):
        _card(_ages(), grades=(0, 9))
    with pytest.raises(Violation, match="id"):
        Card(**{**_parts(_card(_ages())), "id": "../cards"})


def _parts(card: Card) -> dict[str, object]:
    return {name: getattr(card, name) for name in Card.__dataclass_fields__}


def test_the_card_in_force_is_taken_by_the_day() -> None:
    assert expert_on(POLICIES, date(2026, 11, 22)).compiled.card.version == 1
