"""Batches of requests: opened, filled, looked at, cancelled. Their rows are worked on in `work`."""

from collections.abc import Sequence
from dataclasses import replace

from libs.chassis.codec import load
from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.failures import problem_of
from libs.chassis.principal import Principal, Role, service
from libs.chassis.problems import Conflict, NotFound
from libs.criteria.violation import Violation
from services.matching.domain.batch import (
    Batch,
    BatchPage,
    BatchRowPage,
    BatchRowState,
    BatchSource,
    BatchState,
    First,
    Kept,
    NewBatch,
    Sent,
    TopicRow,
    check_name,
    kept,
)
from services.matching.domain.many import BATCH, BatchRules, RowProblem
from services.matching.operations.batches import progress
from services.matching.operations.records import ASKERS
from services.matching.refusals import problem_row
from services.matching.store import batch_rows, batches

READERS = (*ASKERS, Role.OPERATOR)
PLATFORM = service("matching")  # whose are the batches that come over the topic


def rules(tx: ReadTx) -> BatchRules:
    return load(BatchRules, tx.policies.record_on(BATCH, tx.today))


def open_batch(tx: WriteTx, by: Principal, new: NewBatch, content: str) -> Batch:
    """A file is on its way; `content` is its hash. About whom its rows may ask is decided row by row."""
    del content  # of the idempotency key: another file is another request
    by.require(*ASKERS)
    most = rules(tx).most_open
    if batches.count_open(tx, by.organisation) >= most:
        raise Conflict(
            f"{most} batches of yours are not at their end.", field="file", mend="Wait for the end of one."
        )
    batch = _new(tx, by, new, BatchSource.FILE, BatchState.LOADING)
    batches.open_batch(tx, batch, by)
    return batch


def load_rows(tx: WriteTx, batch_id: str, rows: Sequence[Sent]) -> Batch:
    """Add the rows that come next; those that are here already, from the same file sent again, are passed over.
    Violation where they are too many."""
    batch = batches.lock(tx, batch_id)
    if batch.state is not BatchState.LOADING:
        return batch
    most = rules(tx).rows
    if rows and rows[-1].number > most:
        raise Violation("file", f"It has more than {most} rows.", "Split them over several files.")
    return _add(tx, batch, [row for row in rows if row.number > batch.rows])


def end_of_file(tx: WriteTx, batch_id: str) -> Batch:
    """All rows are here: from now on they are worked on. A file without any is done."""
    batch = batches.lock(tx, batch_id)
    if batch.state is not BatchState.LOADING:
        return batch
    return progress.moved(tx, replace(batch, state=BatchState.RUNNING))


def give_up(tx: WriteTx, batch_id: str, problem: str) -> Batch:
    """The file cannot be read on, or nobody sends the rest of it."""
    batch = batches.lock(tx, batch_id)
    if batch.state is not BatchState.LOADING:
        return batch
    return progress.ended(tx, batch, BatchState.BROKEN, problem)


def receive(tx: WriteTx, sender: str, wanted: TopicRow) -> Batch:
    """A row that came over the topic; its batch is opened by the first. Violation where it belongs to none."""
    batch = batches.lock(tx, _of_sender(tx, sender, wanted.batch))
    if batch.state is BatchState.DONE:
        batch = replace(batch, state=BatchState.RUNNING, closed_at=None)
    batch = replace(batch, expected=max(batch.expected, wanted.rows))
    if batch_rows.is_known(
        tx, batch.id, wanted.row, wanted.value
    ):  # sent twice, or read anew after a rebuild
        return progress.moved(tx, batch)
    return _add(tx, batch, [Sent(batch.rows + 1, wanted.row, wanted.value)])


def list_batches(
    tx: ReadTx, by: Principal, reference: str | None = None, cursor: str | None = None, limit: int = 0
) -> BatchPage:
    """The organisation's own, opened within the caller's territory; for operators those that came over the topic."""
    by.require(*READERS)
    return batches.find_page(tx, _seen_by(by), _place(by), reference, cursor, limit)


def get_batch(tx: ReadTx, by: Principal, batch_id: str) -> Batch:
    by.require(*READERS)
    if not batches.is_seen(tx, batch_id, _seen_by(by), _place(by)):
        raise NotFound(f"There is no batch {batch_id}.", field="batch_id")
    return batches.find(tx, batch_id)


def list_rows(
    tx: ReadTx,
    by: Principal,
    batch_id: str,
    state: BatchRowState | None = None,
    cursor: str | None = None,
    limit: int = 0,
) -> BatchRowPage:
    """What became of the rows, in their order. Who brought them is who may read them: they name parties."""
    by.require(*ASKERS)
    batch = get_batch(tx, by, batch_id)
    return batch_rows.row_page(tx, batch.id, state, cursor, limit)


def cancel_batch(tx: WriteTx, by: Principal, batch_id: str) -> Batch:
    """Rows that wait are not worked on any more; answers that were given stay. Once more changes nothing."""
    get_batch(tx, by, batch_id)
    batch = batches.lock(tx, batch_id)
    if batch.state is BatchState.CANCELLED:
        return batch
    if not batch.open:
        raise Conflict(f"The batch is {batch.state}.", field="batch_id", mend="There is nothing to cancel.")
    return progress.ended(tx, batch, BatchState.CANCELLED)


def _new(tx: WriteTx, by: Principal, new: NewBatch, source: BatchSource, state: BatchState) -> Batch:
    return Batch(
        id=tx.new_id("mbt"),
        source=source,
        reference=new.reference,
        on_error=new.on_error,
        organisation=by.organisation,
        state=state,
        opened_at=tx.now,
    )


def _of_sender(tx: WriteTx, sender: str, reference: str) -> str:
    """Of two first rows at once the database lets one open the batch; the other is tried again and finds it."""
    check_name("sender", sender)
    check_name("batch", reference)
    known = batches.of_sender(tx, sender, reference)
    if known is not None:
        return known
    new = _new(tx, PLATFORM, NewBatch(reference=reference), BatchSource.TOPIC, BatchState.RUNNING)
    batches.open_batch(tx, replace(new, sender=sender), PLATFORM)
    return new.id


def _add(tx: WriteTx, batch: Batch, rows: Sequence[Sent]) -> Batch:
    """Rows of a batch that this transaction has locked."""
    firsts = dict(batch_rows.firsts(tx, batch.id, {row.row for row in rows}))
    new = [kept(row, firsts.setdefault(row.row, _first(row)), _problem(row)) for row in rows]
    batch_rows.insert_rows(tx, batch.id, new)
    bad = [row for row in new if row.problem is not None]
    for row in bad:
        progress.tell(tx, batch, row.sent.row, None, row.problem)
    batch = replace(
        batch,
        rows=batch.rows + len(new),
        waiting=batch.waiting + len(new) - len(bad),
        failed=batch.failed + len(bad),
    )
    return progress.moved(tx, batch, _number_of_first(bad))


def _first(row: Sent) -> First:
    return First(row.number, None if isinstance(row.value, Violation) else row.value)


def _problem(row: Sent) -> RowProblem | None:
    return problem_row(problem_of(row.value)) if isinstance(row.value, Violation) else None


def _number_of_first(rows: Sequence[Kept]) -> int | None:
    return rows[0].sent.number if rows else None


def _seen_by(by: Principal) -> Sequence[str]:
    return (by.organisation, PLATFORM.organisation) if by.role is Role.OPERATOR else (by.organisation,)


def _place(by: Principal) -> str:
    """A service centre of a county does not see what another's brought; for others the organisation says it all."""
    return by.territory if by.role is Role.SERVICE_CENTRE else ""
