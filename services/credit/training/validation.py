"""Validation: on rows that come later, by group, bin by bin, and who would be approved.

Nothing here decides that a card may be used: it says what is seen, with how sure one can be of it.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.judging.figures import Figures, auc_interval, calibration_line, figures, share_interval
from services.credit.training.judging import scorecard_fit
from services.credit.training.pipeline import Fitted
from services.credit.training.sample import Sample
from services.credit.training.stability import by_chance, psi

LATER = 0.3
"""The newest part of the rows: what comes later."""
FEWEST = 30
"""Rows of a group to say anything of it."""
FOUR_FIFTHS = 0.8
"""A group approved less than so often as the most approved one is looked at (a usual rule of thumb, no law here)."""

Share = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class OutOfTime:
    """Learned on what is older than `since`, judged on the rest. `drift`: PSI of the score."""

    since: float
    rows: int
    defaults: int
    inside: Figures
    outside: Figures
    drift: float


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Of one group: default rate, approval rate at the cut, AUC; each with its 95 % interval. `offset`: log-odds by
    which its risk is told too low (over 0) or too high."""

    group: str
    name: str
    rows: int
    defaults: int
    rate: Share
    approved: Share
    auc: Share | None
    predicted: float
    offset: float | None
    relation: float
    """Approval rate over that of the most approved group."""

    @property
    def looked_at(self) -> bool:
        return self.relation < FOUR_FIFTHS


@dataclass(frozen=True, slots=True)
class BinStability:
    """The default rates of one variable's bins in the older and the newer half: in the same order or not."""

    variable: str
    psi: float
    chance: float
    turned: int


def out_of_time(sample: Sample) -> OutOfTime | None:
    """None where nothing orders the rows, or where a side has too few defaults to be judged."""
    if sample.time is None:
        return None
    times = sample.time.to_numpy(dtype=float)
    since = float(np.nanquantile(times, 1 - LATER))
    older, newer = np.flatnonzero(times < since), np.flatnonzero(times >= since)
    if min(_rarest(sample.outcome[older]), _rarest(sample.outcome[newer])) < 10:
        return None
    before, after = sample.part(older), sample.part(newer)
    predict = scorecard_fit(before)
    inside, outside = predict(before.inputs), predict(after.inputs)
    return OutOfTime(
        since,
        after.rows,
        after.defaults,
        figures(before.outcome, inside),
        figures(after.outcome, outside),
        psi(*_tenths(inside, outside)),
    )


def by_group(sample: Sample, predicted: NDArray[Any], cut: float) -> Iterator[GroupFigures]:
    """`predicted` out of fold; a row is approved whose probability of default is under `cut`."""
    for kind, names in sample.groups.items():
        held = names.to_numpy()
        large = [name for name in sorted(set(held)) if (held == name).sum() >= FEWEST]
        approvals = {name: float((predicted[held == name] < cut).mean()) for name in large}
        most = max(approvals.values(), default=0.0)
        for name in large:
            relation = approvals[name] / most if most else 1.0
            yield _group(kind, name, sample.outcome[held == name], predicted[held == name], cut, relation)


def default_cut(predicted: NDArray[Any], approved: float = 0.7) -> float:
    """The probability under which so many are approved."""
    return float(np.quantile(predicted, approved))


def bin_stability(sample: Sample, fitted: Fitted) -> Iterator[BinStability]:
    """Older against newer half; where nothing orders the rows, even against odd ones."""
    first = _first_half(sample)
    for name in fitted.regression.names_:
        table = fitted.table(name)
        places = table.places(sample.inputs[name])
        rates = [_rates(places[half], sample.outcome[half], table.bins) for half in (first, ~first)]
        counts = [np.bincount(places[half], minlength=len(table.weights)) for half in (first, ~first)]
        yield BinStability(name, psi(*counts), by_chance(*counts), _turned(*rates))


def psi_by_period(sample: Sample, predicted: NDArray[Any], periods: int = 6) -> list[tuple[str, int, float]]:
    """Of the score against all rows, over spans of time with equally many rows."""
    if sample.time is None:
        return []
    order = pd.qcut(sample.time.rank(method="first"), periods, labels=False)
    told: list[tuple[str, int, float]] = []
    for period in range(periods):
        inside = (order == period).to_numpy()
        since, until = float(sample.time[inside].min()), float(sample.time[inside].max())
        told.append((f"{since:g}–{until:g}", int(inside.sum()), psi(*_tenths(predicted, predicted[inside]))))
    return told


def _group(
    kind: str, name: str, outcome: NDArray[Any], predicted: NDArray[Any], cut: float, relation: float
) -> GroupFigures:
    rows, defaults = len(outcome), int(outcome.sum())
    both = min(defaults, rows - defaults) >= 5
    return GroupFigures(
        group=kind,
        name=name,
        rows=rows,
        defaults=defaults,
        rate=share_interval(defaults, rows),
        approved=share_interval(int((predicted < cut).sum()), rows),
        auc=auc_interval(outcome, predicted),
        predicted=float(predicted.mean()),
        offset=calibration_line(outcome, predicted)[1] if both else None,
        relation=relation,
    )


def _first_half(sample: Sample) -> NDArray[np.bool_]:
    if sample.time is None:
        return np.arange(sample.rows) % 2 == 0
    return (sample.time.rank(method="first") <= sample.rows / 2).to_numpy()


def _tenths(then: NDArray[Any], now: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    cuts = np.unique(np.quantile(then, np.arange(1, 10) / 10))
    return tuple(
        np.bincount(np.searchsorted(cuts, one, side="right"), minlength=len(cuts) + 1) for one in (then, now)
    )  # type: ignore[return-value]


def _rates(places: NDArray[Any], outcome: NDArray[Any], bins: int) -> NDArray[Any]:
    rows = np.bincount(places, minlength=bins)[:bins]
    bad = np.bincount(places, weights=outcome, minlength=bins)[:bins]
    return np.divide(bad, rows, out=np.full(bins, np.nan), where=rows > 0)


def _turned(then: NDArray[Any], now: NDArray[Any]) -> int:
    """Neighbours whose order is another one than before."""
    steps = np.sign(np.diff(then)) * np.sign(np.diff(now))
    return int((steps < 0).sum())


def _rarest(outcome: NDArray[Any]) -> int:
    return int(min(outcome.sum(), len(outcome) - outcome.sum()))
