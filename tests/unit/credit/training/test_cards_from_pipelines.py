"""The card that leaves the training room says what the fitted pipeline says."""

import math
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone

from libs.judging.figures import figures
from services.credit.cardfile import read_card_file, write_card
from services.credit.domain.compiled import compile_card
from services.credit.training.binning import WeightOfEvidence
from services.credit.training.cards import BASE, FACTOR, card_of, values_of
from services.credit.training.pipeline import fit, scorecard
from tests.unit.credit.training.made import DICTIONARY, fitted, frame, sample

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def made_card() -> object:
    held, model = sample(), fitted()
    told = figures(held.outcome, model.default_probability(held.inputs))
    return card_of(model, held, told, name="made_up", number=1, now=NOW)


CARD = made_card()
COMPILED = compile_card(CARD)  # type: ignore[arg-type]
BOUNDS = fitted().table("sales").bounds
SALES = st.one_of(
    st.sampled_from([math.nan, -1.0, *BOUNDS, *(math.nextafter(bound, -math.inf) for bound in BOUNDS)]),
    st.floats(allow_nan=False, allow_infinity=False, width=64),
)
GRADES = st.sampled_from(["A", "B", "C", "never seen", math.nan])
ROWS = st.fixed_dictionaries({"sales": SALES, "grade": GRADES, "noise": st.floats(0, 1)})


@given(ROWS)
def test_pipeline_and_card_give_one_probability(row: dict[str, object]) -> None:
    inputs = pd.DataFrame([row]).astype({"grade": object, "sales": float})

    from_pipeline = float(fitted().default_probability(inputs)[0])

    assert COMPILED.answer(values_of(row)).pd == pytest.approx(from_pipeline, abs=1e-9)


@given(ROWS)
def test_points_are_the_probability_on_the_scale_up_to_rounding(row: dict[str, object]) -> None:
    answer = COMPILED.answer(values_of(row))

    odds = math.log((1 - answer.pd) / answer.pd) - math.log(CARD.base_odds)
    rounded = (len(CARD.variables) + 1) / 2
    assert abs(answer.points - (BASE + FACTOR * odds)) <= rounded + 1e-6


def test_a_card_survives_its_file_and_training_is_the_same_twice() -> None:
    again = card_of(fit(sample()), sample(), figures(*_told()), name="made_up", number=1, now=NOW)

    assert read_card_file(write_card(CARD)) == CARD
    assert write_card(again) == write_card(CARD)


def test_special_missing_and_unknown_values_have_answers_of_their_own() -> None:
    variable = next(one for one in CARD.variables if one.fact == "sales")
    table = fitted().table("sales")
    held = sample().inputs["sales"]

    assert [one.values for one in variable.special] == [("-1",)]
    assert table.rows[table.bins] == int((held == -1).sum())
    assert table.rows[table.missing] == int(held.isna().sum())
    assert variable.special[0].weight > 0 != variable.missing.weight
    grade = next(one for one in CARD.variables if one.fact == "grade")
    assert grade.other is not None
    assert grade.other.weight == 0


def test_the_bin_of_a_value_is_the_one_that_its_rows_were_counted_in() -> None:
    table, held = fitted().table("sales"), sample()
    numbers = held.inputs["sales"]
    edges = [-math.inf, *table.bounds, math.inf]

    for place, (low, high) in enumerate(pairwise(edges)):
        inside = ((numbers >= low) & (numbers < high) & (numbers != -1)).to_numpy()
        assert table.rows[place] == int(inside.sum())
        assert table.defaults[place] == int(held.outcome[inside].sum())


def test_bins_are_monotone_and_an_answer_without_defaults_is_good_but_not_perfect() -> None:
    inputs = pd.DataFrame({"sales": np.r_[np.full(100, -1.0), np.full(100, 10.0), np.full(100, 20.0)]})
    outcome = np.r_[np.zeros(100), np.ones(50), np.zeros(50), np.ones(20), np.zeros(80)].astype(int)

    columns = [column for column in DICTIONARY.inputs if column.name == "sales"]
    table = WeightOfEvidence(columns).fit(inputs, outcome).tables_[0]

    many, few, closed, missing = table.weights
    assert table.rows == (100, 100, 100, 0)
    assert many > few > closed > -math.inf
    assert table.defaults[2] == 0
    assert missing == 0


def test_a_variable_whose_sign_is_wrong_goes() -> None:
    held = frame(800)
    held["noise"] = held["sales"].fillna(600) + np.random.default_rng(1).normal(0, 150, 800)
    told = clone(scorecard(DICTIONARY)).fit(held[["sales", "grade", "noise"]], held["bad"])

    assert all(coefficient > 0 for coefficient in told.named_steps["regression"].coefficients_)


def _told() -> tuple[np.ndarray, np.ndarray]:
    return sample().outcome, fitted().default_probability(sample().inputs)
