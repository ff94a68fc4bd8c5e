"""What became of a delivery, row by row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation

SHOWN_REJECTIONS = 100


class RowState(StrEnum):
    RECORDED = "RECORDED"
    KNOWN = "KNOWN"
    """Said before, in the same words: nothing changes."""
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome(Shape):
    row: int
    state: RowState
    field: str | None = None
    message: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome(Shape):
    """`rows`: every row of a delivery of facts; of invoices the first SHOWN_REJECTIONS that were rejected. `delivery`:
    where the outcome of every row of invoices stands."""

    party: str
    recorded: int
    known: int
    rejected: int
    rows: tuple[RowOutcome, ...] = ()
    delivery: str | None = None


def rejected(row: int, violation: Violation) -> RowOutcome:
    return RowOutcome(
        row=row,
        state=RowState.REJECTED,
        field=violation.field,
        message=violation.message,
        mend=violation.mend,
    )


T = TypeVar("T")


class Known(Exception):
    """The row is known; the message says why it changes nothing."""


STOPPED = "This was stopped after a repair, a correction or its longest time: it does not come back."


def each(party: str, rows: Sequence[T], keep: Callable[[T], RowState]) -> BulkOutcome:
    """Keep every row on its own: one that is refused stops no other."""
    outcomes: list[RowOutcome] = []
    for number, row in enumerate(rows, 1):
        try:
            outcomes.append(RowOutcome(row=number, state=keep(row)))
        except Known as why:
            outcomes.append(RowOutcome(row=number, state=RowState.KNOWN, message=str(why)))
        except Violation as violation:
            outcomes.append(rejected(number, violation))
    return outcome(party, outcomes)


def outcome(party: str, rows: Sequence[RowOutcome]) -> BulkOutcome:
    counts = {state: sum(row.state is state for row in rows) for state in RowState}
    return BulkOutcome(
        party=party,
        recorded=counts[RowState.RECORDED],
        known=counts[RowState.KNOWN],
        rejected=counts[RowState.REJECTED],
        rows=tuple(rows),
    )
