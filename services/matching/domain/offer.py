"""Loan products as matching reads them. They are lending's states: fields that it adds later are passed over."""

from dataclasses import dataclass

from libs.criteria.evaluate import Criterion
from libs.finance.cost import Fee
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind, RateBase
from libs.registry.size import Size

COLLATERAL = (GuaranteeMode.MORTGAGE, GuaranteeMode.PLEDGE, GuaranteeMode.THIRD_PARTY)


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
class Terms:
    """What the bank offers. An empty list means: no limit."""

    name: str
    kind: ProductKind
    flags: tuple[str, ...] = ()
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    rate: Rate
    fees: tuple[Fee, ...] = ()
    repayment_methods: tuple[RepaymentMethod, ...]
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
    decision_days: int = 5
    benefits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The version of a product that is on the market."""

    id: str
    version: int
    bank: str
    terms: Terms
