"""Rows of batches: what they ask, and what became of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Invalid
from libs.chassis.rows import page_size
from services.matching.domain.answer import MatchRequest
from services.matching.domain.batch import BatchRow, BatchRowPage, BatchRowState, First, Kept, RowAnswer
from services.matching.domain.many import RowProblem
from services.matching.store.batches import batch_rows


def firsts(tx: ReadTx, batch_id: str, names: Collection[str]) -> Mapping[str, First]:
    """The first row of each of these names, for those that there are."""
    found: dict[str, First] = {}
    query = sa.select(batch_rows.c.row, batch_rows.c.number, batch_rows.c.request)
    these = (batch_rows.c.batch == batch_id, batch_rows.c.row.in_(sorted(names)))
    for row in tx.rows(query.where(*these).order_by(batch_rows.c.number)):
        found.setdefault(row.row, First(row.number, row.request))
    return found


def is_known(tx: ReadTx, batch_id: str, name: str, value: object) -> bool:
    """Whether a row of this name is there with the same request, or with none, as it could not be read."""
    request = value if isinstance(value, MatchRequest) else None
    these = (batch_rows.c.batch == batch_id, batch_rows.c.row == name)
    return any(row.request == request for row in tx.rows(sa.select(batch_rows.c.request).where(*these)))


def insert_rows(tx: WriteTx, batch_id: str, rows: Iterable[Kept]) -> None:
    new = [_new_row(batch_id, row) for row in rows]
    if new:
        tx.execute(sa.insert(batch_rows), new)


def _new_row(batch_id: str, row: Kept) -> dict[str, Any]:
    value = row.sent.value
    return {
        "batch": batch_id,
        "number": row.sent.number,
        "row": row.sent.row,
        "state": row.state,
        "repeats": row.repeats,
        "request": value if isinstance(value, MatchRequest) else None,
        "problem": row.problem,
    }


def waiting_rows(tx: ReadTx, batch_id: str, limit: int) -> Sequence[sa.Row[Any]]:
    """Number, row, repeats and request of the rows that come next."""
    query = sa.select(batch_rows.c.number, batch_rows.c.row, batch_rows.c.repeats, batch_rows.c.request)
    return tx.rows(query.where(*_waiting(batch_id)).order_by(batch_rows.c.number).limit(limit))


def still_waiting(tx: ReadTx, batch_id: str, numbers: Collection[int]) -> frozenset[int]:
    query = sa.select(batch_rows.c.number).where(*_waiting(batch_id), batch_rows.c.number.in_(numbers))
    return frozenset(row.number for row in tx.rows(query))


def _waiting(batch_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return batch_rows.c.batch == batch_id, batch_rows.c.state == BatchRowState.WAITING


def outcome(tx: ReadTx, batch_id: str, number: int) -> tuple[RowAnswer | None, RowProblem | None]:
    """What became of a row."""
    query = sa.select(batch_rows.c.answer, batch_rows.c.problem)
    row = tx.row(query.where(batch_rows.c.batch == batch_id, batch_rows.c.number == number))
    return (None, None) if row is None else (row.answer, row.problem)


def settle_row(
    tx: WriteTx,
    batch_id: str,
    number: int,
    state: BatchRowState,
    answer: RowAnswer | None,
    problem: RowProblem | None,
) -> None:
    this = (batch_rows.c.batch == batch_id, batch_rows.c.number == number)
    values = {"state": state, "answer": answer, "problem": problem}
    tx.execute(sa.update(batch_rows).where(*this).values(values))


def cancel_waiting(tx: WriteTx, batch_id: str) -> int:
    """Nobody works on the rows that wait; returns how many."""
    values = {"state": BatchRowState.CANCELLED}
    return tx.execute(sa.update(batch_rows).where(*_waiting(batch_id)).values(values)).rowcount


def row_page(
    tx: ReadTx, batch_id: str, state: BatchRowState | None, cursor: str | None, limit: int
) -> BatchRowPage:
    size = page_size(limit)
    query = sa.select(batch_rows).where(batch_rows.c.batch == batch_id)
    if state is not None:
        query = query.where(batch_rows.c.state == state)
    if cursor is not None:
        query = query.where(batch_rows.c.number > _number(cursor))
    rows = tx.rows(query.order_by(batch_rows.c.number).limit(size + 1))
    items = tuple(_shown(row) for row in rows[:size])
    return BatchRowPage(items=items, next_cursor=str(items[-1].number) if len(rows) > size else None)


def _shown(row: sa.Row[Any]) -> BatchRow:
    return BatchRow(
        number=row.number,
        row=row.row,
        state=BatchRowState(row.state),
        party=row.request.party if row.request else None,
        repeats=row.repeats,
        answer=row.answer,
        problem=row.problem,
    )


def _number(cursor: str) -> int:
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid(f"{cursor:.40} is no cursor.", field="cursor", mend="Take it from the page before.")
    return int(cursor)
