"""What became of a delivery, row by row."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

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
    """`rows`: every row of a delivery of facts; of invoices the first SHOWN_REJECTIONS that were rejected."""

    party: str
    recorded: int
    known: int
    rejected: int
    rows: tuple[RowOutcome, ...] = ()


def rejected(row: int, violation: Violation) -> RowOutcome:
    return RowOutcome(
        row=row,
        state=RowState.REJECTED,
        field=violation.field,
        message=violation.message,
        mend=violation.mend,
    )


def outcome(party: str, rows: Sequence[RowOutcome]) -> BulkOutcome:
    counts = {state: sum(row.state is state for row in rows) for state in RowState}
    return BulkOutcome(
        party=party,
        recorded=counts[RowState.RECORDED],
        known=counts[RowState.KNOWN],
        rejected=counts[RowState.REJECTED],
        rows=tuple(rows),
    )
