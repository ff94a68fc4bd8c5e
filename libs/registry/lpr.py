"""The loan prime rate (LPR) as published every month since 2019-08-20: data/lpr.csv, and later rows of the operator."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from libs.criteria.violation import Violation
from libs.registry.tables import TableError, rows

# A month and a late publication (holidays move the 20th); after that, one is missing from our series.
STALE_AFTER = timedelta(days=45)


class LprTenor(StrEnum):
    LPR_1Y = "LPR_1Y"
    """One year: for terms up to a year; between one and five years the bank chooses."""
    LPR_5Y = "LPR_5Y"
    """Over five years."""


@dataclass(frozen=True, slots=True)
class LprRate:
    """The rate in force; `stale` if the series had ended more than 45 days before the date asked for."""

    tenor: LprTenor
    rate_ppm: int
    published_on: date
    stale: bool


def lpr_on(tenor: LprTenor, pricing_date: date) -> LprRate:
    """The last rate published on or before a pricing date. A Violation before the first publication, never zero."""
    series = _series()
    count = bisect_right(series, pricing_date, key=lambda publication: publication[0])
    if not count:
        raise Violation(
            "pricing_date",
            f"There was no LPR on {pricing_date}.",
            f"Give a date from {series[0][0]} on, or price the loan at a fixed rate.",
        )
    published_on, rates = series[count - 1]
    return LprRate(tenor, rates[tenor], published_on, pricing_date - published_on > STALE_AFTER)


def read_series() -> None:
    """Read the publications anew. Raises TableError for a row that is none."""
    _series.cache_clear()
    _series()


@cache
def _series() -> tuple[tuple[date, dict[LprTenor, int]], ...]:
    return tuple(sorted(dict(_publication(row) for row in rows("lpr")).items()))


def _publication(row: dict[str, str]) -> tuple[date, dict[LprTenor, int]]:
    try:
        rates = {LprTenor.LPR_1Y: int(row["one_year_ppm"]), LprTenor.LPR_5Y: int(row["five_year_ppm"])}
        return date.fromisoformat(row["published_on"]), rates
    except ValueError as error:
        raise TableError(f"lpr.csv: {row} is no publication: {error}; 3.00 % is written 30000.") from error
