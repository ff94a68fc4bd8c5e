"""Calls that were decided and must happen, however often the process dies in between.

An operation commits the intent with everything it decided; the call to the other service carries the intent's id
as its idempotency key; the outcome is committed together with the mark that it is done. `run_due` is the job that
repeats what has no outcome yet.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from libs.chassis import telemetry
from libs.chassis.database import Database, ReadTx, WriteTx
from libs.chassis.problems import InFlight, Problem, TooMany, Unauthenticated, Unavailable
from libs.chassis.tables import intents

log = logging.getLogger(__name__)

_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=5)
_BATCH = 100
# Answers that say nothing about the matter itself: the same call may succeed later.
_PASSING = (Unavailable, InFlight, TooMany, Unauthenticated)


@dataclass(frozen=True)
class Intent:
    id: str
    kind: str
    subject: str
    payload: dict[str, Any]
    attempts: int
    traceparent: str | None = None  # of the request that decided it


@dataclass(frozen=True)
class Runner:
    """How one kind of intent is carried out.

    `call` speaks to the other service, outside any transaction, and returns the outcome. A Problem that it raises
    or returns is the other side's refusal, and so the outcome, unless it may pass: then the call is repeated later.
    `apply` commits what came of it. Whatever else fails is logged and tried again later too.
    """

    call: Callable[[Intent], Any]
    apply: Callable[[WriteTx, Intent, Any], None]


Runners = Mapping[str, Runner]


def intend(tx: WriteTx, kind: str, subject: str, payload: dict[str, Any]) -> str:
    """Decide, in this transaction, that a call must happen. Returns the intent's id."""
    intent_id = tx.new_id("int")
    row = {"id": intent_id, "kind": kind, "subject": subject, "payload": json.dumps(payload), "attempts": 0}
    tx.execute(sa.insert(intents).values(row | {"due_at": tx.now, "traceparent": telemetry.traceparent()}))
    return intent_id


def open_intents(tx: ReadTx, subject: str | None = None) -> list[Intent]:
    """What is due now, oldest first; with `subject`, whatever of it is open."""
    query = sa.select(intents).where(intents.c.done_at.is_(None)).order_by(intents.c.id).limit(_BATCH)
    query = (
        query.where(intents.c.due_at <= tx.now)
        if subject is None
        else query.where(intents.c.subject == subject)
    )
    return [_intent(row) for row in tx.rows(query)]


def count_open(tx: ReadTx) -> int:
    """How many have no outcome yet, due or not."""
    return int(tx.scalar(sa.select(sa.func.count()).select_from(intents).where(intents.c.done_at.is_(None))))


def run_due(database: Database, runners: Runners) -> int:
    """Carry out what is due; returns how many came to an end."""
    with database.read() as tx:
        due = open_intents(tx)
    return sum(run(database, runners, intent) for intent in due)


def run_subject(database: Database, runners: Runners, subject: str) -> None:
    """Try at once what was just decided about `subject`, so that the answer need not wait for the job."""
    with database.read() as tx:
        waiting = open_intents(tx, subject)
    for intent in waiting:
        run(database, runners, intent)


def run(database: Database, runners: Runners, intent: Intent) -> bool:
    """Carry out one intent; whether it came to its end here and now."""
    with telemetry.continued(f"intent {intent.kind}", intent.traceparent, rongqiao__attempts=intent.attempts):
        return _run(database, runners, intent)


def _run(database: Database, runners: Runners, intent: Intent) -> bool:
    try:
        runner = runners[intent.kind]
        outcome = _outcome(runner, intent)
        return database.transact(lambda tx: _finish(tx, runner, intent, outcome))
    except _PASSING as problem:
        why = problem.detail
        log.warning("intent %s (%s) is put off: %s", intent.id, intent.kind, why)
    except Exception as error:  # an intent may fail in any way, and none may stop the others
        why = f"{type(error).__name__}; the log says more"
        log.exception("intent %s (%s) failed", intent.id, intent.kind)
    database.transact(lambda tx: _put_off(tx, intent, why))
    return False


def _outcome(runner: Runner, intent: Intent) -> Any:
    try:
        outcome = runner.call(intent)
    except Problem as problem:
        outcome = problem
    if isinstance(outcome, _PASSING):
        raise outcome
    return outcome


def _finish(tx: WriteTx, runner: Runner, intent: Intent, outcome: Any) -> bool:
    """Apply once: of two workers on one intent, the second finds it done."""
    mine = sa.update(intents).where(intents.c.id == intent.id, intents.c.done_at.is_(None))
    if tx.execute(mine.values(done_at=tx.now, attempts=intent.attempts + 1)).rowcount == 0:
        return False
    runner.apply(tx, intent, outcome)
    return True


def _put_off(tx: WriteTx, intent: Intent, why: str) -> None:
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(intent.attempts, 10))
    values = {"attempts": intent.attempts + 1, "due_at": tx.now + pause, "error": why}
    tx.execute(sa.update(intents).where(intents.c.id == intent.id).values(values))


def _intent(row: sa.Row[Any]) -> Intent:
    return Intent(row.id, row.kind, row.subject, json.loads(row.payload), row.attempts, row.traceparent)
