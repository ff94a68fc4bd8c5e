"""The end of a day: what the platform has of a bank's loans, and how that compares with the bank's own file."""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from libs.criteria import table_text
from libs.criteria.shape import Shape
from libs.criteria.table_text import Row
from libs.criteria.violation import Violation
from services.lending.domain.application import ApplicationStatus

COLUMNS = ("kind", "loan", "number", "amount_fen", "interest_fen")
MOST_ROWS = 200_000
SHOWN = 1_000  # differences that a report spells out
_LONGEST_NOTE = 500


class RowKind(StrEnum):
    DISBURSED = "DISBURSED"
    REPAID = "REPAID"
    BALANCE = "BALANCE"


class DifferenceKind(StrEnum):
    MISSING_HERE = "MISSING_HERE"
    MISSING_THERE = "MISSING_THERE"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    TWICE_THERE = "TWICE_THERE"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow(Shape):
    """`loan`, `number`: the bank's own, of the loan and of the payment (empty where it is none).

    DISBURSED: the principal paid out that day. REPAID: principal and interest paid that day. BALANCE: the principal
    owed at the end of the day, of each loan of which something is.
    """

    kind: RowKind
    loan: str
    number: str = ""
    amount_fen: int
    interest_fen: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind, self.loan, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal(Shape):
    kind: RowKind
    count: int
    amount_fen: int
    interest_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount(Shape):
    """How many applications were in a state at the end of the day, and what they asked for."""

    status: ApplicationStatus
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff(Shape):
    """`still_true`: nothing of the day has changed here since it was compared."""

    reconciliation_id: str
    by: str
    at: datetime
    note: str | None = None
    still_true: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnd(Shape):
    """`complete`: the day is over. `digest`: SHA-256 of the CSV file with these rows."""

    date: date
    complete: bool
    applications: tuple[StateCount, ...]
    totals: tuple[DayTotal, ...]
    rows: tuple[DayRow, ...]
    digest: str
    signed_off: SignOff | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Shape):
    """`here`: the platform's, `there`: the bank's; None where the row is missing. `line` is of the bank's file."""

    what: DifferenceKind
    kind: RowKind
    loan: str
    number: str
    here_fen: int | None = None
    here_interest_fen: int | None = None
    there_fen: int | None = None
    there_interest_fen: int | None = None
    line: int | None = None
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation(Shape):
    """A day compared with the bank's file. `differences` are the first thousand of `difference_count`."""

    id: str
    date: date
    rows_here: int
    rows_there: int
    difference_count: int
    differences: tuple[Difference, ...]
    digest: str
    by: str
    at: datetime
    signed_by: str | None = None
    signed_at: datetime | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationList(Shape):
    items: tuple[Reconciliation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignDay(Shape):
    """`note`: why the day is good in spite of its differences; wanted where there are some."""

    reconciliation_id: str
    note: str | None = None

    def __post_init__(self) -> None:
        if self.note is not None and not 0 < len(self.note.strip()) <= _LONGEST_NOTE:
            raise Violation(
                "note", "The note is empty or too long.", f"Give 1 to {_LONGEST_NOTE} characters."
            )


def totals_of(rows: Iterable[DayRow]) -> tuple[DayTotal, ...]:
    counts, amounts, interest = Counter[RowKind](), Counter[RowKind](), Counter[RowKind]()
    for row in rows:
        counts[row.kind] += 1
        amounts[row.kind] += row.amount_fen
        interest[row.kind] += row.interest_fen
    return tuple(
        DayTotal(kind=kind, count=counts[kind], amount_fen=amounts[kind], interest_fen=interest[kind])
        for kind in RowKind
    )


def to_csv(rows: Iterable[DayRow]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((row.kind.value, row.loan, row.number, row.amount_fen, row.interest_fen) for row in rows)
    return text.getvalue()


def digest_of(rows: Iterable[DayRow]) -> str:
    return hashlib.sha256(to_csv(rows).encode()).hexdigest()


def from_csv(text: str) -> tuple[DayRow, ...]:
    """The bank's file, in the columns of ours; Violation names the cell of the first mistake."""
    return tuple(map(_row, table_text.read(text, COLUMNS)))


def compared(here: Sequence[DayRow], there: Sequence[DayRow]) -> tuple[Difference, ...]:
    """Every row that is not the same on both sides; nothing where both say the same, in whatever order."""
    ours = {row.key: row for row in here}
    theirs: dict[tuple[str, str, str], tuple[int, DayRow]] = {}
    found = list[Difference]()
    for line, row in enumerate(there, 2):  # line 1 is the header
        if row.key in theirs:
            mend = f"The row stands on line {theirs[row.key][0]} already: leave one of them."
            found.append(_difference(DifferenceKind.TWICE_THERE, ours.get(row.key), row, line, mend))
        else:
            theirs[row.key] = (line, row)
            found += _against(ours.get(row.key), row, line)
    found += [
        _difference(DifferenceKind.MISSING_THERE, row, None, None, _MENDS_THERE[row.kind])
        for row in here
        if row.key not in theirs
    ]
    return tuple(found)


def signed(kept: Reconciliation, order: SignDay, by: str, at: datetime) -> Reconciliation:
    """A second person says that the day is good. Violation for whoever compared it, or differences without a word."""
    if kept.signed_by is not None:
        raise Violation(
            "reconciliation_id", "This is signed already.", "Compare again where something changed."
        )
    if kept.by == by:
        mend = "Let another manager sign."
        raise Violation("reconciliation_id", "Nobody signs what he compared himself.", mend)
    if kept.difference_count and order.note is None:
        mend = "Mend them and compare again, or say in the note why the day is good all the same."
        raise Violation("note", f"There are {kept.difference_count} differences.", mend)
    return replace(kept, signed_by=by, signed_at=at, note=order.note and order.note.strip())


_MENDS_HERE = {
    RowKind.DISBURSED: "Report it: POST /v1/applications/{id}/disburse with this number as external_id.",
    RowKind.REPAID: "Report it: POST /v1/loans/{id}/repayments with this number as external_id.",
    RowKind.BALANCE: "The loan is not here, or nothing is owed here: look for its drawdown and its repayments.",
}
_MENDS_THERE = {
    RowKind.DISBURSED: "Look for the loan in your books; what was reported by mistake, tell the operator.",
    RowKind.REPAID: "Look for the payment in your books; what was reported by mistake, tell the operator.",
    RowKind.BALANCE: "Nothing is owed in your books: report the repayments that are missing here.",
}


def _against(ours: DayRow | None, theirs: DayRow, line: int) -> list[Difference]:
    if ours is None:
        return [_difference(DifferenceKind.MISSING_HERE, None, theirs, line, _MENDS_HERE[theirs.kind])]
    if (ours.amount_fen, ours.interest_fen) == (theirs.amount_fen, theirs.interest_fen):
        return []
    mend = "See which side is wrong; a missing repayment of another day shows in the balance too."
    return [_difference(DifferenceKind.AMOUNT_DIFFERS, ours, theirs, line, mend)]


def _difference(
    what: DifferenceKind, ours: DayRow | None, theirs: DayRow | None, line: int | None, mend: str
) -> Difference:
    either = ours or theirs
    assert either is not None  # a difference is of something
    return Difference(
        what=what,
        kind=either.kind,
        loan=either.loan,
        number=either.number,
        here_fen=ours and ours.amount_fen,
        here_interest_fen=ours and ours.interest_fen,
        there_fen=theirs and theirs.amount_fen,
        there_interest_fen=theirs and theirs.interest_fen,
        line=line,
        mend=mend,
    )


def _row(row: Row) -> DayRow:
    if row.number > MOST_ROWS + 1:
        raise Violation("file", f"More than {MOST_ROWS} rows.", "Leave out BALANCE rows of old loans.")
    kind = row.cells["kind"]
    if kind not in RowKind.__members__:
        raise Violation(f"csv/{row.number}/kind", f"{kind!r:.40} is none.", f"One of {', '.join(RowKind)}.")
    return DayRow(
        kind=RowKind(kind),
        loan=row.cells["loan"],
        number=row.cells["number"],
        amount_fen=_fen(row, "amount_fen"),
        interest_fen=_fen(row, "interest_fen") if row.cells["interest_fen"] else 0,
    )


def _fen(row: Row, column: str) -> int:
    digits = row.cells[column]
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise Violation(
            f"csv/{row.number}/{column}", f"{digits!r:.40} is no amount.", "Give whole fen: 12345 for 123.45."
        )
    return int(digits)
