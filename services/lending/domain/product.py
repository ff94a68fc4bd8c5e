"""Loan products: terms, versions, and who may publish them."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.criteria.evaluate import Criterion
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import Fee
from libs.finance.money import BP
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import GuaranteeMode, IpRightKind, ProductKind, RateBase
from libs.registry.size import Size

RATE_DISCLOSURE = "PBC Announcement [2021] No. 3"
MEDIUM_LONG_MONTHS = 12  # 中长期: an original term of more than a year
# What no product of this country comes near: beyond it a number is a slip of the keyboard.
MOST_FEN = 10**15
MOST_MONTHS = 600
MOST_PPM = 1_000_000
LONGEST_NAME = 200


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


class ProductStatus(StrEnum):
    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Shape):
    """`min_ppm` and `max_ppm` are spreads over the LPR (which may be negative); for FIXED, the rates themselves."""

    base: RateBase
    min_ppm: int
    max_ppm: int

    def __post_init__(self) -> None:
        _ordered("rate", "min_ppm", self.min_ppm, "max_ppm", self.max_ppm)
        for name in ("min_ppm", "max_ppm"):
            _within(f"rate/{name}", getattr(self, name), -MOST_PPM, MOST_PPM)
        if self.base is RateBase.FIXED and self.min_ppm < 0:
            raise Violation(
                "rate/min_ppm",
                "A fixed rate is negative.",
                "Give the annual rate in millionths.",
                RATE_DISCLOSURE,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class IpPledgeCap(Shape):
    """The part of a right's appraised value that the bank lends on."""

    right: IpRightKind
    cap_bp: int

    def __post_init__(self) -> None:
        if not 0 < self.cap_bp <= BP:
            raise Violation(
                "ip_pledge_caps/cap_bp",
                f"A cap of {self.cap_bp} basis points is no part of the value.",
                "Give 1 to 10,000.",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms(Shape):
    """What a bank offers. An empty list means: no limit."""

    name: str
    summary: str = ""
    kind: ProductKind
    flags: tuple[ProductFlag, ...] = ()
    amount_min_fen: int = 1
    amount_max_fen: int
    term_min_months: int = 1
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

    def __post_init__(self) -> None:
        for check in (_check_bounds, _check_lists, _check_kinds):
            check(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct(Shape):
    """What a bank sends: its own number for the product, and the terms."""

    external_id: str
    terms: ProductTerms

    def __post_init__(self) -> None:
        if not 0 < len(self.external_id) <= 64:
            raise Violation(
                "external_id", "The bank's own number is empty or too long.", "Give 1 to 64 characters."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Shape):
    """One version of a product. Only a draft can still change."""

    id: str
    version: int
    bank: str
    external_id: str
    status: ProductStatus
    terms: ProductTerms
    created_by: str
    published_by: str | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage(Shape):
    items: tuple[Product, ...]
    next_cursor: str | None = None


def published(product: Product, by: str, at: datetime) -> Product:
    """The version as published by a second person; Violation for its author or when it is no draft."""
    if product.status is not ProductStatus.DRAFT:
        raise Violation(
            "status",
            f"Version {product.version} is {product.status}, not a draft.",
            "Register a new version first.",
        )
    if product.created_by == by:
        raise Violation(
            "published_by",
            "Whoever registered a product may not publish it.",
            "Let a second person publish it.",
        )
    return replace(product, status=ProductStatus.PUBLISHED, published_by=by, published_at=at)


def withdrawn(product: Product) -> Product:
    if product.status is not ProductStatus.PUBLISHED:
        raise Violation(
            "status",
            f"Version {product.version} is {product.status}, not on the market.",
            "Nothing to withdraw.",
        )
    return replace(product, status=ProductStatus.WITHDRAWN)


def _ordered(place: str, low_name: str, low: int, high_name: str, high: int) -> None:
    if low > high:
        raise Violation(
            f"{place}/{low_name}", f"{low_name} {low} is above {high_name} {high}.", "Swap or mend the two."
        )


def _within(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        name = field.rpartition("/")[2]
        raise Violation(field, f"{name} is {value}.", f"Give a whole number from {low} to {high}.")


_BOUNDS = (
    ("amount_min_fen", 1, MOST_FEN),
    ("amount_max_fen", 1, MOST_FEN),
    ("term_min_months", 1, MOST_MONTHS),
    ("term_max_months", 1, MOST_MONTHS),
    ("ip_margin_months", 0, MOST_MONTHS),
    ("decision_days", 1, 366),
)


def _check_bounds(terms: ProductTerms) -> None:
    _ordered("terms", "amount_min_fen", terms.amount_min_fen, "amount_max_fen", terms.amount_max_fen)
    _ordered("terms", "term_min_months", terms.term_min_months, "term_max_months", terms.term_max_months)
    for name, low, high in _BOUNDS:
        _within(f"terms/{name}", getattr(terms, name), low, high)


def _check_lists(terms: ProductTerms) -> None:
    for name in ("repayment_methods", "guarantee_modes"):
        if not getattr(terms, name):
            raise Violation(f"terms/{name}", f"{name} is empty.", "Name at least one.")
    if not terms.name.strip() or len(terms.name) > LONGEST_NAME:
        raise Violation(
            "terms/name",
            "The product has no name, or one that nobody reads to its end.",
            f"Give the name that firms will read, up to {LONGEST_NAME} characters.",
        )


def _check_kinds(terms: ProductTerms) -> None:
    """What the flags promise, the terms must keep."""
    pledges = GuaranteeMode.IP_PLEDGE in terms.guarantee_modes
    if pledges and not terms.ip_pledge_caps:
        raise Violation(
            "terms/ip_pledge_caps", "An IP pledge has no cap.", "Give a cap for each kind of right."
        )
    if ProductFlag.IP_PLEDGE in terms.flags and not pledges:
        raise Violation(
            "terms/guarantee_modes",
            "An IP-pledge loan takes no IP pledge.",
            "Add IP_PLEDGE to guarantee_modes.",
        )
    if ProductFlag.MEDIUM_LONG_TERM in terms.flags and terms.term_max_months <= MEDIUM_LONG_MONTHS:
        raise Violation(
            "terms/term_max_months",
            "A medium or long-term loan runs for more than 12 months.",
            "Raise the term or drop the flag.",
        )
    if terms.programmes and GuaranteeMode.FINANCING_GUARANTEE not in terms.guarantee_modes:
        raise Violation(
            "terms/programmes",
            "Programmes are named but no financing guarantee is taken.",
            "Add FINANCING_GUARANTEE to guarantee_modes.",
        )
