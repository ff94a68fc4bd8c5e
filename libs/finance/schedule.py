"""Repayment plans, exact to the fen.

Every amount is rounded half-up; the last instalment absorbs what rounding left. Interest of a month is a twelfth of
the annual rate. Interest by days (act/360) is in `daycount`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.violation import Violation
from libs.finance.money import PPM, half_up
from libs.finance.rates import MONTHS_PER_YEAR, monthly_interest

YEARLY = PPM * MONTHS_PER_YEAR


class RepaymentMethod(StrEnum):
    EQUAL_INSTALMENT = "EQUAL_INSTALMENT"
    """等额本息: the same payment every month."""
    EQUAL_PRINCIPAL = "EQUAL_PRINCIPAL"
    """等额本金: the same principal every month, interest on the balance."""
    INTEREST_FIRST = "INTEREST_FIRST"
    """先息后本: interest every month, the principal at the end."""
    BULLET = "BULLET"
    """一次还本付息: principal and simple interest at the end."""
    ON_DEMAND = "ON_DEMAND"
    """随借随还: planned as its worst case, all drawn for the whole term: as INTEREST_FIRST."""


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
    principal_fen: int, rate_ppm: int, months: int, method: RepaymentMethod
) -> tuple[Instalment, ...]:
    """The plan of a loan drawn in full at the start; a BULLET has one instalment, numbered `months`.

    Raises Violation for a principal or term that is not positive, or a negative rate.
    """
    _check(principal_fen, rate_ppm, months)
    if method is RepaymentMethod.BULLET:
        return (Instalment(months, principal_fen, half_up(principal_fen * rate_ppm * months, YEARLY), 0),)
    return _amortise(principal_fen, rate_ppm, months, _PRINCIPAL[method](principal_fen, rate_ppm, months))


def level_payment(principal_fen: int, rate_ppm: int, months: int) -> int:
    """The equal instalment P·i(1+i)^n / ((1+i)^n - 1), computed in whole numbers and rounded half-up once."""
    if rate_ppm == 0:
        return half_up(principal_fen, months)
    grown, flat = (YEARLY + rate_ppm) ** months, YEARLY**months
    return half_up(principal_fen * rate_ppm * grown, YEARLY * (grown - flat))


# Given the interest of the month, the principal that the plan asks for before the balance limits it.
_PrincipalDue = Callable[[int], int]


def _equal_instalment(principal_fen: int, rate_ppm: int, months: int) -> _PrincipalDue:
    payment = level_payment(principal_fen, rate_ppm, months)
    return lambda interest: payment - interest


def _equal_principal(principal_fen: int, rate_ppm: int, months: int) -> _PrincipalDue:
    part = half_up(principal_fen, months)
    return lambda interest: part


def _at_end(principal_fen: int, rate_ppm: int, months: int) -> _PrincipalDue:
    return lambda interest: 0


_PRINCIPAL: dict[RepaymentMethod, Callable[[int, int, int], _PrincipalDue]] = {
    RepaymentMethod.EQUAL_INSTALMENT: _equal_instalment,
    RepaymentMethod.EQUAL_PRINCIPAL: _equal_principal,
    RepaymentMethod.INTEREST_FIRST: _at_end,
    RepaymentMethod.ON_DEMAND: _at_end,
}


def _amortise(principal_fen: int, rate_ppm: int, months: int, due: _PrincipalDue) -> tuple[Instalment, ...]:
    plan: list[Instalment] = []
    balance = principal_fen
    for number in range(1, months + 1):
        interest = monthly_interest(balance, rate_ppm)
        principal = balance if number == months else min(due(interest), balance)
        balance -= principal
        plan.append(Instalment(number, principal, interest, balance))
    return tuple(plan)


def _check(principal_fen: int, rate_ppm: int, months: int) -> None:
    if principal_fen <= 0:
        raise Violation(
            "principal_fen", "The principal is not positive.", "Give an amount of at least one fen."
        )
    if rate_ppm < 0:
        raise Violation("rate_ppm", "The rate is negative.", "Give an annual rate of zero or more.")
    if months <= 0:
        raise Violation("months", "The term is not positive.", "Give a term of at least one month.")
