"""What a loan costs in all: the sheet of items, and the annual rates before and after subsidy.

The sheet follows the disclosure of all-in financing cost (明示企业贷款综合融资成本): every item with payee, time and
period, the total, the compound annual rate, and a simple rate to be labelled as simple. Subsidies are a separate
inflow at their expected time and never lower the disclosed rate (PBC Announcement [2021] No. 3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, TypeVar

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer, FeeTiming, charge, from_zero
from libs.finance.irr import AnnualRate, NoUniqueRoot, annual_rate
from libs.finance.money import PPM, half_up
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import MONTHLY, Instalment, PrincipalPart, RepaymentMethod, schedule

DISCLOSURE = "PBC Announcement [2021] No. 3"
INTEREST = "利息"


class SubsidyStatus(StrEnum):
    EXPECTED = "EXPECTED"
    APPROVED = "APPROVED"
    PAID = "PAID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subsidy(Shape):
    """Public money towards the cost: a sum, or `rate_ppm` a year on the outstanding principal (贴息), never both.

    It comes in month `month` counted from drawdown, or at maturity where none is given.
    """

    name: str
    payer: str
    rate_ppm: int = 0
    amount_fen: int = 0
    month: int | None = None
    status: SubsidyStatus = SubsidyStatus.EXPECTED

    def __post_init__(self) -> None:
        from_zero(self.name, rate_ppm=self.rate_ppm, amount_fen=self.amount_fen, month=self.month or 0)
        if self.rate_ppm and self.amount_fen:
            raise Violation(
                "rate_ppm", f"{self.name}: it is a rate or an amount, not both.", "Set one of them to 0."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem(Shape):
    """A line of the sheet: what is paid to whom in all, how many times, from which month to which.

    Months are counted from drawdown. Interest has no basis and no timing.
    """

    name: str
    payee: FeePayee
    amount_fen: int
    basis: FeeBasis | None = None
    timing: FeeTiming | None = None
    payer: FeePayer = FeePayer.BORROWER
    mandatory: bool = True
    times: int = 1
    first_month: int = 0
    last_month: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSheet(Shape):
    """`lender` counts interest and the lender's own fees, the rate to disclose; `all_in` counts every fee.

    `items` make up the total; `not_counted` are fees that others bear or that the borrower may leave. `simple_ppm` is
    total cost over principal and years on the declining balance: show it only labelled "simple". `after_subsidy` is
    None where the flows after subsidy have no single rate, such as a subsidy above the cost.
    """

    items: tuple[CostItem, ...]
    not_counted: tuple[CostItem, ...] = ()
    total_fen: int
    subsidies_fen: tuple[int, ...] = ()
    subsidy_fen: int
    simple_ppm: int
    lender: AnnualRate
    all_in: AnnualRate
    after_subsidy: AnnualRate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What comes to a loan beside interest. `taken` names the fees that are not mandatory and yet wanted."""

    fees: Sequence[Fee] = ()
    subsidies: Sequence[Subsidy] = ()
    appraised_fen: int | None = None
    taken: Collection[str] = ()


def cost_sheet(
    principal_fen: int,
    rate_ppm: int,
    months: int,
    method: RepaymentMethod,
    fees: Sequence[Fee] = (),
    subsidies: Sequence[Subsidy] = (),
    *,
    interest_months: int = MONTHLY,
    parts: Sequence[PrincipalPart] = (),
    appraised_fen: int | None = None,
    taken: Collection[str] = (),
) -> CostSheet:
    """The sheet of a loan drawn in full at the start, counted by months.

    Raises Violation for impossible terms, and where fees take so much that no annual rate exists.
    """
    plan = schedule(principal_fen, rate_ppm, months, method, interest_months=interest_months, parts=parts)
    extras = Extras(fees=fees, subsidies=subsidies, appraised_fen=appraised_fen, taken=taken)
    return sheet_of_plan(plan, principal_fen, months, extras)


def sheet_of_plan(plan: Sequence[Instalment], principal_fen: int, months: int, extras: Extras) -> CostSheet:
    """The same for instalments that are known already."""
    balances = _balances(plan, principal_fen, months)
    cash = Cash(
        interest=_interest(plan),
        flows={0: principal_fen} | {one.number: -one.payment_fen for one in plan},
        base_fen=principal_fen,
        months=months,
        when=_month,
        annual=_monthly_rate,
        in_use=sum(balances),
        year=MONTHS_PER_YEAR,
        interest_year=MONTHS_PER_YEAR,
    )
    return sheet_of(cash, extras)


When = TypeVar("When", int, date)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cash(Generic[When]):
    """A loan as money in and out, seen from the borrower, before fees and subsidies.

    `in_use` is principal times the periods (months or days) for which it is borrowed, of which a year has `year`, and
    `interest_year` where interest is counted.
    """

    interest: CostItem
    flows: Mapping[When, int]
    base_fen: int
    months: int
    when: Callable[[int], When]
    annual: Callable[[Mapping[When, int]], AnnualRate]
    in_use: int
    year: int
    interest_year: int


def sheet_of(cash: Cash[When], extras: Extras) -> CostSheet:
    """The sheet of any loan, from its flows."""
    counted = [fee for fee in extras.fees if _counts(fee, extras.taken)]
    charges = [(fee, charge(fee, cash.base_fen, cash.months, extras.appraised_fen)) for fee in counted]
    items = (cash.interest, *(_item(fee, paid) for fee, paid in charges))
    total_fen = sum(item.amount_fen for item in items)
    lender = _less(cash, [paid for fee, paid in charges if fee.payee is FeePayee.LENDER])
    everything = _less(cash, [paid for _, paid in charges])
    all_in = _disclosed(cash, everything)
    received = [_receipt(subsidy, cash) for subsidy in extras.subsidies]
    return CostSheet(
        items=items,
        not_counted=tuple(_not_counted(fee, cash, extras) for fee in extras.fees if fee not in counted),
        total_fen=total_fen,
        subsidies_fen=tuple(amount for _, amount in received),
        subsidy_fen=sum(amount for _, amount in received),
        simple_ppm=half_up(total_fen * PPM * cash.year, cash.in_use),
        lender=all_in if lender == everything else _disclosed(cash, lender),
        all_in=all_in,
        after_subsidy=_subsidised(cash, everything, received) if received else all_in,
    )


def _counts(fee: Fee, taken: Collection[str]) -> bool:
    planned = fee.timing is not FeeTiming.EARLY_REPAYMENT
    return planned and fee.payer is FeePayer.BORROWER and (fee.mandatory or fee.name in taken)


def _balances(plan: Sequence[Instalment], principal_fen: int, months: int) -> list[int]:
    """The principal outstanding during each month."""
    left = {instalment.number: instalment.balance_fen for instalment in plan}
    balances = [principal_fen]
    for month in range(1, months):
        balances.append(left.get(month, balances[-1]))
    return balances


def _interest(plan: Sequence[Instalment]) -> CostItem:
    paying = [instalment.number for instalment in plan if instalment.interest_fen]
    return CostItem(
        name=INTEREST,
        payee=FeePayee.LENDER,
        amount_fen=sum(instalment.interest_fen for instalment in plan),
        times=len(paying),
        first_month=min(paying, default=0),
        last_month=max(paying, default=0),
    )


def _item(fee: Fee, paid: Mapping[int, int]) -> CostItem:
    return CostItem(
        name=fee.name,
        payee=fee.payee,
        amount_fen=sum(paid.values()),
        basis=fee.basis,
        timing=fee.timing,
        payer=fee.payer,
        mandatory=fee.mandatory,
        times=len(paid),
        first_month=min(paid, default=0),
        last_month=max(paid, default=0),
    )


def _not_counted(fee: Fee, cash: Cash[When], extras: Extras) -> CostItem:
    """What it would come to; one on an appraised value that nobody gave is shown without a sum."""
    return _item(fee, charge(fee, cash.base_fen, cash.months, extras.appraised_fen or 0))


def _receipt(subsidy: Subsidy, cash: Cash[When]) -> tuple[When, int]:
    month = cash.months if subsidy.month is None else subsidy.month
    by_rate = half_up(cash.in_use * subsidy.rate_ppm, PPM * cash.interest_year)
    return cash.when(month), subsidy.amount_fen or by_rate


def _less(cash: Cash[When], charges: Sequence[Mapping[int, int]]) -> dict[When, int]:
    rest = dict(cash.flows)
    for paid in charges:
        for month, amount_fen in paid.items():
            rest[cash.when(month)] = rest.get(cash.when(month), 0) - amount_fen
    return rest


def _disclosed(cash: Cash[When], flows: Mapping[When, int]) -> AnnualRate:
    try:
        return cash.annual(flows)
    except NoUniqueRoot:
        raise Violation(
            "fees",
            "The fees leave so little of the loan that it has no annual rate.",
            "Lower the fees.",
            DISCLOSURE,
        ) from None


def _subsidised(
    cash: Cash[When], flows: Mapping[When, int], received: Sequence[tuple[When, int]]
) -> AnnualRate | None:
    rest = dict(flows)
    for when, amount_fen in received:
        rest[when] = rest.get(when, 0) + amount_fen
    try:
        return cash.annual(rest)
    except NoUniqueRoot:
        return None


def _month(month: int) -> int:
    return month


def _monthly_rate(flows: Mapping[int, int]) -> AnnualRate:
    return annual_rate([flows.get(month, 0) for month in range(max(flows) + 1)])
