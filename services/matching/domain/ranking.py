"""The public ranking formula: what a plan is worth to the firm, a year, in millionths of the loan.

    value = likelihood x (reference cost - all-in cost after subsidy) - days to decision x d - missing documents x m
            + exploration

The reference is what money costs a firm that gets none of the loans. Reference, d and m are policy data
(policies/matching/ranking.yaml); every answer names the formula's id and version. `published` says all of it to
everybody, with the numbers of the day.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Generic, Protocol, TypeVar

from libs.criteria.shape import Shape
from libs.finance.money import PPM
from services.matching.domain.answer import NAMED, Family
from services.matching.domain.likelihood import LikelihoodModel

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingFormula(Shape):
    """The formula of a day with all its numbers, in millionths of the loan a year. `algorithm`: of the code."""

    id: str
    version: int
    name: str
    as_of: date
    formula: str
    formula_zh: str
    reference_ppm: int
    day_ppm: int
    missing_ppm: int
    explore_ppm: int
    explore_half: int
    most_plans: int
    most_of_one_bank: int
    families: tuple[Family, ...]
    model: str
    policy_set: str
    algorithm: int


FORMULA = (
    "value = likelihood x (reference_ppm - all-in cost a year after subsidy) - working days to decision x day_ppm - "
    "rules that cannot be judged yet x missing_ppm + explore_ppm x explore_half / (explore_half + decisions of the "
    "product), in whole numbers rounded down; the likelihood is that of the shown band. The best plan of each family "
    "comes first into the list, then the best of all: most_plans in all, most_of_one_bank of a bank, a product once; "
    "the list is shown by value."
)
FORMULA_ZH = (
    "价值＝获批可能性×（参考成本−补贴后综合年化成本）−审批工作日数×day_ppm−尚不能判断的条件数×missing_ppm"
    "＋explore_ppm×explore_half÷（explore_half＋该产品已有审批结果数），取整向下；获批可能性以所示档次计。"
    "先取各类别中最好的方案，再取全部中最好的：总数不超过most_plans个，同一银行不超过most_of_one_bank个，"
    "同一产品一次；按价值由高到低显示。"
)


def published(
    ranking: Ranking, model: LikelihoodModel, as_of: date, policy_set: str, algorithm: int
) -> RankingFormula:
    return RankingFormula(
        id=ranking.id,
        version=ranking.version,
        name=ranking.name,
        as_of=as_of,
        formula=FORMULA,
        formula_zh=FORMULA_ZH,
        reference_ppm=ranking.reference_ppm,
        day_ppm=ranking.day_ppm,
        missing_ppm=ranking.missing_ppm,
        explore_ppm=model.explore_ppm,
        explore_half=model.explore_half,
        most_plans=MOST_PLANS,
        most_of_one_bank=MOST_OF_ONE_BANK,
        families=NAMED,
        model=model.name,
        policy_set=policy_set,
        algorithm=algorithm,
    )


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


C = TypeVar("C", bound=Candidate)


def choose(ordered: Sequence[C], families: Iterable[Family]) -> list[C]:
    """At most ten, at most three of one bank, a product once: first the best of each of the families, then the best.

    `ordered`: best first. `families`: the named ones in which any candidate could stand. One that has no plan of its
    own is answered by one of an earlier family that would also stand in it.
    """
    chosen: _Chosen[C] = _Chosen()
    for family in families:
        _answer(chosen, family, ordered)
    chosen.take(ordered, MOST_PLANS)
    return chosen.taken


class _Chosen(Generic[C]):
    """Of each product one, and not too many of a bank."""

    def __init__(self) -> None:
        self.taken: list[C] = []
        self._products: set[str] = set()
        self._banks: dict[str, int] = {}

    def take(self, offered: Iterable[C], most: int) -> None:
        for one in offered:
            if len(self.taken) >= most:
                return
            of_bank = self._banks.get(one.bank, 0)
            if of_bank < MOST_OF_ONE_BANK and one.product not in self._products:
                self.taken.append(one)
                self._products.add(one.product)
                self._banks[one.bank] = of_bank + 1


def _answer(chosen: _Chosen[C], family: Family, ordered: Sequence[C]) -> None:
    """The best that is of the family; where there is none, the best that would stand in it, unless one does already."""
    own = (one for one in ordered if one.family is family)
    first, most = next(own, None), len(chosen.taken) + 1
    if first is not None:
        chosen.take(chain((first,), own), most)
    elif not any(family in one.traits for one in chosen.taken):
        chosen.take((one for one in ordered if family in one.traits), most)
