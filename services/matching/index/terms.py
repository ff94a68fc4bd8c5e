"""A product's message as the numbers of one column slot."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from libs.criteria.violation import Violation
from libs.criteria.vocabulary import encode
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import IpRightKind, ProductKind, RateBase
from libs.registry.size import Size
from rongqiao.common.v1 import common_pb2 as common
from rongqiao.lending.v1 import lending_pb2 as pb
from services.matching.index.layout import (
    COLLATERAL,
    FACT_BIT,
    GUARANTEE,
    INTEGER_FACTS,
    IP_PLEDGE,
    UNSECURED,
    Bit,
)
from services.matching.index.sets import Tiers
from services.matching.index.settings import PledgeRule

LOWEST, HIGHEST = -(2**62), 2**62
EVERY_CODE = 0xFFFF
FIRST_LOAN = 1  # in `flags`

# The numbers of the contract's enums stand in the columns as they are.
OWNER_NUMBER = {kind: int(common.OwnerKind.Value(f"OWNER_KIND_{kind}")) for kind in OwnerKind}
SIZE_NUMBER = {size: int(common.Size.Value(f"SIZE_{size}")) for size in Size}
KIND_NUMBER = {kind: int(pb.ProductKind.Value(f"PRODUCT_KIND_{kind}")) for kind in ProductKind}
KIND_OF = {number: kind for kind, number in KIND_NUMBER.items()}
BASE_NUMBER = {base: int(pb.RateBase.Value(f"RATE_BASE_{base}")) for base in RateBase}

_MODES = {
    pb.GUARANTEE_MODE_UNSECURED: UNSECURED,
    pb.GUARANTEE_MODE_MORTGAGE: COLLATERAL,
    pb.GUARANTEE_MODE_PLEDGE: COLLATERAL,
    pb.GUARANTEE_MODE_THIRD_PARTY: COLLATERAL,
    pb.GUARANTEE_MODE_COMBINED: COLLATERAL,
    pb.GUARANTEE_MODE_IP_PLEDGE: IP_PLEDGE,
    pb.GUARANTEE_MODE_FINANCING_GUARANTEE: GUARANTEE,
}
_RIGHTS = {pb.IpRightKind.Value(f"IP_RIGHT_KIND_{right}"): right for right in IpRightKind}
_AMORTISING = (
    pb.REPAYMENT_METHOD_EQUAL_INSTALMENT,
    pb.REPAYMENT_METHOD_EQUAL_PRINCIPAL,
    pb.REPAYMENT_METHOD_PLANNED,
)
_BORROWER = (pb.FEE_PAYER_UNSPECIFIED, pb.FEE_PAYER_BORROWER)
_NEGATIVE = (pb.OPERATOR_NE, pb.OPERATOR_NOT_IN)


@dataclass
class Rules:
    """Rules by bit: intervals of integers, allowed codes of all else as bits of a word."""

    intervals: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    allowed: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, bit: int, interval: tuple[int, int], codes: int) -> None:
        """Join one more rule to those of its fact."""
        if bit < len(INTEGER_FACTS):
            low, high = self.intervals.get(bit, (LOWEST, HIGHEST))
            self.intervals[bit] = max(low, interval[0]), min(high, interval[1])
        else:
            self.allowed[bit] = self.allowed.get(bit, EVERY_CODE) & codes

    @property
    def mask(self) -> int:
        return _mask((*self.intervals, *self.allowed))


def rules_of(terms: pb.ProductTerms) -> tuple[Rules, Rules]:
    """The hard rules, with amount and term, and the soft ones. Violation for what the vocabulary does not know."""
    hard, soft = Rules(), Rules()
    for criterion in terms.criteria:
        rules = hard if criterion.hard else soft
        rules.add(*_rule(criterion.fact, criterion.operator, tuple(criterion.values)))
    hard.intervals[Bit.AMOUNT] = (terms.amount_min_fen, terms.amount_max_fen)
    hard.intervals[Bit.TERM] = (
        terms.term_min_months,
        terms.drawdown_term_max_months or terms.term_max_months,
    )
    for bit, numbers in ((Bit.OWNER_KIND, terms.owner_kinds), (Bit.SIZE, terms.sizes)):
        if numbers:
            hard.allowed[bit] = _mask(numbers)
    hard.allowed[Bit.KIND] = 1 << terms.kind
    return hard, soft


@lru_cache(maxsize=100_000)
def _rule(fact: str, operator: int, texts: tuple[str, ...]) -> tuple[int, tuple[int, int], int]:
    """A rule's bit, and what it allows: an interval of an integer fact, codes of another. Banks repeat each other."""
    values = [encode(fact, text) for text in texts]
    named, value = _mask(values) if fact not in INTEGER_FACTS else 0, values[0]
    low = LOWEST if operator == pb.OPERATOR_LE else value
    high = HIGHEST if operator == pb.OPERATOR_GE else value
    return FACT_BIT[fact], (low, high), EVERY_CODE & ~named if operator in _NEGATIVE else named


def modes_of(terms: pb.ProductTerms) -> int:
    """The ways in which the loan may be secured. Violation for none: such a loan could not be had at all."""
    mask = 0
    for mode in terms.guarantee_modes:
        mask |= _MODES[mode]
    if not mask:
        raise Violation("guarantee_modes", "guarantee_modes is empty.", "Name at least one.")
    return mask


def pledge_rule(terms: pb.ProductTerms) -> PledgeRule:
    caps = ((_RIGHTS[cap.right], cap.cap_bp) for cap in terms.ip_pledge_caps)
    return tuple(sorted(caps)), terms.ip_margin_months


def tiers_of(terms: pb.ProductTerms) -> Tiers:
    """Nothing where there are no tiers, so that such products share one set."""
    tiers = tuple(
        (tier.fact, tier.up_to if tier.HasField("up_to") else None, tier.amount_max_fen)
        for tier in terms.amount_tiers
    )
    return (terms.amount_max_fen if tiers else 0), tiers


def price_row(terms: pb.ProductTerms) -> tuple[int, ...]:
    """Lowest and highest spread, its base, fees once in ppm and in fen, a year in ppm, 1 when paid back in parts."""
    once = once_fen = annual = 0
    for fee in filter(_must_be_paid, terms.fees):
        if fee.basis == pb.FEE_BASIS_FIXED:
            once_fen += fee.amount_fen
        elif fee.timing == pb.FEE_TIMING_ANNUAL:
            annual += fee.rate_ppm
        else:
            once += fee.rate_ppm
    amortising = int(terms.repayment_methods[0] in _AMORTISING)
    return terms.rate.min_ppm, terms.rate.max_ppm, terms.rate.base, once, once_fen, annual, amortising


def _must_be_paid(fee: pb.Fee) -> bool:
    """pricing.must_be_paid."""
    mandatory = fee.mandatory or not fee.HasField("mandatory")
    return mandatory and fee.payer in _BORROWER and fee.timing != pb.FEE_TIMING_EARLY_REPAYMENT


def flags_of(terms: pb.ProductTerms) -> int:
    return FIRST_LOAN if pb.PRODUCT_FLAG_FIRST_LOAN in terms.flags else 0


def _mask(numbers: Iterable[int]) -> int:
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
