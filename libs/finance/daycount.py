"""Interest by days, and dates that keep their day of the month."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from enum import IntEnum

from libs.criteria.violation import Violation
from libs.finance.money import PPM, half_up


class DayBase(IntEnum):
    """Days that make a year: loans count 360; guarantee fees and disclosed annual rates 365, in leap years too."""

    ACT_360 = 360
    ACT_365 = 365


def days_between(start: date, end: date) -> int:
    """Days of interest: the start counts, the end does not. An end before the start is a Violation."""
    if end < start:
        raise Violation("end", f"{end} is before {start}.", "Give an end on or after the start.")
    return (end - start).days


def interest_for_days(amount_fen: int, rate_ppm: int, days: int, base: DayBase = DayBase.ACT_360) -> int:
    """Simple interest for a number of days, half-up to the fen."""
    return half_up(amount_fen * rate_ppm * days, PPM * base)


def add_months(start: date, months: int) -> date:
    """The corresponding day `months` later, or the month's last day where there is none (民法典 art. 202)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def add_years(start: date, years: int) -> date:
    """The corresponding day `years` later: 2024-02-29 and three years is 2027-02-28."""
    return add_months(start, 12 * years)
