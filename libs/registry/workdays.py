"""Working days in China: Monday to Friday, but for the holidays and make-up days that the State Council sets."""

from __future__ import annotations

from datetime import date, timedelta

_DAY = timedelta(days=1)
_SATURDAY = 5


def is_workday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def after(day: date, count: int) -> date:
    """The working day that is `count` working days after `day`; with 0, the day itself."""
    for _ in range(count):
        day += _DAY
        while not is_workday(day):
            day += _DAY
    return day


def between(start: date, end: date) -> int:
    """How many working days there are after `start`, up to and including `end`."""
    return sum(is_workday(start + place * _DAY) for place in range(1, (end - start).days + 1))
