"""Drawdowns: the loans paid out under a guarantee. Each is covered, filed, repaid and claimed by itself."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from libs.finance.daycount import days_between
from libs.finance.split import Share, annual_fee, covered, split
from services.guarantee.domain.programme import Programme
from services.guarantee.domain.terms import BANK, LOCAL


class DrawdownStatus(StrEnum):
    """LISTED waits for the guarantor's compliance check (batch) and has no cover yet; REFUSED never had any."""

    LISTED = "LISTED"
    EFFECTIVE = "EFFECTIVE"
    RELEASED = "RELEASED"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown(Shape):
    """One loan under a guarantee, the `number`th. `outstanding_fen` is its principal under cover.

    `shares` and `programme_effective` are the contract's; from the day on which it was filed (`filed_on`) for good.
    """

    loan_id: str
    guarantee_id: str
    number: int
    amount_fen: int
    outstanding_fen: int = 0
    shares: tuple[Share, ...]
    programme_effective: date
    fee_fen: int
    drawn_on: date
    due_on: date
    listed_on: date | None = None
    filed_on: date | None = None
    status: DrawdownStatus
    note: str | None = None

    @property
    def days(self) -> int:
        return days_between(self.drawn_on, self.due_on)

    @property
    def layers(self) -> tuple[str, ...]:
        """The parties above the direct guarantor that bear a share."""
        return tuple(share.party for share in self.shares if share.bp and share.party not in (BANK, LOCAL))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawdownList(Shape):
    items: tuple[Drawdown, ...]


def liability(drawdown: Drawdown) -> int:
    """What the direct guarantor stands for of what is outstanding: all but the bank's part, in fen."""
    return covered(drawdown.outstanding_fen, drawdown.shares)


def part(drawdown: Drawdown, layer: str) -> int:
    """What a party bears of what is outstanding, in fen."""
    return split(drawdown.outstanding_fen, drawdown.shares).get(layer, 0)


def fee_of(programme: Programme, amount_fen: int, drawn_on: date, due_on: date) -> int:
    """The guarantee fee of the whole term, by the programme of the day of disbursement, in fen."""
    return annual_fee(amount_fen, programme.fee_rate_ppm, days_between(drawn_on, due_on))


def effective(drawdown: Drawdown) -> Drawdown:
    """The drawdown under cover, with all of its amount."""
    if drawdown.status is not DrawdownStatus.LISTED:
        raise _state(drawdown, "Only a listed loan is taken into cover.")
    return replace(drawdown, status=DrawdownStatus.EFFECTIVE, outstanding_fen=drawdown.amount_fen, note=None)


def refused(drawdown: Drawdown, reason: str) -> Drawdown:
    """A line that fails never enters cover: the whole loan stays with the bank."""
    if drawdown.status is not DrawdownStatus.LISTED:
        raise _state(drawdown, "Only a listed loan is kept out of cover.")
    note = f"{reason} The loan stays with the bank."
    return replace(drawdown, status=DrawdownStatus.REFUSED, note=note)


def overdue(drawdown: Drawdown) -> Drawdown:
    """A listed loan that waits for its check for too long. It has no cover until it has passed."""
    return replace(
        drawdown, note=f"Listed on {drawdown.listed_on} and not checked in time: it has no cover yet."
    )


def reduced(drawdown: Drawdown, principal_fen: int) -> Drawdown:
    """The drawdown with so much less principal under cover; released at zero."""
    if not 0 <= principal_fen <= drawdown.outstanding_fen:
        raise Violation(
            "principal_fen",
            f"{principal_fen} fen of loan {drawdown.loan_id}, of which {drawdown.outstanding_fen} are outstanding.",
            "Give at most what is outstanding.",
        )
    if not principal_fen:
        return drawdown
    left_fen = drawdown.outstanding_fen - principal_fen
    status = drawdown.status if left_fen else DrawdownStatus.RELEASED
    return replace(drawdown, outstanding_fen=left_fen, status=status)


def filed(drawdown: Drawdown, programme: Programme, on: date) -> Drawdown:
    """The drawdown with the shares of the day of its filing. They are fixed once: filing again changes nothing."""
    if drawdown.filed_on is not None:
        return drawdown
    return replace(drawdown, shares=programme.shares, programme_effective=programme.effective, filed_on=on)


def extended(drawdown: Drawdown, due_on: date, reason: str) -> Drawdown:
    """The same loan with a later day on which it falls due. Its liability stays what it is."""
    if drawdown.status is not DrawdownStatus.EFFECTIVE:
        raise _state(drawdown, "Only a loan under cover is extended.")
    if due_on <= drawdown.due_on:
        raise Violation("due_on", f"The loan falls due on {drawdown.due_on}.", "Give a later day.")
    return replace(drawdown, due_on=due_on, note=reason)


def _state(drawdown: Drawdown, why: str) -> Violation:
    return Violation("status", f"Loan {drawdown.loan_id} is {drawdown.status}. {why}", "Read it again first.")
