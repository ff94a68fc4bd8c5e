"""Returns: loaded by one person, accepted by another, corrected by a new version."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.lending.domain.returns.book import BookMistake
from services.lending.domain.returns.figures import Figures, period_of

_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


class ReturnStatus(StrEnum):
    """Of the versions of a period, one at most is LOADED; the last ACCEPTED one counts."""

    LOADED = "LOADED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    REPLACED = "REPLACED"
    """A later version was loaded before anybody decided on this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn(Shape):
    """A period's figures and the book behind them. `dry_run`: only look at it."""

    period: str
    figures: Figures
    csv: str
    dry_run: bool = False

    def __post_init__(self) -> None:
        period_of(self.period)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRejection(Shape):
    """Why the second person does not let it count, as a code."""

    reason: str

    def __post_init__(self) -> None:
        if _REASON.fullmatch(self.reason) is None:
            mend = "Give a code such as WRONG_PERIOD: letters, digits and _, at most 40."
            raise Violation("reason", "This is no code.", mend)


@dataclass(frozen=True, slots=True, kw_only=True)
class Return(Shape):
    """`loans`: rows of the book, `balance_fen`: what they come to. `blocking` and `unexplained` are differences that
    still stand in the way."""

    id: str
    bank: str
    period: str
    version: int
    status: ReturnStatus
    figures: Figures
    loans: int
    balance_fen: int
    blocking: int
    unexplained: int
    loaded_by: str
    loaded_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage(Shape):
    items: tuple[Return, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport(Shape):
    """What became of a return. `loaded`: as it waits for the second person; None where nothing was kept.

    `mistakes`: the first of them; `wrong_rows`: how many rows are wrong. Differences are sought once no row is wrong.
    """

    loaded: Return | None
    rows: int
    wrong_rows: int
    mistakes: tuple[BookMistake, ...]
    blocking: int
    unexplained: int


def accepted(found: Return, by: str, at: datetime) -> Return:
    """The return as it counts; Violation for the one who loaded it, or while it disagrees somewhere."""
    _expect_loaded(found)
    if found.loaded_by == by:
        why, mend = "Whoever loaded a return may not accept it.", "Let a second person look at it."
        raise Violation("decided_by", why, mend)
    if found.blocking:
        why = f"{found.blocking} differences block it."
        raise Violation("differences", why, "Mend the return, and load it again.")
    if found.unexplained:
        why = f"{found.unexplained} differences are not explained."
        raise Violation("differences", why, "Explain each, or mend the return and load it again.")
    return replace(found, status=ReturnStatus.ACCEPTED, decided_by=by, decided_at=at)


def explained(found: Return) -> Return:
    """One difference fewer stands in the way."""
    return replace(found, unexplained=found.unexplained - 1)


def rejected(found: Return, reason: str, by: str, at: datetime) -> Return:
    _expect_loaded(found)
    return replace(found, status=ReturnStatus.REJECTED, decided_by=by, decided_at=at, reason=reason)


def replaced(found: Return, at: datetime) -> Return:
    return replace(found, status=ReturnStatus.REPLACED, decided_at=at)


def _expect_loaded(found: Return) -> None:
    if found.status is not ReturnStatus.LOADED:
        why = f"Version {found.version} of {found.period} is {found.status}, not LOADED."
        raise Violation("status", why, "Load a new version.")
