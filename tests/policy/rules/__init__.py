"""Which rule a case may name: one table. A context adds its own module here and one line below."""

from __future__ import annotations

from collections.abc import Callable

from tests.policy.rules import (
    chain,
    costs,
    credit,
    credit_files,
    finance,
    guarantee,
    lending,
    oversight,
    parameters,
    pledges,
    registry,
    repairs,
    returns,
)

Rule = Callable[..., object]

RULES: dict[str, Rule] = {
    **finance.RULES,
    **registry.RULES,
    **parameters.RULES,
    **credit.RULES,
    **credit_files.RULES,
    **oversight.RULES,
    **guarantee.RULES,
    **chain.RULES,
    **lending.RULES,
    **costs.RULES,
    **pledges.RULES,
    **returns.RULES,
    **repairs.RULES,
}
