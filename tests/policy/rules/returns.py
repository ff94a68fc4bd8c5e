"""The yearly test of a bank's returns, on the numbers of policies/lending, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from libs import policy
from services.lending.domain.returns import two_increases
from services.lending.domain.returns.figures import Figures, period_of
from services.lending.operations.returns import increase_rules


@cache
def _policies() -> policy.PolicySet:
    return policy.load()


def two_increases_two_controls(
    period: str, now: dict[str, int], then: dict[str, int] | None = None
) -> two_increases.Assessment:
    """A period's figures against its base's; what is not named is nothing."""
    found = period_of(period)
    rules = increase_rules(_policies(), found.last_day)
    base = None if then is None else _figures(then)
    return two_increases.assessed(found, _figures(now), base, rules)


def _figures(named: dict[str, int]) -> Figures:
    nothing = dict.fromkeys(Figures.__dataclass_fields__, 0)
    return Figures(**(nothing | named))


RULES: dict[str, Callable[..., object]] = {"returns.two_increases": two_increases_two_controls}
