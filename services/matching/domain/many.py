"""Many requests at once: in a stream, in a file, over the topic. Each row has an outcome of its own."""

from dataclasses import dataclass

from libs.criteria.shape import Shape
from libs.criteria.violation import Violation
from services.matching.domain.answer import Match, MatchRequest

LONGEST_ROW = 64
STREAM, BATCH = "matching.stream", "matching.batch"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRules:
    """The policy `matching.stream`."""

    rows: int
    seconds: int
    outstanding: int
    at_once: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRules:
    """The policy `matching.batch`."""

    most_open: int
    rows: int
    at_once: int
    keep_days: int
    broken_minutes: int
    quiet_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Shape):
    """One of many: `row` is the client's own name for it."""

    row: str
    request: MatchRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem(Shape):
    """What a single call would have been refused with."""

    type: str
    detail: str
    field: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchOutcome(Shape):
    """`replayed`: the row was answered before, under the same idempotency key."""

    row: str
    match: Match | None = None
    problem: RowProblem | None = None
    replayed: bool = False


def check_row(row: str) -> None:
    """A row has a name that can be shown and kept."""
    if not 0 < len(row) <= LONGEST_ROW or not row.isprintable():
        raise Violation(
            "row",
            f"{row[:LONGEST_ROW]!r} names no row.",
            f"Give 1 to {LONGEST_ROW} signs that can be printed.",
        )
