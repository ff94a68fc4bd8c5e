"""Filings: each drawdown before each tier above the direct guarantor. Without one, that tier has no part in a loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.guarantee.domain.terms import NATIONAL, PROVINCIAL


class Terms(Protocol):
    """What of a programme governs its filings, in days."""

    @property
    def filing_days(self) -> int: ...
    @property
    def cure_days(self) -> int: ...


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

    `via`: the tier through which it comes here, once that has filed it; None: the direct guarantor submits it itself.
    Submitted after `due_by` it is late and still heard until `cure_by`; so long a rejected one may be mended too.
    `covers_until`: the day on which the loan falls due, as the tier accepted it; None: the tier has accepted nothing.
    After an extension it is the old day until the tier has accepted the new one.
    """

    loan_id: str
    layer: str
    organisation: str
    via: str | None = None
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
class FilingStanding(Shape):
    """What everybody is told of a filing."""

    loan_id: str
    layer: str
    status: FilingStatus


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


def opened(
    loan_id: str, layers: Sequence[str], organisations: Mapping[str, str], start: date, terms: Terms
) -> tuple[Filing, ...]:
    """The filings of a loan, to be made within so many days from a day. A tier that nobody registered has no name."""
    due_by = start + timedelta(days=terms.filing_days)
    return tuple(
        Filing(
            loan_id=loan_id,
            layer=layer,
            organisation=organisations.get(layer, ""),
            via=below(layer, layers),
            due_by=due_by,
            cure_by=due_by + timedelta(days=terms.cure_days),
        )
        for layer in layers
    )


def reopened(filing: Filing, start: date, terms: Terms) -> Filing:
    """To be made again, for a term that was extended. What the tier accepted before stands for the old term."""
    due_by = start + timedelta(days=terms.filing_days)
    return replace(
        filing,
        status=FilingStatus.PENDING,
        due_by=due_by,
        cure_by=due_by + timedelta(days=terms.cure_days),
        submitted_on=None,
        decided_on=None,
        decided_by=None,
        reason=None,
    )


def handed_in(filings: Sequence[Filing], on: date) -> tuple[Filing, ...]:
    """The filings after the guarantor submitted, or mended, all that wait for it; Violation where none does.

    Past `cure_by` a filing is EXPIRED and the tier never sees it.
    """
    ready = [one for one in filings if _waits_for_guarantor(one)]
    if not ready:
        told = ", ".join(f"{one.layer} {one.status}" for one in filings) or "no tier bears a share"
        raise Violation("status", f"Nothing waits to be submitted: {told}.", "Read it again first.")
    return settled([_submitted(one, on) if one in ready else one for one in filings], on)


def settled(filings: Sequence[Filing], on: date) -> tuple[Filing, ...]:
    """With what follows up the chain: a tier hears of a loan once the one below has filed it, or never will."""
    states = {one.layer: one.status for one in filings}
    return tuple(_followed(one, states.get(one.via or ""), on) for one in filings)


def run_out(filings: Sequence[Filing], today: date, due_on: date) -> tuple[Filing, ...]:
    """The filings after a day on which some were not made in time, or an old term that was not extended ended."""
    late = [expired(one) if _is_late(one, today) else one for one in filings]
    return tuple(_lapsed(one) if _is_over(one, today, due_on) else one for one in settled(late, today))


def _waits_for_guarantor(filing: Filing) -> bool:
    if filing.status is FilingStatus.REJECTED:
        return True
    return filing.status is FilingStatus.PENDING and filing.via is None


def _submitted(filing: Filing, on: date) -> Filing:
    if on > filing.cure_by:
        return expired(filing)
    return replace(filing, status=FilingStatus.SUBMITTED, submitted_on=on, reason=None)


def _followed(filing: Filing, below_it: FilingStatus | None, on: date) -> Filing:
    if filing.status is not FilingStatus.PENDING:
        return filing
    if below_it is FilingStatus.FILED:
        return replace(filing, status=FilingStatus.SUBMITTED, submitted_on=on)
    return expired(filing) if below_it is FilingStatus.EXPIRED else filing


def _is_late(filing: Filing, today: date) -> bool:
    return _waits_for_guarantor(filing) and today > filing.cure_by


def _is_over(filing: Filing, today: date, due_on: date) -> bool:
    old = filing.covers_until is not None and filing.covers_until < min(today, due_on)
    return filing.status is FilingStatus.EXPIRED and old


def _lapsed(filing: Filing) -> Filing:
    """The old term ended and the tier has not accepted the new one: it has no part in the loan any more."""
    return replace(filing, covers_until=None)


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


def rejected(filing: Filing, reason: str, by: str, on: date, terms: Terms) -> Filing:
    """Sent back, to be mended within so many days."""
    if filing.status is not FilingStatus.SUBMITTED:
        raise _state(filing, "Only one that was submitted is decided.")
    return replace(
        filing,
        status=FilingStatus.REJECTED,
        decided_on=on,
        decided_by=by,
        reason=reason,
        cure_by=on + timedelta(days=terms.cure_days),
    )


_ALONE = "The bank's cover stays whole; the direct guarantor bears this tier's part alone."


def expired(filing: Filing) -> Filing:
    """Not made in time. The bank's cover stays whole, and the direct guarantor bears this tier's part."""
    said = "not made" if filing.status is FilingStatus.PENDING else "not mended"
    return replace(
        filing,
        status=FilingStatus.EXPIRED,
        reason=filing.reason or f"It was {said} by {filing.cure_by}. {_ALONE}",
    )


def alone(filings: Sequence[Filing], guarantor: str) -> str | None:
    """In words, who bears a loss where filings failed; None while none did."""
    failed = [one for one in filings if one.status in (FilingStatus.REJECTED, FilingStatus.EXPIRED)]
    if not failed:
        return None
    told = ", ".join(f"{one.layer} {one.status}" for one in failed)
    mend = [one.cure_by for one in failed if one.status is FilingStatus.REJECTED]
    until = f", unless it is mended by {min(mend)}" if mend else ""
    return f"Filing failed ({told}): the bank's cover is whole, {guarantor} bears these parts alone{until}."


def _state(filing: Filing, why: str) -> Violation:
    return Violation("status", f"The filing is {filing.status}. {why}", "Read it again first.")
