"""How well probabilities rank and how true they are: on rows that the model did not see."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
# (the libraries that learn, draw and read parquet carry no types)

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`auc`: mean of the folds, `auc_spread` their standard deviation. `slope` and `intercept`: of the outcome's
    log-odds over the predicted ones; 1 and 0 are perfect. `ece`: mean distance of predicted and observed rates in
    tenths, by rows."""

    auc: float
    auc_spread: float
    ks: float
    brier: float
    slope: float
    intercept: float
    ece: float

    def plain(self) -> dict[str, float]:
        return {name: round(getattr(self, name), 6) for name in self.__slots__}


def ranking(outcome: NDArray[Any], risk: NDArray[Any]) -> tuple[float, float]:
    """AUC and KS of anything that is higher where risk is."""
    false, true, _ = roc_curve(outcome, risk)
    return float(roc_auc_score(outcome, risk)), float(np.max(true - false))


def figures(outcome: NDArray[Any], predicted: Floats, aucs: list[float] | None = None) -> Figures:
    """Of rows with both outcomes; the AUC is that of all rows unless folds' are given."""
    auc, ks = ranking(outcome, predicted)
    each = aucs or [auc]
    slope, intercept = calibration_line(outcome, predicted)
    return Figures(
        auc=float(np.mean(each)),
        auc_spread=float(np.std(each)),
        ks=ks,
        brier=float(brier_score_loss(outcome, predicted)),
        slope=slope,
        intercept=intercept,
        ece=calibration_error(outcome, predicted),
    )


def calibration_line(outcome: NDArray[Any], predicted: Floats) -> tuple[float, float]:
    """Slope, and the intercept that is left when the slope is 1: under zero, risk was told too high."""
    odds = logit(np.clip(predicted, 1e-6, 1 - 1e-6))
    line = LogisticRegression(C=np.inf, max_iter=1000).fit(odds.reshape(-1, 1), outcome)
    return float(line.coef_[0][0]), _offset(outcome, odds)


def _offset(outcome: NDArray[Any], odds: Floats) -> float:
    shift = 0.0
    for _ in range(50):  # Newton's steps; convex in one number
        told = expit(odds + shift)
        step = float((outcome - told).sum() / max(1e-12, (told * (1 - told)).sum()))
        shift += max(-1.0, min(1.0, step))
        if abs(step) < 1e-9:
            break
    return shift


def reliability(outcome: NDArray[Any], predicted: Floats, groups: int = 10) -> list[tuple[float, float, int]]:
    """Of tenths by predicted probability: predicted, observed, rows."""
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    return [(float(predicted[part].mean()), float(outcome[part].mean()), len(part)) for part in parts]


def calibration_error(outcome: NDArray[Any], predicted: Floats) -> float:
    told = reliability(outcome, predicted)
    return sum(rows * abs(said - seen) for said, seen, rows in told) / len(outcome)


def auc_interval(outcome: NDArray[Any], predicted: Floats) -> tuple[float, float, float] | None:
    """AUC and its 95 % interval (DeLong); None with fewer than five of either outcome."""
    bad, good = predicted[outcome == 1], predicted[outcome == 0]
    if min(len(bad), len(good)) < 5:
        return None
    ranks = rankdata(np.concatenate([bad, good]))
    above = (ranks[: len(bad)] - rankdata(bad)) / len(good)
    below = 1 - (ranks[len(bad) :] - rankdata(good)) / len(bad)
    auc = float(above.mean())
    error = float(np.sqrt(above.var(ddof=1) / len(bad) + below.var(ddof=1) / len(good)))
    return auc, max(0.0, auc - 1.96 * error), min(1.0, auc + 1.96 * error)


def share_interval(part: int, whole: int) -> tuple[float, float, float]:
    """A share and its 95 % interval (Wilson)."""
    share, z = part / whole, 1.96
    middle = (share + z**2 / (2 * whole)) / (1 + z**2 / whole)
    width = z / (1 + z**2 / whole) * np.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    return share, float(max(0.0, middle - width)), float(min(1.0, middle + width))
