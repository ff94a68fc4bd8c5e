"""How far a batch is: counted row by row, ended by its last row, its first bad one or a decision."""

from dataclasses import replace

from libs.chassis.database import WriteTx
from libs.eventing import topics
from libs.eventing.outbox import emit
from services.matching import messages
from services.matching.domain.batch import Batch, BatchSource, BatchState, OnError, RowAnswer
from services.matching.domain.many import RowProblem
from services.matching.store import batch_rows, batches


def moved(tx: WriteTx, batch: Batch, failed: int | None = None) -> Batch:
    """Keep how far it is; `failed`: the first row that has no answer, of those that are counted just now."""
    if batch.ended:  # over the topic more comes of a batch that was cancelled
        return ended(tx, batch, batch.state, batch.problem)
    if failed is not None and batch.on_error is OnError.ABORT:
        return ended(
            tx, batch, BatchState.ABORTED, f"Row {failed} has no answer; those behind it were not asked."
        )
    if batch.complete:
        batch = replace(batch, state=BatchState.DONE, closed_at=tx.now)
    batches.put(tx, batch)
    return batch


def ended(tx: WriteTx, batch: Batch, state: BatchState, problem: str | None = None) -> Batch:
    """What waits is not worked on any more."""
    cancelled = batch_rows.cancel_waiting(tx, batch.id)
    batch = replace(
        batch,
        state=state,
        problem=problem,
        waiting=0,
        cancelled=batch.cancelled + cancelled,
        closed_at=tx.now,
    )
    batches.put(tx, batch)
    return batch


def tell(tx: WriteTx, batch: Batch, row: str, answer: RowAnswer | None, problem: RowProblem | None) -> None:
    """What came over the topic is answered over the topic; the answer to a file is at the doors."""
    if batch.source is BatchSource.TOPIC:
        emit(tx, topics.MATCHING_ANSWERED, batch.id, messages.row_answered(batch, row, answer, problem))
