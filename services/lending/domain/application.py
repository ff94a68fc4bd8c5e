"""Applications: from the firm's choice of a plan to the bank's decision and the drawdown."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import GuaranteeMode, ProductKind
from services.lending.domain.product import MOST_MONTHS, MOST_PPM, Product, ProductStatus


class ApplicationStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    DISBURSED = "DISBURSED"


class Cover(StrEnum):
    """Where the guarantee stands, as lending knows it, in the order of its life."""

    NOT_NEEDED = "NOT_NEEDED"
    WANTED = "WANTED"
    RESERVING = "RESERVING"
    RESERVED = "RESERVED"
    CONFIRMED = "CONFIRMED"
    EFFECTIVE = "EFFECTIVE"
    ENDED = "ENDED"
    REFUSED = "REFUSED"


_COVER_ORDER = {cover: place for place, cover in enumerate(Cover)}
_READY = (Cover.NOT_NEEDED, Cover.CONFIRMED)
# Reasons stand in events, where no personal data may: a code has no room for a name or a sentence.
_REASON_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Shape):
    amount_fen: int
    rate_ppm: int
    term_months: int
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declination(Shape):
    """A refusal carries reasons, so that the service centre can act on it (2021 opinions, paragraph 10)."""

    reason_codes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.reason_codes:
            raise Violation(
                "reason_codes", "A refusal without a reason helps nobody.", "Give at least one reason code."
            )
        for place, code in enumerate(self.reason_codes):
            if _REASON_CODE.fullmatch(code) is None:
                mend = "Give a code such as REPAYMENT_ABILITY: letters, digits and _, at most 40."
                raise Violation(f"reason_codes/{place}", "This is no code.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Shape):
    approved: bool
    amount_fen: int = 0
    rate_ppm: int = 0
    term_months: int = 0
    reason_codes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    decided_by: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication(Shape):
    """A firm's choice of one plan, with what statistics will need to know of the firm."""

    request_id: str
    product_id: str
    product_version: int
    party: str
    amount_fen: int
    term_months: int
    repayment_method: RepaymentMethod
    programme: str | None = None
    guarantor: str | None = None
    ip_rights: tuple[str, ...] = ()
    dimensions: Dimensions

    def __post_init__(self) -> None:
        if (self.programme is None) != (self.guarantor is None):
            raise Violation(
                "guarantor", "A guarantee needs a programme and a guarantor.", "Give both or neither."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Shape):
    id: str
    request_id: str
    product_id: str
    product_version: int
    product_name: str
    product_kind: ProductKind
    bank: str
    party: str
    amount_fen: int
    term_months: int
    repayment_method: RepaymentMethod
    programme: str | None = None
    guarantor: str | None = None
    ip_rights: tuple[str, ...] = ()
    dimensions: Dimensions
    status: ApplicationStatus
    cover: Cover
    guarantee_id: str | None = None
    decision: Decision | None = None
    submitted_at: datetime
    cover_note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage(Shape):
    items: tuple[Application, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disbursement(Shape):
    disbursed_on: date
    external_id: str

    def __post_init__(self) -> None:
        check_number(self.external_id)


def check_number(external_id: str) -> None:
    """A bank's own number of a loan or a payment."""
    if not 0 < len(external_id) <= _LONGEST_NUMBER:
        mend = f"Give the bank's own number, 1 to {_LONGEST_NUMBER} characters."
        raise Violation("external_id", "The number is empty or too long.", mend)


def submitted(new: NewApplication, product: Product, application_id: str, at: datetime) -> Application:
    """The application, bound to the version of the product that the firm saw; Violation outside its terms."""
    _check_fit(new, product)
    return Application(
        id=application_id,
        request_id=new.request_id,
        product_id=product.id,
        product_version=product.version,
        product_name=product.terms.name,
        product_kind=product.terms.kind,
        bank=product.bank,
        party=new.party,
        amount_fen=new.amount_fen,
        term_months=new.term_months,
        repayment_method=new.repayment_method,
        programme=new.programme,
        guarantor=new.guarantor,
        ip_rights=new.ip_rights,
        dimensions=new.dimensions,
        status=ApplicationStatus.SUBMITTED,
        cover=Cover.NOT_NEEDED if new.programme is None else Cover.WANTED,
        submitted_at=at,
    )


def approved(application: Application, approval: Approval, by: str, at: datetime) -> Application:
    """The bank will lend; a guarantee, where one is wanted, is now to be reserved."""
    _expect(application, ApplicationStatus.SUBMITTED)
    _check_approval(application, approval)
    decision = Decision(
        approved=True,
        amount_fen=approval.amount_fen,
        rate_ppm=approval.rate_ppm,
        term_months=approval.term_months,
        conditions=approval.conditions,
        decided_by=by,
        decided_at=at,
    )
    cover = Cover.RESERVING if application.cover is Cover.WANTED else application.cover
    return replace(application, status=ApplicationStatus.APPROVED, decision=decision, cover=cover)


def declined(application: Application, declination: Declination, by: str, at: datetime) -> Application:
    _expect(application, ApplicationStatus.SUBMITTED)
    decision = Decision(approved=False, reason_codes=declination.reason_codes, decided_by=by, decided_at=at)
    return replace(application, status=ApplicationStatus.DECLINED, decision=decision)


def withdrawn(application: Application) -> Application:
    _expect(application, ApplicationStatus.SUBMITTED, ApplicationStatus.APPROVED)
    return replace(application, status=ApplicationStatus.WITHDRAWN)


def disbursed(application: Application) -> Application:
    """The loan is paid out; Violation while a wanted guarantee is not confirmed."""
    _expect(application, ApplicationStatus.APPROVED)
    if application.cover not in _READY:
        raise Violation(
            "cover",
            f"The guarantee of this loan is {application.cover}, not CONFIRMED.",
            "Wait for the guarantor's confirmation, or withdraw the application.",
        )
    return replace(application, status=ApplicationStatus.DISBURSED)


def covered(
    application: Application, cover: Cover, guarantee_id: str | None, note: str | None = None
) -> Application:
    """The application with news of its guarantee. News that is older than what is known changes nothing."""
    if _COVER_ORDER[cover] <= _COVER_ORDER[application.cover]:
        return application
    return replace(
        application,
        cover=cover,
        guarantee_id=guarantee_id or application.guarantee_id,
        cover_note=note or application.cover_note,
    )


def holds_guarantee(application: Application) -> bool:
    """Whether room at a guarantor is, or may be, reserved and must be given back when the application ends."""
    return application.cover in (Cover.RESERVING, Cover.RESERVED, Cover.CONFIRMED)


def _expect(application: Application, *allowed: ApplicationStatus) -> None:
    if application.status not in allowed:
        wanted = " or ".join(allowed)
        raise Violation(
            "status", f"The application is {application.status}, not {wanted}.", "Read it again first."
        )


def _check_fit(new: NewApplication, product: Product) -> None:
    terms = product.terms
    if product.status is not ProductStatus.PUBLISHED:
        raise Violation("product_id", f"The product is {product.status}.", "Ask for a new recommendation.")
    if not terms.amount_min_fen <= new.amount_fen <= terms.amount_max_fen:
        limits = f"{terms.amount_min_fen} to {terms.amount_max_fen} fen"
        raise Violation(
            "amount_fen", f"{new.amount_fen} fen is outside the product's {limits}.", "Mend the amount."
        )
    if not terms.term_min_months <= new.term_months <= terms.term_max_months:
        limits = f"{terms.term_min_months} to {terms.term_max_months} months"
        raise Violation(
            "term_months", f"{new.term_months} is outside the product's {limits}.", "Mend the term."
        )
    _check_ways(new, product)


def _check_ways(new: NewApplication, product: Product) -> None:
    """How the loan is repaid and secured: only in ways that the product has."""
    terms = product.terms
    if new.repayment_method not in terms.repayment_methods:
        ways = ", ".join(terms.repayment_methods)
        raise Violation("repayment_method", f"The product has no {new.repayment_method}.", f"One of: {ways}.")
    if new.programme is not None and GuaranteeMode.FINANCING_GUARANTEE not in terms.guarantee_modes:
        raise Violation("programme", "The product takes no financing guarantee.", "Leave the guarantee out.")
    if new.ip_rights and GuaranteeMode.IP_PLEDGE not in terms.guarantee_modes:
        raise Violation("ip_rights", "The product takes no IP pledge.", "Leave the rights out.")


def _check_approval(application: Application, approval: Approval) -> None:
    if not 0 < approval.amount_fen <= application.amount_fen:
        raise Violation(
            "amount_fen",
            f"{approval.amount_fen} fen was not asked for.",
            f"Approve 1 to {application.amount_fen} fen.",
        )
    if not 0 <= approval.rate_ppm <= MOST_PPM:
        mend = f"Give the annual rate in millionths, 0 to {MOST_PPM}."
        raise Violation("rate_ppm", f"A rate of {approval.rate_ppm} cannot be.", mend)
    if not 1 <= approval.term_months <= MOST_MONTHS:
        raise Violation(
            "term_months", f"A term of {approval.term_months} months cannot be.", "Mend the term."
        )
