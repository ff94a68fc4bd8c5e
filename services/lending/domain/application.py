"""Applications: from the firm's choice of a plan to the bank's decision, the contracts and the drawdowns."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.schedule import RepaymentMethod
from libs.registry.dimensions import Dimensions
from libs.registry.loan_terms import ProductKind
from services.lending.domain.offer import Decision
from services.lending.domain.waiver import AppliedWaiver

_LONGEST_NUMBER = 64
_LONGEST_TEXT = 2_000


class ApplicationStatus(StrEnum):
    """Where an application stands; domain/life.py has the table of what leads where."""

    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    INFORMATION_ASKED = "INFORMATION_ASKED"
    APPROVED = "APPROVED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    CONTRACTED = "CONTRACTED"
    DISBURSED = "DISBURSED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal(Shape):
    """The loan of the same bank that this one is to settle. `without_repayment`: 无还本续贷."""

    loan_id: str
    without_repayment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication(Shape):
    """A firm's choice of one plan, with what statistics will need to know of the firm.

    `similar`: the firm asked for the same in another request shortly before; pointed out, never a reason to refuse.
    """

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
    renewal: Renewal | None = None
    similar: bool = False

    def __post_init__(self) -> None:
        if (self.programme is None) != (self.guarantor is None):
            raise Violation(
                "guarantor", "A guarantee needs a programme and a guarantor.", "Give both or neither."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Shape):
    """What the bank still wants to know, in words. Papers themselves go to the bank, not through here."""

    question: str

    def __post_init__(self) -> None:
        _check_text("question", self.question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Shape):
    answer: str

    def __post_init__(self) -> None:
        _check_text("answer", self.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class InformationRequest(Shape):
    """The bank's last question and the firm's answer to it."""

    question: str
    asked_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts(Shape):
    """The bank's own numbers of the papers that were signed, and the day on which the last of them was."""

    loan_contract: str
    guarantee_contract: str | None = None
    pledge_contract: str | None = None
    signed_on: date

    def __post_init__(self) -> None:
        for name in ("loan_contract", "guarantee_contract", "pledge_contract"):
            number: str | None = getattr(self, name)
            if number is not None:
                check_number(number, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Shape):
    """A status, when it was reached, and the day by which the next is promised or wanted.

    `estimated`: the holidays up to that day are not known yet, and its weeks count from Monday to Friday.
    """

    status: ApplicationStatus
    at: datetime
    due_on: date | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Shape):
    """`drawn_fen`: sum of all drawdowns. `overdue`: the bank's promised day of decision passed without one.

    `query_count`: how many banks have or will have queried the firm's record for this request; for the firm alone.
    `decision_due_on`: None only for applications from before it was kept.
    """

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
    branch: str | None = None
    manager: str | None = None
    decision_due_on: date | None = None
    overdue: bool = False
    offer_valid_until: date | None = None
    information: InformationRequest | None = None
    contracts: Contracts | None = None
    renewal: Renewal | None = None
    similar: bool = False
    query_count: int | None = None
    drawn_fen: int = 0
    sandbox: bool = False
    timeline: tuple[Step, ...] = ()
    waivers: tuple[AppliedWaiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage(Shape):
    items: tuple[Application, ...]
    next_cursor: str | None = None


def check_number(number: str, field: str = "external_id") -> None:
    """A bank's own number of a loan, a payment or a contract."""
    if not 0 < len(number) <= _LONGEST_NUMBER:
        mend = f"Give the bank's own number, 1 to {_LONGEST_NUMBER} characters."
        raise Violation(field, "The number is empty or too long.", mend)


def _check_text(field: str, text: str) -> None:
    if not 0 < len(text.strip()) <= _LONGEST_TEXT:
        raise Violation(field, "Nothing is said, or too much.", f"Use 1 to {_LONGEST_TEXT} characters.")
