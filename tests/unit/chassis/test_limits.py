"""A burst of a quarter of the minute's calls, then as many as time brings back."""

from collections.abc import Iterator

import pytest

from libs.chassis.limits import RateLimit
from libs.chassis.problems import TooMany


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The stopwatch of the limit, moved by hand."""
    held = [1_000.0]
    monkeypatch.setattr("time.monotonic", lambda: held[0])
    return held


def calls_until_refused(limit: RateLimit, account: str) -> int:
    for taken in range(10_000):
        try:
            limit.count(account)
        except TooMany:
            return taken
    raise AssertionError("never refused")


def test_a_quarter_of_a_minutes_calls_may_come_at_once(seconds: list[float]) -> None:
    assert calls_until_refused(RateLimit(240), "acc_1") == 60


def test_time_brings_calls_back(seconds: list[float]) -> None:
    limit = RateLimit(240)
    calls_until_refused(limit, "acc_1")

    seconds[0] += 2.5

    assert calls_until_refused(limit, "acc_1") == 10


def test_a_long_pause_brings_back_no_more_than_a_burst(seconds: list[float]) -> None:
    limit = RateLimit(240)
    calls_until_refused(limit, "acc_1")

    seconds[0] += 3_600

    assert calls_until_refused(limit, "acc_1") == 60


def test_accounts_have_limits_of_their_own(seconds: list[float]) -> None:
    limit = RateLimit(240)
    calls_until_refused(limit, "acc_1")

    assert calls_until_refused(limit, "acc_2") == 60


def test_a_refusal_says_how_many_are_allowed(seconds: list[float]) -> None:
    limit = RateLimit(4)
    limit.count("acc_1")

    with pytest.raises(TooMany, match="More than 4 calls a minute"):
        limit.count("acc_1")


def test_strangers_without_number_do_not_fill_the_memory(seconds: list[float]) -> None:
    limit = RateLimit(240)
    for number in range(10_100):
        limit.count(f"acc_{number}")

    assert len(limit._buckets) <= 10_001
