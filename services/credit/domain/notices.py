"""Why an item is not used any more, and what readers are told who saw it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from libs.criteria.shape import Shape
from services.credit.domain.records import RecordKind, Severity
from services.credit.domain.repair import check_reason
from services.credit.domain.sources import Source


class NoticeCause(StrEnum):
    REPAIRED = "REPAIRED"
    EXPIRED = "EXPIRED"
    """Its longest time was over."""
    CORRECTED = "CORRECTED"
    """It was wrong."""
    KEPT = "KEPT"
    """It was disputed, and is right as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Shape):
    """`item`: the record's id or the fact's name, as the reader saw it; nothing of what it said. Unless it was KEPT,
    the reader deletes what it holds of the item and reads the file again."""

    id: str
    party: str
    item: str
    cause: NoticeCause
    told_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit(Shape):
    """Why what is kept apart must be looked at. The reason is kept with the look."""

    reason: str

    def __post_init__(self) -> None:
        check_reason(self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedRecord(Shape):
    """What the restricted audit sees of a stopped item."""

    id: str
    party: str
    kind: RecordKind
    reference: str
    dated_on: date
    ended_on: date | None
    severity: Severity | None
    source: Source
    cause: NoticeCause
    stopped_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePage(Shape):
    items: tuple[Notice, ...]
    next_cursor: str | None = None
