"""Versions of a product on their way to the market and off it again, and who may move them."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.evaluate import Disclosure
from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.criteria.vocabulary import fact_type
from services.lending.domain.product.rates import ProductRates
from services.lending.domain.product.terms import ProductTerms


class ProductStatus(StrEnum):
    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    """By a second person, and still to be published."""
    SCHEDULED = "SCHEDULED"
    """On the market from a day to come."""
    PUBLISHED = "PUBLISHED"
    SUSPENDED = "SUSPENDED"
    """Off the market for a while."""
    WITHDRAWN = "WITHDRAWN"


WRITABLE = (ProductStatus.DRAFT, ProductStatus.CHECKED, ProductStatus.SCHEDULED)
ON_MARKET = (ProductStatus.PUBLISHED, ProductStatus.SUSPENDED)


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
class Publication(Shape):
    """When a version is sold: from today where no day is given, and until it is withdrawn or replaced."""

    market_from: date | None = None
    market_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(Shape):
    """One version of a product. Until it comes on the market it can be rewritten; after that its terms never change.

    `rates` are worked out when it is asked for, at the LPR of that day; they are not kept. `withheld`: to outsiders,
    the reason codes of rules that the bank does not show them; of confidential ones not even that.
    """

    id: str
    version: int
    bank: str
    external_id: str
    status: ProductStatus
    terms: ProductTerms
    created_by: str
    checked_by: str | None = None
    checked_at: datetime | None = None
    published_by: str | None = None
    published_at: datetime | None = None
    market_from: date | None = None
    market_until: date | None = None
    first_marketed_on: date | None = None
    last_marketed_on: date | None = None
    sandbox: bool = False
    rates: ProductRates | None = None
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage(Shape):
    items: tuple[Product, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductHistory(Shape):
    """Versions of one product, the newest first."""

    items: tuple[Product, ...]


def rewritten(product: Product, terms: ProductTerms, by: str) -> Product:
    """The version with other terms: whatever was checked or fixed about the old ones is gone."""
    return replace(
        product,
        status=ProductStatus.DRAFT,
        terms=terms,
        created_by=by,
        checked_by=None,
        checked_at=None,
        published_by=None,
        market_from=None,
        market_until=None,
    )


def checked(product: Product, by: str, at: datetime) -> Product:
    """The draft as a second person read it; Violation for its author."""
    _expect(product, ProductStatus.DRAFT)
    if product.created_by == by:
        why = "Whoever registered a product may not check it."
        raise Violation("checked_by", why, "Let a second person check it.")
    return replace(product, status=ProductStatus.CHECKED, checked_by=by, checked_at=at)


def scheduled(product: Product, publication: Publication, by: str, at: datetime, today: date) -> Product:
    """The version as it will come on the market, today or later. A draft is checked in the same step."""
    _expect(product, ProductStatus.DRAFT, ProductStatus.CHECKED)
    if product.created_by == by:
        why = "Whoever registered a product may not publish it."
        raise Violation("published_by", why, "Let a second person publish it.")
    read = checked(product, by, at) if product.status is ProductStatus.DRAFT else product
    starts = publication.market_from or today
    _check_days(starts, publication.market_until, today)
    return replace(
        read,
        status=ProductStatus.SCHEDULED,
        published_by=by,
        market_from=starts,
        market_until=publication.market_until,
    )


def published(product: Product, at: datetime, today: date) -> Product:
    """The version on the market, from its day on."""
    _expect(product, ProductStatus.SCHEDULED)
    return replace(
        product,
        status=ProductStatus.PUBLISHED,
        published_at=at,
        first_marketed_on=today,
        last_marketed_on=None,
    )


def suspended(product: Product, today: date) -> Product:
    _expect(product, ProductStatus.PUBLISHED)
    return replace(product, status=ProductStatus.SUSPENDED, last_marketed_on=today)


def resumed(product: Product) -> Product:
    _expect(product, ProductStatus.SUSPENDED)
    return replace(product, status=ProductStatus.PUBLISHED, last_marketed_on=None)


def withdrawn(product: Product, last: date) -> Product:
    """The version off the market for good; `last`: its last day there, were it on sale until now."""
    _expect(product, ProductStatus.PUBLISHED, ProductStatus.SUSPENDED, ProductStatus.SCHEDULED)
    on_sale = product.status is ProductStatus.PUBLISHED
    return replace(
        product,
        status=ProductStatus.WITHDRAWN,
        last_marketed_on=last if on_sale else product.last_marketed_on,
    )


def seen_from_outside(product: Product) -> Product:
    """The product as everybody may see it: public rules only, and nobody of the bank's staff."""
    rules = product.terms.criteria
    public = tuple(rule for rule in rules if rule.disclosure is Disclosure.PUBLIC)
    coded = {fact_type(rule.fact).reason_code for rule in rules if rule.disclosure is Disclosure.REASON_CODE}
    return replace(
        product,
        terms=replace(product.terms, criteria=public),
        created_by="",
        checked_by=None,
        published_by=None,
        withheld=tuple(sorted(coded)),
    )


def is_due(product: Product, today: date) -> bool:
    """Whether its day on the market has come."""
    starts = product.market_from
    return product.status is ProductStatus.SCHEDULED and starts is not None and starts <= today


def is_over(product: Product, today: date) -> bool:
    """Whether its last day on the market has passed."""
    return product.status in ON_MARKET and product.market_until is not None and product.market_until < today


def _expect(product: Product, *allowed: ProductStatus) -> None:
    if product.status not in allowed:
        wanted = " or ".join(allowed)
        why = f"Version {product.version} is {product.status}, not {wanted}."
        raise Violation("status", why, _MENDS.get(product.status, "Read the product again first."))


_MENDS = {
    ProductStatus.PUBLISHED: "Register a new version to change what is on the market.",
    ProductStatus.WITHDRAWN: "Register a new version first.",
    ProductStatus.SCHEDULED: "Register the terms again to take it back into draft.",
}


def _check_days(starts: date, until: date | None, today: date) -> None:
    if starts < today:
        raise Violation("market_from", f"{starts} has passed.", "Give today or a later day.")
    if until is not None and until < starts:
        mend = "Give a last day that is not before the first."
        raise Violation("market_until", f"{until} is before {starts}.", mend)
