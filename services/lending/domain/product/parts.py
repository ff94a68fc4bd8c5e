"""What the terms of a product are made of."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.registry.loan_terms import IpRightKind, RateBase, RateBasis, RateReset


class ProductFlag(StrEnum):
    """The kinds of loan that the policy names (2021 opinions, paragraph 10)."""

    FIRST_LOAN = "FIRST_LOAN"
    RENEWAL = "RENEWAL"
    RENEWAL_WITHOUT_REPAYMENT = "RENEWAL_WITHOUT_REPAYMENT"
    UNSECURED = "UNSECURED"
    MEDIUM_LONG_TERM = "MEDIUM_LONG_TERM"
    IP_PLEDGE = "IP_PLEDGE"
    RECEIVABLES = "RECEIVABLES"
    SUPPLY_CHAIN = "SUPPLY_CHAIN"
    BANK_TAX = "BANK_TAX"
    CREDIT_PLATFORM = "CREDIT_PLATFORM"
    TECHNOLOGY = "TECHNOLOGY"
    PROCUREMENT = "PROCUREMENT"
    GREEN = "GREEN"
    AGRICULTURE = "AGRICULTURE"
    START_UP = "START_UP"
    SRDI = "SRDI"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Shape):
    """`min_ppm` and `max_ppm` are spreads over the LPR (which may be negative); for FIXED, the rates themselves."""

    base: RateBase
    min_ppm: int
    max_ppm: int
    reset: RateReset = RateReset.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedRate(Shape):
    """The annual rate with which the bank advertises: interest and its own fees, nominal or effective."""

    min_ppm: int
    max_ppm: int
    basis: RateBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPledgeCap(Shape):
    """The part of a right's appraised value that the bank lends on."""

    right: IpRightKind
    cap_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountTier(Shape):
    """A firm whose fact is at most `up_to` (None: of any size) gets no more than `amount_max_fen`."""

    fact: str
    up_to: int | None = None
    amount_max_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper(Shape):
    """A paper that the firm brings; one that shared data can supply is not asked of it."""

    name: str
    mandatory: bool = True
    from_shared_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskPool(Shape):
    """A public pool that shares the bank's loss of principal, up to a cap of its own."""

    name: str
    share_bp: int
    cap_fen: int | None = None
