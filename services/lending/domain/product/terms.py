"""The terms of a loan product: the record of one version. What they must keep is in `checks`."""

from dataclasses import dataclass

from libs.criteria.evaluate import Criterion
from libs.criteria.shape import Shape
from libs.finance.fees import Fee
from libs.finance.schedule import MONTHLY, RepaymentMethod
from libs.registry.dimensions import OwnerKind
from libs.registry.loan_terms import Channel, CollateralKind, GuaranteeMode, ProductKind
from libs.registry.size import Size
from services.lending.domain.product.checks import mistakes
from services.lending.domain.product.parts import (
    AmountTier,
    IpPledgeCap,
    Paper,
    ProductFlag,
    Rate,
    RiskPool,
    StatedRate,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductTerms(Shape):
    """What a bank offers. An empty list, or a field that is not given, means: no limit."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - read by the edges

    name: str
    """The name that firms read."""
    summary: str = ""
    kind: ProductKind
    flags: tuple[ProductFlag, ...] = ()
    """The policy's names for it. Empty: an ordinary product."""
    amount_min_fen: int = 1
    amount_max_fen: int
    amount_tiers: tuple[AmountTier, ...] = ()
    """Lower limits by a fact of the firm, ascending. A firm above the last tier gets nothing. Empty: no tiers."""
    term_min_months: int = 1
    term_max_months: int
    """Of the loan, or of the line where uses have a term of their own."""
    drawdown_term_max_months: int | None = None
    """The longest that one use of a line may run. None: as long as the line."""
    rate: Rate
    stated_rate: StatedRate | None = None
    """The rate that the bank advertises; refused where the terms cannot give it. None: none is advertised."""
    fees: tuple[Fee, ...] = ()
    """Every charge beside interest, whoever bears it. Empty: there is none."""
    repayment_methods: tuple[RepaymentMethod, ...]
    """At least one; the first is the one offered by itself."""
    interest_months: int = MONTHLY
    """1 or 3: how often interest by itself is paid (INTEREST_FIRST, ON_DEMAND, PLANNED)."""
    guarantee_modes: tuple[GuaranteeMode, ...]
    """At least one; any of them will do, COMBINED asks for several."""
    collateral_kinds: tuple[CollateralKind, ...] = ()
    """What may be mortgaged or pledged. Empty: no limit."""
    programmes: tuple[str, ...] = ()
    """Guarantee programmes that the bank accepts. Empty: all."""
    guarantee_cover_bp: int | None = None
    """The part of the loan that a guarantor must cover at least. None: what the programme covers."""
    ip_pledge_caps: tuple[IpPledgeCap, ...] = ()
    """What is lent on each kind of right. A kind that is not named is not taken."""
    ip_margin_months: int = 0
    """A pledged right must outlive the loan by so much."""
    receivables_cap_bp: int | None = None
    """What is lent on receivables, of their value. None: as the bank decides."""
    regions: tuple[str, ...] = ()
    """GB/T 2260 prefixes of the counties served. Empty: no limit."""
    branches: tuple[str, ...] = ()
    """Codes of the branches that sell it. Empty: all."""
    industries: tuple[str, ...] = ()
    """GB/T 4754 sections or prefixes. Empty: no limit."""
    industries_excluded: tuple[str, ...] = ()
    """Empty: none."""
    sizes: tuple[Size, ...] = ()
    """Empty: no limit."""
    owner_kinds: tuple[OwnerKind, ...] = ()
    """Empty: no limit."""
    purposes_excluded: tuple[str, ...] = ()
    """What the money may not be used for. Empty: what the law forbids, and nothing more."""
    criteria: tuple[Criterion, ...] = ()
    """Rules over facts of the firm. Empty: no further rule."""
    materials: tuple[str, ...] = ()
    """Names of papers that every firm brings."""
    papers: tuple[Paper, ...] = ()
    """Papers with their exceptions: optional ones, and those that shared data supplies."""
    decision_days: int = 5
    """Working days from application to decision that the bank promises."""
    funding_days: int | None = None
    """Working days from approval to money. None: no promise."""
    channel: Channel | None = None
    """Where a firm applies. None: not said."""
    contact: str = ""
    """The bank's desk for questions, no private person."""
    quota_fen: int | None = None
    """All that the bank lends under it together. None: no limit."""
    pool: RiskPool | None = None
    """The public pool that shares the risk. None: none does."""
    benefits: tuple[str, ...] = ()
    """Ids of policy benefits that apply."""

    def __post_init__(self) -> None:
        for mistake in mistakes(self):
            raise mistake

    @property
    def longest_use_months(self) -> int:
        """The longest that money of this product may be out in one piece."""
        return self.drawdown_term_max_months or self.term_max_months
