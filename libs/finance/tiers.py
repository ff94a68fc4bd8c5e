"""What the tiers above the direct guarantor charge and are capped at: re-guarantee fees, caps and claim ratios.

A claim ratio says nothing without its definition: one set of data gives 3.02 %, 2.14 % or 1.71 % (guarantee rules §3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import DayBase
from libs.finance.money import BP, PPM, half_up
from libs.finance.split import Share, annual_fee, claim_cap

NATIONAL = "national"


class FeeBase(StrEnum):
    """What a re-guarantee fee is charged on: the whole loan, or the payee's own share of it."""

    LOAN = "LOAN"
    SHARE = "SHARE"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeBand(Shape):
    """The rate of a year for amounts up to and including `up_to_fen`; None: for every amount above the last band."""

    up_to_fen: int | None = None
    rate_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTerm(Shape):
    """What one party takes for re-guaranteeing. The band that the amount falls in applies to all of it."""

    payee: str
    base: FeeBase
    bands: tuple[FeeBand, ...]

    def __post_init__(self) -> None:
        _check_bands(self.bands)


class CapDefinition(StrEnum):
    """How the most that may be paid in a period is reckoned.

    ANNUALISED_SYSTEM: of the guaranteed part of the principal released in the period, annualised (总对总).
    ANNUALISED: of all principal released, annualised. RELEASED: of the principal released, as it stands.
    RELEASED_SYSTEM: of the guaranteed part of it, not annualised. NATIONAL_LAYER: of the national fund's share of it.
    BALANCE: no ratio, but the money that a pool holds.
    """

    ANNUALISED_SYSTEM = "ANNUALISED_SYSTEM"
    ANNUALISED = "ANNUALISED"
    RELEASED = "RELEASED"
    RELEASED_SYSTEM = "RELEASED_SYSTEM"
    NATIONAL_LAYER = "NATIONAL_LAYER"
    BALANCE = "BALANCE"


def reguarantee_fee(term: FeeTerm, amount_fen: int, share_bp: int, days: int) -> int:
    """The fee in fen for a loan amount and days on 365, half-up once; `share_bp` is the payee's share of the loan."""
    band = next(one for one in term.bands if one.up_to_fen is None or amount_fen <= one.up_to_fen)
    return annual_fee(amount_fen, band.rate_ppm, days, share_bp=BP if term.base is FeeBase.LOAN else share_bp)


def cap_money(
    definition: CapDefinition,
    released: Iterable[tuple[int, int]],
    cap_bp: int,
    shares: Sequence[Share],
    balance_fen: int = 0,
) -> int:
    """The most that may be paid in a period, in fen, rounded down once.

    `released` holds (principal in fen, days guaranteed) of what was released in it, `shares` stand lender first. A pool
    is limited to its `balance_fen`, whatever was released.
    """
    if definition is CapDefinition.BALANCE:
        return balance_fen
    return claim_cap(_base_days(definition, released), cap_bp, _base_share(definition, shares))


def claim_ratio_ppm(
    definition: CapDefinition,
    paid_fen: int,
    released: Iterable[tuple[int, int]],
    shares: Sequence[Share],
    balance_fen: int = 0,
) -> int | None:
    """What was paid over the base of the definition, half-up; None where there is no base to measure by yet."""
    if definition is CapDefinition.BALANCE:
        return half_up(paid_fen * PPM, balance_fen) if balance_fen else None
    base = sum(fen * days for fen, days in _base_days(definition, released))
    base *= _base_share(definition, shares)
    return half_up(paid_fen * PPM * DayBase.ACT_365 * BP, base) if base else None


def _base_days(definition: CapDefinition, released: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Principal and days to count: definitions that do not annualise count every loan as if for a year."""
    if definition in (CapDefinition.ANNUALISED, CapDefinition.ANNUALISED_SYSTEM):
        return released
    return ((fen, int(DayBase.ACT_365)) for fen, _ in released)


def _base_share(definition: CapDefinition, shares: Sequence[Share]) -> int:
    if definition in (CapDefinition.ANNUALISED_SYSTEM, CapDefinition.RELEASED_SYSTEM):
        return BP - shares[0].bp
    if definition is CapDefinition.NATIONAL_LAYER:
        return sum(share.bp for share in shares if share.party == NATIONAL)
    return BP


def _check_bands(bands: Sequence[FeeBand]) -> None:
    """Bands rise, and the last has no end, so that every amount falls in exactly one."""
    if not bands or bands[-1].up_to_fen is not None:
        raise Violation(
            "bands", "The last band has an end, or there is none.", "End with a band without end."
        )
    for low, high in pairwise(bands[:-1]):
        if low.up_to_fen is None or high.up_to_fen is None or low.up_to_fen >= high.up_to_fen:
            raise Violation("bands", "The bands do not rise.", "Order them by their upper ends.")
    if any(one.rate_ppm < 0 for one in bands) or any(one.up_to_fen is None for one in bands[:-1]):
        raise Violation("bands", "A band has a negative rate or no end.", "Give whole millionths from zero.")
