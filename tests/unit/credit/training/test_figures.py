"""Figures by hand, and what can be said of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.judging import figures as judging
from services.credit.training.stability import State, baseline, by_chance, drifts, psi
from services.credit.training.validation import by_group, default_cut, out_of_time
from tests.unit.credit.training.made import DICTIONARY, fitted, frame, sample
from tests.unit.credit.training.test_cards_from_pipelines import CARD

COUNTS = st.lists(st.integers(1, 1000), min_size=2, max_size=8)


def test_auc_ks_and_calibration_of_four_rows() -> None:
    told = judging.figures(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))

    assert told.auc == pytest.approx(0.75)
    assert told.ks == pytest.approx(0.5)
    assert told.brier == pytest.approx((0.01 + 0.16 + 0.4225 + 0.04) / 4)


def test_true_probabilities_have_slope_one_and_doubled_odds_an_intercept() -> None:
    dice = np.random.default_rng(0)
    true = dice.beta(1, 4, 20_000)
    outcome = (dice.random(20_000) < true).astype(int)

    slope, intercept = judging.calibration_line(outcome, true)
    too_high = true * 2 / (1 + true)  # odds doubled

    assert slope == pytest.approx(1, abs=0.05)
    assert intercept == pytest.approx(0, abs=0.05)
    assert judging.calibration_line(outcome, too_high)[1] == pytest.approx(-math.log(2), abs=0.05)


def test_the_interval_of_an_auc_holds_the_auc_and_narrows_with_rows() -> None:
    dice = np.random.default_rng(1)
    outcome = np.repeat([0, 1], 400)
    risk = dice.normal(outcome, 1.0)

    many = judging.auc_interval(outcome, risk)
    few = judging.auc_interval(outcome[380:420], risk[380:420])

    assert many is not None
    assert few is not None
    assert many[0] == pytest.approx(judging.ranking(outcome, risk)[0])
    assert many[1] < many[0] < many[2]
    assert few[2] - few[1] > many[2] - many[1]


def test_psi_by_hand() -> None:
    assert psi([50, 50], [75, 25]) == pytest.approx(0.25 * math.log(1.5) - 0.25 * math.log(0.5))


@given(COUNTS)
def test_what_has_not_moved_has_no_psi(counts: list[int]) -> None:
    assert psi(counts, [count * 3 for count in counts]) == pytest.approx(0, abs=1e-9)


@given(COUNTS, st.data())
def test_psi_is_finite_and_never_under_zero_even_with_empty_bins(
    counts: list[int], data: st.DataObject
) -> None:
    now = data.draw(st.lists(st.integers(0, 50), min_size=len(counts), max_size=len(counts)))

    assert 0 <= psi(counts, now) < math.inf


def test_chance_alone_raises_no_alarm_and_a_move_does() -> None:
    held = sample()
    then = baseline(CARD, "0" * 64, held.inputs)
    steady, moved = frame(300, seed=11), frame(300, seed=12)
    moved["sales"] = moved["sales"] / 10
    months = steady["approved"].map(lambda _: "2026-01")

    def states(rows: object) -> dict[str, State]:
        return {one.what: one.state for one in drifts(CARD, then, rows[["sales", "grade", "noise"]], months)}  # type: ignore[index]

    assert set(states(steady).values()) == {State.STEADY}
    assert states(moved)["sales"] is State.ALARM
    assert states(moved)["score"] is State.ALARM


def test_chance_is_what_draws_from_one_population_differ_by() -> None:
    dice = np.random.default_rng(5)
    shares = np.array([0.2, 0.3, 0.5])
    draws = [psi(dice.multinomial(400, shares), dice.multinomial(200, shares)) for _ in range(500)]

    assert np.mean(draws) == pytest.approx(by_chance([400], [200]) + 2 * (1 / 400 + 1 / 200), rel=0.2)


def test_rows_that_come_later_are_judged_by_a_card_of_those_before() -> None:
    later = out_of_time(sample())

    assert later is not None
    assert later.since == 2008
    assert later.rows == int((sample().time >= later.since).sum())
    assert 0.5 < later.outside.auc < 1


def test_groups_are_compared_at_one_cut_with_intervals() -> None:
    held = sample()
    predicted = fitted().default_probability(held.inputs)

    groups = list(by_group(held, predicted, default_cut(predicted)))

    assert {(one.group, one.name) for one in groups} == {
        ("PERSON", "f"), ("PERSON", "m"), ("REGION", "11"), ("REGION", "64"),
    }  # fmt: skip
    women = next(one for one in groups if one.name == "f")
    assert women.rate[0] == 1.0
    assert women.looked_at  # all of them defaulted, here: the card must approve fewer
    assert women.auc is None
    assert all(one.approved[1] <= one.approved[0] <= one.approved[2] for one in groups)
    assert DICTIONARY.role_of("sex") == "PROTECTED"
