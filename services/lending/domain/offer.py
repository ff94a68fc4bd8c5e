"""The bank's word on an application: an approval with its terms, or a refusal with its reasons."""

from dataclasses import dataclass
from datetime import date, datetime

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.rates import linked_rate_ppm
from libs.registry.decline_reasons import DOCUMENT, DeclineReason, check_codes
from libs.registry.loan_terms import RateBase
from libs.registry.lpr import LprTenor, lpr_on
from services.lending.domain.product import (
    MOST_FEN,
    MOST_MONTHS,
    MOST_PPM,
    RATE_DISCLOSURE,
    ProductTerms,
    highest_ppm,
)

_MOST_REASONS = 5
_WITHIN_TERMS = "Approve within the product's terms, or register a new version."


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Shape):
    """`valid_until`: the last day on which the firm can accept; None: the platform's usual time.

    `rate_ppm` is the rate a year; for a rate over the LPR `rate_base` and `spread_bp` say what it follows from.
    `borrower_line_fen` is all that the bank grants this borrower, other loans included. In a `revolving` line
    what is repaid can be drawn again; `in_parts` tells that the loan is paid out in several drawdowns.
    """

    amount_fen: int
    rate_ppm: int
    term_months: int
    conditions: tuple[str, ...] = ()
    valid_until: date | None = None
    rate_base: RateBase | None = None
    spread_bp: int | None = None
    borrower_line_fen: int | None = None
    revolving: bool = False
    in_parts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declination(Shape):
    """A refusal carries reasons of data/decline_reasons.csv, so that the service centre can act on it.

    They stand in events, where no personal data may: a code has no room for a name or a sentence.
    """

    reason_codes: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.reason_codes) <= _MOST_REASONS:
            problem = "A refusal without a reason, or with too many, helps nobody."
            raise Violation("reason_codes", problem, f"Give 1 to {_MOST_REASONS} reason codes.", DOCUMENT)
        check_codes(self.reason_codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Shape):
    """`eligible_by_waiver`: the waivers that stood; without them a hard rule of the product stands against the firm."""

    approved: bool
    amount_fen: int = 0
    rate_ppm: int = 0
    term_months: int = 0
    reason_codes: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    decided_by: str
    decided_at: datetime
    rate_base: RateBase | None = None
    spread_bp: int | None = None
    borrower_line_fen: int | None = None
    revolving: bool = False
    in_parts: bool = False
    eligible_by_waiver: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineReasonList(Shape):
    items: tuple[DeclineReason, ...]


def approval(given: Approval, by: str, at: datetime) -> Decision:
    return Decision(
        approved=True,
        amount_fen=given.amount_fen,
        rate_ppm=given.rate_ppm,
        term_months=given.term_months,
        conditions=given.conditions,
        decided_by=by,
        decided_at=at,
        rate_base=given.rate_base,
        spread_bp=given.spread_bp,
        borrower_line_fen=given.borrower_line_fen,
        revolving=given.revolving,
        in_parts=given.in_parts,
    )


def refusal(given: Declination, by: str, at: datetime) -> Decision:
    return Decision(approved=False, reason_codes=given.reason_codes, decided_by=by, decided_at=at)


def check_approval(given: Approval, asked_fen: int, today: date) -> None:
    if not 0 < given.amount_fen <= asked_fen:
        raise Violation(
            "amount_fen", f"{given.amount_fen} fen was not asked for.", f"Approve 1 to {asked_fen} fen."
        )
    if not 0 <= given.rate_ppm <= MOST_PPM:
        mend = f"Give the annual rate in millionths, 0 to {MOST_PPM}."
        raise Violation("rate_ppm", f"A rate of {given.rate_ppm} cannot be.", mend)
    if not 1 <= given.term_months <= MOST_MONTHS:
        mend = f"Give 1 to {MOST_MONTHS} months."
        raise Violation("term_months", f"A term of {given.term_months} months cannot be.", mend)
    if given.valid_until is not None and given.valid_until < today:
        mend = "Give today or a later day, or none for the usual time."
        raise Violation("valid_until", f"{given.valid_until} is past.", mend)
    _check_base(given)
    _check_followed(given, today)
    _check_line(given)


def check_promised(given: Approval, terms: ProductTerms, today: date) -> None:
    """What the product promised to the firm: its term, and no higher rate. Less money or interest is allowed."""
    if not terms.term_min_months <= given.term_months <= terms.term_max_months:
        low, high = terms.term_min_months, terms.term_max_months
        message = f"A term of {given.term_months} months is outside the product's {low} to {high} months."
        raise Violation("term_months", message, _WITHIN_TERMS)
    most_ppm = highest_ppm(terms, today)
    if given.rate_ppm > most_ppm:
        message = f"A rate of {given.rate_ppm} is above {most_ppm}, the highest of the product on {today}."
        raise Violation("rate_ppm", message, _WITHIN_TERMS, RATE_DISCLOSURE)


def _check_base(given: Approval) -> None:
    floating = given.rate_base not in (None, RateBase.FIXED)
    if floating != (given.spread_bp is not None):
        mend = "Give the spread over the LPR together with LPR_1Y or LPR_5Y, and with nothing else."
        raise Violation("spread_bp", "The rate's base and its spread do not go together.", mend)
    if given.spread_bp is not None and abs(given.spread_bp) > MOST_PPM // 100:
        raise Violation("spread_bp", f"A spread of {given.spread_bp} cannot be.", "Give basis points.")


def _check_followed(given: Approval, today: date) -> None:
    """The firm accepts a rate that it sees: what the LPR and the spread make of it today is not above that."""
    if given.rate_base in (None, RateBase.FIXED) or given.spread_bp is None:
        return
    made_ppm = linked_rate_ppm(lpr_on(LprTenor(given.rate_base), today).rate_ppm, given.spread_bp)
    if made_ppm > given.rate_ppm:
        message = f"The LPR and {given.spread_bp} basis points make {made_ppm} today, not {given.rate_ppm}."
        raise Violation("rate_ppm", message, f"Give {made_ppm}, or a smaller spread.", RATE_DISCLOSURE)


def _check_line(given: Approval) -> None:
    line = given.borrower_line_fen
    if line is not None and not given.amount_fen <= line <= MOST_FEN:
        mend = "Give the whole line of this borrower at the bank, this loan included."
        raise Violation("borrower_line_fen", f"A line of {line} fen does not hold this loan.", mend)
