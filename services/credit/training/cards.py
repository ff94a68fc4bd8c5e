"""A fitted pipeline as a table that serving reads: the same probabilities, in points that people can add up."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from math import log
from typing import Any

from libs.judging.figures import Figures
from services.credit.domain.card import (
    Bin,
    Calibration,
    Card,
    CardKind,
    Grade,
    Need,
    Scale,
    Training,
    Variable,
)
from services.credit.training.binning import Table
from services.credit.training.dictionary import Words
from services.credit.training.pipeline import Fitted
from services.credit.training.sample import SEED, Sample
from services.credit.training.words import bin_words, missing_words, other_words, special_words

BASE, PDO, BASE_ODDS = 600, 20, 15.0
"""600 points stand for 15 good to one bad, 20 more double that."""
FACTOR = PDO / log(2)
LIBRARIES = ("scikit-learn", "optbinning", "numpy", "pandas", "scipy")
GRADES = (
    Grade(grade="G1", points=640, zh="很强", en="very strong"),
    Grade(grade="G2", points=620, zh="较强", en="strong"),
    Grade(grade="G3", points=600, zh="良好", en="good"),
    Grade(grade="G4", points=580, zh="一般", en="fair"),
    Grade(grade="G5", points=560, zh="较弱", en="weak"),
    Grade(grade="G6", points=0, zh="很弱", en="very weak"),
)


def card_of(
    fitted: Fitted, sample: Sample, figures: Figures, *, name: str, number: int, now: datetime | None = None
) -> Card:
    """`figures`: of rows that the model did not see. A bin's weight is coefficient times weight of evidence."""
    dictionary, weights = sample.dictionary, fitted.regression
    used = zip(weights.names_, weights.coefficients_, strict=True)
    return Card(
        id=name,
        version=number,
        kind=CardKind.LEARNED,
        base=BASE,
        pdo=PDO,
        base_odds=BASE_ODDS,
        offset=_offset(fitted),
        intercept=weights.intercept_,
        calibration=Calibration(slope=fitted.slope, intercept=fitted.intercept),
        zh=f"学习得出的评分：依据“{dictionary.zh}”{sample.rows}条记录（{sample.defaults}条违约）训练，是决策输入，不是信用评级。",
        en=f"Learned from {dictionary.en}, {sample.rows} rows with {sample.defaults} defaults; an input to a decision, "
        "not a credit rating.",
        variables=tuple(_variable(fitted.table(name), weight, fitted.slope) for name, weight in used),
        grades=GRADES,
        needs=_needs(sample, weights.names_),
        training=_training(fitted, sample, figures, now or datetime.now(UTC)),
    )


def pipeline_sha256(fitted: Fitted) -> str:
    """Of the numbers of the pipeline: bounds, groups, weights, coefficients, calibration."""
    told = {
        "tables": [
            [table.column.name, table.bounds, table.groups, table.specials, table.weights]
            for table in fitted.tables
        ],
        "coefficients": [fitted.regression.names_, fitted.regression.coefficients_],
        "intercept": fitted.regression.intercept_,
        "calibration": [fitted.slope, fitted.intercept],
    }
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of inputs as the card is asked: NaN is missing."""
    return {name: None if value != value else value for name, value in row.items()}


def _needs(sample: Sample, names: tuple[str, ...]) -> tuple[Need, ...]:
    """Of a firm of which less is known than of every row that it was made of, the card says nothing."""
    return tuple(Need(fact=name) for name in names if not sample.inputs[name].isna().any())


def _offset(fitted: Fitted) -> int:
    start = fitted.slope * fitted.regression.intercept_ + fitted.intercept
    return round(BASE - FACTOR * log(BASE_ODDS) - FACTOR * start)


def _variable(table: Table, coefficient: float, slope: float) -> Variable:
    column = table.column
    weights = [coefficient * weight for weight in table.weights]
    points = [round(-FACTOR * slope * weight) for weight in weights]
    rest = table.missing
    code = column.scale is Scale.CODE

    def answer(place: int, words: Words, **more: Any) -> Bin:
        return Bin(points=points[place], weight=weights[place], zh=words.zh, en=words.en, **more)

    spoken = list(enumerate(bin_words(table)))
    bins = [answer(place, words, **_taken(table, place)) for place, words in spoken]
    specials = [
        answer(table.bins + place, special_words(column, value), values=(value,))
        for place, value in enumerate(table.specials)
    ]
    return Variable(
        fact=column.name,
        scale=column.scale,
        bins=tuple(bins),
        special=tuple(specials),
        missing=answer(rest, missing_words(column)),
        other=answer(rest + 1, other_words(column)) if code else None,
    )


def _taken(table: Table, place: int) -> dict[str, Any]:
    if table.column.scale is Scale.CODE:
        return {"values": table.groups[place]}
    return {"below": table.bounds[place] if place < len(table.bounds) else None}


def _training(fitted: Fitted, sample: Sample, figures: Figures, now: datetime) -> Training:
    return Training(
        data=f"{sample.dictionary.id}/{sample.dictionary.version}",
        data_sha256=sample.sha256,
        rows=sample.rows,
        defaults=sample.defaults,
        outcome=sample.dictionary.outcome.zh,
        period=sample.dictionary.period,
        seed=SEED,
        libraries=tuple(f"{name} {version(name)}" for name in LIBRARIES),
        figures=figures.plain(),
        pipeline_sha256=pipeline_sha256(fitted),
        trained_at=now,
    )
