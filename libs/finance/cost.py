"""What a loan costs in all: the sheet of items, and the annual rates before and after subsidy.

The sheet follows the disclosure of all-in financing cost (明示企业贷款综合融资成本): every item with payee and
time, the total, the compound annual rate, and a simple rate to be labelled as simple. Subsidies are a separate inflow
at their expected month and never lower the disclosed rate (PBC Announcement [2021] No. 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.irr import AnnualRate, NoUniqueRoot, annual_rate
from libs.finance.money import half_up
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import YEARLY, Instalment, RepaymentMethod, schedule

DISCLOSURE = "PBC Announcement [2021] No. 3"


class FeePayee(StrEnum):
    LENDER = "LENDER"
    GUARANTOR = "GUARANTOR"
    APPRAISER = "APPRAISER"
    REGISTRY = "REGISTRY"
    INSURER = "INSURER"
    OTHER = "OTHER"


class FeeBasis(StrEnum):
    """What a fee is counted on."""

    PRINCIPAL = "PRINCIPAL"
    FIXED = "FIXED"


class FeeTiming(StrEnum):
    UPFRONT = "UPFRONT"
    ANNUAL = "ANNUAL"
    """At the start of every loan year. A rate counts a last part-year by its months; an amount is due in full."""
    AT_END = "AT_END"


class SubsidyStatus(StrEnum):
    EXPECTED = "EXPECTED"
    APPROVED = "APPROVED"
    PAID = "PAID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Shape):
    """One charge beside interest: `amount_fen` where FIXED, else `rate_ppm` of the principal (a year's, if ANNUAL)."""

    name: str
    payee: FeePayee
    basis: FeeBasis
    rate_ppm: int = 0
    amount_fen: int = 0
    timing: FeeTiming = FeeTiming.UPFRONT

    def __post_init__(self) -> None:
        _from_zero(self.name, rate_ppm=self.rate_ppm, amount_fen=self.amount_fen)
        field, unused = _UNUSED[self.basis](self)
        if unused:
            raise Violation(field, f"{self.name}: a {self.basis} fee has none.", f"Set {field} to 0.")


_UNUSED: dict[FeeBasis, Callable[[Fee], tuple[str, int]]] = {
    FeeBasis.PRINCIPAL: lambda fee: ("amount_fen", fee.amount_fen),
    FeeBasis.FIXED: lambda fee: ("rate_ppm", fee.rate_ppm),
}


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
        _from_zero(self.name, rate_ppm=self.rate_ppm, amount_fen=self.amount_fen, month=self.month or 0)
        if self.rate_ppm and self.amount_fen:
            raise Violation(
                "rate_ppm", f"{self.name}: it is a rate or an amount, not both.", "Set one of them to 0."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CostItem:
    """A line of the sheet: what is paid to whom over the whole term. Interest has no basis and no timing."""

    name: str
    payee: FeePayee
    amount_fen: int
    basis: FeeBasis | None = None
    timing: FeeTiming | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSheet:
    """`lender` counts interest and the lender's own fees; `all_in` counts every fee and is the rate to disclose.

    `simple_ppm` is total cost over principal and years on the declining balance: show it only labelled "simple".
    `after_subsidy` is None where the flows after subsidy have no single rate, such as a subsidy above the cost.
    """

    items: tuple[CostItem, ...]
    total_fen: int
    subsidy_fen: int
    simple_ppm: int
    lender: AnnualRate
    all_in: AnnualRate
    after_subsidy: AnnualRate | None


def cost_sheet(
    principal_fen: int,
    rate_ppm: int,
    months: int,
    method: RepaymentMethod,
    fees: Sequence[Fee] = (),
    subsidies: Sequence[Subsidy] = (),
) -> CostSheet:
    """The sheet of a loan drawn in full at the start.

    Raises Violation for impossible terms, and where fees take so much that no annual rate exists.
    """
    plan = schedule(principal_fen, rate_ppm, months, method)
    balances = _opening_balances(plan, principal_fen, months)
    interest_fen = sum(instalment.interest_fen for instalment in plan)
    charges = [(fee, _charge(fee, principal_fen, months)) for fee in fees]
    items = (CostItem(name="利息", payee=FeePayee.LENDER, amount_fen=interest_fen), *map(_item, charges))
    total_fen = sum(item.amount_fen for item in items)
    flows = _loan_flows(plan, principal_fen, months)
    lender_flows = _less(flows, [paid for fee, paid in charges if fee.payee is FeePayee.LENDER])
    all_flows = _less(flows, [paid for _, paid in charges])
    all_in = _disclosed(all_flows)
    received = [_receipt(subsidy, balances) for subsidy in subsidies]
    return CostSheet(
        items=items,
        total_fen=total_fen,
        subsidy_fen=sum(amount for _, amount in received),
        simple_ppm=half_up(total_fen * YEARLY, sum(balances)),
        lender=all_in if lender_flows == all_flows else _disclosed(lender_flows),
        all_in=all_in,
        after_subsidy=_subsidised(all_flows, received) if received else all_in,
    )


# A charge by month, and a receipt as (month, fen).
_Paid = dict[int, int]
_Receipt = tuple[int, int]


def _opening_balances(plan: Sequence[Instalment], principal_fen: int, months: int) -> list[int]:
    """The principal outstanding during each month."""
    if len(plan) != months:
        return [principal_fen] * months
    return [principal_fen, *(instalment.balance_fen for instalment in plan[:-1])]


def _loan_flows(plan: Sequence[Instalment], principal_fen: int, months: int) -> list[int]:
    flows = [0] * (months + 1)
    flows[0] = principal_fen
    for instalment in plan:
        flows[instalment.number] = -instalment.principal_fen - instalment.interest_fen
    return flows


def _charge(fee: Fee, principal_fen: int, months: int) -> _Paid:
    if fee.timing is FeeTiming.UPFRONT:
        return {0: _due(fee, principal_fen, MONTHS_PER_YEAR)}
    if fee.timing is FeeTiming.AT_END:
        return {months: _due(fee, principal_fen, MONTHS_PER_YEAR)}
    years = range(0, months, MONTHS_PER_YEAR)
    return {start: _due(fee, principal_fen, min(MONTHS_PER_YEAR, months - start)) for start in years}


def _due(fee: Fee, principal_fen: int, months: int) -> int:
    if fee.basis is FeeBasis.FIXED:
        return fee.amount_fen
    return half_up(principal_fen * fee.rate_ppm * months, YEARLY)


def _item(charge: tuple[Fee, _Paid]) -> CostItem:
    fee, paid = charge
    return CostItem(
        name=fee.name, payee=fee.payee, amount_fen=sum(paid.values()), basis=fee.basis, timing=fee.timing
    )


def _receipt(subsidy: Subsidy, balances: Sequence[int]) -> _Receipt:
    month = len(balances) if subsidy.month is None else subsidy.month
    return month, subsidy.amount_fen or half_up(sum(balances) * subsidy.rate_ppm, YEARLY)


def _less(flows: Sequence[int], charges: Sequence[_Paid]) -> list[int]:
    rest = list(flows)
    for paid in charges:
        for month, amount_fen in paid.items():
            rest[month] -= amount_fen
    return rest


def _disclosed(flows: Sequence[int]) -> AnnualRate:
    try:
        return annual_rate(flows)
    except NoUniqueRoot:
        raise Violation(
            "fees",
            "The fees leave so little of the loan that it has no annual rate.",
            "Lower the fees.",
            DISCLOSURE,
        ) from None


def _subsidised(flows: Sequence[int], received: Sequence[_Receipt]) -> AnnualRate | None:
    rest = list(flows) + [0] * (max(month for month, _ in received) + 1 - len(flows))
    for month, amount_fen in received:
        rest[month] += amount_fen
    try:
        return annual_rate(rest)
    except NoUniqueRoot:
        return None


def _from_zero(name: str, **values: int) -> None:
    for field, value in values.items():
        if value < 0:
            raise Violation(field, f"{name}: it is negative.", f"Give {field} as a whole number from zero.")
