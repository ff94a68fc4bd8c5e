"""Working days add up, and the table of holidays says of each year what a year has."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from libs.registry import workdays
from libs.registry.tables import rows

days = st.dates(date(2021, 1, 1), date(2026, 12, 1))


@given(days, st.integers(0, 60))
def test_so_many_days_after_are_so_many_days_between(day: date, count: int) -> None:
    assert workdays.between(day, workdays.after(day, count)) == count


@given(days, st.integers(1, 60))
def test_a_number_of_working_days_ends_on_a_working_day(day: date, count: int) -> None:
    assert workdays.is_workday(workdays.after(day, count))


def test_make_up_days_are_weekends_and_no_day_is_set_twice() -> None:
    known: Counter[date] = Counter()
    for row in rows("holidays"):
        first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
        known.update(first + timedelta(days=place) for place in range((last - first).days + 1))
        if row["kind"] == "WORKDAY":
            assert first == last and first.weekday() >= 5

    assert set(known.values()) == {1}


def test_weekdays_off_are_made_up_for_but_for_the_statutory_holidays() -> None:
    """Eleven statutory days a year until 2024, thirteen since: all other weekdays off are worked on a weekend."""
    statutory = dict.fromkeys(range(2021, 2025), 11) | {2025: 13, 2026: 13}
    found: Counter[int] = Counter()
    for row in rows("holidays"):
        day, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
        while day <= last:
            found[int(row["year"])] += (day.weekday() < 5) - (row["kind"] == "WORKDAY")
            day += timedelta(days=1)

    assert found == statutory
