"""Practising: an application of a firm that does not exist, at a bank that only tries things out."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions, OwnerKind
from libs.registry.regions import county_of
from libs.registry.size import Size
from services.lending.domain.application import NewApplication
from services.lending.domain.product import Product


class FirmStep(StrEnum):
    """What the made-up firm can do."""

    ANSWER = "ANSWER"
    ACCEPT_OFFER = "ACCEPT_OFFER"
    WITHDRAW = "WITHDRAW"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUpApplication(Shape):
    """What a firm would ask for, of a product of the bank's own. With a `programme` the loan wants a guarantee, which
    a made-up guarantor confirms as soon as the bank approves."""

    product_id: str
    amount_fen: int
    term_months: int
    repayment_method: RepaymentMethod
    programme: str | None = None
    ip_rights: tuple[str, ...] = ()
    county: str = "640104"
    industry_division: str = "14"
    size: Size = Size.SMALL
    first_time_borrower: bool = True

    def __post_init__(self) -> None:
        county_of(self.county)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmMove(Shape):
    step: FirmStep
    answer: str | None = None


def made_up(
    asked: MadeUpApplication, product: Product, request_id: str, party: str, firm_key: str
) -> NewApplication:
    """The application as coordination would open it."""
    dimensions = Dimensions(
        county=asked.county,
        industry_division=asked.industry_division,
        size=asked.size,
        owner_kind=OwnerKind.ENTERPRISE,
        firm_key=firm_key,
        first_time_borrower=asked.first_time_borrower,
    )
    return NewApplication(
        request_id=request_id,
        product_id=product.id,
        product_version=product.version,
        party=party,
        amount_fen=asked.amount_fen,
        term_months=asked.term_months,
        repayment_method=asked.repayment_method,
        programme=asked.programme,
        guarantor=None if asked.programme is None else "org_sandbox_guarantor",
        ip_rights=asked.ip_rights,
        dimensions=dimensions,
    )
