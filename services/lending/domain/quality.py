"""How well a product is described: 100 points, less those of each flaw, with what the bank can do about it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.evaluate import Disclosure
from libs.criteria.shape import Shape
from libs.registry.loan_terms import ProductKind, RateBase
from services.lending.domain.product import Product

ALL_POINTS = 100


class Flaw(StrEnum):
    """Missing (NO_…) although firms or matching need it, or suspicious although it is allowed."""

    NO_SUMMARY = "NO_SUMMARY"
    NO_FEES = "NO_FEES"
    NO_MATERIALS = "NO_MATERIALS"
    NO_CONTACT = "NO_CONTACT"
    NO_CHANNEL = "NO_CHANNEL"
    NO_REGIONS = "NO_REGIONS"
    NO_CRITERIA = "NO_CRITERIA"
    NO_FUNDING_DAYS = "NO_FUNDING_DAYS"
    NO_STATED_RATE = "NO_STATED_RATE"
    SILENT_CRITERIA = "SILENT_CRITERIA"
    WIDE_AMOUNTS = "WIDE_AMOUNTS"
    WIDE_TERMS = "WIDE_TERMS"
    WIDE_RATES = "WIDE_RATES"
    TINY_AMOUNT = "TINY_AMOUNT"
    TINY_RATE = "TINY_RATE"
    SLOW_DECISION = "SLOW_DECISION"
    STALE = "STALE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(Shape):
    """A flaw, the points that it takes, and how to mend it."""

    flaw: Flaw
    field: str
    points: int
    message: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductQuality(Shape):
    """`score`: 0 to 100; the remarks that cost most come first."""

    product_id: str
    version: int
    score: int
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Yardstick(Shape):
    """The numbers of the judgement: points by flaw, and from where on a value is suspicious."""

    points: Mapping[Flaw, int]
    limits: Mapping[str, int]


def judged(product: Product, yardstick: Yardstick, today: date) -> ProductQuality:
    """The score of a version on a day."""
    remarks = tuple(
        Remark(flaw=flaw, field=field, points=yardstick.points[flaw], message=message, mend=mend)
        for flaw, field, found, message, mend in _FLAWS
        if found(product, yardstick.limits, today)
    )
    lost = sum(remark.points for remark in remarks)
    return ProductQuality(
        product_id=product.id,
        version=product.version,
        score=max(0, ALL_POINTS - lost),
        remarks=tuple(sorted(remarks, key=lambda remark: -remark.points)),
    )


Limits = Mapping[str, int]
Test = Callable[[Product, Limits, date], bool]


def _missing(name: str) -> Test:
    return lambda product, _limits, _today: not getattr(product.terms, name)


def _silent(product: Product, _limits: Limits, _today: date) -> bool:
    """A rule that firms may read, without words for them."""
    return any(
        not criterion.message.strip() and criterion.disclosure is Disclosure.PUBLIC
        for criterion in product.terms.criteria
    )


def _no_papers(product: Product, _limits: Limits, _today: date) -> bool:
    return not product.terms.materials and not product.terms.papers


def _no_funding_days(product: Product, _limits: Limits, _today: date) -> bool:
    return product.terms.funding_days is None


def _wide_amounts(product: Product, limits: Limits, _today: date) -> bool:
    return product.terms.amount_max_fen > product.terms.amount_min_fen * limits["amount_ratio"]


def _wide_terms(product: Product, limits: Limits, _today: date) -> bool:
    return product.terms.term_max_months > product.terms.term_min_months * limits["term_ratio"]


def _wide_rates(product: Product, limits: Limits, _today: date) -> bool:
    return product.terms.rate.max_ppm - product.terms.rate.min_ppm > limits["rate_span_ppm"]


def _tiny_amount(product: Product, limits: Limits, _today: date) -> bool:
    return product.terms.amount_max_fen < limits["amount_fen"]


def _tiny_rate(product: Product, limits: Limits, _today: date) -> bool:
    """A letter of guarantee lends nothing and may well have none."""
    terms = product.terms
    fixed = terms.rate.base is RateBase.FIXED and terms.kind is not ProductKind.LETTER_OF_GUARANTEE
    return fixed and terms.rate.min_ppm < limits["rate_ppm"]


def _slow(product: Product, limits: Limits, _today: date) -> bool:
    return product.terms.decision_days > limits["decision_days"]


def _stale(product: Product, limits: Limits, today: date) -> bool:
    since = product.first_marketed_on
    return since is not None and (today - since).days > limits["market_days"]


_FLAWS: tuple[tuple[Flaw, str, Test, str, str], ...] = (
    (
        Flaw.NO_SUMMARY,
        "summary",
        _missing("summary"),
        "The product has no summary.",
        "Say in a sentence for whom it is and what for.",
    ),
    (
        Flaw.NO_FEES,
        "fees",
        _missing("fees"),
        "No fee is stated.",
        "Name every charge beside interest; one that is waived with 0.",
    ),
    (
        Flaw.NO_MATERIALS,
        "materials",
        _no_papers,
        "No papers are named.",
        "List what a firm must bring in materials or papers.",
    ),
    (
        Flaw.NO_CONTACT,
        "contact",
        _missing("contact"),
        "Nobody can be asked.",
        "Give the telephone or desk of the bank.",
    ),
    (
        Flaw.NO_CHANNEL,
        "channel",
        _missing("channel"),
        "It does not say where to apply.",
        "Give ONLINE, OFFLINE or BOTH.",
    ),
    (
        Flaw.NO_REGIONS,
        "regions",
        _missing("regions"),
        "It is offered in the whole country.",
        "Name the regions that your branches serve.",
    ),
    (
        Flaw.NO_CRITERIA,
        "criteria",
        _missing("criteria"),
        "It has no criteria, so every firm fits.",
        "State the rules by which you decline: each spares a firm a refusal.",
    ),
    (
        Flaw.NO_FUNDING_DAYS,
        "funding_days",
        _no_funding_days,
        "It does not say how soon the money comes.",
        "Give the working days from approval to money.",
    ),
    (
        Flaw.NO_STATED_RATE,
        "stated_rate",
        _missing("stated_rate"),
        "No annual rate is advertised.",
        "State the annual rate as PBC Announcement [2021] No. 3 wants it.",
    ),
    (
        Flaw.SILENT_CRITERIA,
        "criteria",
        _silent,
        "A public criterion has no words.",
        "Give each a message that a firm understands.",
    ),
    (
        Flaw.WIDE_AMOUNTS,
        "amount_max_fen",
        _wide_amounts,
        "The amounts reach very far.",
        "Split the product, or give amount_tiers.",
    ),
    (
        Flaw.WIDE_TERMS,
        "term_max_months",
        _wide_terms,
        "The terms reach very far.",
        "Split the product by term.",
    ),
    (
        Flaw.WIDE_RATES,
        "rate",
        _wide_rates,
        "The rates reach very far.",
        "Split the product, or narrow the range.",
    ),
    (
        Flaw.TINY_AMOUNT,
        "amount_max_fen",
        _tiny_amount,
        "The largest loan is very small.",
        "Amounts are in fen: 1 元 is 100.",
    ),
    (
        Flaw.TINY_RATE,
        "rate/min_ppm",
        _tiny_rate,
        "The lowest rate is very low.",
        "Rates are in millionths: 4 % is 40000.",
    ),
    (
        Flaw.SLOW_DECISION,
        "decision_days",
        _slow,
        "The bank promises to decide very late.",
        "Give the working days that you need.",
    ),
    (
        Flaw.STALE,
        "first_marketed_on",
        _stale,
        "The version has been on the market for long.",
        "Look through it and register it again.",
    ),
)


def flaws() -> Iterator[Flaw]:
    """All that are looked for."""
    return (flaw for flaw, *_ in _FLAWS)
