"""Scorecard, challenger and a plain regression, judged on the same folds."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from libs.judging.figures import Figures, figures
from services.credit.training.challenger import challenger
from services.credit.training.pipeline import Fitted, calibrated, plain_logistic
from services.credit.training.sample import SEED, Sample

FOLDS = 5
Floats = NDArray[np.float64]
Fit = Callable[[Sample], Callable[[Any], Floats]]
"""A training sample -> what gives inputs their probability of default."""


@dataclass(frozen=True, slots=True)
class Judged:
    """`predicted`: of each row by the model of the fold that held it out."""

    figures: Figures
    predicted: Floats


def scorecard_fit(sample: Sample) -> Callable[[Any], Floats]:
    return Fitted(calibrated(sample.dictionary).fit(sample.inputs, sample.outcome)).default_probability


def challenger_fit(sample: Sample) -> Callable[[Any], Floats]:
    model = challenger(sample.dictionary, sample.rows).fit(sample.inputs, sample.outcome)
    return lambda inputs: model.predict_proba(inputs)[:, 1]


def plain_fit(sample: Sample) -> Callable[[Any], Floats]:
    """A logistic regression as anybody would write it down: the measure of sets that no reference knows."""
    model = plain_logistic(sample.dictionary).fit(sample.inputs, sample.outcome)
    return lambda inputs: model.predict_proba(inputs)[:, 1]


def cross_validate(sample: Sample, fit: Fit, tick: Callable[[], None] = lambda: None) -> Judged:
    """Stratified folds, shuffled with the seed; `tick` after each."""
    predicted = np.zeros(sample.rows)
    aucs: list[float] = []
    for seen, held in folds(sample):
        predicted[held] = fit(sample.part(seen))(sample.inputs.iloc[held])
        aucs.append(float(roc_auc_score(sample.outcome[held], predicted[held])))
        tick()
    return Judged(figures(sample.outcome, predicted, aucs), predicted)


def folds(sample: Sample) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return splitter.split(sample.inputs, sample.outcome)
