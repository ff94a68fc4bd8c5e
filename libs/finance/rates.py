"""Annual rates in millionths, and rates that follow the loan prime rate."""

from __future__ import annotations

from libs.criteria.violation import Violation
from libs.finance.money import PPM, half_up

PPM_PER_BP = PPM // 10_000
MONTHS_PER_YEAR = 12


def linked_rate_ppm(lpr_ppm: int, spread_bp: int) -> int:
    """The rate of an LPR-linked loan: LPR plus the spread, which may be negative. A negative rate is a Violation."""
    rate_ppm = lpr_ppm + spread_bp * PPM_PER_BP
    if rate_ppm < 0:
        raise Violation(
            "spread_bp",
            f"A spread of {spread_bp} basis points under an LPR of {lpr_ppm} ppm makes the rate negative.",
            "Raise the spread.",
        )
    return rate_ppm


def spread_bp(rate_ppm: int, lpr_ppm: int) -> int:
    """The spread in basis points, half-up, that a rate keeps over the LPR."""
    return half_up(rate_ppm - lpr_ppm, PPM_PER_BP)


def monthly_interest(balance_fen: int, rate_ppm: int) -> int:
    """A month's interest, a twelfth of the annual rate, half-up to the fen."""
    return half_up(balance_fen * rate_ppm, PPM * MONTHS_PER_YEAR)
