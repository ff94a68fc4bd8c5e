"""Loans by their days: interest act/360 from the day of drawdown to that of repayment, rates by XIRR (act/365)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import INTEREST, Cash, CostItem, CostSheet, Extras, sheet_of
from libs.finance.daycount import DayBase, add_months, days_between, interest_for_days
from libs.finance.fees import FeePayee
from libs.finance.irr import AnnualRate, dated_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Use(Shape):
    """A loan in one sum, or one use of a line (随借随还). The first day counts, the last does not."""

    drawn_on: date
    repaid_on: date
    amount_fen: int

    def __post_init__(self) -> None:
        if self.amount_fen <= 0:
            raise Violation("amount_fen", "The amount is not positive.", "Give at least one fen.")
        if self.repaid_on <= self.drawn_on:
            mend = "Give a day after the drawdown."
            raise Violation("repaid_on", f"{self.repaid_on} is not after {self.drawn_on}.", mend)

    @property
    def days(self) -> int:
        return days_between(self.drawn_on, self.repaid_on)


def interest_of(use: Use, rate_ppm: int) -> int:
    """Simple interest of a use, paid with its repayment."""
    return interest_for_days(use.amount_fen, rate_ppm, use.days)


def sheet_of_uses(
    uses: Sequence[Use], rate_ppm: int, line_fen: int, starts: date, months: int, extras: Extras
) -> CostSheet:
    """The sheet of uses. Fees on the principal are counted on `line_fen`, for `months` from `starts`."""
    interest = CostItem(
        name=INTEREST,
        payee=FeePayee.LENDER,
        amount_fen=sum(interest_of(use, rate_ppm) for use in uses),
        times=len(uses),
        last_month=months,
    )
    cash = Cash(
        interest=interest,
        flows=_flows(uses, rate_ppm),
        base_fen=line_fen,
        months=months,
        when=lambda month: add_months(starts, month),
        annual=_dated_rate,
        in_use=sum(use.amount_fen * use.days for use in uses),
        year=DayBase.ACT_365,
        interest_year=DayBase.ACT_360,
    )
    return sheet_of(cash, extras)


def _flows(uses: Sequence[Use], rate_ppm: int) -> dict[date, int]:
    flows: dict[date, int] = {}
    for use in uses:
        back = use.amount_fen + interest_of(use, rate_ppm)
        flows[use.drawn_on] = flows.get(use.drawn_on, 0) + use.amount_fen
        flows[use.repaid_on] = flows.get(use.repaid_on, 0) - back
    return flows


def _dated_rate(flows: Mapping[date, int]) -> AnnualRate:
    return dated_rate(list(flows.items()))
