"""Filings: each drawdown before each tier above the direct guarantor. Without one, that tier has no part in a loss."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL


class FilingStatus(StrEnum):
    """PENDING until the guarantor (or the tier below) submits it, SUBMITTED until the tier decides."""

    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"
    FILED = "FILED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing(Shape):
    """A drawdown before one tier; `layer` is its party in the shares.

    Submitted after `due_by` it is late and still heard until `cure_by`; so long a rejected one may be mended too.
    `covers_until`: the day on which the loan falls due, as the tier accepted it; None: the tier has accepted nothing.
    After an extension it is the old day until the tier has accepted the new one.
    """

    loan_id: str
    layer: str
    organisation: str
    status: FilingStatus = FilingStatus.PENDING
    due_by: date
    cure_by: date
    submitted_on: date | None = None
    decided_on: date | None = None
    decided_by: str | None = None
    number: str | None = None
    covers_until: date | None = None
    reason: str | None = None

    def covers(self, due_on: date) -> bool:
        """Whether the tier bears its part of a loan that was to be repaid on this day."""
        return self.covers_until is not None and due_on <= self.covers_until


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingList(Shape):
    items: tuple[Filing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPage(Shape):
    items: tuple[Filing, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance(Shape):
    """A tier's yes, under its own number."""

    number: str

    def __post_init__(self) -> None:
        if not self.number.strip():
            raise Violation("number", "A filing without a number cannot be found.", "Give the tier's number.")


def below(layer: str, layers: Sequence[str]) -> str | None:
    """The tier through which a filing reaches this one; None: the direct guarantor files with it itself."""
    return PROVINCIAL if layer == NATIONAL and PROVINCIAL in layers else None


def opened(loan_id: str, layer: str, organisation: str, start: date, days: int, cure_days: int) -> Filing:
    """A filing to be made within so many days from a day."""
    due_by = start + timedelta(days=days)
    cure_by = due_by + timedelta(days=cure_days)
    return Filing(loan_id=loan_id, layer=layer, organisation=organisation, due_by=due_by, cure_by=cure_by)


def reopened(filing: Filing, start: date, days: int, cure_days: int) -> Filing:
    """To be made again, for a term that was extended. What the tier accepted before stands for the old term."""
    fresh = opened(filing.loan_id, filing.layer, filing.organisation, start, days, cure_days)
    return replace(fresh, number=filing.number, covers_until=filing.covers_until)


def submitted(filing: Filing, on: date) -> Filing:
    """With the tier; Violation where it is there already. Past `cure_by` it is EXPIRED and the tier never sees it."""
    if filing.status not in (FilingStatus.PENDING, FilingStatus.REJECTED):
        raise _state(filing, "Only one that is pending or was rejected is submitted.")
    if on > filing.cure_by:
        return expired(filing)
    return replace(filing, status=FilingStatus.SUBMITTED, submitted_on=on, reason=None)


def accepted(filing: Filing, number: str, by: str, on: date, due_on: date) -> Filing:
    if filing.status is not FilingStatus.SUBMITTED:
        raise _state(filing, "Only one that was submitted is decided.")
    return replace(
        filing,
        status=FilingStatus.FILED,
        decided_on=on,
        decided_by=by,
        number=number,
        covers_until=due_on,
        reason=None,
    )


def rejected(filing: Filing, reason: str, by: str, on: date, cure_days: int) -> Filing:
    """Sent back, to be mended within so many days."""
    if filing.status is not FilingStatus.SUBMITTED:
        raise _state(filing, "Only one that was submitted is decided.")
    return replace(
        filing,
        status=FilingStatus.REJECTED,
        decided_on=on,
        decided_by=by,
        reason=reason,
        cure_by=on + timedelta(days=cure_days),
    )


def expired(filing: Filing) -> Filing:
    """Not made in time. The bank's cover stays whole, and the direct guarantor bears this tier's part."""
    said = "not made" if filing.status is FilingStatus.PENDING else "not mended"
    return replace(
        filing, status=FilingStatus.EXPIRED, reason=filing.reason or f"It was {said} by {filing.cure_by}."
    )


def lapsed(filing: Filing) -> Filing:
    """The old term ended and the tier has not accepted the new one: it has no part in the loan any more."""
    return replace(filing, covers_until=None)


def alone(filings: Sequence[Filing], guarantor: str) -> str | None:
    """In words, who bears a loss where filings failed; None while none did."""
    failed = [one for one in filings if one.status in (FilingStatus.REJECTED, FilingStatus.EXPIRED)]
    if not failed:
        return None
    told = ", ".join(f"{one.layer} {one.status}" for one in failed)
    return f"Filing failed ({told}): the bank's cover is whole, {guarantor} bears these parts alone."


def _state(filing: Filing, why: str) -> Violation:
    return Violation("status", f"The filing is {filing.status}. {why}", "Read it again first.")
