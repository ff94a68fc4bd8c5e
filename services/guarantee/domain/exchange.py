"""Filings as CSV: what a tier is given of a month, and what it says to each row."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from services.guarantee.domain.filing import FilingStatus

REQUIRED = ("loan_id", "layer", "decision")
# A file that was exported is decided by filling in `decision`, and `number` or `reason`.
COLUMNS = (
    *REQUIRED,
    "number",
    "reason",
    "status",
    "submitted_on",
    "due_by",
    "guarantee_id",
    "programme",
    "guarantor",
    "bank",
    "party",
    "amount_fen",
    "share_bp",
    "share_fen",
    "drawn_on",
    "due_on",
)


class Decision(StrEnum):
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingDecisions(Shape):
    csv: str
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow(Shape):
    """What became of a row."""

    row: int
    loan_id: str
    layer: str
    ok: bool
    status: FilingStatus | None = None
    field: str | None = None
    message: str | None = None
    mend: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReport(Shape):
    kept: bool
    rows: tuple[DecisionRow, ...]
