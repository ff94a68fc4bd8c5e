"""Parts of a product's message as rules and numbers."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import encode
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind, ProductKind, RateBase
from libs.registry.size import Size
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index.layout import (
    BITS,
    COLLATERAL,
    FACT_BIT,
    GUARANTEE,
    INTEGER_FACTS,
    IP_PLEDGE,
    UNSECURED,
)
from services.matching.index.sets import Tier

LOWEST, HIGHEST = -(2**63), 2**63 - 1  # of what a fact can be: no bound
EVERY_CODE = 0xFFFF
_NO_BOUND = -(2**40)
_REMEMBERED = 10_000  # parts of messages: banks repeat each other, so that most are read once
SOFT = BITS  # a dimension is one bit's rules: hard ones under the bit itself, soft ones under SOFT + bit
FIRST_LOAN = 1  # in `flags`

# The numbers of the contract's enums stand in the columns as they are.
OWNER_NUMBER = {kind: int(common.OwnerKind.Value(f"OWNER_KIND_{kind}")) for kind in OwnerKind}
SIZE_NUMBER = {size: int(common.Size.Value(f"SIZE_{size}")) for size in Size}
KIND_NUMBER = {kind: int(pb.ProductKind.Value(f"PRODUCT_KIND_{kind}")) for kind in ProductKind}
KIND_OF = {number: kind for kind, number in KIND_NUMBER.items()}
BASE_NUMBER = {base: int(pb.RateBase.Value(f"RATE_BASE_{base}")) for base in RateBase}

_MODES: Mapping[int, int] = {
    pb.GUARANTEE_MODE_UNSECURED: UNSECURED,
    pb.GUARANTEE_MODE_MORTGAGE: COLLATERAL,
    pb.GUARANTEE_MODE_PLEDGE: COLLATERAL,
    pb.GUARANTEE_MODE_THIRD_PARTY: COLLATERAL,
    pb.GUARANTEE_MODE_COMBINED: COLLATERAL,
    pb.GUARANTEE_MODE_IP_PLEDGE: IP_PLEDGE,
    pb.GUARANTEE_MODE_FINANCING_GUARANTEE: GUARANTEE,
}
_RIGHTS = {pb.IpRightKind.Value(f"IP_RIGHT_KIND_{right}"): right for right in IpRightKind}
AMORTISING = (
    pb.REPAYMENT_METHOD_EQUAL_INSTALMENT,
    pb.REPAYMENT_METHOD_EQUAL_PRINCIPAL,
    pb.REPAYMENT_METHOD_PLANNED,
)
_BORROWER = (pb.FEE_PAYER_UNSPECIFIED, pb.FEE_PAYER_BORROWER)
_NEGATIVE = (pb.OPERATOR_NE, pb.OPERATOR_NOT_IN)


class Rule(NamedTuple):
    """What of one fact or field is allowed: of integers an interval, of all else codes as bits of a word.

    `hidden`: the bank does not show it as it is.
    """

    bit: int
    hard: bool
    hidden: bool
    interval: tuple[int, int] | None
    codes: int

    @property
    def dimension(self) -> int:
        return self.bit if self.hard else SOFT + self.bit

    def and_also(self, other: "Rule") -> "Rule":
        """What both allow, of one dimension."""
        interval = None
        if self.interval and other.interval:
            (low, high), (least, most) = self.interval, other.interval
            interval = max(low, least), min(high, most)
        hidden = self.hidden or other.hidden
        return self._replace(hidden=hidden, interval=interval, codes=self.codes & other.codes)


def within(bit: int, low: int, high: int) -> Rule:
    """The rule that a field of its own states."""
    return Rule(bit, True, False, (low, high), EVERY_CODE)


def one_of(bit: int, numbers: Iterable[int]) -> Rule:
    return Rule(bit, True, False, None, _mask(numbers) & EVERY_CODE)


def rule_of(data: bytes) -> Rule:
    """A criterion's message as a rule. Violation for what the vocabulary does not know."""
    criterion = pb.Criterion.FromString(data)
    fact, operator = criterion.fact, criterion.operator
    values = [encode(fact, text) for text in criterion.values]
    bit, hidden = FACT_BIT[fact], criterion.disclosure != pb.DISCLOSURE_PUBLIC
    if fact in INTEGER_FACTS:
        low = LOWEST if operator == pb.OPERATOR_LE else values[0]
        high = HIGHEST if operator == pb.OPERATOR_GE else values[0]
        return Rule(bit, criterion.hard, hidden, (low, high), EVERY_CODE)
    named = _mask(values)
    codes = EVERY_CODE & ~named if operator in _NEGATIVE else named
    return Rule(bit, criterion.hard, hidden, None, codes)


@lru_cache(_REMEMBERED)
def modes_of(modes: tuple[int, ...]) -> int:
    """The ways in which the loan may be secured. Violation for none: such a loan could not be had at all."""
    mask = 0
    for mode in modes:
        mask |= _MODES[mode]
    if not mask:
        raise Violation("guarantee_modes", "guarantee_modes is empty.", "Name at least one.")
    return mask


@lru_cache(_REMEMBERED)
def pledge_caps(parts: tuple[bytes, ...]) -> tuple[tuple[IpRightKind, int], ...]:
    caps = map(pb.IpPledgeCap.FromString, parts)
    return tuple(sorted((_RIGHTS[cap.right], cap.cap_bp) for cap in caps))


@lru_cache(_REMEMBERED)
def tiers_of(parts: tuple[bytes, ...]) -> tuple[Tier, ...]:
    tiers = map(pb.AmountTier.FromString, parts)
    return tuple(
        (tier.fact, tier.up_to if tier.HasField("up_to") else None, tier.amount_max_fen) for tier in tiers
    )


@lru_cache(_REMEMBERED)
def rate_of(part: bytes) -> tuple[int, int, int]:
    """Lowest and highest spread, its base."""
    rate = pb.Rate.FromString(part)
    return rate.min_ppm, rate.max_ppm, rate.base


@lru_cache(_REMEMBERED)
def fees_of(parts: tuple[bytes, ...]) -> tuple[int, int, int]:
    """Fees once in ppm and in fen, a year in ppm."""
    once = once_fen = annual = 0
    for fee in filter(_must_be_paid, map(pb.Fee.FromString, parts)):
        if fee.basis == pb.FEE_BASIS_FIXED:
            once_fen += fee.amount_fen
        elif fee.timing == pb.FEE_TIMING_ANNUAL:
            annual += fee.rate_ppm
        else:
            once += fee.rate_ppm
    return once, once_fen, annual


def least_of(rate: tuple[int, int, int], fees: tuple[int, int, int]) -> int:
    """The lowest spread and fees a year, with the base in the two lowest bits: no firm is lent to for less."""
    annual = fees[2] if min(fees) >= 0 else _NO_BOUND
    return min(rate[0], rate[1]) + annual << 2 | rate[2]


def _must_be_paid(fee: pb.Fee) -> bool:
    """fees.must_be_paid."""
    mandatory = fee.mandatory or not fee.HasField("mandatory")
    return mandatory and fee.payer in _BORROWER and fee.timing != pb.FEE_TIMING_EARLY_REPAYMENT


def flags_of(flags: Iterable[int]) -> int:
    return FIRST_LOAN if pb.PRODUCT_FLAG_FIRST_LOAN in flags else 0


def tie_of(product_id: str) -> int:
    """62 bits of a hash."""
    return int.from_bytes(blake2b(product_id.encode(), digest_size=8).digest()) >> 2


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
