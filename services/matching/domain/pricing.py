"""What a plan costs: the rate within the bank's range, an estimate to rank by, and the exact sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from libs.finance.cost import Subsidy
from libs.finance.fees import Fee, FeeBasis, FeeTiming, must_be_paid
from libs.finance.money import PPM
from libs.finance.quote import Quote, quote
from libs.finance.rates import MONTHS_PER_YEAR
from libs.finance.schedule import RepaymentMethod
from libs.registry.loan_terms import RateBase
from services.matching.domain.answer import CostItem
from services.matching.domain.guarantee import FEE_NAME, fee_at
from services.matching.domain.offer import Offer, Rate, Terms

BASIS_POINT = 100  # in millionths: banks quote whole basis points
AMORTISING = (
    RepaymentMethod.EQUAL_INSTALMENT,
    RepaymentMethod.EQUAL_PRINCIPAL,
    RepaymentMethod.PLANNED,
)


def rate_ppm(rate: Rate, base_ppm: Mapping[RateBase, int], likelihood: int) -> int:
    """The better the likelihood, the nearer the lower end of the bank's range; in whole basis points, down."""
    spread = rate.max_ppm - (rate.max_ppm - rate.min_ppm) * likelihood // PPM
    return max(0, (base_ppm[rate.base] + spread) // BASIS_POINT * BASIS_POINT)


def method_of(terms: Terms) -> RepaymentMethod:
    """The first that the bank names: the one it offers by itself."""
    return terms.repayment_methods[0]


def life_months(amortising: bool, term_months: int) -> int:
    """How many months the average fen is borrowed, rounded up: half of the term when it is paid back in parts."""
    return (term_months + 2) // 2 if amortising else term_months


def yearly_fees_ppm(
    once_ppm: int, once_fen: int, annual_ppm: int, amount_fen: int, term_months: int, amortising: bool
) -> int:
    """Fees as a yearly rate on the principal in use: an estimate for ranking, never shown."""
    once = once_ppm + once_fen * PPM // amount_fen
    life = life_months(amortising, term_months)
    return (once * MONTHS_PER_YEAR + annual_ppm * term_months) // life


def fee_sums(fees: Sequence[Fee]) -> tuple[int, int, int]:
    """Fees in parts: once in millionths, once in fen, a year in millionths. An annual sum counts as paid once.

    One on the appraised value counts as if no more was appraised than is lent.
    """
    due = [fee for fee in fees if must_be_paid(fee)]
    rated = [fee for fee in due if fee.basis is not FeeBasis.FIXED]
    annual = sum(fee.rate_ppm for fee in rated if fee.timing is FeeTiming.ANNUAL)
    once = sum(fee.rate_ppm for fee in rated if fee.timing is not FeeTiming.ANNUAL)
    return once, sum(fee.amount_fen for fee in due), annual


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What prices need of a product's terms, worked out once; two of them are alike only where they are one."""

    terms: Terms
    method: RepaymentMethod
    amortising: bool
    once_ppm: int
    once_fen: int
    annual_ppm: int


def figures(offer: Offer) -> Figures:
    method = method_of(offer.terms)
    return Figures(offer.terms, method, method in AMORTISING, *fee_sums(offer.terms.fees))


@lru_cache(maxsize=20_000)
def sheet(
    principal_fen: int,
    rate: int,
    months: int,
    method: RepaymentMethod,
    fees: tuple[Fee, ...],
    subsidies: tuple[Subsidy, ...],
    interest_months: int,
    appraised_fen: int,
) -> Quote:
    """The exact figures of libs.finance, kept: the same terms at the same rate cost every firm the same."""
    return quote(
        principal_fen,
        rate,
        months,
        method,
        fees,
        subsidies,
        interest_months=interest_months,
        appraised_fen=appraised_fen,
    )


class Bill(NamedTuple):
    """The exact figures, the costs in them by item, and what of these is the fee of the guarantee."""

    quote: Quote
    costs: tuple[CostItem, ...]
    guarantee_fen: int


class Guaranteed(NamedTuple):
    """By a programme with this yearly fee, from this day."""

    fee_ppm: int
    day: date


@lru_cache(maxsize=20_000)
def bill(
    known: Figures,
    principal_fen: int,
    rate: int,
    months: int,
    subsidies: tuple[Subsidy, ...],
    guaranteed: Guaranteed | None,
    appraised_fen: int,
) -> Bill:
    """`sheet` of a product, kept by the product: nothing of its terms is compared."""
    terms, fees = known.terms, known.terms.fees
    if guaranteed is not None:
        fees = (*fees, fee_at(guaranteed.fee_ppm, principal_fen, guaranteed.day, months))
    found = sheet(
        principal_fen, rate, months, known.method, fees, subsidies, terms.interest_months, appraised_fen
    )
    costs = tuple(
        CostItem(name=item.name, payee=item.payee, amount_fen=item.amount_fen, timing=item.timing or "")
        for item in found.items
    )
    fee_fen = 0 if guaranteed is None else sum(item.amount_fen for item in costs if item.name == FEE_NAME)
    return Bill(found, costs, fee_fen)
