"""Dated records and monthly figures: delivered with an outcome per row, read as the caller may see them."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.principal import Principal, Role
from libs.criteria.violation import Violation
from services.credit.domain import bulk, series
from services.credit.domain.bulk import BulkOutcome, RowState
from services.credit.domain.consent import Opened
from services.credit.domain.records import (
    OWN_WORD,
    NewRecord,
    NewRecords,
    RecordKind,
    RecordList,
    check_record,
    scope_of,
)
from services.credit.domain.series import (
    SCOPES_OF_SERIES,
    Figure,
    FigureList,
    NewFigure,
    NewFigures,
    SeriesKind,
    check_figure,
)
from services.credit.domain.sources import Source
from services.credit.domain.view import scope_open
from services.credit.operations import marks
from services.credit.operations.access import CARRIERS, fillable, source_of
from services.credit.operations.reading import look
from services.credit.operations.stops import published, stop_over, usable
from services.credit.store import files, records, summaries
from services.credit.store import series as figures
from services.credit.store.files import PartyRecord

LARGEST_BULK = 5_000

T = TypeVar("T")


def add_records(tx: WriteTx, by: Principal, party: str, new: NewRecords) -> BulkOutcome:
    """Record what offices say, each row on its own. A firm, or who fills in for it, may say its credit lines and
    loans."""
    _check_size("records", new.records)
    files.lock_party(tx, party)
    scopes = fillable(tx, by, party)
    return record_records(tx, by, party, new.records, scopes)


def record_records(
    tx: WriteTx, by: Principal, party: str, new: Sequence[NewRecord], scopes: frozenset[str]
) -> BulkOutcome:
    """For who may write about these scopes of the party, whose row is locked."""
    keep = partial(_keep_record, tx, by, party, scopes)
    outcome = bulk.each(party, new, keep)
    stop_over(tx, party)
    return _told(tx, party, outcome)


def list_records(
    tx: WriteTx,
    by: Principal,
    party: str,
    as_of: date | None = None,
    known: datetime | None = None,
) -> RecordList:
    """The records that count, as the caller may see them; the firm may ask for an earlier day and instant."""
    record, seen = look(tx, by, party)
    return seen_records(tx, record, seen, *((as_of, known) if seen is None else (None, None)))


def seen_records(
    tx: ReadTx,
    record: PartyRecord,
    seen: Opened | None,
    as_of: date | None = None,
    known: datetime | None = None,
) -> RecordList:
    """`seen` None: all of them."""
    closed = tuple(kind for kind in RecordKind if not scope_open(scope_of(kind), seen))
    found = records.records_of(tx, record.id, as_of, known)
    items = tuple(
        one for one in (usable(tx, found) if seen is None else published(tx, found)) if one.kind not in closed
    )
    said = marks.notes(tx, record.id, {one.id for one in items})
    return RecordList(items=items, not_authorised=closed, notes=said)


def add_figures(tx: WriteTx, by: Principal, party: str, new: NewFigures) -> BulkOutcome:
    """Record monthly figures, each row on its own; only who brings them from the offices."""
    by.require(*CARRIERS)
    _check_size("figures", new.figures)
    files.lock_party(tx, party)
    fillable(tx, by, party)
    return record_figures(tx, by, party, new.figures)


def record_figures(tx: WriteTx, by: Principal, party: str, new: Sequence[NewFigure]) -> BulkOutcome:
    """For who may bring figures of the party, whose row is locked."""
    said = {_key(figure): figure.value for figure in figures.figures_of(tx, party)}
    fresh: list[Figure] = []
    outcome = bulk.each(party, new, partial(_keep_figure, tx, by, said, fresh))
    figures.add_figures(tx, party, fresh, by.subject)
    return _told(tx, party, outcome)


def list_figures(
    tx: WriteTx,
    by: Principal,
    party: str,
    as_of: date | None = None,
    known: datetime | None = None,
) -> FigureList:
    record, seen = look(tx, by, party)
    return seen_figures(tx, record, seen, *((as_of, known) if seen is None else (None, None)))


def seen_figures(
    tx: ReadTx,
    record: PartyRecord,
    seen: Opened | None,
    as_of: date | None = None,
    known: datetime | None = None,
) -> FigureList:
    closed = tuple(kind for kind in SeriesKind if not scope_open(SCOPES_OF_SERIES[kind], seen))
    lines = series.lines(figures.figures_of(tx, record.id), as_of or tx.today, known)
    shown = (line for kind, line in lines.items() if kind not in closed)
    return FigureList(
        items=tuple(line[month] for line in shown for month in sorted(line)), not_authorised=closed
    )


def _keep_record(tx: WriteTx, by: Principal, party: str, scopes: frozenset[str], new: NewRecord) -> RowState:
    check_record(new, tx.today)
    _check_voice(by, new.kind)
    if scope_of(new.kind) not in scopes:
        raise Violation("kind", f"Your mandate does not name `{scope_of(new.kind)}`.", "Leave it out.")
    if records.is_stopped(tx, party, new.kind, new.reference):
        raise bulk.Known(bulk.STOPPED)
    recorded = records.add_record(tx, party, new, source_of(by, new.source), by.subject)
    return RowState.RECORDED if recorded else RowState.KNOWN


def _keep_figure(
    tx: WriteTx,
    by: Principal,
    said: dict[tuple[SeriesKind, str, Source], int],
    fresh: list[Figure],
    new: NewFigure,
) -> RowState:
    check_figure(new, tx.today)
    figure = Figure(
        series=new.series,
        month=new.month,
        value=new.value,
        source=source_of(by, new.source),
        recorded_at=tx.now,
    )
    if said.get(_key(figure)) == figure.value:
        return RowState.KNOWN
    said[_key(figure)] = figure.value
    fresh.append(figure)
    return RowState.RECORDED


def _check_voice(by: Principal, kind: RecordKind) -> None:
    if by.role is Role.SME and kind not in OWN_WORD:
        raise Violation("kind", f"A firm does not report its own {kind}.", f"Report {' or '.join(OWN_WORD)}.")


def _key(figure: Figure) -> tuple[SeriesKind, str, Source]:
    return figure.series, figure.month, figure.source


def _check_size(field: str, rows: Sequence[object]) -> None:
    if len(rows) > LARGEST_BULK:
        raise Violation(field, "The delivery is too large.", f"Send at most {LARGEST_BULK} rows at once.")


def _told(tx: WriteTx, party: str, outcome: BulkOutcome) -> BulkOutcome:
    if outcome.recorded:
        summaries.mark_stale(tx, party)
    return outcome
