"""Working days in China: Monday to Friday, but for the holidays and make-up days that the State Council sets.

`data/holidays.csv` holds what it set for each year. A year that is not there yet counts from Monday to Friday;
`is_known` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from libs.registry.tables import rows

_DAY = timedelta(days=1)
_SATURDAY = 5
_HOLIDAY = "HOLIDAY"


def is_workday(day: date) -> bool:
    kind = _set_days().get(day)
    return day.weekday() < _SATURDAY if kind is None else kind != _HOLIDAY


def after(day: date, count: int) -> date:
    """The working day that is `count` working days after `day`; with 0, the day itself."""
    for _ in range(count):
        day += _DAY
        while not is_workday(day):
            day += _DAY
    return day


def between(start: date, end: date) -> int:
    """How many working days there are after `start`, up to and including `end`."""
    return sum(map(is_workday, _days(start + _DAY, end)))


def is_known(start: date, end: date) -> bool:
    """Whether the holidays of all years between two days are known."""
    return set(range(start.year, end.year + 1)) <= _years()


@cache
def _set_days() -> dict[date, str]:
    """The days that the State Council set apart from the week, each HOLIDAY or WORKDAY."""
    return {
        day: row["kind"]
        for row in rows("holidays")
        for day in _days(date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"]))
    }


@cache
def _years() -> frozenset[int]:
    return frozenset(int(row["year"]) for row in rows("holidays"))


def _days(first: date, last: date) -> Iterator[date]:
    return (first + place * _DAY for place in range((last - first).days + 1))
