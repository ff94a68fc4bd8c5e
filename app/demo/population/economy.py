"""What a firm is, before anybody asks what is known of it: where, in which trade, how old, how large, how well run.

Two hidden standard normals tie everything together: `scale`, how large a firm is for its trade (which grows with
age), and `health`, how well it is run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from app.demo.catalogue import listed, table
from libs.registry.dimensions import OwnerKind

TYPICAL_AGE_MONTHS = 58
AGE_SPREAD = 0.85
OLDEST_MONTHS = 420
NEW_FIRM_SHARE = 0.10
LARGEST = 2.6  # the scale where the tail is cut: nobody here is a national champion
FAVOUR = 4  # how much more common a trade is in a county known for it

# Revenue beside an enterprise of the same trade.
_PART_OF_REVENUE = {
    OwnerKind.ENTERPRISE: 1.0,
    OwnerKind.INDIVIDUAL_BUSINESS: 0.25,
    OwnerKind.COOPERATIVE: 0.45,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """One trade (a class of GB/T 4754) with its ratios; shares and odds in basis points, money a year in fen."""

    industry: str
    trade: str
    weights: dict[str, int]
    individual_bp: int
    cooperative_bp: int
    revenue_median_fen: int
    revenue_spread_bp: int
    revenue_per_head_fen: int
    assets_ratio_bp: int
    margin_bp: int
    tax_bp: int
    technology_bp: int
    trademark_bp: int
    export_bp: int
    metered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    number: int
    county: str
    sector: Sector
    kind: OwnerKind
    age_months: int
    health: float
    scale: float
    revenue_fen: int
    employees: int
    research: bool

    @property
    def enterprise(self) -> bool:
        return self.kind is OwnerKind.ENTERPRISE


@dataclass(frozen=True, slots=True, kw_only=True)
class _County:
    code: str
    sectors: tuple[Sector, ...]
    cumulative: tuple[int, ...]


_PROFILES = ("urban", "industrial", "farming", "mountain")
_COUNTS = tuple(
    name for name in Sector.__dataclass_fields__ if name not in ("industry", "trade", "weights", "metered")
)


def _sector(row: dict[str, str]) -> Sector:
    return Sector(
        industry=row["industry"],
        trade=row["trade"],
        weights={profile: int(row[profile]) for profile in _PROFILES},
        metered=row["metered"] == "1",
        **{name: int(row[name]) for name in _COUNTS},
    )


@cache
def sectors() -> tuple[Sector, ...]:
    return tuple(_sector(row) for row in table("sectors"))


def _county(row: dict[str, str]) -> _County:
    profile, favours = row["profile"].lower(), listed(row["favours"])
    weights = [
        max(each.weights[profile], each.industry in favours) * (FAVOUR if each.industry in favours else 1)
        for each in sectors()
    ]
    return _County(code=row["county"], sectors=sectors(), cumulative=tuple(accumulate(weights)))


@cache
def _counties() -> tuple[tuple[_County, ...], tuple[int, ...]]:
    rows = table("counties")
    return tuple(_county(row) for row in rows), tuple(accumulate(int(row["weight"]) for row in rows))


def happens(chance: Random, probability: float) -> bool:
    return chance.random() < probability


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def clamp(value: float, low: int, high: int) -> int:
    return round(min(max(value, low), high))


def draw(chance: Random, number: int) -> Firm:
    """One firm. The draws come in a fixed order: the same chance gives the same firm."""
    found, weights = _counties()
    county = chance.choices(found, cum_weights=weights)[0]
    sector = chance.choices(county.sectors, cum_weights=county.cumulative)[0]
    kind = _kind(chance, sector)
    age = _age(chance)
    scale = min(LARGEST, 0.4 * age_score(age) + 0.92 * chance.gauss())
    revenue = _revenue(chance, sector, kind, age, scale)
    return Firm(
        number=number,
        county=county.code,
        sector=sector,
        kind=kind,
        age_months=age,
        health=chance.gauss(),
        scale=scale,
        revenue_fen=revenue,
        employees=max(1, round(revenue / sector.revenue_per_head_fen * chance.lognormvariate(0, 0.35))),
        research=kind is OwnerKind.ENTERPRISE and happens(chance, sector.technology_bp / 10_000),
    )


def _kind(chance: Random, sector: Sector) -> OwnerKind:
    drawn = chance.randrange(10_000)
    if drawn < sector.individual_bp:
        return OwnerKind.INDIVIDUAL_BUSINESS
    drawn -= sector.individual_bp
    return OwnerKind.COOPERATIVE if drawn < sector.cooperative_bp else OwnerKind.ENTERPRISE


def _age(chance: Random) -> int:
    if happens(chance, NEW_FIRM_SHARE):
        return chance.randint(1, 18)
    return clamp(chance.lognormvariate(math.log(TYPICAL_AGE_MONTHS), AGE_SPREAD), 1, OLDEST_MONTHS)


def age_score(age_months: int) -> float:
    """The age as a standard normal, cut at two below: being younger still says no more."""
    return max(-2.0, math.log(age_months / TYPICAL_AGE_MONTHS) / AGE_SPREAD)


def _revenue(chance: Random, sector: Sector, kind: OwnerKind, age: int, scale: float) -> int:
    typical = sector.revenue_median_fen * _PART_OF_REVENUE[kind] * min(1.0, (age + 2) / 20)
    spread = sector.revenue_spread_bp / 10_000
    return max(1_000_000, round(typical * math.exp(spread * scale + chance.gauss(0, 0.15)) / 100) * 100)
