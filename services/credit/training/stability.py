"""Population stability: how far what comes in has moved from what a card was made on.

PSI = Σ (now - then) · ln(now / then) over the answers of a variable, or over tenths of the score. An answer that nobody
gives in a month counts as half a row, not as nothing, else one empty bin would be infinite. Of few rows chance alone
makes a PSI of about (answers - 1) · (1/now + 1/then): the alarm takes that off.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# (the libraries that learn, draw and read parquet carry no types)

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from libs.criteria.shape import Shape
from services.credit.domain.card import Card, Scale
from services.credit.domain.compiled import Compiled, compile_card
from services.credit.training.dictionary import Column, Role
from services.credit.training.sample import typed_column

WATCH, ALARM = 0.10, 0.25
"""Usual in credit (Siddiqi 2006): under the first nothing, over the second something has changed."""
TENTHS = 10
SCORE = "score"


class State(StrEnum):
    STEADY = "STEADY"
    WATCH = "WATCH"
    ALARM = "ALARM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline(Shape):
    """How the training rows answered: rows by answer of each variable, in the card's order; rows by band of points,
    which begin at `cuts`."""

    card_sha256: str
    answers: dict[str, tuple[int, ...]]
    cuts: tuple[int, ...]
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Of a variable, or of the score, in a month. `chance`: what a PSI of so few rows is by chance."""

    month: str
    what: str
    rows: int
    psi: float
    chance: float

    @property
    def state(self) -> State:
        moved = self.psi - self.chance
        return State.ALARM if moved >= ALARM else State.WATCH if moved >= WATCH else State.STEADY


def psi(then: Sequence[float] | NDArray[Any], now: Sequence[float] | NDArray[Any]) -> float:
    """Of counts by answer. An answer that neither has tells nothing."""
    both = np.asarray([then, now], dtype=float)
    both = both[:, both.sum(axis=0) > 0]
    shares = np.maximum(both, 0.5)
    shares = shares / shares.sum(axis=1, keepdims=True)
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def by_chance(then: Sequence[float] | NDArray[Any], now: Sequence[float] | NDArray[Any]) -> float:
    both = np.asarray([then, now], dtype=float)
    answers = int((both.sum(axis=0) > 0).sum())
    return float((answers - 1) * (1 / max(1.0, both[0].sum()) + 1 / max(1.0, both[1].sum())))


def baseline(card: Card, card_sha256: str, inputs: pd.DataFrame) -> Baseline:
    answered = _answered(compile_card(card), inputs)
    points = np.asarray([one.points for one in answered])
    cuts = tuple(sorted({int(cut) for cut in np.quantile(points, np.arange(1, TENTHS) / TENTHS)}))
    return Baseline(
        card_sha256=card_sha256,
        answers=_counts(card, [one.bins for one in answered]),
        cuts=cuts,
        points=_banded(cuts, points),
    )


def drifts(card: Card, then: Baseline, inputs: pd.DataFrame, months: "pd.Series[str]") -> Iterator[Drift]:
    """Month by month, the score first."""
    compiled = compile_card(card)
    for month in sorted(months.dropna().unique()):
        answered = _answered(compiled, inputs[(months == month).to_numpy()])
        yield _drift(
            month, SCORE, then.points, _banded(then.cuts, np.asarray([one.points for one in answered]))
        )
        counts = _counts(card, [one.bins for one in answered])
        for fact, now in counts.items():
            yield _drift(month, fact, then.answers[fact], now)


def points_drifts(then: Baseline, points: NDArray[Any], months: "pd.Series[str]") -> Iterator[Drift]:
    """Where only scores were kept."""
    for month in sorted(months.dropna().unique()):
        yield _drift(month, SCORE, then.points, _banded(then.cuts, points[(months == month).to_numpy()]))


def points_of(card: Card, inputs: pd.DataFrame) -> list[int]:
    return [one.points for one in _answered(compile_card(card), inputs)]


def card_inputs(card: Card, frame: pd.DataFrame) -> pd.DataFrame:
    """A table's columns as the card asks for them; one that is not there is missing in every row."""
    scales = {variable.fact: variable.scale for variable in card.variables}
    return pd.DataFrame(
        {
            fact: typed_column(Column(name=fact, role=Role.INPUT, scale=scale), frame[fact])
            if fact in frame
            else pd.Series(np.nan, index=frame.index, dtype=object if scale is Scale.CODE else float)
            for fact, scale in scales.items()
        }
    ).reset_index(drop=True)


def _drift(month: str, what: str, then: Sequence[int], now: Sequence[int]) -> Drift:
    return Drift(month, what, sum(now), psi(then, now), by_chance(then, now))


def _answered(compiled: Compiled, inputs: pd.DataFrame) -> list[Any]:
    facts = [fact for fact, _ in compiled.finders]
    rows: Any = inputs[facts].to_dict("records")
    return [compiled.answer(row) for row in rows]


def _counts(card: Card, places: Sequence[tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    counts = [[0] * len(variable.answers) for variable in card.variables]
    for row in places:
        for of_variable, place in zip(counts, row, strict=True):
            of_variable[place] += 1
    return {variable.fact: tuple(one) for variable, one in zip(card.variables, counts, strict=True)}


def _banded(cuts: Sequence[int], points: NDArray[Any]) -> tuple[int, ...]:
    places = np.searchsorted(np.asarray(cuts), points, side="right")
    return tuple(int(count) for count in np.bincount(places, minlength=len(cuts) + 1))
