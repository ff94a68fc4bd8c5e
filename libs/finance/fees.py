"""Charges beside interest: what each is counted on, when it is paid, who pays it and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.money import half_up
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import YEARLY


class FeePayee(StrEnum):
    LENDER = "LENDER"
    GUARANTOR = "GUARANTOR"
    APPRAISER = "APPRAISER"
    REGISTRY = "REGISTRY"
    INSURER = "INSURER"
    OTHER = "OTHER"


class FeePayer(StrEnum):
    """Who bears it. Only what the borrower pays is a cost of his loan."""

    BORROWER = "BORROWER"
    LENDER = "LENDER"
    GOVERNMENT = "GOVERNMENT"
    OTHER = "OTHER"


class FeeBasis(StrEnum):
    """What a fee is counted on."""

    PRINCIPAL = "PRINCIPAL"
    FIXED = "FIXED"
    APPRAISED_VALUE = "APPRAISED_VALUE"
    """Of what secures the loan."""


class FeeTiming(StrEnum):
    UPFRONT = "UPFRONT"
    ANNUAL = "ANNUAL"
    """At the start of every loan year. A rate counts a last part-year by its months; an amount is due in full."""
    AT_END = "AT_END"
    EARLY_REPAYMENT = "EARLY_REPAYMENT"
    """On each early repayment: of what is repaid early, or a sum. No plan has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Shape):
    """One charge beside interest: `amount_fen` where FIXED, else `rate_ppm` of its basis (a year's, if ANNUAL).

    One that is not `mandatory` is a cost only of a borrower who takes it.
    """

    name: str
    payee: FeePayee
    basis: FeeBasis
    rate_ppm: int = 0
    amount_fen: int = 0
    timing: FeeTiming = FeeTiming.UPFRONT
    payer: FeePayer = FeePayer.BORROWER
    mandatory: bool = True

    def __post_init__(self) -> None:
        from_zero(self.name, rate_ppm=self.rate_ppm, amount_fen=self.amount_fen)
        field, unused = _UNUSED[self.basis](self)
        if unused:
            raise Violation(field, f"{self.name}: a {self.basis} fee has none.", f"Set {field} to 0.")


_UNUSED: dict[FeeBasis, Callable[[Fee], tuple[str, int]]] = {
    FeeBasis.PRINCIPAL: lambda fee: ("amount_fen", fee.amount_fen),
    FeeBasis.FIXED: lambda fee: ("rate_ppm", fee.rate_ppm),
    FeeBasis.APPRAISED_VALUE: lambda fee: ("amount_fen", fee.amount_fen),
}


def must_be_paid(fee: Fee) -> bool:
    """Whether every borrower pays it who pays back as agreed."""
    return fee.mandatory and fee.payer is FeePayer.BORROWER and fee.timing is not FeeTiming.EARLY_REPAYMENT


def charge(fee: Fee, principal_fen: int, months: int, appraised_fen: int | None = None) -> Mapping[int, int]:
    """What is paid, by month counted from drawdown. Violation on `appraised_fen` where it is needed and not given."""
    base = _base(fee, principal_fen, appraised_fen)
    if fee.timing is FeeTiming.UPFRONT:
        return {0: _due(fee, base, MONTHS_PER_YEAR)}
    if fee.timing is FeeTiming.AT_END:
        return {months: _due(fee, base, MONTHS_PER_YEAR)}
    if fee.timing is FeeTiming.EARLY_REPAYMENT:
        return {}
    years = range(0, months, MONTHS_PER_YEAR)
    return {start: _due(fee, base, min(MONTHS_PER_YEAR, months - start)) for start in years}


def early_charge(fee: Fee, repaid_fen: int) -> int:
    """What an early repayment of so much principal costs under this fee; 0 where the fee is for something else."""
    if fee.timing is not FeeTiming.EARLY_REPAYMENT or fee.payer is not FeePayer.BORROWER:
        return 0
    return _due(fee, repaid_fen, MONTHS_PER_YEAR)


def _base(fee: Fee, principal_fen: int, appraised_fen: int | None) -> int:
    if fee.basis is not FeeBasis.APPRAISED_VALUE:
        return principal_fen
    if appraised_fen is None:
        why = f"{fee.name} is counted on the appraised value, which is not given."
        raise Violation("appraised_fen", why, "Give the appraised value in fen.")
    return appraised_fen


def _due(fee: Fee, base_fen: int, months: int) -> int:
    if fee.basis is FeeBasis.FIXED:
        return fee.amount_fen
    return half_up(base_fen * fee.rate_ppm * months, YEARLY)


def from_zero(name: str, **values: int) -> None:
    for field, value in values.items():
        if value < 0:
            raise Violation(field, f"{name}: it is negative.", f"Give {field} as a whole number from zero.")
