"""Repayment plans, exact to the fen.

Every amount is rounded half-up; the last instalment absorbs what rounding left. Interest of a month is a twelfth of
the annual rate. Interest by days (act/360) is in `dated`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import PPM, half_up
from libs.finance.rates import MONTHS_PER_YEAR, monthly_interest

YEARLY = PPM * MONTHS_PER_YEAR
MONTHLY, QUARTERLY = 1, 3
PLAN_MONTHS = 6  # between two parts of a plan that nobody has written yet


class RepaymentMethod(StrEnum):
    EQUAL_INSTALMENT = "EQUAL_INSTALMENT"
    """等额本息: the same payment every month."""
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    """等额本金: the same principal every month, interest on the balance."""
    INTEREST_FIRST = "INTEREST_FIRST"
    """先息后本: interest every month or quarter, the principal at the end."""
    BULLET = "BULLET"
    """一次还本付息: principal and simple interest at the end."""
    ON_DEMAND = "ON_DEMAND"
    """随借随还: planned as its worst case, all drawn for the whole term: as INTEREST_FIRST."""
    PLANNED = "PLANNED"
    """按计划分期还本: the principal in the parts of a plan, interest every month or quarter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrincipalPart(Shape):
    """Principal that a plan asks for at the end of a month, counted from drawdown."""

    month: int
    principal_fen: int


@dataclass(frozen=True, slots=True)
class Instalment:
    """What falls due at the end of month `number`, counted from drawdown; `balance_fen` is left after paying it."""

    number: int
    principal_fen: int
    interest_fen: int
    balance_fen: int

    @property
    def payment_fen(self) -> int:
        return self.principal_fen + self.interest_fen


def schedule(
    principal_fen: int,
    rate_ppm: int,
    months: int,
    method: RepaymentMethod,
    *,
    interest_months: int = MONTHLY,
    parts: Sequence[PrincipalPart] = (),
) -> tuple[Instalment, ...]:
    """The plan of a loan drawn in full at the start; a BULLET has one instalment, numbered `months`.

    `interest_months` (1 or 3) is for methods that pay interest by itself: INTEREST_FIRST, ON_DEMAND and PLANNED.
    `parts` are a PLANNED loan's; without any, the principal goes in equal parts every half-year and at the end.
    Raises Violation for a principal or term that is not positive, a negative rate, or parts that are no plan.
    """
    _check(principal_fen, rate_ppm, months, interest_months)
    if method is RepaymentMethod.PLANNED:
        plan = parts or even_parts(principal_fen, months)
        check_parts(plan, principal_fen, months)
        due = {part.month: part.principal_fen for part in plan}
        return _by_plan(principal_fen, rate_ppm, months, interest_months, due)
    if parts:
        raise Violation("parts", f"A loan repaid by {method} has no plan of parts.", "Leave the parts out.")
    return _PLANS[method](principal_fen, rate_ppm, months, interest_months)


def level_payment(principal_fen: int, rate_ppm: int, months: int) -> int:
    """The equal instalment P·i(1+i)^n / ((1+i)^n - 1), computed in whole numbers and rounded half-up once."""
    if rate_ppm == 0:
        return half_up(principal_fen, months)
    grown, flat = (YEARLY + rate_ppm) ** months, YEARLY**months
    return half_up(principal_fen * rate_ppm * grown, YEARLY * (grown - flat))


def even_parts(principal_fen: int, months: int, every: int = PLAN_MONTHS) -> tuple[PrincipalPart, ...]:
    """Equal parts, one `every` so many months and one at the end, which takes what rounding left."""
    ends = [*range(every, months, every), months]
    part = principal_fen // len(ends)
    last = principal_fen - part * (len(ends) - 1)
    amounts = [*([part] * (len(ends) - 1)), last]
    pairs = zip(ends, amounts, strict=True)
    return tuple(PrincipalPart(month=month, principal_fen=fen) for month, fen in pairs if fen)


def check_parts(parts: Sequence[PrincipalPart], principal_fen: int, months: int) -> None:
    """Parts that are a plan: positive, in order, ending with the loan, and all of the principal together."""
    latest = 0
    for place, part in enumerate(parts):
        if part.principal_fen <= 0:
            mend = "Give at least one fen, or leave the part out."
            raise Violation(f"parts/{place}/principal_fen", "The part is not positive.", mend)
        if not latest < part.month <= months:
            mend = f"Give a month after {latest} and up to {months}."
            raise Violation(f"parts/{place}/month", f"Month {part.month} is out of order.", mend)
        latest = part.month
    total = sum(part.principal_fen for part in parts)
    if latest != months or total != principal_fen:
        why = f"The parts come to {total} fen by month {latest}."
        raise Violation("parts", why, f"Repay all {principal_fen} fen, the last part in month {months}.")


_Planner = Callable[[int, int, int, int], tuple[Instalment, ...]]


def _monthly(due_of: Callable[[int, int, int], Callable[[int], int]]) -> _Planner:
    """Instalments every month, of which `due_of` tells the principal when it knows the interest."""

    def plan(principal_fen: int, rate_ppm: int, months: int, interest_months: int) -> tuple[Instalment, ...]:
        due, balance, found = due_of(principal_fen, rate_ppm, months), principal_fen, list[Instalment]()
        for number in range(1, months + 1):
            interest = monthly_interest(balance, rate_ppm)
            principal = balance if number == months else min(due(interest), balance)
            balance -= principal
            found.append(Instalment(number, principal, interest, balance))
        return tuple(found)

    return plan


def _equal_instalment(principal_fen: int, rate_ppm: int, months: int) -> Callable[[int], int]:
    payment = level_payment(principal_fen, rate_ppm, months)
    return lambda interest: payment - interest


def _equal_principal(principal_fen: int, rate_ppm: int, months: int) -> Callable[[int], int]:
    part = half_up(principal_fen, months)
    return lambda interest: part


def _at_end(principal_fen: int, rate_ppm: int, months: int, interest_months: int) -> tuple[Instalment, ...]:
    return _by_plan(principal_fen, rate_ppm, months, interest_months, {months: principal_fen})


def _bullet(principal_fen: int, rate_ppm: int, months: int, interest_months: int) -> tuple[Instalment, ...]:
    return (Instalment(months, principal_fen, half_up(principal_fen * rate_ppm * months, YEARLY), 0),)


def _by_plan(
    principal_fen: int, rate_ppm: int, months: int, interest_months: int, due: Mapping[int, int]
) -> tuple[Instalment, ...]:
    """Interest at the end of each of its periods and of the loan, principal where it is due.

    A part inside a period is paid in its month; the period's interest counts each month's own balance.
    """
    plan: list[Instalment] = []
    balance, owed = principal_fen, 0  # `owed`: interest run up since it was last paid, times YEARLY
    for number in range(1, months + 1):
        owed += balance * rate_ppm
        principal = due.get(number, 0)
        balance -= principal
        if number % interest_months == 0 or number == months:
            plan.append(Instalment(number, principal, half_up(owed, YEARLY), balance))
            owed = 0
        elif principal:
            plan.append(Instalment(number, principal, 0, balance))
    return tuple(plan)


_PLANS: dict[RepaymentMethod, _Planner] = {
    RepaymentMethod.EQUAL_INSTALMENT: _monthly(_equal_instalment),
    RepaymentMethod.EQUAL_PRINCIPAL: _monthly(_equal_principal),
    RepaymentMethod.INTEREST_FIRST: _at_end,
    RepaymentMethod.ON_DEMAND: _at_end,
    RepaymentMethod.BULLET: _bullet,
}


def _check(principal_fen: int, rate_ppm: int, months: int, interest_months: int) -> None:
    if principal_fen <= 0:
        raise Violation(
            "principal_fen", "The principal is not positive.", "Give an amount of at least one fen."
        )
    if rate_ppm < 0:
        raise Violation("rate_ppm", "The rate is negative.", "Give an annual rate of zero or more.")
    if months <= 0:
        raise Violation("months", "The term is not positive.", "Give a term of at least one month.")
    if interest_months not in (MONTHLY, QUARTERLY):
        why = f"Interest every {interest_months} months is not paid anywhere."
        raise Violation("interest_months", why, "Give 1 (every month) or 3 (every quarter).")
