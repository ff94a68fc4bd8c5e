"""Weight of evidence: optbinning finds the bins, we count them.

Found with optbinning 1.0.0 and kept from us here: `transform` gives missing and special values a weight of 0 unless
asked otherwise (its issues 58, 141, 325), and one setting serves all variables; a bin without a default weighs 0
whatever it is asked; a code not seen before cannot be told from an average one. So only its bounds and groups are used.
Weights are log-odds against the sample's, with a prior of as many rows as `PRIOR` at the sample's rate, so that a bin
without defaults is good, not perfect.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from services.credit.domain.card import Scale
from services.credit.training.dictionary import Column
from services.credit.training.splitting import code_groups, number_bounds, rough_value

PRIOR = 8.0
RARE = 20
"""Fewer rows are no bin, and no evidence of what is missing, special or other."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The answers of one variable in the order of a card's: bins, specials, missing, other. `weights` are log-odds of
    default against the sample's; `rows` and `defaults` what they were counted from."""

    column: Column
    bounds: tuple[float, ...] = ()
    groups: tuple[tuple[str, ...], ...] = ()
    specials: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    rows: tuple[int, ...] = ()
    defaults: tuple[int, ...] = ()

    @property
    def bins(self) -> int:
        return len(self.groups) if self.column.scale is Scale.CODE else len(self.bounds) + 1

    @property
    def missing(self) -> int:
        return self.bins + len(self.specials)

    @property
    def information_value(self) -> float:
        """Σ (share of bad - share of good) · weight, over the answers that were seen."""
        rows, bad = np.asarray(self.rows, float), np.asarray(self.defaults, float)
        good = rows - bad
        return float(((bad / bad.sum() - good / good.sum()) * np.asarray(self.weights)).sum())

    def places(self, cells: "pd.Series[Any]") -> NDArray[np.intp]:
        """Of each value the place of its answer."""
        return (_code_places if self.column.scale is Scale.CODE else _number_places)(self, cells)

    def weigh(self, cells: "pd.Series[Any]") -> Floats:
        return np.asarray(self.weights)[self.places(cells)]


class WeightOfEvidence(TransformerMixin, BaseEstimator):
    """Values to weights, variable by variable. `columns`: of each, what the dictionary says. Of more than `most`
    those are binned that tell most in tenths."""

    def __init__(
        self, columns: Sequence[Column], most: int = 32, most_bins: int = 8, least_share: float = 0.05
    ) -> None:
        self.columns = columns
        self.most = most
        self.most_bins = most_bins
        self.least_share = least_share

    def fit(self, X: pd.DataFrame, y: Any) -> Self:
        outcome = np.asarray(y, dtype=np.int8)
        self.tables_: tuple[Table, ...] = tuple(
            self._table(column, X[column.name], outcome) for column in self._telling(X, outcome)
        )
        self.feature_names_in_ = np.asarray([column.name for column in self.columns], dtype=object)
        self.n_features_in_ = len(self.columns)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        weighed = {table.column.name: table.weigh(X[table.column.name]) for table in self.tables_}
        return pd.DataFrame(weighed, index=X.index)

    def _telling(self, X: pd.DataFrame, outcome: NDArray[np.int8]) -> Sequence[Column]:
        if len(self.columns) <= self.most:
            return self.columns
        values = {column.name: rough_value(X[column.name], outcome) for column in self.columns}
        least = sorted(values.values(), reverse=True)[self.most - 1]
        return [column for column in self.columns if values[column.name] >= least]

    def _table(self, column: Column, cells: "pd.Series[Any]", outcome: NDArray[np.int8]) -> Table:
        specials = tuple(column.special)
        table = Table(column=column, specials=specials)
        plain = _plain(table, cells)
        found = (cells[plain], outcome[plain], column.turns, self.most_bins, self._least(len(cells)))
        if column.scale is Scale.CODE:
            table = Table(column=column, groups=code_groups(*found), specials=specials)
        else:
            table = Table(column=column, bounds=number_bounds(*found), specials=specials)
            table = table if column.turns else _monotone(table, cells, outcome)
        return _counted(table, cells, outcome)

    def _least(self, rows: int) -> float:
        """Of a small sample a bin needs so many rows, of a large one a share."""
        return min(0.4, max(self.least_share, RARE / rows))


def _plain(table: Table, cells: "pd.Series[Any]") -> NDArray[np.bool_]:
    """What is neither missing nor special."""
    known = cells.notna().to_numpy()
    return known & ~_special(table, cells).astype(bool)


def _special(table: Table, cells: "pd.Series[Any]") -> NDArray[np.intp]:
    """1 for the first special value, 2 for the second, 0 for none."""
    found = np.zeros(len(cells), dtype=np.intp)
    for place, value in enumerate(table.specials, 1):
        same = cells == (value if table.column.scale is Scale.CODE else float(value))
        found[same.to_numpy(dtype=bool, na_value=False)] = place
    return found


def _number_places(table: Table, cells: "pd.Series[Any]") -> NDArray[np.intp]:
    values = cells.to_numpy(dtype=float, na_value=np.nan)
    places: NDArray[np.intp] = np.searchsorted(np.asarray(table.bounds), values, side="right").astype(np.intp)
    return _with_rest(table, cells, places)


def _code_places(table: Table, cells: "pd.Series[Any]") -> NDArray[np.intp]:
    of: Mapping[str, int] = {code: place for place, group in enumerate(table.groups) for code in group}
    places: NDArray[np.intp] = np.asarray(cells.map(of).fillna(table.missing + 1), dtype=np.intp)
    return _with_rest(table, cells, places)


def _with_rest(table: Table, cells: "pd.Series[Any]", places: NDArray[np.intp]) -> NDArray[np.intp]:
    special = _special(table, cells)
    places = np.where(special > 0, table.bins + special - 1, places)
    return np.where(cells.isna().to_numpy(), table.missing, places)


def _counted(table: Table, cells: "pd.Series[Any]", outcome: NDArray[np.int8]) -> Table:
    answers = table.missing + (2 if table.column.scale is Scale.CODE else 1)
    places = table.places(cells)
    rows = np.bincount(places, minlength=answers)
    defaults = np.bincount(places, weights=outcome, minlength=answers).astype(int)
    weights = log_odds(rows, defaults, outcome)
    rest = np.arange(answers) >= table.bins
    weights[rest & (rows < RARE)] = 0.0
    if table.column.neutral:
        weights[table.missing] = 0.0
    return Table(
        column=table.column,
        bounds=table.bounds,
        groups=table.groups,
        specials=table.specials,
        weights=tuple(float(weight) for weight in weights),
        rows=tuple(int(count) for count in rows),
        defaults=tuple(int(count) for count in defaults),
    )


def log_odds(rows: NDArray[Any], defaults: NDArray[Any], outcome: NDArray[np.int8]) -> Floats:
    """Of each answer against the sample's, drawn towards it by the prior."""
    rate = float(outcome.mean())
    odds = (defaults + PRIOR * rate) / (rows - defaults + PRIOR * (1 - rate))
    return np.log(odds) - np.log(rate / (1 - rate))


def _monotone(table: Table, cells: "pd.Series[Any]", outcome: NDArray[np.int8]) -> Table:
    """The prior may turn the trend of two bins that are nearly alike; bins that break it are joined."""
    while len(table.bounds) > 1:
        counted = _counted(table, cells, outcome)
        steps = np.diff(counted.weights[: counted.bins])
        rising = counted.weights[counted.bins - 1] >= counted.weights[0]
        broken = np.flatnonzero(steps < 0 if rising else steps > 0)
        if not len(broken):
            return table
        table = Table(
            column=table.column,
            bounds=tuple(bound for at, bound in enumerate(table.bounds) if at != broken[0]),
            specials=table.specials,
        )
    return table
