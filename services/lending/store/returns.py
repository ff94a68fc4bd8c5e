"""Returns and their versions, and where they disagree: rows in, domain values out."""

from collections.abc import Iterable

import sqlalchemy as sa

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Conflict, NotFound
from libs.chassis.rows import from_row, insert_if_absent, page, page_size, to_row
from services.lending.domain.returns.differences import Difference, DifferencePage, Found
from services.lending.domain.returns.returned import Return, ReturnPage, ReturnStatus
from services.lending.store.return_tables import return_differences, returns

_CHUNK = 500


def insert(tx: WriteTx, new: Return) -> None:
    """Conflict where the bank loads the same period at the same moment."""
    if not insert_if_absent(tx, returns, to_row(new)):
        mend = "Look at that version, and load this one again if it is still wanted."
        raise Conflict("Another version was loaded just now.", field="period", mend=mend)


def update(tx: WriteTx, changed: Return) -> None:
    tx.execute(sa.update(returns).where(returns.c.id == changed.id).values(to_row(changed)))


def get(tx: ReadTx, return_id: str) -> Return:
    row = tx.row(sa.select(returns).where(returns.c.id == return_id))
    if row is None:
        raise NotFound(f"There is no return {return_id}.", field="return_id")
    return from_row(Return, row)


def to_change(tx: WriteTx, return_id: str) -> Return:
    tx.lock_rows(sa.select(returns.c.id).where(returns.c.id == return_id))
    return get(tx, return_id)


def versions_to_change(tx: WriteTx, bank: str, period: str) -> list[Return]:
    """All versions of a period, the oldest first, locked."""
    mine = (returns.c.bank == bank) & (returns.c.period == period)
    rows = tx.lock_rows(sa.select(returns).where(mine).order_by(returns.c.version))
    return [from_row(Return, row) for row in rows]


def accepted(tx: ReadTx, bank: str, period: str) -> Return | None:
    """The version of a period that counts."""
    mine = (returns.c.bank == bank) & (returns.c.period == period)
    counts = returns.c.status == ReturnStatus.ACCEPTED
    row = tx.row(sa.select(returns).where(mine, counts).order_by(returns.c.version.desc()).limit(1))
    return None if row is None else from_row(Return, row)


def page_of(
    tx: ReadTx, bank: str, period: str | None, status: ReturnStatus | None, cursor: str | None, limit: int
) -> ReturnPage:
    query = sa.select(returns).where(returns.c.bank == bank)
    for column, wanted in ((returns.c.period, period), (returns.c.status, status)):
        if wanted is not None:
            query = query.where(column == wanted)
    items, following = page(tx, query, returns.c.id, Return, cursor, limit)
    return ReturnPage(items=items, next_cursor=following)


def add_differences(tx: WriteTx, return_id: str, found: Iterable[Found]) -> tuple[int, int]:
    """Keep them, numbered from 1; how many block, and how many are to be explained."""
    rows = [
        one._asdict() | {"return_id": return_id, "number": number, "blocking": one.blocking}
        for number, one in enumerate(found, start=1)
    ]
    for start in range(0, len(rows), _CHUNK):
        tx.execute(sa.insert(return_differences), rows[start : start + _CHUNK])
    blocking = sum(bool(row["blocking"]) for row in rows)
    return blocking, len(rows) - blocking


def differences(tx: ReadTx, return_id: str, after: int, limit: int) -> DifferencePage:
    size = page_size(limit)
    query = _DIFFERENCES.where(
        return_differences.c.return_id == return_id, return_differences.c.number > after
    )
    rows = tx.rows(query.order_by(return_differences.c.number).limit(size + 1))
    items = tuple(from_row(Difference, row) for row in rows[:size])
    return DifferencePage(items=items, next_after=items[-1].number if len(rows) > size else None)


def difference(tx: ReadTx, return_id: str, number: int) -> Difference:
    this = (return_differences.c.return_id == return_id) & (return_differences.c.number == number)
    row = tx.row(_DIFFERENCES.where(this))
    if row is None:
        raise NotFound(f"There is no difference {number}.", field="number")
    return from_row(Difference, row)


def explain(tx: WriteTx, return_id: str, number: int, explanation: str, by: str) -> None:
    this = (return_differences.c.return_id == return_id) & (return_differences.c.number == number)
    said = {"explanation": explanation, "explained_by": by}
    tx.execute(sa.update(return_differences).where(this).values(said))


_DIFFERENCES = sa.select(*[column for column in return_differences.c if column.name != "return_id"])
