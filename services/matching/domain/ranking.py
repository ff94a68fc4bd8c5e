"""The public ranking formula: what a plan is worth to the firm, a year, in millionths of the loan.

    value = likelihood x (reference cost - all-in cost after subsidy) - days to decision x d - missing documents x m

The reference is what money costs a firm that gets none of the loans. Reference, d and m are policy data
(policies/matching/ranking.yaml); every answer names the formula's id and version.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from libs.finance.money import PPM
from services.matching.domain.answer import NAMED, Family

MOST_PLANS = 10
MOST_OF_ONE_BANK = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    id: str
    version: int
    reference_ppm: int
    day_ppm: int
    missing_ppm: int

    @property
    def name(self) -> str:
        return f"{self.id} v{self.version}"


def value_ppm(ranking: Ranking, likelihood: int, cost_ppm: int, days: int, missing: int) -> int:
    gain = likelihood * (ranking.reference_ppm - cost_ppm) // PPM
    return gain - days * ranking.day_ppm - missing * ranking.missing_ppm


class Candidate(Protocol):
    """What choosing needs to know of a possible plan. `traits`: all families it could stand in, `family` first."""

    @property
    def product(self) -> str: ...
    @property
    def bank(self) -> str: ...
    @property
    def family(self) -> Family: ...
    @property
    def traits(self) -> tuple[Family, ...]: ...
    @property
    def value(self) -> int: ...


C = TypeVar("C", bound=Candidate)


def choose(candidates: Iterable[C]) -> list[C]:
    """At most ten, at most three of one bank, a product once: first the best of each named family, then the best.

    A family that has no plan of its own is answered by one of an earlier family that would also stand in it.
    """
    ordered = sorted(candidates, key=lambda one: (-one.value, one.product))
    chosen: list[C] = []
    for family in NAMED:
        own = [one for one in ordered if one.family is family]
        also = [one for one in ordered if family in one.traits]
        if own or not any(family in one.traits for one in chosen):
            _take(chosen, own or also, len(chosen) + 1)
    _take(chosen, ordered, MOST_PLANS)
    return chosen


def _take(chosen: list[C], offered: Sequence[C], most: int) -> None:
    banks = Counter(one.bank for one in chosen)
    products = {one.product for one in chosen}
    for one in offered:
        if len(chosen) >= most:
            return
        if one.product not in products and banks[one.bank] < MOST_OF_ONE_BANK:
            chosen.append(one)
            products.add(one.product)
            banks[one.bank] += 1
