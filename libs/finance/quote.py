"""What a cost sheet says of a loan that is only proposed, without the sheet: the same figures for a tenth of the work.

For whoever prices ten loans while somebody waits. Tests hold every figure against `cost.cost_sheet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import DISCLOSURE, INTEREST, Subsidy
from libs.finance.fees import Fee, FeePayee, FeeTiming, charge, must_be_paid
from libs.finance.irr import AnnualRate, NoUniqueRoot, annual_rate
from libs.finance.money import PPM, half_up
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import MONTHLY, YEARLY, RepaymentMethod, level_payment, schedule

_AT_END = (RepaymentMethod.INTEREST_FIRST, RepaymentMethod.ON_DEMAND)


@dataclass(frozen=True, slots=True)
class QuotedItem(Shape):
    """What is paid to whom in all. Interest has no timing."""

    name: str
    payee: FeePayee
    amount_fen: int
    timing: FeeTiming | None = None


@dataclass(frozen=True, slots=True)
class Quote(Shape):
    """Figures of the sheet of the same names; `after_subsidy` None where the flows have no single rate."""

    items: tuple[QuotedItem, ...]
    total_fen: int
    subsidies_fen: tuple[int, ...]
    all_in: AnnualRate
    after_subsidy: AnnualRate | None


def quote(
    principal_fen: int,
    rate_ppm: int,
    months: int,
    method: RepaymentMethod,
    fees: Sequence[Fee] = (),
    subsidies: Sequence[Subsidy] = (),
    *,
    interest_months: int = MONTHLY,
    appraised_fen: int | None = None,
) -> Quote:
    """A loan drawn in full at the start, counted by months. Raises Violation as `cost_sheet` does."""
    paid, in_use = _payments(principal_fen, rate_ppm, months, method, interest_months)
    items = [QuotedItem(INTEREST, FeePayee.LENDER, sum(paid) - principal_fen)]
    flows = [principal_fen, *(-amount for amount in paid)]
    for fee in fees:
        if must_be_paid(fee):
            due = charge(fee, principal_fen, months, appraised_fen)
            for month, amount in due.items():
                flows[month] -= amount
            items.append(QuotedItem(fee.name, fee.payee, sum(due.values()), fee.timing))
    total = sum(item.amount_fen for item in items)
    all_in = _disclosed(flows, total / in_use)
    if not subsidies:
        return Quote(tuple(items), total, (), all_in, all_in)
    received = tuple(_received(one, in_use) for one in subsidies)
    after = _subsidised(flows, months, subsidies, received, (total - sum(received)) / in_use)
    return Quote(tuple(items), total, received, all_in, after)


def _payments(
    principal_fen: int, rate_ppm: int, months: int, method: RepaymentMethod, interest_months: int
) -> tuple[list[int], int]:
    """What is paid at the end of each month, and the sum of what is owed during each."""
    usual = principal_fen > 0 and rate_ppm >= 0 and months > 0
    if usual and method in _AT_END and interest_months == MONTHLY:
        interest = half_up(principal_fen * rate_ppm, YEARLY)
        return [*([interest] * (months - 1)), interest + principal_fen], principal_fen * months
    if usual and interest_months == MONTHLY and method is RepaymentMethod.EQUAL_INSTALMENT:
        return _falling(
            principal_fen, rate_ppm, months, payment=level_payment(principal_fen, rate_ppm, months)
        )
    if usual and interest_months == MONTHLY and method is RepaymentMethod.EQUAL_PRINCIPAL:
        return _falling(principal_fen, rate_ppm, months, part=half_up(principal_fen, months))
    return _of_schedule(principal_fen, rate_ppm, months, method, interest_months)


def _falling(
    balance: int, rate_ppm: int, months: int, payment: int = 0, part: int = 0
) -> tuple[list[int], int]:
    """Every month the same payment, or the same part of the principal; the last takes what rounding left."""
    paid, in_use = list[int](), 0
    for _ in range(months - 1):
        in_use += balance
        interest = (2 * balance * rate_ppm + YEARLY) // (2 * YEARLY)
        principal = min(part or payment - interest, balance)
        balance -= principal
        paid.append(principal + interest)
    paid.append(balance + (2 * balance * rate_ppm + YEARLY) // (2 * YEARLY))
    return paid, in_use + balance


def _of_schedule(
    principal_fen: int, rate_ppm: int, months: int, method: RepaymentMethod, interest_months: int
) -> tuple[list[int], int]:
    plan = schedule(principal_fen, rate_ppm, months, method, interest_months=interest_months)
    due = {one.number: one for one in plan}
    paid, in_use, balance = list[int](), 0, principal_fen
    for month in range(1, months + 1):
        in_use += balance
        one = due.get(month)
        paid.append(one.payment_fen if one else 0)
        balance = one.balance_fen if one else balance
    return paid, in_use


def _received(subsidy: Subsidy, in_use: int) -> int:
    return subsidy.amount_fen or half_up(in_use * subsidy.rate_ppm, PPM * MONTHS_PER_YEAR)


def _disclosed(flows: Sequence[int], guess: float) -> AnnualRate:
    try:
        return annual_rate(flows, guess)
    except NoUniqueRoot:
        raise Violation(
            "fees",
            "The fees leave so little of the loan that it has no annual rate.",
            "Lower the fees.",
            DISCLOSURE,
        ) from None


def _subsidised(
    flows: Sequence[int], months: int, subsidies: Sequence[Subsidy], received: Sequence[int], guess: float
) -> AnnualRate | None:
    last = max([months, *(one.month or 0 for one in subsidies)])
    rest = [*flows, *([0] * (last - months))]
    for one, amount_fen in zip(subsidies, received, strict=True):
        rest[months if one.month is None else one.month] += amount_fen
    try:
        return annual_rate(rest, guess)
    except NoUniqueRoot:
        return None
