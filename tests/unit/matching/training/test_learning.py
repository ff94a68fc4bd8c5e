"""What is learned from decisions: true, monotone, shrunk, blind to who somebody is, and the same in whole numbers."""

from dataclasses import fields, replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs import policy
from libs.criteria.violation import Violation
from libs.registry.size import Size
from services.matching.domain.features import Features
from services.matching.domain.likelihood import LikelihoodModel, model_logit
from services.matching.domain.models import check_servable
from services.matching.modelfile import write_model
from services.matching.training.fairness import fairness
from services.matching.training.judging import served, shown
from services.matching.training.monitoring import monitor
from services.matching.training.simulation import Sizes, simulate
from services.matching.training.trained import Trained, train
from tests.unit.matching.training.made import COLD, EASY, EXPLORATION, LEARNING, STRICT, decisions

IN_FORCE = LikelihoodModel(coefficients=COLD)


@cache
def learned() -> Trained:
    return train(decisions(), IN_FORCE, LEARNING, EXPLORATION, "learned", 1)


def test_serving_says_in_whole_numbers_what_the_regression_says() -> None:
    rows, done = decisions(400, seed=9), learned()
    exact = done.fitted.probability(rows)

    assert np.abs(served(done.model)(rows) - exact).max() < 0.002
    assert (
        np.abs(shown(done.model)(rows) - exact).max() < 0.025 + 0.002 + 0.0025
    )  # half a band, rounding, a step


def test_it_is_truer_than_the_cold_start_on_later_decisions() -> None:
    judged = learned().judged

    assert judged["learned"].log_loss_less[1] > 0
    assert judged["learned"].figures.auc > judged["in force"].figures.auc
    assert 0.8 < judged["learned"].figures.slope < 1.3


@settings(deadline=None)
@given(st.integers(400, 800), st.integers(0, 20), st.integers(0, 5), st.integers(0, 5), st.integers(0, 3))
def test_a_better_firm_is_never_less_likely(
    score: int, years: int, soft: int, unknown: int, more: int
) -> None:
    model = learned().model
    security = decisions(1)[0].features.security
    firm = Features(score=score, years=years, soft=soft + 1, unknown=unknown + 1, security=security)
    better_ones = (
        replace(firm, score=score + 20 * more),
        replace(firm, years=years + more),
        replace(firm, soft=soft),
        replace(firm, unknown=unknown),
    )

    for other in better_ones:
        assert model_logit(model, other, EASY, "prd_1") >= model_logit(model, firm, EASY, "prd_1")


def test_a_weight_needs_decisions_and_speaks_for_what_was_decided() -> None:
    banks = {one.subject: one.logit for one in learned().model.banks}
    rare = [replace(one, bank="org_99") for one in decisions(4, seed=5)]
    few = train([*decisions(), *rare], IN_FORCE, LEARNING, EXPLORATION, "learned", 1)
    told = {one.subject: one for one in few.model.banks}

    assert banks[STRICT] < -900 and banks[EASY] > 600
    assert (told["org_99"].logit, told["org_99"].decisions) == (0, 4)


def test_who_somebody_is_cannot_enter() -> None:
    other = [
        replace(one, county="640502", size=Size.MEDIUM, first_time=not one.first_time, number=3)
        for one in decisions()
    ]

    again = train(other, IN_FORCE, LEARNING, EXPLORATION, "learned", 1)

    assert write_model(again.model) == write_model(learned().model)
    assert [field.name for field in fields(Features)] == ["score", "years", "soft", "unknown", "security"]


def test_a_wrong_sign_is_left_out() -> None:
    """The older the firm, the rarer the yes: nobody could explain that to it."""
    upside_down = [
        replace(one, approved=one.features.years < 7 and bool(one.approved or number % 3 == 0))
        for number, one in enumerate(decisions())
    ]

    done = train(upside_down, IN_FORCE, LEARNING, EXPLORATION, "learned", 1)

    assert done.model.coefficients.age_year == 0
    check_servable(done.model)


@pytest.mark.parametrize("rows", [0, 150])
def test_too_few_decisions_are_said(rows: int) -> None:
    with pytest.raises(Violation, match="too few"):
        train(decisions(rows), IN_FORCE, LEARNING, EXPLORATION, "learned", 1)


def test_small_groups_are_hidden_and_never_one_alone() -> None:
    rows = [replace(one, county="640500") if number < 3 else one for number, one in enumerate(decisions(300))]

    told = fairness(IN_FORCE, rows, smallest=10)

    cities = [one.name for one in told.groups if one.dimension == "city"]
    assert (len(cities), told.hidden["city"]) == (2, 2)
    assert all(one.rows >= 10 for one in told.groups)


def test_a_group_that_banks_treat_otherwise_is_seen() -> None:
    rows = [replace(one, approved=one.approved and not one.first_time) for one in decisions()]

    groups = {one.name: one for one in fairness(IN_FORCE, rows, 10).groups if one.dimension == "first_time"}

    assert not groups["yes"].calibrated


def test_months_in_which_what_was_said_does_not_come_true_are_raised() -> None:
    rows = [
        replace(one, approved=False) if one.decided_on and one.decided_on >= date(2026, 9, 1) else one
        for one in decisions()
    ]

    told = {month.month: month.moved for month in monitor(rows, 20)}

    assert not told["2026-04"]
    assert told["2026-09"] and told["2026-10"]


def test_in_made_up_markets_what_is_learned_chooses_better_than_the_cheapest_rate() -> None:
    told = simulate(policy.load(), Sizes(seeds=2, judged=30, decisions=300, rounds=1))

    assert told["learned"].regret_ppm.mean < told["cheapest rate"].regret_ppm.mean
    assert told["oracle"].regret_ppm.mean == 0
