"""What a bank asks of an import, and what it is told of each row."""

from dataclasses import dataclass
from enum import StrEnum

from libs.criteria.shape import Shape
from services.lending.domain.intake.files import Format
from services.lending.domain.intake.mistakes import Mistake
from services.lending.domain.intake.rows import Row

TOLD_IN_FULL = 2_000
"""So many mistakes of a file are told; further bad rows tell their first only, lest the answer outgrow the file."""


class RowOutcome(StrEnum):
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NOT_KEPT = "NOT_KEPT"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProducts(Shape):
    """Products as the text of a CSV; files of any format go to POST /v1/products/imports."""

    csv: str
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile(Shape):
    """A file of products in one message; `encoding`: of a CSV, utf-8 where it is empty."""

    content: bytes
    format: Format
    encoding: str = ""
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow(Shape):
    """What became of one row, numbered as its format counts: a spreadsheet and a text file from 1 (the header is row
    1), a JSON array from 0. `field`, `message` and `mend` are those of the first of its `mistakes`."""

    row: int
    external_id: str
    outcome: RowOutcome
    product_id: str | None = None
    field: str | None = None
    message: str | None = None
    mend: str | None = None
    mistakes: tuple[Mistake, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport(Shape):
    """ACCEPTED: a draft now. NOT_KEPT: good, but it was a trial, or all or nothing was asked and another row is bad."""

    accepted: int
    rejected: int
    rows: tuple[ImportRow, ...]


def rejected(row: Row, told: int) -> ImportRow:
    """A bad row, after `told` mistakes of the file have been told."""
    first = row.mistakes[0]
    return ImportRow(
        row=row.number,
        external_id=row.external_id,
        outcome=RowOutcome.REJECTED,
        field=first.field,
        message=first.message,
        mend=first.mend,
        mistakes=row.mistakes if told < TOLD_IN_FULL else (first,),
    )
