"""Decisions as a matrix. Its columns are the closed list of `Features`, then the banks and products with a weight."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.matching.domain.decision import Decision
from services.matching.domain.features import Features, Security

Floats = NDArray[np.float64]

YEARS_MOST = 10
POINTS = 100  # of the score in a unit of its columns
PIECES = 3  # of the curve of the score
_LOOSE = 3.0  # what a column of features is multiplied with, so that the prior hardly holds it

SCORE_UNKNOWN, YEARS, SOFT, UNKNOWN = "score_unknown", "years", "soft", "unknown"
_PLAIN: Mapping[str, Callable[[Features], float]] = {
    SCORE_UNKNOWN: lambda one: float(one.score is None),
    YEARS: lambda one: min(one.years, YEARS_MOST) / YEARS_MOST,
    SOFT: lambda one: float(one.soft),
    UNKNOWN: lambda one: float(one.unknown),
    Security.GUARANTEED: lambda one: float(one.security is Security.GUARANTEED),
    Security.IP_PLEDGED: lambda one: float(one.security is Security.IP_PLEDGED),
    Security.COLLATERAL: lambda one: float(one.security is Security.COLLATERAL),
}
_SIGNS = {YEARS: 1, SOFT: -1, UNKNOWN: -1}
"""The more of it, the likelier or the less likely; the others may go either way."""


@dataclass(frozen=True, slots=True)
class Design:
    """`knots`: scores between which the curve is straight. Banks and products: those that have decisions enough."""

    knots: tuple[int, ...]
    banks: tuple[str, ...]
    products: tuple[str, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that are no weight, in their order."""
        return (*(f"score_from_{knot}" for knot in self.knots[:-1]), *_PLAIN)

    @property
    def signs(self) -> NDArray[np.int8]:
        """1 and -1: the sign that a column must have; 0: any."""
        of_features = [1] * (len(self.knots) - 1) + [_SIGNS.get(name, 0) for name in _PLAIN]
        return np.array(of_features + [0] * (len(self.banks) + len(self.products)), np.int8)

    def scales(self, bank: float, product: float) -> Floats:
        """What each column is multiplied with before a ridge of strength one: the standard deviation of its prior."""
        spread = [bank] * len(self.banks) + [product] * len(self.products)
        return np.array([_LOOSE] * len(self.features) + spread)

    def matrix(self, decisions: Sequence[Decision]) -> Floats:
        features = [one.features for one in decisions]
        plain = [[of(one) for of in _PLAIN.values()] for one in features]
        parts: list[Any] = [
            self._score(features),
            np.array(plain, dtype=float).reshape(len(features), len(_PLAIN)),
            _members([one.bank for one in decisions], self.banks),
            _members([one.product for one in decisions], self.products),
        ]
        return np.hstack(parts)

    def _score(self, features: Sequence[Features]) -> Floats:
        """Of each piece of the curve how much of it lies under the score; of an unknown one nothing."""
        lowest, pieces = self.knots[0], np.diff(self.knots)
        score = np.array([lowest if one.score is None else one.score for one in features], dtype=float)
        under = score[:, None] - np.array(self.knots[:-1], dtype=float)
        return np.clip(under, 0, pieces) / POINTS


def design_of(decisions: Sequence[Decision], least_of_weight: int) -> Design:
    return Design(
        _knots([one.features.score for one in decisions if one.features.score is not None]),
        _often([one.bank for one in decisions], least_of_weight),
        _often([one.product for one in decisions], least_of_weight),
    )


def outcomes(decisions: Sequence[Decision]) -> NDArray[np.int8]:
    """1: approved."""
    return np.array([one.approved is True for one in decisions], np.int8)


def _knots(scores: Sequence[int]) -> tuple[int, ...]:
    """Of which there are none where no score is known, nor where all are the same."""
    found = np.quantile(scores, np.linspace(0.02, 0.98, PIECES + 1)) if scores else np.zeros(1)
    knots = sorted({round(float(one)) for one in found})
    return tuple(knots)


def _often(subjects: Sequence[str], least: int) -> tuple[str, ...]:
    return tuple(sorted(subject for subject, held in Counter(subjects).items() if held >= least))


def _members(held: Sequence[str], wanted: Sequence[str]) -> Floats:
    return (np.array(held, dtype=object)[:, None] == np.array(wanted, dtype=object)[None, :]).astype(float)
