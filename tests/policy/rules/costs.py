"""What loans cost by the doors of lending, by names that a reviewer of cases reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from libs.chassis.codec import load
from services.lending.domain.cost import CostQuestion
from services.lending.domain.cost_sheet import cost_of
from services.lending.domain.product import ProductTerms, check_rate, rates_of

TODAY = date(2026, 11, 22)
# What every product below has, unless a case says otherwise.
SOUND = {
    "name": "流动资金贷款",
    "kind": "WORKING_CAPITAL",
    "amount_min_fen": 10_000_000,
    "amount_max_fen": 300_000_000,
    "term_min_months": 6,
    "term_max_months": 24,
    "repayment_methods": ["INTEREST_FIRST", "EQUAL_INSTALMENT"],
    "guarantee_modes": ["UNSECURED"],
}


def cost(**asked: Any) -> dict[str, object]:
    """The cost sheet; rates also as percentages with two decimals, as they are shown."""
    found = cost_of(load(CostQuestion, asked), None, TODAY)
    after = found.after_subsidy
    return {
        "payments_fen": [one.payment_fen for one in found.schedule],
        "last_due_on": found.schedule[-1].due_on,
        "rate_ppm": found.rate_ppm,
        "interest_fen": found.interest_fen,
        "total_fen": found.total_fen,
        "simple_ppm": found.simple_ppm,
        "lender": found.lender,
        "all_in": found.all_in,
        "after_subsidy": after,
        "total_after_subsidy_fen": found.total_after_subsidy_fen,
        "subsidies": found.subsidies,
        "items": found.items,
        "not_counted": found.not_counted,
        "shown": {
            "lender": [_percent(found.lender.nominal_ppm), _percent(found.lender.effective_ppm)],
            "all_in": [_percent(found.all_in.nominal_ppm), _percent(found.all_in.effective_ppm)],
        },
        "private_lending_cap_ppm": found.private_lending_cap_ppm,
        "stale": found.priced_at.stale,
    }


def rates(on: str, **terms: Any) -> object:
    """The annual rates that a product's own terms come to on a day."""
    return rates_of(_terms(terms), date.fromisoformat(on))


def stated_rate(on: str, low_ppm: int, high_ppm: int, basis: str, **terms: Any) -> str:
    """What a bank advertises, against what its terms can give."""
    stated = {"min_ppm": low_ppm, "max_ppm": high_ppm, "basis": basis}
    check_rate(_terms({**terms, "stated_rate": stated}), date.fromisoformat(on))
    return "ACCEPTED"


def _terms(changes: dict[str, Any]) -> ProductTerms:
    return load(ProductTerms, SOUND | changes)


def _percent(ppm: int) -> str:
    return f"{(ppm + 50) // 100 / 100:.2f}"


RULES: dict[str, Callable[..., object]] = {
    "lending.cost": cost,
    "lending.rates": rates,
    "lending.stated_rate": stated_rate,
}
