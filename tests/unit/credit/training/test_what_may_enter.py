"""Only what is known at the decision, and fair to decide on, enters a model."""

import numpy as np
import pandas as pd
import pytest

from libs.criteria.violation import Violation
from libs.judging.figures import figures
from services.credit.domain.card import Scale
from services.credit.training.cards import card_of
from services.credit.training.challenger import challenger
from services.credit.training.dictionary import Column, Derived, Dictionary, Role, dictionaries
from services.credit.training.judging import challenger_fit, cross_validate, scorecard_fit
from services.credit.training.pipeline import fit
from services.credit.training.sample import admit
from tests.unit.credit.training.made import DICTIONARY, frame

CLOSED = (Role.POST_OUTCOME, Role.PROTECTED, Role.OUTCOME, Role.ID, Role.IGNORED)


def rows_of(dictionary: Dictionary) -> pd.DataFrame:
    """Every column that the dictionary names: inputs are noise, all else is the outcome itself."""
    dice = np.random.default_rng(3)
    bad = dice.random(160) < 0.4
    told = dictionary.outcomes[0]
    columns: dict[str, object] = {}
    for column in dictionary.columns:
        if column.role is Role.INPUT:
            codes = dice.choice(np.array(["1", "2"], dtype=object), 160)
            columns[column.name] = codes if column.scale is Scale.CODE else dice.random(160)
        else:
            columns[column.name] = bad.astype(float)
    columns[told.column] = np.where(bad, told.bad[0], told.good[0])
    return pd.DataFrame(columns)


@pytest.mark.parametrize("dictionary", dictionaries(), ids=lambda one: one.id)
def test_no_field_that_is_closed_enters_a_model_of_any_data_set(dictionary: Dictionary) -> None:
    sample = admit(dictionary, rows_of(dictionary))
    model = fit(sample)

    open_fields = {column.name for column in dictionary.inputs}
    closed = {column.name for column in dictionary.columns if column.role in CLOSED}
    assert set(sample.inputs.columns) == open_fields
    assert not closed & set(model.pipeline.named_steps["weights"].feature_names_in_)
    told = figures(sample.outcome, model.default_probability(sample.inputs))
    card = card_of(model, sample, told, name="closed_fields", number=1)
    assert {variable.fact for variable in card.variables} <= open_fields


@pytest.mark.parametrize("model", [scorecard_fit, challenger_fit])
def test_a_column_that_is_the_outcome_itself_does_not_make_a_model_perfect(model: object) -> None:
    leaking = frame()
    judged = cross_validate(admit(DICTIONARY, leaking), model)  # type: ignore[arg-type]

    assert (leaking["charged_off_on"].notna() == (leaking["bad"] == 1)).all()
    assert 0.6 < judged.figures.auc < 0.95


def test_a_column_that_the_dictionary_does_not_name_is_told_and_stays_out() -> None:
    sample = admit(DICTIONARY, frame().assign(new_leak=lambda held: held["bad"]))

    assert "new_leak" not in sample.inputs
    assert any("new_leak" in note for note in sample.notes)


def test_an_input_cannot_be_derived_from_what_is_closed() -> None:
    columns = (
        Column(name="y", role=Role.OUTCOME, reason="It."),
        Column(name="a", role=Role.INPUT),
        Column(name="lost", role=Role.POST_OUTCOME, reason="After."),
    )
    leak = Derived(name="gap", minuend="a", subtrahend="lost", reason="No.", zh="差", en="gap")

    with pytest.raises(Violation, match="lost is no INPUT"):
        Dictionary(
            **{
                name: getattr(DICTIONARY, name)
                for name in DICTIONARY.__slots__
                if name not in ("columns", "derived", "outcomes")
            },
            outcomes=(type(DICTIONARY.outcomes[0])(column="y", bad=("1",), good=("0",)),),
            columns=columns,
            derived=(leak,),
        )


def test_a_field_is_closed_for_a_reason() -> None:
    with pytest.raises(Violation, match="no reason"):
        Column(name="sex", role=Role.PROTECTED)


def test_doubles_are_dropped_and_rows_without_an_outcome_left_out_both_counted() -> None:
    held = frame(200)
    messy = pd.concat([held, held.head(7), held.tail(3).assign(bad=np.nan, loan=999)])

    sample = admit(DICTIONARY, messy)

    assert sample.rows == 200
    assert any("duplicate" in note and "7" in note for note in sample.notes)
    assert any("without a readable outcome" in note and "3" in note for note in sample.notes)


def test_the_challenger_has_columns_of_inputs_alone() -> None:
    sample = admit(DICTIONARY, frame(200))
    model = challenger(DICTIONARY, sample.rows).fit(sample.inputs, sample.outcome)

    assert set(model.named_steps["columns"].feature_names_in_) == {"sales", "grade", "noise"}
