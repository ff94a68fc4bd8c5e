"""How large a firm is by the official rule (工信部联企业〔2011〕300号; scopes as of 2017).

The industry decides which of employees, yearly revenue and total assets count. A firm is large, medium or small if
every indicator that counts reaches the bound of that size, which includes the bound itself; if none of them, micro.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from libs.registry.industries import is_industry, within
from libs.registry.tables import rows

FEN_PER_TEN_THOUSAND_YUAN = 1_000_000


class Size(StrEnum):
    LARGE = "LARGE"
    MEDIUM = "MEDIUM"
    SMALL = "SMALL"
    MICRO = "MICRO"


class SizeIndicator(StrEnum):
    EMPLOYEES = "EMPLOYEES"
    REVENUE = "REVENUE"
    ASSETS = "ASSETS"


class SizeGap(StrEnum):
    """Why a size cannot be judged."""

    INDICATOR_MISSING = "INDICATOR_MISSING"
    INDUSTRY_UNKNOWN = "INDUSTRY_UNKNOWN"
    """It is not told, or not finely enough."""
    INDUSTRY_NOT_COVERED = "INDUSTRY_NOT_COVERED"
    NATURAL_PERSON = "NATURAL_PERSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeJudgement:
    """A size, or the `gap` that keeps it from being judged; `missing`: the indicators that count and nobody told."""

    size: Size | None = None
    gap: SizeGap | None = None
    missing: tuple[SizeIndicator, ...] = ()


@dataclass(frozen=True, slots=True)
class SizeRule:
    """Which indicators count in some industries, with the lower bounds of large, medium and small; money in fen."""

    name: str
    scopes: tuple[str, ...]
    bounds: Mapping[SizeIndicator, tuple[int, int, int]]


def size_of(
    industry: str, employees: int | None, revenue_fen: int | None, assets_fen: int | None
) -> Size | None:
    """The size of a firm; None where it cannot be judged: `judge` tells why."""
    return judge(industry, employees, revenue_fen, assets_fen).size


def judge(
    industry: str, employees: int | None, revenue_fen: int | None, assets_fen: int | None
) -> SizeJudgement:
    """The size of a firm, or why it cannot be judged.

    It cannot where an indicator that counts is missing (which never makes a firm micro), or where the rule does not
    cover the industry: finance, education, health, railways, government.
    """
    rule = size_rule(industry)
    if rule is None:
        return SizeJudgement(gap=_no_rule(industry))
    known = {
        SizeIndicator.EMPLOYEES: employees,
        SizeIndicator.REVENUE: revenue_fen,
        SizeIndicator.ASSETS: assets_fen,
    }
    missing = tuple(indicator for indicator in rule.bounds if known[indicator] is None)
    if missing:
        return SizeJudgement(gap=SizeGap.INDICATOR_MISSING, missing=missing)
    tiers = (_tier(known[indicator], bounds) for indicator, bounds in rule.bounds.items())
    return SizeJudgement(size=list(Size)[max(tier for tier in tiers if tier is not None)])


def size_rule(industry: str) -> SizeRule | None:
    """The rule for an industry: None where there is none, or the industry is not known finely enough."""
    if not is_industry(industry):
        return None
    covering = (rule for rule in _rules() if any(within(industry, scope) for scope in rule.scopes))
    return next(covering, None)


def _no_rule(industry: str) -> SizeGap:
    """A code that is coarser than what some rule covers may be covered, were it known more finely."""
    finer = (scope for rule in _rules() for scope in rule.scopes)
    if not is_industry(industry) or any(within(scope, industry) for scope in finer):
        return SizeGap.INDUSTRY_UNKNOWN
    return SizeGap.INDUSTRY_NOT_COVERED


def _tier(value: int | None, bounds: tuple[int, int, int]) -> int | None:
    """0 where the bound of large is reached, 3 where not even that of small."""
    return None if value is None else sum(value < bound for bound in bounds)


_COLUMNS = {
    SizeIndicator.EMPLOYEES: ("employees", 1),
    SizeIndicator.REVENUE: ("revenue_10k_yuan", FEN_PER_TEN_THOUSAND_YUAN),
    SizeIndicator.ASSETS: ("assets_10k_yuan", FEN_PER_TEN_THOUSAND_YUAN),
}


@cache
def _rules() -> tuple[SizeRule, ...]:
    return tuple(
        SizeRule(row["name"], tuple(row["scopes"].split(";")), _bounds(row))
        for row in rows("sme_size_thresholds")
    )


def _bounds(row: dict[str, str]) -> dict[SizeIndicator, tuple[int, int, int]]:
    return {
        indicator: (
            int(row[f"{column}_large"]) * unit,
            int(row[f"{column}_medium"]) * unit,
            int(row[f"{column}_small"]) * unit,
        )
        for indicator, (column, unit) in _COLUMNS.items()
        if row[f"{column}_large"]
    }
