"""What a loan would cost: the question, and the sheet that answers it (明示企业贷款综合融资成本, 贷款明白纸)."""

from dataclasses import dataclass
from datetime import date

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.cost import Subsidy, SubsidyStatus
from libs.finance.dated import Use
from libs.finance.daycount import add_months
from libs.finance.fees import Fee, FeeBasis, FeePayee, FeePayer, FeeTiming
from libs.finance.irr import AnnualRate
from libs.finance.schedule import PrincipalPart, RepaymentMethod
from libs.registry.loan_terms import RateBase
from libs.registry.lpr import LprTenor
from services.lending.domain.product import MOST_FEN, MOST_MONTHS, MOST_PPM

MOST_EXTRAS = 50
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)  # of a drawdown that anybody may mean


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedRate(Shape):
    """`ppm` is the spread over the LPR of the pricing date (it may be negative); for FIXED, the rate itself."""

    base: RateBase
    ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostQuestion(Shape):
    """A loan under a product's terms, or under free terms: then `rate` and `method` must be given.

    Of a product: its own rate where none is given (the highest, so that nobody is disappointed), its first repayment
    method, its fees and its rhythm of interest; `fees` come beside its own, such as that of a guarantee.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - read by the edges

    product_id: str | None = None
    product_version: int | None = None
    """None: the version on the market (to its own bank: the newest)."""
    amount_fen: int
    months: int
    method: RepaymentMethod | None = None
    rate: QuotedRate | None = None
    pricing_date: date | None = None
    """The day whose LPR counts. None: today."""
    drawn_on: date | None = None
    """The day of drawdown, from which due dates are counted. None: the pricing date. Where it is given, a BULLET
    bears interest by days, act/360, and its rates are by XIRR."""
    interest_months: int | None = None
    """1 or 3. None: as the product has it, else 1."""
    parts: tuple[PrincipalPart, ...] = ()
    """The plan of a PLANNED loan. Empty: equal parts every half-year."""
    uses: tuple[Use, ...] = ()
    """Uses of a line repaid ON_DEMAND, with their days. Empty: all is drawn for the whole term."""
    fees: tuple[Fee, ...] = ()
    fees_taken: tuple[str, ...] = ()
    """Names of fees that are not mandatory and yet wanted."""
    appraised_fen: int | None = None
    """What secures the loan is worth so much. Needed where a fee is counted on it."""
    subsidies: tuple[Subsidy, ...] = ()

    def __post_init__(self) -> None:
        for name, low, high in (("amount_fen", 1, MOST_FEN), ("months", 1, MOST_MONTHS)):
            _within(name, getattr(self, name), low, high)
        if self.rate is not None:
            _within("rate/ppm", self.rate.ppm, -MOST_PPM, MOST_PPM)
        if self.appraised_fen is not None:
            _within("appraised_fen", self.appraised_fen, 0, MOST_FEN)
        _check_days(self)
        _check_terms(self)
        _check_extras(self)
        _check_uses(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedAt(Shape):
    """How the rate came about. `stale`: the series ended more than 45 days before the pricing date."""

    base: RateBase
    ppm: int
    pricing_date: date
    lpr_ppm: int = 0
    published_on: date | None = None
    stale: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Shape):
    """What falls due on a day; `month` is counted from drawdown."""

    month: int
    due_on: date
    principal_fen: int
    interest_fen: int
    payment_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetItem(Shape):
    """One item: what, to whom, by whom, how it is charged, when and for how long, and what it comes to."""

    name: str
    payee: FeePayee
    payer: FeePayer
    basis: FeeBasis | None = None
    timing: FeeTiming | None = None
    mandatory: bool
    times: int
    first_on: date
    last_on: date
    amount_fen: int
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSubsidy(Shape):
    """Public money that is expected on a day; it is promised by nobody until its status says so."""

    name: str
    payer: str
    amount_fen: int
    expected_on: date
    status: SubsidyStatus
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Label(Shape):
    """How a figure of the sheet is to be called wherever it is shown."""

    field: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanCost(Shape):
    """The sheet. `lender` is the rate to disclose (PBC Announcement [2021] No. 3), `all_in` counts every fee.

    `simple_ppm` may be shown only with its label. Subsidies come later, if at all: they lower nothing but
    `after_subsidy`, which is None where the flows after subsidy have no single rate.
    """

    product_id: str | None = None
    product_version: int | None = None
    product_name: str | None = None
    amount_fen: int
    months: int
    method: RepaymentMethod
    rate_ppm: int
    priced_at: PricedAt
    drawn_on: date
    schedule: tuple[Payment, ...]
    items: tuple[SheetItem, ...]
    not_counted: tuple[SheetItem, ...] = ()
    interest_fen: int
    total_fen: int
    lender: AnnualRate
    all_in: AnnualRate
    simple_ppm: int
    subsidies: tuple[ExpectedSubsidy, ...] = ()
    subsidy_fen: int = 0
    total_after_subsidy_fen: int
    after_subsidy: AnnualRate | None = None
    private_lending_cap_ppm: int | None = None
    labels: tuple[Label, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LprQuestion(Shape):
    tenor: LprTenor = LprTenor.LPR_1Y
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lpr(Shape):
    """The last publication on or before a day. `stale`: none has been known for more than 45 days before it."""

    tenor: LprTenor
    on: date
    rate_ppm: int
    published_on: date
    stale: bool


def _within(field: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise Violation(field, f"{field} is {value}.", f"Give a whole number from {low} to {high}.")


def _check_days(asked: CostQuestion) -> None:
    days = [("pricing_date", asked.pricing_date), ("drawn_on", asked.drawn_on)]
    days += [(f"uses/{place}/drawn_on", use.drawn_on) for place, use in enumerate(asked.uses)]
    for field, day in days:
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise Violation(field, f"{day} is no day of a loan.", f"Give {FIRST_DAY} to {LAST_DAY}.")


def _check_terms(asked: CostQuestion) -> None:
    if asked.product_id is None and asked.product_version is not None:
        raise Violation("product_id", "A version without its product.", "Give the product too.")
    if asked.product_id is None and asked.rate is None:
        raise Violation("rate", "There is no product whose rate would count.", "Give a rate, or a product.")
    if asked.product_id is None and asked.method is None:
        raise Violation("method", "There is no product whose method would count.", "Give one, or a product.")


def _check_extras(asked: CostQuestion) -> None:
    for name in ("fees", "subsidies", "uses", "fees_taken"):
        if len(getattr(asked, name)) > MOST_EXTRAS:
            raise Violation(name, "There are too many.", f"Give at most {MOST_EXTRAS}.")
    for place, fee in enumerate(asked.fees):
        _within(f"fees/{place}/rate_ppm", fee.rate_ppm, 0, MOST_PPM)
        _within(f"fees/{place}/amount_fen", fee.amount_fen, 0, MOST_FEN)
    for place, subsidy in enumerate(asked.subsidies):
        _within(f"subsidies/{place}/rate_ppm", subsidy.rate_ppm, 0, MOST_PPM)
        _within(f"subsidies/{place}/amount_fen", subsidy.amount_fen, 0, MOST_FEN)
        _within(f"subsidies/{place}/month", subsidy.month or 0, 0, MOST_MONTHS)


def _check_uses(asked: CostQuestion) -> None:
    """Uses lie within the term of the line, and are together never above it."""
    if not asked.uses:
        return
    if asked.method not in (None, RepaymentMethod.ON_DEMAND):
        mend = "Leave the uses out, or repay ON_DEMAND."
        raise Violation("uses", f"A loan repaid by {asked.method} has no uses.", mend)
    days = sorted({use.drawn_on for use in asked.uses})
    ends = add_months(days[0], asked.months)
    for place, use in enumerate(asked.uses):
        if use.repaid_on > ends:
            why = f"The line of {asked.months} months ends on {ends}."
            raise Violation(f"uses/{place}/repaid_on", why, "Repay by then, or ask for a longer line.")
    for day in days:
        out = sum(use.amount_fen for use in asked.uses if use.drawn_on <= day < use.repaid_on)
        if out > asked.amount_fen:
            why = f"On {day} {out} fen would be out of a line of {asked.amount_fen}."
            raise Violation("uses", why, "Repay before drawing more, or ask for a larger line.")
