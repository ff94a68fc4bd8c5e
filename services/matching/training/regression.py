"""The regression: one ridge in which the weights of banks and products share their strength (partial pooling).

    logit = features . b + u(bank) + v(product),   u ~ N(0, s_bank^2),   v ~ N(0, s_product^2)

A ridge of strength one on columns multiplied by s is just that prior. The spreads s are found by EM: the mean of
(u^2 + how uncertain u is) is the next s^2. A bank with few decisions stays near 0, and its own criteria speak.

A feature whose sign is wrong is left out, the worst first, and the rest is fitted anew. What comes out is calibrated:
a line (Platt) over the logits that models of four fifths gave the fifth they had not seen.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn carry no types)

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from services.matching.domain.decision import Decision
from services.matching.domain.learning import Learning
from services.matching.training.design import Design, Floats, design_of, outcomes

FOLDS, SEED = 5, 20_261_123
_EM_ROUNDS = 6
_FIRST_SPREAD = 0.3
_LEAST_SPREAD = 0.02
THOUSAND = 1_000


@dataclass(frozen=True, slots=True)
class Fitted:
    """`coefficients` in the columns of the design, 0 where one was left out; `slope` and `shift` calibrate."""

    design: Design
    coefficients: Floats
    intercept: float
    bank_spread: float
    product_spread: float
    slope: float = 1.0
    shift: float = 0.0

    def logit(self, decisions: Sequence[Decision]) -> Floats:
        """The calibrated log-odds of a yes."""
        raw = self.design.matrix(decisions) @ self.coefficients + self.intercept
        return self.slope * raw + self.shift

    def probability(self, decisions: Sequence[Decision]) -> Floats:
        return expit(self.logit(decisions))


def fit(decisions: Sequence[Decision], learning: Learning) -> Fitted:
    """Of decisions with both outcomes among them."""
    raw = _fit_raw(design_of(decisions, learning.least_of_weight), decisions, learning.spread_most / THOUSAND)
    slope, shift = _calibration(raw, decisions)
    return replace(raw, slope=slope, shift=shift)


def _fit_raw(design: Design, decisions: Sequence[Decision], most: float) -> Fitted:
    matrix, outcome = design.matrix(decisions), outcomes(decisions)
    kept, first = np.ones(matrix.shape[1], dtype=bool), min(_FIRST_SPREAD, most)
    spreads = (first, first)
    for _ in range(_EM_ROUNDS):
        scaled = matrix * design.scales(*spreads)
        model, kept = _signed(scaled, outcome, design.signs, kept)
        spreads = _spreads(design, scaled, model, kept, spreads, most)
    scales = design.scales(*spreads)
    model, kept = _signed(matrix * scales, outcome, design.signs, kept)
    coefficients = np.zeros(len(scales))
    coefficients[kept] = np.asarray(model.coef_)[0]
    return Fitted(design, coefficients * scales, float(np.asarray(model.intercept_)[0]), *spreads)


def _signed(
    scaled: Floats, outcome: NDArray[np.int8], signs: NDArray[np.int8], kept: NDArray[np.bool_]
) -> tuple[LogisticRegression, NDArray[np.bool_]]:
    """The model of the columns that are kept, none of which has a wrong sign."""
    while True:
        model = _logistic().fit(scaled[:, kept], outcome)
        wrong = np.asarray(model.coef_)[0] * signs[kept]
        if not (wrong < 0).any():
            return model, kept
        kept = kept.copy()
        kept[np.flatnonzero(kept)[int(np.argmin(wrong))]] = False


def _logistic() -> LogisticRegression:
    return LogisticRegression(C=1.0, solver="newton-cholesky", max_iter=200, tol=1e-8)


def _spreads(
    design: Design,
    scaled: Floats,
    model: LogisticRegression,
    kept: NDArray[np.bool_],
    spreads: tuple[float, float],
    most: float,
) -> tuple[float, float]:
    """The next standard deviations of the weights; of none the one before."""
    columns, first = scaled[:, kept], int(kept[: len(design.features)].sum())
    told = model.predict_proba(columns)[:, 1]
    curvature = (columns * (told * (1 - told))[:, None]).T @ columns + np.eye(columns.shape[1])
    seconds = np.asarray(model.coef_)[0] ** 2 + np.diag(np.linalg.inv(curvature))
    middle = first + len(design.banks)
    return _next(spreads[0], seconds[first:middle], most), _next(spreads[1], seconds[middle:], most)


def _next(spread: float, seconds: Floats, most: float) -> float:
    if not len(seconds):
        return spread
    return float(min(most, max(_LEAST_SPREAD, spread * np.sqrt(seconds.mean()))))


def _calibration(raw: Fitted, decisions: Sequence[Decision]) -> tuple[float, float]:
    """Slope and shift of the outcome's log-odds over those told out of fold; the slope is never negative."""
    outcome = outcomes(decisions)
    told = _out_of_fold(raw, decisions, outcome)
    line: Any = LogisticRegression(C=np.inf, max_iter=1000).fit(told[:, None], outcome)
    return max(0.0, float(line.coef_[0][0])), float(line.intercept_[0])


def _out_of_fold(raw: Fitted, decisions: Sequence[Decision], outcome: NDArray[np.int8]) -> Floats:
    """By models of the same columns and spreads."""
    design, kept = raw.design, raw.coefficients != 0
    scaled = design.matrix(decisions) * design.scales(raw.bank_spread, raw.product_spread)
    told = np.zeros(len(decisions))
    for seen, held in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(scaled, outcome):
        model, here = _signed(scaled[seen], outcome[seen], design.signs, kept)
        told[held] = model.decision_function(scaled[held][:, here])
    return told
