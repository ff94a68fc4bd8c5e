"""The rows of a batch that are worked on: which come next, and what is kept of them.

They are computed between two transactions (services/matching/batching.py). A row that still waits gets its answer, its
outcome and the message about it in one transaction, so it is answered once, whatever breaks off in between and whoever
else works on it at the same time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from libs.chassis.database import ReadTx, WriteTx
from libs.chassis.problems import Problem
from services.matching.domain.batch import (
    Batch,
    BatchRowState,
    BatchSource,
    BatchState,
    OnError,
    RowAnswer,
    in_short,
)
from services.matching.domain.firm import Firm
from services.matching.domain.many import RowProblem
from services.matching.operations import records
from services.matching.operations.answering import Given
from services.matching.operations.batches import batches as operations
from services.matching.operations.batches import progress
from services.matching.operations.records import Asked
from services.matching.refusals import problem_row
from services.matching.store import batch_rows, batches

_AT_ONCE = 2_000  # rows that are forgotten in one transaction


@dataclass(frozen=True, slots=True)
class Turn:
    """A row whose turn it is. `firm`: whom it asks for; else `problem`: why it has no answer, or what it `repeats`."""

    number: int
    row: str
    asked: Asked
    firm: Firm | None = None
    problem: RowProblem | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """A row that was worked on: what it came to, or as its turn says."""

    turn: Turn
    given: Given | None = None
    problem: RowProblem | None = None


Outcome = tuple[RowAnswer | None, RowProblem | None]


def next_rows(tx: ReadTx, batch_id: str) -> list[Turn]:
    """The rows that come next, with what is read for them. Access is decided anew for each."""
    _, asker = batches.find_with_asker(tx, batch_id)
    rows = batch_rows.waiting_rows(tx, batch_id, operations.rules(tx).at_once)
    return [_turn(tx, row.number, row.row, Asked(asker, row.request, None), row.repeats) for row in rows]


def _turn(tx: ReadTx, number: int, row: str, asked: Asked, repeats: int | None) -> Turn:
    if repeats is not None:
        return Turn(number, row, asked, repeats=repeats)
    try:
        return Turn(number, row, asked, records.firm_of(tx, asked))
    except Problem as problem:
        return Turn(number, row, asked, problem=problem_row(problem))


def settle(tx: WriteTx, batch_id: str, worked: Sequence[Worked]) -> None:
    """Keep what came out for the rows that still wait; nothing more once the batch has ended."""
    batch = batches.lock(tx, batch_id)
    if batch.state is not BatchState.RUNNING:
        return
    waiting = batch_rows.still_waiting(tx, batch_id, [one.turn.number for one in worked])
    taken = [one for one in worked if one.turn.number in waiting]
    records.keep_sources(tx, [one.given for one in taken if one.given is not None])
    failed = None
    for one in taken:
        state = _settle_row(tx, batch, one)
        batch = _counted(batch, state)
        if state is BatchRowState.FAILED:
            failed = one.turn.number
            if batch.on_error is OnError.ABORT:
                break
    if taken:
        progress.moved(tx, batch, failed)


def _settle_row(tx: WriteTx, batch: Batch, one: Worked) -> BatchRowState:
    answer, problem = _outcome(tx, batch.id, one)
    state = BatchRowState.FAILED if answer is None else BatchRowState.DONE
    batch_rows.settle_row(tx, batch.id, one.turn.number, state, answer, problem)
    progress.tell(tx, batch, one.turn.row, answer, problem)
    return state


def _outcome(tx: WriteTx, batch_id: str, one: Worked) -> Outcome:
    if one.turn.repeats is not None:
        return batch_rows.outcome(tx, batch_id, one.turn.repeats)
    if one.given is None:
        return None, one.problem or one.turn.problem
    records.keep(tx, one.turn.asked, one.given)
    return in_short(one.given.match), None


def _counted(batch: Batch, state: BatchRowState) -> Batch:
    done = state is BatchRowState.DONE
    return replace(batch, waiting=batch.waiting - 1, done=batch.done + done, failed=batch.failed + (not done))


def end_unfinished(tx: WriteTx) -> int:
    """Files that came only in part, and batches over the topic of which nothing more comes; returns how many."""
    bounds = operations.rules(tx)
    broken = tx.now - timedelta(minutes=bounds.broken_minutes)
    quiet = tx.now - timedelta(minutes=bounds.quiet_minutes)
    parts = batches.unfinished(tx, BatchSource.FILE, BatchState.LOADING, broken)
    whole = batches.unfinished(tx, BatchSource.TOPIC, BatchState.RUNNING, quiet)
    for batch_id in sorted(parts):
        operations.give_up(tx, batch_id, "The file came only in part. Send it again.")
    for batch_id in sorted(whole):
        progress.ended(tx, batches.lock(tx, batch_id), BatchState.DONE)
    return len(parts) + len(whole)


def forgettable(tx: ReadTx) -> list[str]:
    """Batches that ended longer ago than their rows are kept."""
    return batches.closed_before(tx, tx.now - timedelta(days=operations.rules(tx).keep_days))


def forget(tx: WriteTx, batch_id: str) -> bool:
    """A part of the batch goes; whether that was all of it."""
    return batches.forget(tx, batch_id, _AT_ONCE)
