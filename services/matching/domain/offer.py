"""Loan products as matching reads them. They are lending's states: fields that it adds later are passed over."""

from dataclasses import dataclass

from libs.criteria.evaluate import Criterion
from libs.finance.fees import Fee
from libs.finance.schedule import MONTHLY, RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind, RateBase
from libs.registry.size import Size

COLLATERAL = (
    GuaranteeMode.MORTGAGE,
    GuaranteeMode.PLEDGE,
    GuaranteeMode.THIRD_PARTY,
    GuaranteeMode.COMBINED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Spreads over the LPR in millionths; for FIXED the rates themselves."""

    base: RateBase
    min_ppm: int
    max_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPledgeCap:
    right: IpRightKind
    cap_bp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountTier:
    fact: str
    up_to: int | None = None
    amount_max_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    name: str
    from_shared_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the bank offers. An empty list means: no limit."""

    name: str
    kind: ProductKind
    flags: tuple[str, ...] = ()
    amount_min_fen: int
    amount_max_fen: int
    amount_tiers: tuple[AmountTier, ...] = ()
    term_min_months: int
    term_max_months: int
    drawdown_term_max_months: int | None = None
    rate: Rate
    fees: tuple[Fee, ...] = ()
    repayment_methods: tuple[RepaymentMethod, ...]
    interest_months: int = MONTHLY
    guarantee_modes: tuple[GuaranteeMode, ...]
    programmes: tuple[str, ...] = ()
    ip_pledge_caps: tuple[IpPledgeCap, ...] = ()
    ip_margin_months: int = 0
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    industries_excluded: tuple[str, ...] = ()
    sizes: tuple[Size, ...] = ()
    owner_kinds: tuple[OwnerKind, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    materials: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    decision_days: int = 5
    benefits: tuple[str, ...] = ()

    @property
    def longest_months(self) -> int:
        """Of one use of the money."""
        return self.drawdown_term_max_months or self.term_max_months

    @property
    def wanted(self) -> tuple[str, ...]:
        """Papers that the firm itself must bring: what shared data supplies is not asked of it."""
        return (*self.materials, *(paper.name for paper in self.papers if not paper.from_shared_data))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The version of a product that is on the market."""

    id: str
    version: int
    bank: str
    terms: Terms
